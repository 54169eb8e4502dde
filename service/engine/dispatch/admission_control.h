#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_ADMISSION_CONTROL_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_ADMISSION_CONTROL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "service/engine/dispatch/breaker.h"
#include "service/engine/dispatch/sliding_window_limiter.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {

using upstream::CooldownCause;
using upstream::LimitScope;
using upstream::RequestOutcome;

// Requests that only read, and all others. Each kind has a rate and a cooldown of its own.
enum class RequestKind { kRead, kChange };
inline constexpr std::array<RequestKind, 2> kRequestKinds = {RequestKind::kRead, RequestKind::kChange};

// What a gateway has found out about a vendor that others with the same key have to know.
struct VendorNews {
  // A cooldown of requests of a kind began, or one was found to be over before its end.
  struct Cooldown {
    absl::Time until;          // If it is over: until when it was to last.
    absl::Time callers_until;  // For what callers ask for; InfinitePast: not for that.
    CooldownCause cause = CooldownCause::kRate;
    bool trials = false;  // Single calls try meanwhile.
    bool over = false;
  };
  std::array<std::optional<Cooldown>, 2> cooldowns;  // By kind.
  std::optional<bool> down;                          // Whether the vendor counts as down from now on.
};

// When the next call of each kind may go to one vendor with one key: its rates, the rests that it asks for, how many
// may run, and whether it is down. A value without I/O or lock.
//
// What callers ask for themselves counts against the rate and against what may run, and obeys a cooldown to its end: it
// neither tries during one nor ends one. An outage does not hold it back, and it says nothing about one. So no tenant
// decides by cheap requests what the others may send. A limit on the number of tasks does not hold callers back:
// cancels are what ends it.
//
// A wish for a rest is first one for the call that got it, which its maker obeys. All calls of the kind rest when the
// vendor says that it means the account, or after kLimitedAnswers such wishes within kLimitedWindow of each other
// without a success between them. An answer of success to a call that was sent during the rest ends it; so that there
// can be one, a rest that the vendor did not clearly ask for the account lets one call try every kTrialPause.
class AdmissionControl {
 public:
  static constexpr int kLimitedAnswers = 3;
  static constexpr absl::Duration kLimitedWindow = absl::Minutes(1);
  static constexpr absl::Duration kTrialPause = absl::Seconds(30);

  struct Options {
    double polls_per_second = 0;  // 0: no limit, here and below.
    double submits_per_second = 0;
    size_t max_polls = 32;  // At the same time.
    size_t max_submits = 32;
    Breaker::Options breaker;
    SlidingWindowLimiter::Part part = nullptr;  // Of the rates.
  };

  // A call between Take and Ended.
  struct Call {
    RequestKind kind = RequestKind::kRead;
    bool caller = false;   // What a caller asked for, or the gateway for a caller's sake.
    bool further = false;  // Of work that runs already, and counts once as running.
    bool probe = false;
    bool returned = false;
    bool answered = false;
    int64_t outage_epoch = 0;  // How often the vendor had gone down before.
    std::optional<absl::Time> sent_mark;
    absl::Time begin_time = absl::InfinitePast();
  };

  explicit AdmissionControl(const Options& options);

  // Other rates from now on.
  void SetRates(double polls_per_second, double submits_per_second, absl::Time now);

  // When a call of `kind` may begin: `now` or later; InfiniteFuture: not before another one has ended. `to_poll`: there
  // is something that is or will be due for a poll; while the vendor counts as down a submission is then not the one
  // that tries, because it may be billed.
  absl::Time NextAt(RequestKind kind, bool to_poll, absl::Time now);

  // Whether three quarters of what may be called, or run, are in use.
  bool IsBusy(RequestKind kind, absl::Time now);

  // A call begins, then it is sent, answered and ended. One that ends without having been sent costs nothing. Returned
  // says that the answer is there, and that what it means is told later.
  Call Take(RequestKind kind, absl::Time now) { return Begin(kind, /*caller=*/false, /*further=*/false, now); }
  void Sent(Call& call, absl::Time now);
  void Returned(Call& call, absl::Time now);
  void Answered(Call& call, const RequestOutcome& answer, absl::Time now);
  void Ended(Call& call);

  // The same for the first request of a caller's work. Callers leave a quarter of what may run to the gateway.
  absl::Time CallerAt(RequestKind kind, absl::Time now);
  Call TakeCaller(RequestKind kind, absl::Time now) { return Begin(kind, /*caller=*/true, /*further=*/false, now); }

  // The same for a further request of work that runs: how many run, and an outage, do not hold it up, and it says
  // nothing about one.
  absl::Time FurtherAt(RequestKind kind, bool caller, absl::Time now);
  Call TakeFurther(RequestKind kind, bool caller, absl::Time now) { return Begin(kind, caller, /*further=*/true, now); }

  // What answers have changed since the last call, as far as it still counts.
  VendorNews TakeNews(absl::Time now);
  bool has_news() const;
  // What others have found out. A cooldown lasts until the longest wish is over; one that is over is the one that was
  // to last as long, and no other.
  void HearCooldown(RequestKind kind, const VendorNews::Cooldown& cooldown, absl::Time now);
  void HearDown(bool down, absl::Time now) { down ? breaker_.HearDown(now) : breaker_.HearUp(now); }

  // Until when the vendor's wish holds requests of the kind back, but for those that try; InfinitePast: it does not.
  absl::Time HeldUntil(RequestKind kind, absl::Time now);

  // Until when calls of the kind rest because the vendor asked for it; InfinitePast: they do not.
  absl::Time CooldownUntil(RequestKind kind, absl::Time now);
  // The same for calls of callers.
  absl::Time CallersCooldownUntil(RequestKind kind, absl::Time now);
  // Why they do.
  CooldownCause cooldown_cause(RequestKind kind) const { return Of(kind).cause; }
  bool is_down() const { return breaker_.open(); }
  // When the next try is, or was, due. Only while it is down.
  absl::Time try_due() const { return breaker_.due(); }
  bool is_full(RequestKind kind) const { return Of(kind).running >= Of(kind).most; }
  int64_t times_down() const { return breaker_.openings(); }
  size_t running(RequestKind kind) const { return Of(kind).running; }

 private:
  // Wishes for a rest since the last success.
  struct Wishes {
    int count = 0;
    absl::Time until = absl::InfinitePast();  // When they no longer count.
  };
  struct Lane {
    Lane(double per_second, const SlidingWindowLimiter::Part& part, size_t at_a_time)
        : rate(per_second, part), most(at_a_time) {}
    SlidingWindowLimiter rate;
    const size_t most;
    size_t running = 0;
    size_t callers_running = 0;  // Of these.
    Wishes own;                  // Of the gateway.
    Wishes callers;              // Of callers.
    absl::Time cooldown_until = absl::InfinitePast();
    absl::Time callers_until = absl::InfinitePast();  // The same without what is about the number of tasks.
    absl::Time cooldown_began = absl::InfinitePast();
    absl::Duration cooldown;  // As the vendor asked for it.
    CooldownCause cause = CooldownCause::kRate;
    absl::Time next_trial = absl::InfiniteFuture();
    // Not told to others yet.
    bool began = false;
    absl::Time ended = absl::InfinitePast();  // Until when a cooldown that is over was to last.
  };

  Call Begin(RequestKind kind, bool caller, bool further, absl::Time now);
  static void Limited(Lane& lane, Wishes& wishes, LimitScope scope, const RequestOutcome& answer, absl::Time now);
  static void Succeeded(Lane& lane, const Call& call, absl::Time now);

  Lane& Of(RequestKind kind) { return lanes_[static_cast<size_t>(kind)]; }
  const Lane& Of(RequestKind kind) const { return lanes_[static_cast<size_t>(kind)]; }

  std::array<Lane, 2> lanes_;
  Breaker breaker_;
  bool breaker_changed_ = false;  // And that was not told yet.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_ADMISSION_CONTROL_H_

#ifndef SEEDANCE_SERVICE_ENGINE_CALL_GATE_H_
#define SEEDANCE_SERVICE_ENGINE_CALL_GATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "service/base/rate_window.h"
#include "service/engine/breaker.h"

namespace seedance::engine {

// The calls that the gateway makes by itself: polls of tasks and assets, and submissions of tasks.
enum class CallKind { kPoll, kSubmit };
inline constexpr std::array<CallKind, 2> kCallKinds = {CallKind::kPoll, CallKind::kSubmit};

// What an answer says about the vendor.
struct CallAnswer {
  bool usable = true;                  // False: no connection, no answer in time, 5xx, or nothing that can be read.
  std::optional<absl::Duration> rest;  // The vendor's wish that calls of this kind rest so long.
};

// When the next call of each kind may go to one vendor with one key: its rates, the rests that it asks for, how many
// may run, and whether it is down. A value without I/O or lock.
class CallGate {
 public:
  struct Options {
    double polls_per_second = 0;  // 0: no limit, here and below.
    double submits_per_second = 0;
    size_t max_polls = 32;  // At the same time.
    size_t max_submits = 32;
    Breaker::Options breaker;
  };

  // A call between Take and Ended.
  struct Call {
    CallKind kind = CallKind::kPoll;
    bool probe = false;
    bool answered = false;
    int64_t era = 0;  // How often the vendor had gone down before.
    std::optional<absl::Time> sent_mark;
  };

  explicit CallGate(const Options& options);

  // When a call of `kind` may begin: `now` or later; InfiniteFuture: not before another one has ended. `to_poll`: there
  // is something that is or will be due for a poll; while the vendor counts as down a submission is then not the one
  // that tries, because it may be billed.
  absl::Time NextAt(CallKind kind, bool to_poll, absl::Time now);

  // Whether three quarters of what may be called, or run, are in use.
  bool IsBusy(CallKind kind, absl::Time now);

  // A call begins, then it is sent, answered and ended. One that ends without having been sent costs nothing.
  Call Take(CallKind kind, absl::Time now);
  void Sent(Call& call, absl::Time now);
  void Answered(Call& call, const CallAnswer& answer, absl::Time now);
  void Ended(Call& call);

  // Until when calls of the kind rest because the vendor asked for it; InfinitePast: they do not.
  absl::Time RestsUntil(CallKind kind, absl::Time now);
  bool is_down() const { return breaker_.open(); }
  int64_t times_down() const { return breaker_.openings(); }
  size_t running(CallKind kind) const { return Of(kind).running; }

 private:
  struct Lane {
    Lane(double per_second, size_t at_a_time) : rate(per_second), most(at_a_time) {}
    base::RateWindow rate;
    const size_t most;
    size_t running = 0;
    absl::Time rests_until = absl::InfinitePast();
    absl::Duration rest;  // As the vendor asked for it.
  };

  Lane& Of(CallKind kind) { return lanes_[static_cast<size_t>(kind)]; }
  const Lane& Of(CallKind kind) const { return lanes_[static_cast<size_t>(kind)]; }

  std::array<Lane, 2> lanes_;
  Breaker breaker_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_CALL_GATE_H_

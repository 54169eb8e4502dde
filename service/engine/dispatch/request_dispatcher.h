#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_DISPATCHER_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_DISPATCHER_H_

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"
#include "service/base/timer.h"
#include "service/engine/dispatch/admission_control.h"
#include "service/engine/dispatch/fair_queue.h"
#include "service/engine/dispatch/request_observer.h"
#include "service/engine/dispatch/request_slot.h"
#include "service/engine/dispatch/wait_reason.h"

namespace seedance::engine {

// The requests to one vendor with one key. AdmissionControl says when the next may go.
//
// Work waits here, not on a thread, for its first request: in one queue what the gateway does by itself, in another one
// what callers ask for; FairQueue says which is next. It runs on the pool of its kind, which nothing else uses, and no
// more is handed to a pool than may run at a time: what waits, waits here. Further requests of work (the pages of a
// search, the look before a change), and those of transfers, wait on their threads. Both queues and the threads take
// turns; among the threads, the tenants do.
//
// Callers are not kept waiting for the end of a cooldown of more than kShortRest, and no thread is: they are refused
// with the time that is left.
//
// Thread-safe. Works run without a lock.
class RequestDispatcher {
 public:
  static constexpr absl::Duration kTellPause = absl::Seconds(15);
  static constexpr absl::Duration kShortRest = absl::Seconds(1);

  using Work = absl::AnyInvocable<void(RequestSlot& slot)>;
  // Called instead of work that will not run, with the reason: on the thread that adds it, or on one of its pool. It
  // may write to the store.
  using Refused = absl::AnyInvocable<void(const absl::Status&)>;

  // What operators see.
  struct Metrics {
    std::array<base::Histogram, 2> delay;    // Of the begin of a call behind the time at which it was due. By kind.
    std::array<base::Counter, 2> cooldowns;  // Answers that asked for one.
    base::Counter openings;                  // How often the vendor began to count as down.
  };

  // What there is now.
  struct Facts {
    std::array<size_t, 2> waiting = {0, 0};          // Work in the queues, by kind.
    std::array<size_t, 2> threads_waiting = {0, 0};  // Requests that wait on their threads, by kind.
    std::array<absl::Duration, 2> cooldown;          // What is left of the cooldown of all requests of the kind.
    bool is_down = false;
    std::array<double, 2> per_second = {0, 0};  // The rates; 0: no limit.
  };

  // Whose requests these are, and who follows them.
  struct Account {
    std::string upstream;
    RequestObserver* observer = nullptr;  // Null: nobody waits to be told, and there is nothing else to poll.
    // TakeNews has something. Called without a lock; must not block. Null: nobody wants to know.
    std::function<void(const std::string& upstream)> on_news;
    Metrics metrics;
  };

  RequestDispatcher(const AdmissionControl::Options& options, base::ThreadPool& polls, base::ThreadPool& submits,
                    base::Clock& clock, const Account& account);
  RequestDispatcher(const AdmissionControl::Options& options, base::ThreadPool& polls, base::ThreadPool& submits,
                    base::Clock& clock)
      : RequestDispatcher(options, polls, submits, clock, Account()) {}
  ~RequestDispatcher();

  // Other rates from now on; 0: no limit.
  void SetRates(double polls_per_second, double submits_per_second);

  // `work` runs when its turn has come; it may run before this returns. An earlier work of the kind that waits under
  // the same key is dropped.
  void Add(RequestKind kind, const std::string& tenant, const std::string& key, absl::Time due, Work work);

  // The same for what a caller asks for, or the gateway for a caller's sake: exactly one of `work` and `refused` is
  // called, perhaps before this returns. `patient`: it waits for the end of a cooldown. False: too much waits, or it is
  // stopped, and neither is called. Refusals: kRateLimited (a cooldown), kCancelled (a stop).
  struct CallerWork {
    Work work;
    Refused refused;
    bool patient = false;
  };
  bool AddCaller(RequestKind kind, const std::string& tenant, CallerWork work);

  // The turn of a call that can begin now, before nothing that waits; null: it cannot. The call is made on one of the
  // threads that Add would use.
  std::unique_ptr<RequestSlot> TryTake(RequestKind kind);

  // Takes what waits under the key out. False: nothing does.
  bool Remove(RequestKind kind, const std::string& key);

  // Brings what waits under the key forward, before what is due longer. False: nothing waits.
  bool Hasten(RequestKind kind, const std::string& key);

  // Whether no call of the kind can go for a while: the vendor is down, or asked for a rest.
  bool IsHeldUp(RequestKind kind);

  // Why the submission under the key waits; nullopt: it does not, or for a moment only.
  std::optional<WaitReason> WhyItWaits(const std::string& key);
  // The same for all that wait.
  std::vector<std::pair<std::string, WaitReason>> WhyAllWait();

  Facts facts();
  // What other gateways with the same key have to know, once.
  VendorNews TakeNews();
  // What one of them told.
  void HearCooldown(RequestKind kind, const VendorNews::Cooldown& cooldown);
  void HearDown(bool down);

  // The least time in which so many polls can go. Zero: there is no limit.
  absl::Duration TimeForPolls(int64_t polls) const;
  // Whether calls of the kind wait, or soon would if there were more of them.
  bool IsCrowded(RequestKind kind);

  // Nothing runs, and nothing that waits may run now. For tests.
  bool IsIdle();

  // No work begins any more: what waits is dropped or refused. Requests of work that runs are still granted.
  void Close();
  // Closes, and ends the waits of requests. A work that is on its way to a thread may still run. May be called twice.
  void Stop();

 private:
  friend class RequestSlot;
  struct Waiting {
    Work work;
    absl::Time due;  // The queue may have another one, by which it is ordered.
  };
  using Queue = FairQueue<Waiting>;
  using CallerQueue = FairQueue<CallerWork>;
  struct Ready {
    Work work;
    absl::Time due;
    AdmissionControl::Call call;
    std::optional<Queue::Item> back;  // Of the gateway: what goes back into the queue if the pool does not take it.
    Refused refused;                  // Of a caller.
  };
  struct Refusal {
    RequestKind kind;
    Refused refused;
    absl::Status why;
  };
  // What is done outside of the lock.
  struct HandedOut {
    std::vector<Ready> ready;
    std::vector<Refusal> refused;
  };
  // A request that waits on its thread. What it came to is guarded by mutex_.
  struct Waiter {
    bool caller = false;
    std::string tenant;
    std::optional<AdmissionControl::Call> granted;
    absl::Status ended;
  };
  // What waits for requests of one kind, in three sources that take turns.
  enum class Source { kOwn, kCallers, kThreads };
  struct Line {
    Queue own;
    CallerQueue callers;
    size_t impatient = 0;  // Of the callers' works.
    std::list<Waiter*> threads;
    Source last = Source::kThreads;  // Whose turn was last.
    std::string last_tenant;         // Of the thread that was granted last.
  };
  // What holds all submissions up; InfinitePast: nothing.
  struct Holdup {
    absl::Time try_due = absl::InfinitePast();
    absl::Time cooldown_until = absl::InfinitePast();
    friend bool operator==(const Holdup&, const Holdup&) = default;
  };
  // How it stands with all submissions at a time.
  struct Submits {
    absl::Time now;
    Holdup holdup;
    CooldownCause cooldown_cause = CooldownCause::kRate;
    bool full = false;
  };

  // Hands out all that may go now.
  void HandOut();
  HandedOut TakeReadyLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Hands out again at `time`, if not earlier.
  void WakeAtLocked(absl::Time time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of one kind; adds to `out`. Sets wake_ to when the next may go.
  void TakeReadyLocked(RequestKind kind, absl::Time now, HandedOut& out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // When what is next of a source may go; InfiniteFuture: nothing of it waits.
  absl::Time NextAtLocked(RequestKind kind, Source source, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What waits in all three.
  size_t WaitLocked(RequestKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GrantLocked(RequestKind kind, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes out what a cooldown would keep waiting for too long.
  void EndLongWaitsLocked(RequestKind kind, absl::Time now, HandedOut& out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What is left of the cooldown, for callers or for the gateway's own requests that do not try.
  absl::Duration CooldownLocked(RequestKind kind, bool caller, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Not OK: nobody waits for the request any more.
  absl::Status GoneBy(const upstream::CallOptions& call) const;
  // Until the request may be sent, or its wait ends.
  void AwaitGrant(RequestKind kind, Waiter& waiter, const upstream::CallOptions& call);
  // Waits until a further request may be sent, and counts it as sent.
  absl::StatusOr<AdmissionControl::Call> SendFurther(RequestKind kind, bool caller, const upstream::CallOptions& call);
  void Sent(AdmissionControl::Call& call);
  void Returned(AdmissionControl::Call& call);
  void Answered(AdmissionControl::Call& call, const RequestOutcome& outcome);
  absl::Time NextAtLocked(RequestKind kind, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Holdup HoldupLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether waits are to be told now.
  bool TellsLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Submits SubmitsLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Why a submission waits that has `before` others before it.
  std::optional<WaitReason> ReasonOf(size_t before, const Submits& submits) const;
  void Dispatch(Ready ready);
  void NotTaken(Ready ready);
  // On the pool of the kind, because it may write to the store.
  void Refuse(Refusal refusal);
  void End(AdmissionControl::Call& call);
  Line& LineOf(RequestKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return lines_[static_cast<size_t>(kind)]; }
  Queue& Of(RequestKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return LineOf(kind).own; }

  const AdmissionControl::Options options_;
  base::ThreadPool& polls_;
  base::ThreadPool& submits_;
  base::Clock& clock_;
  const std::string upstream_;
  RequestObserver* const observer_;
  const std::function<void(const std::string&)> on_news_;
  Metrics metrics_;
  std::atomic<double> polls_per_second_;  // 0: no limit.
  std::atomic<double> submits_per_second_;
  base::Mutex mutex_;      // Taken before those behind RequestObserver::HasToPoll.
  base::CondVar changed_;  // For those who wait on their threads.
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  AdmissionControl gate_ ABSL_GUARDED_BY(mutex_);
  std::array<Line, 2> lines_ ABSL_GUARDED_BY(mutex_);
  uint64_t caller_works_ ABSL_GUARDED_BY(mutex_) = 0;                 // Their keys.
  absl::Time wake_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // When the alarm hands out again.
  Holdup told_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_tell_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time pools_full_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // Rare: callers' own calls fill them.
  base::Timer::Alarm alarm_;                                                    // Last: it uses the others.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_DISPATCHER_H_

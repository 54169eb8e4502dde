#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_DISPATCHER_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_DISPATCHER_H_

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"
#include "service/engine/dispatch/admission_control.h"
#include "service/engine/dispatch/fair_queue.h"
#include "service/engine/dispatch/wait_reason.h"

namespace seedance::engine {

class RequestDispatcher;

// The turn of one call, on the thread that makes it. Ends with the object.
class RequestSlot {
 public:
  ~RequestSlot();
  RequestSlot(const RequestSlot&) = delete;
  RequestSlot& operator=(const RequestSlot&) = delete;

  // Say it right before the request leaves. A turn in which nothing is sent costs nothing.
  void MarkSent();
  // Say it as soon as the answer is there, or when it is clear that there is none. Not for a call that was broken off.
  void Answered(const RequestOutcome& answer);

  // Grows each time that the vendor goes down. Answers of different eras have an outage between them.
  int64_t era() const { return call_.era; }

 private:
  friend class RequestDispatcher;
  RequestSlot(RequestDispatcher& turns, const AdmissionControl::Call& call) : turns_(turns), call_(call) {}

  RequestDispatcher& turns_;
  AdmissionControl::Call call_;
};

// The calls that the gateway makes by itself to one vendor with one key. Each waits here, never on a thread, until its
// turn comes: AdmissionControl says when the next may go, FairQueue which one it is. What has its turn runs on the pool
// of its kind; no more is handed to a pool than may run at a time, so that calls wait here, in their order, and not
// there.
//
// Thread-safe. Works run without a lock.
class RequestDispatcher {
 public:
  static constexpr absl::Duration kTellPause = absl::Seconds(15);

  using Work = absl::AnyInvocable<void(RequestSlot& turn)>;

  // What operators see.
  struct Metrics {
    std::array<base::Histogram, 2> delay;  // Of the begin of a call behind the time at which it was due. By kind.
    std::array<base::Counter, 2> rests;    // Answers that asked for one.
    base::Counter openings;                // How often the vendor began to count as down.
  };

  // What there is now.
  struct Facts {
    std::array<size_t, 2> waiting = {0, 0};  // By kind.
    std::array<absl::Duration, 2> rest;      // What is left of the rest of all calls of the kind.
    bool is_down = false;
  };

  RequestDispatcher(const AdmissionControl::Options& options, base::ThreadPool& polls, base::ThreadPool& submits,
                    base::Clock& clock);
  ~RequestDispatcher();

  // Set them before the first Add. `anything_to_poll`: whether there is something that will be due for a poll; called
  // under this object's lock. `on_waits`: why submissions wait has changed, or may have; called without a lock, at once
  // when the vendor goes down, comes back or rests, else every kTellPause while any waits.
  void SetMetrics(const Metrics& metrics) { metrics_ = metrics; }
  void SetHooks(std::function<bool()> anything_to_poll, std::function<void()> on_waits);

  // `work` runs when its turn has come; it may run before this returns. An earlier work of the kind that waits under
  // the same key is dropped.
  void Add(RequestKind kind, const std::string& tenant, const std::string& key, absl::Time due, Work work);

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
  // The least time in which so many polls can go. Zero: there is no limit.
  absl::Duration TimeForPolls(int64_t polls) const;
  // Whether calls of the kind wait, or soon would if there were more of them.
  bool IsCrowded(RequestKind kind);

  // Nothing runs, and nothing that waits may run now. For tests.
  bool IsIdle();

  // Drops what waits. A work that is on its way to a thread may still run. May be called twice.
  void Stop();

 private:
  friend class RequestSlot;
  struct Waiting {
    Work work;
    absl::Time due;  // The queue may have another one, by which it is ordered.
  };
  using Queue = FairQueue<Waiting>;
  struct Ready {
    Queue::Item item;
    AdmissionControl::Call call;
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
  std::vector<Ready> TakeReadyLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time NextAtLocked(RequestKind kind, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Holdup HoldupLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether waits are to be told now.
  bool TellsLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Submits SubmitsLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Why a submission waits that has `before` others before it.
  std::optional<WaitReason> ReasonOf(size_t before, const Submits& submits) const;
  void Dispatch(Ready ready);
  void PutBack(Ready ready);
  void RunTimer();
  void End(AdmissionControl::Call& call);
  Queue& Of(RequestKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return queues_[static_cast<size_t>(kind)]; }

  const AdmissionControl::Options options_;
  base::ThreadPool& polls_;
  base::ThreadPool& submits_;
  base::Clock& clock_;
  Metrics metrics_;
  std::function<bool()> anything_to_poll_;
  std::function<void()> on_waits_;
  base::Mutex mutex_;  // Taken before those behind `anything_to_poll`.
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  AdmissionControl gate_ ABSL_GUARDED_BY(mutex_);
  std::array<Queue, 2> queues_ ABSL_GUARDED_BY(mutex_);
  absl::Time wake_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // When the timer hands out again.
  Holdup told_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_tell_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time pools_full_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // Rare: callers' own calls fill them.
  std::thread timer_;                                                           // From the constructor on.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_DISPATCHER_H_

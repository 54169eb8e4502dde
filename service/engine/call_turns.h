#ifndef SEEDANCE_SERVICE_ENGINE_CALL_TURNS_H_
#define SEEDANCE_SERVICE_ENGINE_CALL_TURNS_H_

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"
#include "service/engine/call_gate.h"
#include "service/engine/turn_queue.h"

namespace seedance::engine {

class CallTurns;

// The turn of one call, on the thread that makes it. Ends with the object.
class CallTurn {
 public:
  ~CallTurn();
  CallTurn(const CallTurn&) = delete;
  CallTurn& operator=(const CallTurn&) = delete;

  // Say it right before the request leaves. A turn in which nothing is sent costs nothing.
  void Sends();
  // Say it as soon as the answer is there, or when it is clear that there is none. Not for a call that was broken off.
  void Answered(const CallAnswer& answer);

  // Grows each time that the vendor goes down. Answers of different eras have an outage between them.
  int64_t era() const { return call_.era; }

 private:
  friend class CallTurns;
  CallTurn(CallTurns& turns, const CallGate::Call& call) : turns_(turns), call_(call) {}

  CallTurns& turns_;
  CallGate::Call call_;
};

// The calls that the gateway makes by itself to one vendor with one key. Each waits here, never on a thread, until its
// turn comes: CallGate says when the next may go, TurnQueue which one it is. What has its turn runs on the pool of its
// kind; no more is handed to a pool than may run at a time, so that calls wait here, in their order, and not there.
//
// Thread-safe. Works run without a lock.
class CallTurns {
 public:
  using Work = absl::AnyInvocable<void(CallTurn& turn)>;

  // What operators see.
  struct Metrics {
    std::array<base::Histogram, 2> delay;  // Of the begin of a call behind the time at which it was due. By kind.
    std::array<base::Counter, 2> rests;
    base::Counter openings;  // How often the vendor began to count as down.
  };

  // What there is now.
  struct Facts {
    std::array<size_t, 2> waiting = {0, 0};  // By kind.
    std::array<absl::Duration, 2> rest;      // What is left of the rest that the vendor asked for.
    bool is_down = false;
  };

  CallTurns(const CallGate::Options& options, base::ThreadPool& polls, base::ThreadPool& submits, base::Clock& clock);
  ~CallTurns();

  // Set them before the first Add. `anything_to_poll`: whether there is something that will be due for a poll; called
  // under this object's lock. `on_down`: the vendor counts as down from now on; gets the keys of the submissions that
  // wait; called without a lock.
  void SetMetrics(const Metrics& metrics) { metrics_ = metrics; }
  void SetHooks(std::function<bool()> anything_to_poll, std::function<void(std::vector<std::string>)> on_down);

  // `work` runs when its turn has come; it may run before this returns. An earlier work of the kind that waits under
  // the same key is dropped.
  void Add(CallKind kind, const std::string& tenant, const std::string& key, absl::Time due, Work work);

  // Takes what waits under the key out. False: nothing does.
  bool Remove(CallKind kind, const std::string& key);

  // Brings what waits under the key forward, before what is due longer. False: nothing waits.
  bool Hasten(CallKind kind, const std::string& key);

  // Why calls of the kind cannot go for a while, for the caller of a task; empty: they can.
  std::string WhyNot(CallKind kind);

  Facts facts();
  // Whether calls of the kind wait, or soon would if there were more of them.
  bool IsCrowded(CallKind kind);

  // Nothing runs, and nothing that waits may run now. For tests.
  bool IsIdle();

  // Drops what waits. A work that is on its way to a thread may still run. May be called twice.
  void Stop();

 private:
  friend class CallTurn;
  struct Waiting {
    Work work;
    absl::Time due;  // The queue may have another one, by which it is ordered.
  };
  using Queue = TurnQueue<Waiting>;
  struct Ready {
    Queue::Item item;
    CallGate::Call call;
  };

  // Hands out all that may go now.
  void HandOut();
  std::vector<Ready> TakeReadyLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time NextAtLocked(CallKind kind, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Dispatch(Ready ready);
  void PutBack(Ready ready);
  void RunTimer();
  void End(CallGate::Call& call);
  Queue& Of(CallKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return queues_[static_cast<size_t>(kind)]; }

  base::ThreadPool& polls_;
  base::ThreadPool& submits_;
  base::Clock& clock_;
  Metrics metrics_;
  std::function<bool()> anything_to_poll_;
  std::function<void(std::vector<std::string>)> on_down_;
  base::Mutex mutex_;  // Taken before those behind `anything_to_poll`.
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  CallGate gate_ ABSL_GUARDED_BY(mutex_);
  std::array<Queue, 2> queues_ ABSL_GUARDED_BY(mutex_);
  absl::Time wake_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();            // When the timer hands out again.
  absl::Time pools_full_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // Rare: callers' own calls fill them.
  std::thread timer_;                                                           // From the constructor on.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_CALL_TURNS_H_

#ifndef SEEDANCE_SERVICE_BASE_DUE_QUEUE_H_
#define SEEDANCE_SERVICE_BASE_DUE_QUEUE_H_

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/timer.h"

namespace seedance::base {

// Keys with a due time each. A key is handed out when it is due and removed; whoever works on it schedules it again, so
// that a key is never worked on twice at a time. Thread-safe.
class DueQueue {
 public:
  // `on_due` gets one key at a time, where `work` says.
  DueQueue(Clock& clock, Timer::Alarm::Work work, absl::AnyInvocable<void(const std::string& key)> on_due);

  // Hands out from now on. Once.
  void Start();

  // Sets the due time of `key`; replaces an earlier or later one.
  void Schedule(const std::string& key, absl::Time due);

  // Moves the due time of a waiting key forward to `due`, never back. False, without effect, when the key does not wait
  // (it was handed out, or is unknown).
  bool Hasten(const std::string& key, absl::Time due);

  // Removes `key`; no effect when it does not wait.
  void Remove(const std::string& key);

  // Whether `key` waits.
  bool Contains(const std::string& key);

  // Whether a key is due and not handed out yet, or is being handed out.
  bool AnyDue();

  // Number of waiting keys.
  size_t size();

  // No key is handed out after it returns. May be called twice.
  void Stop() { alarm_.Stop(); }

 private:
  // Hands out the first key, if it is due.
  void OnTime();
  // Sets the alarm for the first key.
  void SetAlarmLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  absl::AnyInvocable<void(const std::string& key)> on_due_;
  Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool handing_out_ ABSL_GUARDED_BY(mutex_) = false;  // `on_due` runs, or will at once.
  std::set<std::pair<absl::Time, std::string>> by_time_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Time> by_key_ ABSL_GUARDED_BY(mutex_);
  Timer::Alarm alarm_;  // Last: it uses the others.
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_DUE_QUEUE_H_

#ifndef SEEDANCE_SERVICE_BASE_DUE_QUEUE_H_
#define SEEDANCE_SERVICE_BASE_DUE_QUEUE_H_

#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::base {

// Keys with the time at which each is due. One thread hands a key out when its time has come and forgets it; whoever
// works on it schedules it again. So a key is never worked on twice at a time. When the clock is set back, what waits
// keeps its distance to the present. Thread-safe.
class DueQueue {
 public:
  // `on_due` runs on the queue's thread and must not block; it gets one key at a time.
  DueQueue(std::string thread_name, Clock& clock, absl::AnyInvocable<void(const std::string& key)> on_due);
  ~DueQueue();

  void Start();

  // Sets the time of `key`; a later time that it had is replaced, an earlier one too.
  void Schedule(const std::string& key, absl::Time due);

  // Brings the time of a key that waits forward to `due`, never back. False, and nothing is done, when it does not
  // wait: it was handed out, or is not known.
  bool Hasten(const std::string& key, absl::Time due);

  // Forgets `key`.
  void Remove(const std::string& key);

  // Whether `key` waits.
  bool Contains(const std::string& key);

  // Whether a key is due that was not handed out yet, or is being handed out.
  bool AnyDue();

  // Number of keys that wait.
  size_t size();

  // Ends the thread; no key is handed out after it returns.
  void Stop();

 private:
  void Run();
  // The time; when it has gone back, all times that wait go with it.
  absl::Time NowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string thread_name_;
  Clock& clock_;
  absl::AnyInvocable<void(const std::string& key)> on_due_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool handing_out_ ABSL_GUARDED_BY(mutex_) = false;                  // `on_due` runs, or will at once.
  absl::Time latest_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // That was seen.
  std::set<std::pair<absl::Time, std::string>> by_time_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Time> by_key_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_DUE_QUEUE_H_

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

// Keys with a due time each. One thread hands a key out when it is due and removes it; whoever works on the key
// schedules it again, so a key is never worked on twice at a time. When the clock goes back, all waiting times move
// with it. Thread-safe.
class DueQueue {
 public:
  // `on_due` runs on the queue's thread, one key at a time, and must not block. `thread_name` as in StartThread.
  DueQueue(std::string thread_name, Clock& clock, absl::AnyInvocable<void(const std::string& key)> on_due);
  // Stops.
  ~DueQueue();

  // Starts the thread. Once. Throws ThreadStartError.
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

  // Ends the thread; no key is handed out after Stop returns. May be called twice.
  void Stop();

 private:
  void Run();
  // The time. When it went back since the last call, all waiting times are shifted back as much.
  absl::Time NowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string thread_name_;
  Clock& clock_;
  absl::AnyInvocable<void(const std::string& key)> on_due_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool handing_out_ ABSL_GUARDED_BY(mutex_) = false;                  // `on_due` runs, or will at once.
  absl::Time latest_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // Latest time seen.
  std::set<std::pair<absl::Time, std::string>> by_time_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Time> by_key_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_DUE_QUEUE_H_

#ifndef SEEDANCE_SERVICE_STORE_SQLITE_FILES_MARKER_WRITER_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_FILES_MARKER_WRITER_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/store/sqlite/files/marker.h"

namespace seedance::store::sqlite {

// Keeps the marker near the database's extent, on a thread of its own: at once after a quiet time, else once per
// kPace. So what a start would not notice are the commits of kPace at most. Thread-safe.
class MarkerWriter {
 public:
  static constexpr absl::Duration kPace = absl::Milliseconds(100);
  static constexpr absl::Duration kPatience = absl::Seconds(3);

  // `marker` is what the file says. `is_ours`, if set, says before each writing whether the files beside the marker
  // are still those of this database: another one's marker is not written over. Runs on the writer's thread.
  MarkerWriter(std::string path, Marker marker, base::Clock& clock, std::function<bool()> is_ours = nullptr);
  // Stops without another word: the file says what it said, as after a crash.
  ~MarkerWriter();

  // This much is on disk now. Does not wait for the file.
  void Committed(const Extent& durable);

  // Ends the thread: only Stop writes any more. May be called twice.
  void Join();

  // Joins, and writes the last word: with `clean`, that the database was closed. Its log is gone by then: the caller
  // has made sure that the files were its own.
  void Stop(bool clean);

  // Whether the last writing failed.
  bool failing();

  // Whether writing has failed for longer than kPatience, so that a start would not notice the loss of what was
  // committed since. What is billed must not be committed then.
  bool overdue();

 private:
  void Loop();
  // Writes what is durable, unless `may_write` says no, without the lock, which is held before and after. One thread at
  // a time.
  void WriteUnlocked(const std::function<bool()>& may_write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  base::Clock& clock_;
  const std::function<bool()> is_ours_;
  base::Mutex mutex_;
  base::CondVar changed_;
  Marker marker_ ABSL_GUARDED_BY(mutex_);  // What was written last, or was to be.
  Extent durable_ ABSL_GUARDED_BY(mutex_);
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;  // The thread waits for a commit.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time failing_since_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILES_MARKER_WRITER_H_

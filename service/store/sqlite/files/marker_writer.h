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

// Keeps the marker close to the database's extent, on a thread of its own: at once after a quiet time, otherwise once
// per kPace. So a start can miss the loss of kPace's commits at most. Thread-safe.
//
// Tests: tests/unit/store/sqlite/marker_test.cc
class MarkerWriter {
 public:
  static constexpr absl::Duration kPace = absl::Milliseconds(100);
  static constexpr absl::Duration kPatience = absl::Seconds(3);

  // `marker`: contents of the file. `is_ours`, if set, runs on the writer's thread before each write and tells whether
  // the files beside the marker are still those of this database: another database's marker is not overwritten. Throws
  // ThreadStartError.
  MarkerWriter(std::string path, Marker marker, base::Clock& clock, std::function<bool()> is_ours = nullptr);
  // Ends the thread without a further write: the file stays as after a crash.
  ~MarkerWriter();

  // Reports what is on disk now. Never blocks on the file.
  void Committed(const Extent& durable);

  // Ends the thread: only Stop writes from now on. May be called twice.
  void Join();

  // Joins, and writes the marker a last time; `clean`: the database was closed. Its log is gone by then, so the caller
  // has made sure that the files were its own.
  void Stop(bool clean);

  // Whether the last write failed.
  bool failing();

  // Whether writing has failed for longer than kPatience, so that a start would miss the loss of commits since.
  // Billable requests must not be journalled then.
  bool overdue();

 private:
  void Loop();
  // Writes the durable extent, unless `may_write` returns false, with the lock released meanwhile. One thread at a
  // time.
  void WriteUnlocked(const std::function<bool()>& may_write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  base::Clock& clock_;
  const std::function<bool()> is_ours_;
  base::Mutex mutex_;
  base::CondVar changed_;
  Marker marker_ ABSL_GUARDED_BY(mutex_);  // As written last, or as being written.
  Extent durable_ ABSL_GUARDED_BY(mutex_);
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;  // The thread waits for a commit.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time failing_since_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last member: it uses the others.
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILES_MARKER_WRITER_H_

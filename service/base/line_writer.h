#ifndef SEEDANCE_SERVICE_BASE_LINE_WRITER_H_
#define SEEDANCE_SERVICE_BASE_LINE_WRITER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "service/base/mutex.h"

namespace seedance::base {

// Writes lines to a file descriptor from a thread of its own, in batches of some milliseconds: with one write per line,
// threads that log thousands of lines a second would contend for the file. The thread starts with the first line.
//
// A stalled reader blocks no thread for longer than `patience` and costs no more memory than about twice `max_waiting`:
// after one line has waited `patience` in vain, lines without room are dropped at once and counted, until the reader
// has taken all that waits. Thread-safe.
class LineWriter {
 public:
  struct Options {
    size_t max_waiting = 1 << 20;  // Bytes that may wait to be written.
    // How long a caller may wait for room or for a flush.
    std::chrono::milliseconds patience{250};
    // Called by the writer's thread about once a second; returns lines to add, or an empty text. `dropped`: lines
    // dropped since its last call. Must not write to this object. Null: not called.
    std::function<std::string(uint64_t dropped)> notices = nullptr;
  };

  // `file` is not owned: it stays open.
  explicit LineWriter(int file) : LineWriter(file, Options()) {}
  LineWriter(int file, Options options);
  // Writes what waits, within `patience`.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Starts the thread, for `notices`, if it does not run yet.
  void Start();

  // Queues `line`, which ends with a line feed. Returns at once while there is room. False: the line was dropped. A
  // queued line that cannot be written is lost.
  bool Write(std::string_view line);

  // Writes what waits, then `line`, and returns when they are written or `patience` has passed. Needs no thread while
  // the reader reads. False: the line was dropped.
  bool WriteNow(std::string_view line);

  // Writes what waits; returns when it is written or `patience` has passed.
  void Flush();

  // Number of lines dropped so far.
  uint64_t dropped();

 private:
  using Time = std::chrono::steady_clock::time_point;

  bool AppendLocked(std::string_view line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartThreadLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether all bytes up to number `goal` were written by `end`.
  bool WriteUntil(uint64_t goal, Time end);
  void AddNotices();
  void Loop();

  const int file_;
  const Options options_;
  Mutex mutex_;
  CondVar wake_;                                   // Tells the thread that there is work.
  CondVar changed_;                                // Something was written.
  std::string waiting_ ABSL_GUARDED_BY(mutex_);    // Not written yet.
  uint64_t appended_ ABSL_GUARDED_BY(mutex_) = 0;  // Bytes.
  uint64_t written_ ABSL_GUARDED_BY(mutex_) = 0;   // Bytes.
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;      // A thread writes; only one does.
  bool stalled_ ABSL_GUARDED_BY(mutex_) = false;   // A line has waited `patience` in vain.
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;   // Lines.
  uint64_t noticed_ ABSL_GUARDED_BY(mutex_) = 0;   // Of them, those reported to `notices`.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LINE_WRITER_H_

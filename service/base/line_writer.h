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

// Writes lines to a file descriptor from a thread of its own, begun by the first of them, those of some milliseconds
// together. With a write for each line, threads that log thousands of lines a second wait for one another at the file.
//
// A reader that stops reading never holds a thread for longer than `patience`, nor memory for more than about twice
// `max_waiting`: once a line has waited its patience in vain, lines that find no room are dropped at once and counted,
// until the reader has taken all that waits. Thread-safe.
class LineWriter {
 public:
  struct Options {
    size_t max_waiting = 1 << 20;  // Bytes that wait to be written.
    std::chrono::milliseconds patience{250};
    // Asked by the writer's thread about once a second for lines to add; empty: none. `dropped`: lines dropped since it
    // was asked last. Must not write to this object. Null: never asked.
    std::function<std::string(uint64_t dropped)> notices = nullptr;
  };

  // The file descriptor stays open.
  explicit LineWriter(int file) : LineWriter(file, Options()) {}
  LineWriter(int file, Options options);
  // Writes what waits, within the patience.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Begins the thread, for the notices, if it does not run yet.
  void Start();

  // `line` ends with a line feed. Returns at once while there is room for it. False: it was dropped. A line that was
  // taken and cannot be written is lost.
  bool Write(std::string_view line);

  // Writes what waits, and `line`, and returns afterwards, or after the patience. Needs no thread as long as the reader
  // reads. False: the line was dropped.
  bool WriteNow(std::string_view line);

  // Writes what waits, and returns afterwards, or after the patience.
  void Flush();

  // Lines dropped so far.
  uint64_t dropped();

 private:
  using Time = std::chrono::steady_clock::time_point;

  bool AppendLocked(std::string_view line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartThreadLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether everything up to the byte `goal` was written by `end`.
  bool WriteUntil(uint64_t goal, Time end);
  void AddNotices();
  void Loop();

  const int file_;
  const Options options_;
  Mutex mutex_;
  CondVar wake_;     // For the thread: there is something to do.
  CondVar changed_;  // Something was written.
  std::string waiting_ ABSL_GUARDED_BY(mutex_);
  uint64_t appended_ ABSL_GUARDED_BY(mutex_) = 0;  // Bytes.
  uint64_t written_ ABSL_GUARDED_BY(mutex_) = 0;   // Bytes.
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;      // A thread writes, the only one.
  bool stalled_ ABSL_GUARDED_BY(mutex_) = false;   // A line has waited its patience in vain.
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;   // Lines.
  uint64_t noticed_ ABSL_GUARDED_BY(mutex_) = 0;   // Of them, those that `notices` was told of.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LINE_WRITER_H_

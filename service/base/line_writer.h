#ifndef SEEDANCE_SERVICE_BASE_LINE_WRITER_H_
#define SEEDANCE_SERVICE_BASE_LINE_WRITER_H_

#include <string>
#include <string_view>
#include <thread>

#include "service/base/mutex.h"

namespace seedance::base {

// Writes lines to a file descriptor from a thread of its own, begun by the first of them, those of some milliseconds
// together. With a write for each line, threads that log thousands of lines a second wait for one another at the file.
// Thread-safe.
class LineWriter {
 public:
  // The file descriptor stays open.
  explicit LineWriter(int file);
  // Writes what waits.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // `line` ends with a line feed. Returns at once, unless a lot waits to be written. A line that cannot be written is
  // lost.
  void Write(std::string_view line);

  // Writes what waits, and `line`, and returns afterwards. Needs no thread.
  void WriteNow(std::string_view line);

  // Writes what waits, and returns afterwards.
  void Flush();

 private:
  void Loop();

  const int file_;
  Mutex writing_;  // Taken before mutex_: batches come in order.
  Mutex mutex_;
  CondVar wake_;
  std::string waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LINE_WRITER_H_

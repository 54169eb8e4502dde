#include "service/base/line_writer.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/statusor.h"
#include "service/base/thread.h"

namespace seedance::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Lines of this time may be lost in a crash.
constexpr milliseconds kDelay(2);
// How long the thread waits for the reader before it checks whether to stop.
constexpr milliseconds kTry(100);
constexpr milliseconds kNoticeInterval(1000);

// Whole lines of together at most PIPE_BUF bytes, or that many bytes of one line: a pipe with room takes them without
// blocking, and does not mix them with writes of other processes.
std::string_view Piece(std::string_view text) {
  if (text.size() <= PIPE_BUF) return text;
  const size_t end = text.rfind('\n', PIPE_BUF - 1);
  return text.substr(0, end == std::string_view::npos ? PIPE_BUF : end + 1);
}

// Returns the number of bytes that are written, or lost because the file accepts nothing any more.
size_t WriteSome(int file, std::string_view text, steady_clock::time_point end) {
  size_t done = 0;
  while (done < text.size()) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now()).count();
    pollfd room{file, POLLOUT, 0};
    const int ready = poll(&room, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready == 0) return done;
    if (ready < 0) continue;
    const std::string_view piece = Piece(text.substr(done));
    const ssize_t written = write(file, piece.data(), piece.size());
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno != EAGAIN && errno != EINTR) {
      return text.size();  // There is no place to report the failure.
    }
  }
  return done;
}

}  // namespace

LineWriter::LineWriter(int file, Options options) : file_(file), options_(std::move(options)) {}

LineWriter::~LineWriter() {
  std::thread thread;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    thread.swap(thread_);
    wake_.NotifyOne();
  }
  if (thread.joinable()) thread.join();
  Flush();
}

bool LineWriter::AppendLocked(std::string_view line) {
  const auto full = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !waiting_.empty() && waiting_.size() + line.size() > options_.max_waiting;
  };
  if (full() && !stalled_) {
    StartThreadLocked();
    const Time end = steady_clock::now() + options_.patience;
    while (full() && !stalled_ && steady_clock::now() < end) changed_.WaitFor(mutex_, end - steady_clock::now());
    stalled_ = stalled_ || full();
  }
  if (full()) {
    ++dropped_;
    return false;
  }
  if (waiting_.empty()) wake_.NotifyOne();
  waiting_ += line;
  appended_ += line.size();
  return true;
}

void LineWriter::StartThreadLocked() {
  if (thread_.joinable() || stopped_) return;
  if (absl::StatusOr<std::thread> thread = TryStartThread("log-writer", [this] { Loop(); }); thread.ok()) {
    thread_ = *std::move(thread);
  }
}

void LineWriter::Start() {
  MutexLock lock(mutex_);
  StartThreadLocked();
}

bool LineWriter::Write(std::string_view line) {
  bool taken = false;
  bool threadless = false;
  {
    MutexLock lock(mutex_);
    StartThreadLocked();
    taken = AppendLocked(line);
    threadless = !thread_.joinable();
  }
  // No thread could be started: the caller writes.
  if (threadless) Flush();
  return taken;
}

bool LineWriter::WriteNow(std::string_view line) {
  {
    MutexLock lock(mutex_);
    if (!AppendLocked(line)) return false;
  }
  Flush();
  return true;
}

void LineWriter::Flush() {
  uint64_t goal = 0;
  {
    MutexLock lock(mutex_);
    if (stalled_) return;
    goal = appended_;
  }
  if (WriteUntil(goal, steady_clock::now() + options_.patience)) return;
  MutexLock lock(mutex_);
  stalled_ = true;
  StartThreadLocked();
}

bool LineWriter::WriteUntil(uint64_t goal, Time end) {
  for (;;) {
    std::string batch;
    {
      MutexLock lock(mutex_);
      while (busy_ && written_ < goal && steady_clock::now() < end) {
        changed_.WaitFor(mutex_, end - steady_clock::now());
      }
      if (written_ >= goal) return true;
      if (busy_) return false;
      busy_ = true;
      batch.swap(waiting_);
      changed_.NotifyAll();  // There is room.
    }
    const size_t done = WriteSome(file_, batch, end);
    MutexLock lock(mutex_);
    busy_ = false;
    written_ += done;
    if (done == batch.size()) {
      stalled_ = false;
    } else {
      waiting_.insert(0, batch, done);
    }
    changed_.NotifyAll();
    if (done < batch.size()) return false;
  }
}

uint64_t LineWriter::dropped() {
  MutexLock lock(mutex_);
  return dropped_;
}

void LineWriter::AddNotices() {
  uint64_t dropped = 0;
  {
    MutexLock lock(mutex_);
    if (stalled_) return;
    dropped = dropped_ - noticed_;
    noticed_ = dropped_;
  }
  const std::string lines = options_.notices(dropped);
  MutexLock lock(mutex_);
  waiting_ += lines;
  appended_ += lines.size();
}

void LineWriter::Loop() {
  Time next_notices = steady_clock::now();
  for (bool stopped = false; !stopped;) {
    uint64_t goal = 0;
    if (options_.notices != nullptr && steady_clock::now() >= next_notices) {
      AddNotices();
      next_notices = steady_clock::now() + kNoticeInterval;
    }
    {
      MutexLock lock(mutex_);
      if (waiting_.empty() && !stopped_) wake_.WaitFor(mutex_, kNoticeInterval);
      if (!stopped_) wake_.WaitFor(mutex_, kDelay);
      stopped = stopped_;
      goal = appended_;
    }
    WriteUntil(goal, steady_clock::now() + kTry);
  }
}

}  // namespace seedance::base

#include "service/base/line_writer.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace seedance::base {
namespace {

// What a crash can take with it.
constexpr std::chrono::milliseconds kDelay(2);
// With more than this a thread that logs has to write itself.
constexpr size_t kMostWaiting = 256 << 10;

void WriteAll(int file, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t written = write(file, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd room{file, POLLOUT, 0};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return;  // Nobody to tell.
    }
  }
}

}  // namespace

LineWriter::LineWriter(int file) : file_(file) {}

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

void LineWriter::Write(std::string_view line) {
  bool full = false;
  {
    MutexLock lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { Loop(); });
    if (waiting_.empty()) wake_.NotifyOne();
    waiting_ += line;
    full = waiting_.size() > kMostWaiting;
  }
  if (full) Flush();
}

void LineWriter::WriteNow(std::string_view line) {
  {
    MutexLock lock(mutex_);
    waiting_ += line;
  }
  Flush();
}

void LineWriter::Flush() {
  MutexLock order(writing_);
  std::string lines;
  {
    MutexLock lock(mutex_);
    lines.swap(waiting_);
  }
  WriteAll(file_, lines);
}

void LineWriter::Loop() {
  pthread_setname_np(pthread_self(), "log-writer");
  for (bool stopped = false; !stopped;) {
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && !stopped_) wake_.Wait(mutex_);
      if (!stopped_) wake_.WaitFor(mutex_, kDelay);
      stopped = stopped_;
    }
    Flush();
  }
}

}  // namespace seedance::base

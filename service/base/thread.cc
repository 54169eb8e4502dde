#include "service/base/thread.h"

#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/base/mutex.h"
#include "service/base/process_limits.h"

namespace seedance::base {

size_t RoomForLibraries() {
  // gRPC's two executors grow to twice the processors each, but only under a load that would need so many.
  return std::min<size_t>(2 * std::thread::hardware_concurrency() + 4, 32);
}

absl::StatusOr<std::thread> TryStartThread(const std::string& name, absl::AnyInvocable<void()> body) {
  try {
    return std::thread([name = name.substr(0, 15), body = std::move(body)]() mutable {
      pthread_setname_np(pthread_self(), name.c_str());
      body();
    });
  } catch (const std::exception& error) {  // std::system_error; std::bad_alloc for the thread's state.
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start thread `", name, "`: ", error.what(),
                     "; check the limits on threads (ulimit -u, pids of the container) and memory"));
  }
}

absl::StatusOr<std::thread> TryStartSpareThread(const std::string& name, absl::AnyInvocable<void()> body) {
  // One at a time: two would each count the place that the other one is about to take.
  static Mutex starting;
  MutexLock alone(starting);
  if (ThreadsLeft() <= static_cast<int64_t>(RoomForLibraries())) {
    return absl::ResourceExhaustedError(
        absl::StrCat("room for ", RoomForLibraries(),
                     " more threads is left to libraries; check the limits on threads (ulimit -u, pids of the "
                     "container) and memory (ulimit -v)"));
  }
  return TryStartThread(name, std::move(body));
}

std::thread StartThread(const std::string& name, absl::AnyInvocable<void()> body) {
  absl::StatusOr<std::thread> thread = TryStartThread(name, std::move(body));
  if (!thread.ok()) throw ThreadStartError(std::string(thread.status().message()));
  return *std::move(thread);
}

}  // namespace seedance::base

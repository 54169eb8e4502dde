#include "service/base/thread.h"

#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/base/host/process_limits.h"
#include "service/base/mutex.h"

namespace seedance::base {

size_t RoomForLibraries() {
  // gRPC's two executors grow to twice the processors each, but only under a load that would need so many.
  return std::min<size_t>(2 * std::thread::hardware_concurrency() + 4, 32);
}

namespace {

// Whether so many threads can be started. Takes their room for a moment.
bool CanStart(int64_t count) {
  Mutex gate;
  gate.Lock();
  std::vector<std::thread> probes;
  try {
    probes.reserve(count);
    // They end when the gate is opened.
    while (static_cast<int64_t>(probes.size()) < count) probes.emplace_back([&gate] { MutexLock wait(gate); });
  } catch (const std::exception&) {
    // There is less room, or less memory.
  }
  const bool can = static_cast<int64_t>(probes.size()) == count;
  gate.Unlock();
  for (std::thread& probe : probes) probe.join();
  return can;
}

// Whether there is room for one thread and those of libraries.
bool HasRoomForThread() {
  const auto wanted = static_cast<int64_t>(RoomForLibraries()) + 1;
  int64_t left = 0;
  try {
    left = ThreadsLeft();
  } catch (const std::exception&) {
    return false;  // Memory is short.
  }
  if (left < wanted) return false;
  // Near a limit that is seen the count is exact, and a probe would take the very room that a library may want now. Far
  // from all of them, one that is hidden may be nearer.
  return left < 4 * wanted || CanStart(wanted);
}

}  // namespace

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
  // One at a time: two would each count the room that the other one is about to take.
  static Mutex starting;
  MutexLock alone(starting);
  if (!HasRoomForThread()) {
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

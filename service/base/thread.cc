#include "service/base/thread.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/base/mutex.h"

namespace seedance::base {

size_t RoomForLibraries() {
  // gRPC's two executors grow to twice the processors each, but only under a load that would need so many.
  return std::min<size_t>(2 * std::thread::hardware_concurrency() + 4, 32);
}

bool HasRoomForThread() {
  // One at a time: two would each take the room that the other one looks for.
  static Mutex probing;
  MutexLock alone(probing);
  Mutex gate;
  gate.Lock();
  std::vector<std::thread> probes;
  const size_t wanted = RoomForLibraries() + 1;
  try {
    probes.reserve(wanted);
    // They end when the gate is opened.
    while (probes.size() < wanted) probes.emplace_back([&gate] { MutexLock wait(gate); });
  } catch (const std::exception&) {
    // There is less room, or less memory.
  }
  const bool has_room = probes.size() == wanted;
  gate.Unlock();
  for (std::thread& probe : probes) probe.join();
  return has_room;
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

std::thread StartThread(const std::string& name, absl::AnyInvocable<void()> body) {
  absl::StatusOr<std::thread> thread = TryStartThread(name, std::move(body));
  if (!thread.ok()) throw ThreadStartError(std::string(thread.status().message()));
  return *std::move(thread);
}

}  // namespace seedance::base

#include "service/base/thread.h"

#include <pthread.h>

#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace seedance::base {

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

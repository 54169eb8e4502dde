#ifndef SEEDANCE_SERVICE_BASE_THREAD_H_
#define SEEDANCE_SERVICE_BASE_THREAD_H_

#include <stdexcept>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

// The only places that start threads. Both run `body` on a thread called `name` (cut to 15 bytes; shown by tools like
// top). A process may be out of threads or memory at any time.
namespace seedance::base {

// RESOURCE_EXHAUSTED when there can be no further thread; `body` is dropped then. Never throws.
absl::StatusOr<std::thread> TryStartThread(const std::string& name, absl::AnyInvocable<void()> body);

// What StartThread throws. The message says which thread could not be started and why.
class ThreadStartError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// For threads without which the process is of no use. Only while the process starts, where Server::Start turns
// ThreadStartError into a status; later use TryStartThread.
std::thread StartThread(const std::string& name, absl::AnyInvocable<void()> body);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_THREAD_H_

#ifndef SEEDANCE_SERVICE_BASE_THREAD_H_
#define SEEDANCE_SERVICE_BASE_THREAD_H_

#include <cstddef>
#include <stdexcept>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

// The only places that start threads. All run `body` on a thread called `name` (cut to 15 bytes; shown by tools like
// top). The system may refuse a thread at any time.
//
// Tests: tests/unit/base/thread_pool_test.cc, tests/unit/server/admin_server_test.cc
namespace seedance::base {

// RESOURCE_EXHAUSTED when no thread can be started; `body` is dropped then. Never throws. The caller joins the thread.
absl::StatusOr<std::thread> TryStartThread(const std::string& name, absl::AnyInvocable<void()> body);

// The threads that libraries may want to start at any time. gRPC loses the work of a thread that it cannot start, so
// that a connection hangs for ever: what can do without a thread of its own leaves room for these.
size_t RoomForLibraries();
// As TryStartThread; RESOURCE_EXHAUSTED too when the system would then not let this process start so many more. Never
// throws.
absl::StatusOr<std::thread> TryStartSpareThread(const std::string& name, absl::AnyInvocable<void()> body);

// Thrown by StartThread. The message says which thread could not be started, and why.
class ThreadStartError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// For threads that the process cannot do without. Only while the process starts, where Server::Start turns
// ThreadStartError into a status; later use TryStartThread. The caller joins the thread.
std::thread StartThread(const std::string& name, absl::AnyInvocable<void()> body);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_THREAD_H_

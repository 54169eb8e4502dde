#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_CALL_CONTEXT_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_CALL_CONTEXT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/cancel.h"

namespace seedance::engine {

// Who calls, and how long they wait.
struct CallContext {
  std::string tenant;
  absl::Time deadline = absl::InfiniteFuture();
  std::shared_ptr<base::CancelToken> cancel;  // Cancelled when the caller goes away. May be null.
  std::string traceparent;                    // W3C trace context. May be empty.
  uint64_t connection = 0;                    // Watches only: equal for those of one connection.
};

// Receives the answer of an operation: exactly once, on any thread, perhaps before the operation returns. It must not
// block. Billed operations go on, and their result is kept, when the caller has gone away.
template <typename T>
using Done = absl::AnyInvocable<void(absl::StatusOr<T>)>;

// Answer of operations that have none.
struct Nothing {};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_CALL_CONTEXT_H_

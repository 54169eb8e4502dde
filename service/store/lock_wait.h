#ifndef SEEDANCE_SERVICE_STORE_LOCK_WAIT_H_
#define SEEDANCE_SERVICE_STORE_LOCK_WAIT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"

namespace seedance::store {

// How to wait for a lock that another process holds.
struct LockWait {
  absl::Duration limit = absl::ZeroDuration();  // Zero: fails at once.
  base::Clock* clock = &base::RealClock();
  std::shared_ptr<base::CancelToken> cancel = nullptr;  // Ends the wait. May be null.
  // Called on the waiting thread before each pause between two attempts. May be null.
  std::function<void()> on_wait = nullptr;
};

// Time between two attempts at a lock that another process holds.
inline constexpr absl::Duration kLockLook = absl::Milliseconds(50);

// Calls `take` (true: taken) until it succeeds or fails; its error is returned. Polls, because a blocking lock cannot
// be cancelled from another thread. FAILED_PRECONDITION, with a text for the operator that names `what`, when another
// process holds the lock after `wait.limit`; CANCELLED when the wait was cancelled.
//
// Tests: tests/unit/store/sqlite/file_lock_test.cc, tests/unit/store/postgres/takeover_test.cc
absl::Status AwaitLock(const std::string& what, const LockWait& wait, absl::FunctionRef<absl::StatusOr<bool>()> take);

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_LOCK_WAIT_H_

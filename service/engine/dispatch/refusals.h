#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_REFUSALS_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_REFUSALS_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/error.h"

// Why a request got no permit. All have upstream::kNotSentKey: nothing was sent.
//
// Tests: tests/unit/engine/dispatch/caller_work_test.cc
namespace seedance::engine {

absl::Status NotPermitted(base::Reason reason, std::string_view text);

// kCancelled.
absl::Status Stopping();

// kRateLimited, to be tried again after `delay`, a second at least. Also when it is trouble of the vendor that holds
// requests back.
absl::Status PutOff(absl::Duration delay, std::string_view text);
absl::Status PutOffByCooldown(absl::Duration left);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_REFUSALS_H_

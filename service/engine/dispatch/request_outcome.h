#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_OUTCOME_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_OUTCOME_H_

#include <string>

#include "absl/status/status.h"
#include "service/engine/dispatch/admission_control.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// What the outcome of a read, and of a submission, says about the vendor: whether it answered usably, and whether it
// wants the call, or calls like it, to rest: after a 429, and after a 5xx with Retry-After. A refusal is a usable
// answer.
//
// Tests: tests/unit/engine/dispatch/admission_control_test.cc
RequestOutcome OutcomeOf(const absl::Status& read);
RequestOutcome OutcomeOf(const upstream::BilledResult<std::string>& submission);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_OUTCOME_H_

#ifndef SEEDANCE_SERVICE_UPSTREAM_REQUEST_OUTCOME_H_
#define SEEDANCE_SERVICE_UPSTREAM_REQUEST_OUTCOME_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/upstream/upstream.h"

// What the answer to a request says about the vendor account, apart from its content.
//
// Tests: tests/unit/engine/dispatch/admission_control_test.cc
namespace seedance::upstream {

// Why a vendor asks for a cooldown: too many requests, a quota that is used up, or trouble of its own (5xx with
// Retry-After).
enum class CooldownCause { kRate, kQuota, kTrouble };

struct RequestOutcome {
  bool usable = true;                      // False: no connection, no answer in time, 5xx, or nothing that can be read.
  std::optional<absl::Duration> cooldown;  // How long this request, or requests of its kind, are to wait.
  LimitScope scope = LimitScope::kRequest;     // With `cooldown`: what the vendor says that it limits.
  CooldownCause cause = CooldownCause::kRate;  // With `cooldown`.
};

// Of a request that bills nothing, and of one that may be billed. A refusal is a usable answer. A cooldown comes from a
// 429, or from a 5xx with Retry-After.
RequestOutcome OutcomeOf(const absl::Status& read);
RequestOutcome OutcomeOf(const BilledResult<std::string>& submission);

// Whether the vendor was not asked, or did not want to be: a read that ended so says nothing and may be made again
// later (RATE_LIMITED: a 429, or a request that got no permit).
bool WasPutOff(const absl::Status& status);

// Whether the request got no permit: surely nothing was sent. A 429 is no proof, a proxy may send one after it
// passed the request on.
bool WasNotSent(const absl::Status& status);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_REQUEST_OUTCOME_H_

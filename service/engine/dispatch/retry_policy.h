#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_RETRY_POLICY_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_RETRY_POLICY_H_

#include <algorithm>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "service/base/backoff.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// Waits for `pause`, or until `cancel` (may be null) says stop. False: stopped.
bool Pause(absl::Duration pause, base::Clock& clock, const std::shared_ptr<base::CancelToken>& cancel);

// How often a call that surely was not accepted (no connection, 429, 503) is sent again while its caller waits.
struct SubmitRetryPolicy {
  int tries = 3;
  absl::Duration longest_pause = absl::Seconds(5);  // A vendor that wants more is left to the caller.
  base::Backoff backoff{absl::Milliseconds(250), absl::Seconds(2)};
};

// Sends a billed call, again while the vendor asks for a little patience and the caller's deadline allows. Blocks.
upstream::BilledResult<std::string> SendPatiently(const SubmitRetryPolicy& patience, absl::Time deadline,
                                                  base::Clock& clock, base::Random& random,
                                                  const std::shared_ptr<base::CancelToken>& cancel,
                                                  absl::FunctionRef<upstream::BilledResult<std::string>()> send);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_RETRY_POLICY_H_

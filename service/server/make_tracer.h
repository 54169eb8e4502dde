#ifndef SEEDANCE_SERVICE_SERVER_MAKE_TRACER_H_
#define SEEDANCE_SERVICE_SERVER_MAKE_TRACER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "service/base/metrics.h"
#include "service/base/random.h"
#include "service/base/trace.h"
#include "service/config/config.h"

namespace seedance::server {

// The tracer of `tracing`, which must be set. FAILED_PRECONDITION: its secret cannot be read. `metrics` and `random`
// outlive it. Throws ThreadStartError.
//
// Tests: tests/e2e/tracing_test.cc
absl::StatusOr<std::unique_ptr<base::Tracer>> MakeTracer(const gateway::config::v1::Tracing& tracing,
                                                         base::Metrics& metrics, base::Random& random);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_MAKE_TRACER_H_

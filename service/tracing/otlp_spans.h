#ifndef SEEDANCE_SERVICE_TRACING_OTLP_SPANS_H_
#define SEEDANCE_SERVICE_TRACING_OTLP_SPANS_H_

#include <string>
#include <utility>
#include <vector>

#include "service/base/trace.h"

namespace seedance::tracing {

// Attributes of the process, such as `service.name`.
using Resource = std::vector<std::pair<std::string, std::string>>;

// The spans as the body of OTLP's `POST /v1/traces` (`application/x-protobuf`).
//
// Tests: tests/unit/tracing/otlp_tracer_test.cc
std::string EncodeSpans(const Resource& resource, const std::vector<base::SpanData>& spans);

// Number of spans that a collector did not take, by its answer to a request that it accepted.
int64_t RejectedSpans(const std::string& answer);

}  // namespace seedance::tracing

#endif  // SEEDANCE_SERVICE_TRACING_OTLP_SPANS_H_

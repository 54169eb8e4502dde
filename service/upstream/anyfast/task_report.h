#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_TASK_REPORT_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_TASK_REPORT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/secret.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Parses a 200 answer to `GET /v1/video/generations/{id}`: the envelopes of AnyFast and new-api, and the bare objects
// of OpenAI and Ark. nullopt: it says nothing about the task `id` (an error, not JSON, another task). `now` is the end
// time of an ended task that states none. `api_key` is removed from every text.
//
// Tests: tests/unit/upstream/anyfast/polls_test.cc
std::optional<TaskReport> ReadTask(const std::string& body, const std::string& id, absl::Time now,
                                   const base::Secret& api_key);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_TASK_REPORT_H_

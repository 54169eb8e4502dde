#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_TASK_REPORT_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_TASK_REPORT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/secret.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Reads a 200 answer to `GET /v1/video/generations/{id}`: AnyFast's and new-api's envelopes, and the bare objects of
// OpenAI and Ark. nullopt: it tells nothing about the task `id` (an error, no JSON, another task). `now` stands for
// the end of a task that has none.
std::optional<TaskReport> ReadTask(const std::string& body, const std::string& id, absl::Time now,
                                   const base::Secret& api_key);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_TASK_REPORT_H_

#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_REPORT_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_REPORT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/secret.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Reads a 200 answer to `GET .../task/{id}`. nullopt: it tells nothing about the task `id` (an error, no JSON, another
// task). `now` stands for the end of a task that has none. `usage` is left out: the vendor counts points, not tokens.
std::optional<TaskReport> ReadPiApiTask(const std::string& body, const std::string& id, absl::Time now,
                                        const base::Secret& api_key);

// What a status word means, in any case. nullopt: it is not known.
std::optional<model::TaskState> PiApiStateOf(const std::string& status);

// What an answer to `POST .../task` says of the task.
struct PiApiCreated {
  std::string id;      // Empty: there is none in it.
  bool taken = false;  // The answer is a success and the task has not failed at once.
  bool lives = false;  // Whatever the answer calls itself: it shows the task in a state other than failed.
};
PiApiCreated ReadPiApiCreated(const std::string& body);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_REPORT_H_

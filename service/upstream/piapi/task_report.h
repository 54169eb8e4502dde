#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_REPORT_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_REPORT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/secret.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Parses a 200 answer to `GET .../task/{id}`. nullopt: it says nothing about the task `id` (an error, not JSON, another
// task). `now` is the end time of an ended task that states none. `usage` is ignored: the vendor counts points, not
// tokens. `api_key` is removed from every text.
//
// Tests: tests/unit/upstream/piapi/polls_test.cc
std::optional<TaskReport> ReadPiApiTask(const std::string& body, const std::string& id, absl::Time now,
                                        const base::Secret& api_key);

// The state for a vendor's status, in any case. nullopt: unknown.
std::optional<model::TaskState> PiApiStateOf(const std::string& status);

// What an answer to `POST .../task` says.
struct PiApiCreated {
  std::string id;      // Empty: none.
  bool taken = false;  // The answer is a success and the task has not failed at once.
  bool lives = false;  // The answer shows the task in a state other than failed, whatever its code.
};
// Parses such an answer. Never fails.
PiApiCreated ReadPiApiCreated(const std::string& body);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_REPORT_H_

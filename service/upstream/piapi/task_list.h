#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_LIST_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_LIST_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/upstream/upstream.h"

// Parsers of PiAPI's list of tasks. Its shape is not documented: items are expected to look like the answer about a
// single task, wherever the list is in the answer.
namespace seedance::upstream {

// A task of the list; what the vendor does not state is empty.
struct PiApiListedTask {
  std::string id;
  std::string model;      // For example `seedance`.
  std::string task_type;  // The gateway's name of the model.
  std::optional<std::string> prompt;
  std::optional<int64_t> duration;  // Seconds.
  std::optional<absl::Time> create_time;
  model::TaskState state = model::TaskState::kRunning;
};

// One page of the list.
struct PiApiTaskPage {
  std::vector<PiApiListedTask> items;
  std::optional<int64_t> total;  // Of the whole list, if stated.
};

// nullopt: the answer is not a list.
std::optional<PiApiTaskPage> ReadPiApiTasks(const std::string& body);

// Whether `task` may be the one looked for, which was sent as `model`: nothing that the vendor states of it differs.
bool MayBe(const PiApiListedTask& task, const TaskSearch& search, const std::string& model);

// `task` as a candidate; MayBe must be true.
TaskSighting ToSighting(const PiApiListedTask& task);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_LIST_H_

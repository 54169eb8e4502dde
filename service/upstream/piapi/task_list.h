#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_LIST_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_LIST_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/upstream/upstream.h"

// What PiAPI's list of tasks says. Its shape is not documented: the items are taken for the objects that a single task
// is answered with, wherever the list stands.
namespace seedance::upstream {

// One task of the list; what the vendor does not show is empty.
struct PiApiListedTask {
  std::string id;
  std::string model;      // `seedance`.
  std::string task_type;  // What the gateway calls the model.
  std::optional<std::string> prompt;
  std::optional<int64_t> duration;  // Seconds.
  std::optional<absl::Time> create_time;
  model::TaskState state = model::TaskState::kRunning;
};

struct PiApiTaskPage {
  std::vector<PiApiListedTask> items;
  std::optional<int64_t> total;  // In the whole list, when the vendor says it.
};

// nullopt: the answer is no list.
std::optional<PiApiTaskPage> ReadPiApiTasks(const std::string& body);

// Whether the task may be the one looked for, sent as `model`: nothing that the vendor shows of it differs.
bool MayBe(const PiApiListedTask& task, const TaskSearch& search, const std::string& model);

// `task` MayBe the one looked for.
TaskSighting ToSighting(const PiApiListedTask& task);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_TASK_LIST_H_

#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_REFERENCES_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_REFERENCES_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/base/error.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// A NOT_FOUND of the asset of the reference of this index, with the path of its field in message and metadata `field`.
// Other statuses as they are.
//
// Tests: tests/unit/engine/tasks/tasks_test.cc, tests/unit/engine/tasks/waiting_tasks_test.cc
absl::Status AtReference(const absl::Status& status, size_t index);

// What the assets of a task's references say about it.
struct ResolvedReferences {
  // The first asset that cannot be found or read, or whose state the request does not allow; OK if there is none.
  absl::Status problem;
  // Roles that do not fit the asset's media type, assets of another upstream.
  std::vector<base::FieldViolation> violations;
  // What is known of each reference's media.
  std::vector<model::MediaInfo> media;
  // Names of the assets that must become ACTIVE before the task is sent, each once.
  std::vector<std::string> waits_for;
};

// Reads every asset that the request refers to through `find`, fills in the roles that are not set, and compares.
// ACTIVE assets may be used; one that is PROCESSING with `wait_for_assets`, or when it is being created again with
// `recreate_expired_assets`; one that is EXPIRED with `recreate_expired_assets` if it came from a URL.
ResolvedReferences ResolveReferences(const std::string& upstream,
                                     absl::FunctionRef<absl::StatusOr<model::Asset>(const model::UpstreamHandle&)> find,
                                     model::TaskRequest& request);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_REFERENCES_H_

#ifndef SEEDANCE_SERVICE_ENGINE_TASK_REFERENCES_H_
#define SEEDANCE_SERVICE_ENGINE_TASK_REFERENCES_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/base/error.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// What the assets of a task's references say about it.
struct ResolvedReferences {
  // The first asset that cannot be found or read, or is not ACTIVE; OK if there is none.
  absl::Status problem;
  // Roles that do not fit the asset's media type, assets of another upstream.
  std::vector<base::FieldViolation> violations;
};

// Reads every referenced asset through `find`, fills in the roles that are not set, and compares.
ResolvedReferences ResolveReferences(const std::string& upstream,
                                     absl::FunctionRef<absl::StatusOr<model::Asset>(const model::UpstreamHandle&)> find,
                                     std::vector<model::Reference>& references);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASK_REFERENCES_H_

#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_DRAFT_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_DRAFT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/profile.h"

namespace seedance::engine {

// Fills in what the gateway decides about a task before it is stored: the model (its default, or the one that takes
// assets), the prompt as the vendor gets it, the order of the references, warnings, the estimated cost. Returns every
// rule that the request breaks, with paths in the caller's order; then the task is not to be stored. `task` has the
// request with all roles filled in; `media` is as in model::CheckTask.
std::vector<base::FieldViolation> CompleteDraft(const std::string& upstream, const model::UpstreamProfile& profile,
                                                const std::vector<model::MediaInfo>& media, absl::Time now,
                                                model::GenerationTask& task);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_DRAFT_H_

#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_REPORT_MERGE_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_REPORT_MERGE_H_

#include "service/model/generation_task.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// Writes what the vendor says into the task. True when that changed anything that a reader can see. Never takes a task
// out of a terminal state.
bool MergeReport(const upstream::TaskReport& report, model::GenerationTask& task);

// What a submission came to, written into a task in state SUBMITTING.
void MergeSubmission(const upstream::BilledResult<std::string>& result, absl::Time now, absl::Duration next_try,
                     model::GenerationTask& task);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_REPORT_MERGE_H_

#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_TASK_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_TASK_H_

#include <string>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/generation_task.pb.h"
#include "service/engine/tasks/downloads.h"
#include "service/engine/tasks/tasks.h"

namespace seedance::rpc {

// Convert requests of GenerationTaskService to the engine's parameters. That of creation carries broken rules in
// `violations`, which the engine reports together with its own; the others return INVALID_ARGUMENT with every broken
// rule.
//
// Tests: tests/unit/rpc/validate/validate_test.cc
engine::CreateTaskParams ReadRequest(const gateway::v1::CreateGenerationTaskRequest& request);

// Parameters of a WatchGenerationTask request.
struct WatchTaskParams {
  std::string id;
  std::string resume_token;
};
// The id (UUID) of the task.
absl::StatusOr<std::string> ReadRequest(const gateway::v1::GetGenerationTaskRequest& request);
absl::StatusOr<std::string> ReadRequest(const gateway::v1::CancelGenerationTaskRequest& request);
absl::StatusOr<std::string> ReadRequest(const gateway::v1::DeleteGenerationTaskRequest& request);
absl::StatusOr<engine::ReconcileTaskParams> ReadRequest(const gateway::v1::ReconcileGenerationTaskRequest& request);
absl::StatusOr<engine::ListTasksParams> ReadRequest(const gateway::v1::ListGenerationTasksRequest& request);
absl::StatusOr<engine::TaskFilter> ReadRequest(const gateway::v1::CountGenerationTasksRequest& request);
absl::StatusOr<WatchTaskParams> ReadRequest(const gateway::v1::WatchGenerationTaskRequest& request);
absl::StatusOr<engine::WatchTasksParams> ReadRequest(const gateway::v1::WatchGenerationTasksRequest& request);
absl::StatusOr<engine::DownloadParams> ReadRequest(const gateway::v1::DownloadGenerationResultRequest& request);

// The filter to which page tokens of this list are bound.
std::string PageFilter(const gateway::v1::ListGenerationTasksRequest& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_VALIDATE_TASK_H_

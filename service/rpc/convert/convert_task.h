#ifndef SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TASK_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TASK_H_

#include "seedance/gateway/v1/generation_task.pb.h"
#include "service/engine/tasks/task_reconciler.h"
#include "service/model/generation_task.h"

namespace seedance::rpc {

// Writes every field of the message. A task that was only validated (no id) has no name. All conversions here never
// fail.
//
// Tests: tests/unit/rpc/convert/convert_test.cc
void ToProto(const model::GenerationTask& task, gateway::v1::GenerationTask* proto);

// Writes every field of the message.
void ToProto(const engine::TaskCandidate& candidate, gateway::v1::ReconcileGenerationTaskResponse::Candidate* proto);

// Enumerations have equal numbers.
gateway::v1::GenerationTask::State ToProto(model::TaskState state);
gateway::v1::ReferenceRole ToProto(model::ReferenceRole role);
gateway::v1::Resolution ToProto(model::Resolution resolution);

// Inverse of the above, for valid values only: check with GenerationTask_State_IsValid and so on first.
model::TaskState FromProto(gateway::v1::GenerationTask::State state);
model::ReferenceRole FromProto(gateway::v1::ReferenceRole role);
model::Resolution FromProto(gateway::v1::Resolution resolution);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_CONVERT_TASK_H_

#include "service/store/sqlite/data_loss.h"

#include <vector>

#include "service/base/random.h"
#include "service/model/billed_call.h"
#include "service/store/record.h"
#include "service/store/sqlite/store_meta.h"
#include "service/store/sqlite/task_rows.h"

namespace seedance::store::sqlite {
namespace {

absl::StatusOr<int> DistrustTasks(Connection& connection) {
  std::vector<std::string> ids;
  {
    Query query(connection, "SELECT id FROM tasks WHERE open = 1 AND state = ?");
    query.Int(static_cast<int>(model::TaskState::kPending));
    while (query.Step()) ids.push_back(query.BytesAt(0));
  }
  for (const std::string& id : ids) {
    const absl::StatusOr<model::GenerationTask> changed = ChangeTask(connection, id, [](model::GenerationTask& task) {
      task.state = model::TaskState::kSubmitting;
      task.state_message.clear();
      return absl::OkStatus();
    });
    if (!changed.ok()) return changed.status();
  }
  return static_cast<int>(ids.size());
}

absl::StatusOr<int> DistrustCalls(Connection& connection) {
  std::vector<std::pair<int64_t, model::BilledCall>> rows;
  {
    Query query(connection, "SELECT rowid, body FROM billed_calls WHERE state = ? AND for_task = 0");
    query.Int(static_cast<int>(model::BilledCallState::kNotAccepted));
    while (query.Step()) {
      absl::StatusOr<model::BilledCall> call = ParseCall(query.BytesAt(1));
      if (!call.ok()) return call.status();
      rows.emplace_back(query.IntAt(0), *std::move(call));
    }
  }
  for (auto& [row, call] : rows) {
    call.state = model::BilledCallState::kInFlight;
    Query(connection, "UPDATE billed_calls SET state = ?, body = ? WHERE rowid = ?")
        .Int(static_cast<int>(call.state))
        .Bytes(SerializeCall(call))
        .Int(row)
        .Run();
  }
  return static_cast<int>(rows.size());
}

}  // namespace

absl::StatusOr<Distrusted> Distrust(Connection& connection) {
  Distrusted distrusted;
  distrusted.epoch = base::MakeUuidV4(base::SystemRandom());
  connection.Execute("BEGIN IMMEDIATE");
  absl::StatusOr<int> tasks = DistrustTasks(connection);
  absl::StatusOr<int> calls = tasks.ok() ? DistrustCalls(connection) : tasks;
  if (!calls.ok()) {
    connection.Execute("ROLLBACK");
    return calls.status();
  }
  ReplaceEpoch(connection, distrusted.epoch);
  CountCommit(connection);
  connection.Execute("COMMIT");
  distrusted.tasks = *tasks;
  distrusted.calls = *calls;
  return distrusted;
}

}  // namespace seedance::store::sqlite

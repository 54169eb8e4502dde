#include "service/store/sqlite/data_loss.h"

#include <algorithm>
#include <vector>

#include "service/base/error.h"
#include "service/base/random.h"
#include "service/model/journal_entry.h"
#include "service/store/record.h"
#include "service/store/sql/call_rows.h"
#include "service/store/sql/task_rows.h"
#include "service/store/sqlite/store_meta.h"

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
  std::vector<std::pair<int64_t, model::JournalEntry>> rows;
  {
    Query query(connection, "SELECT rowid, body FROM billed_calls WHERE state = ? AND for_task = 0");
    query.Int(static_cast<int>(model::JournalState::kNotAccepted));
    while (query.Step()) {
      absl::StatusOr<model::JournalEntry> call = ParseEntry(query.BytesAt(1));
      if (!call.ok()) return call.status();
      rows.emplace_back(query.IntAt(0), *std::move(call));
    }
  }
  for (auto& [row, call] : rows) {
    call.state = model::JournalState::kInFlight;
    Query(connection, "UPDATE billed_calls SET state = ?, body = ? WHERE rowid = ?")
        .Int(static_cast<int>(call.state))
        .Bytes(SerializeEntry(call))
        .Int(row)
        .Run();
  }
  return static_cast<int>(rows.size());
}

std::string MayHaveBeenCreated() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kOutcomeUnknown;
  return base::SerializeStatus(base::MakeError(
      "the store lost its newest state, and the asset may have been re-created since: it is not re-created a second "
      "time",
      detail));
}

absl::StatusOr<int> DistrustRecreations(Connection& connection, absl::Time now) {
  const std::string error = MayHaveBeenCreated();
  int distrusted = 0;
  // The loop does not change table assets.
  Query query(connection, "SELECT body FROM assets");
  while (query.Step()) {
    const absl::StatusOr<model::Asset> asset = ParseAsset(query.BytesAt(0));
    if (!asset.ok()) return asset.status();
    if (asset->source_uri.empty()) continue;
    model::JournalEntry call = model::RecreationOf(*asset, asset->recreations + 1);
    call.state = model::JournalState::kInDoubt;
    call.error = error;
    // It may have been sent at any time since the asset had this state.
    call.create_time = std::min(asset->update_time, now);
    call.update_time = now;
    const absl::StatusOr<Store::Begun> begun = BeginEntry(connection, call, nullptr);
    if (!begun.ok()) return begun.status();
    if (!begun->existing.has_value()) ++distrusted;
  }
  return distrusted;
}

}  // namespace

absl::StatusOr<Distrusted> Distrust(Connection& connection, absl::Time now) {
  Distrusted distrusted;
  distrusted.epoch = base::MakeUuidV4(base::SystemRandom());
  connection.Execute("BEGIN IMMEDIATE");
  absl::StatusOr<int> tasks = DistrustTasks(connection);
  absl::StatusOr<int> calls = tasks.ok() ? DistrustCalls(connection) : tasks;
  absl::StatusOr<int> assets = calls.ok() ? DistrustRecreations(connection, now) : calls;
  if (!assets.ok()) {
    connection.Execute("ROLLBACK");
    return assets.status();
  }
  ReplaceEpoch(connection, distrusted.epoch);
  CountCommit(connection);
  connection.Execute("COMMIT");
  distrusted.tasks = *tasks;
  distrusted.calls = *calls;
  distrusted.assets = *assets;
  return distrusted;
}

}  // namespace seedance::store::sqlite

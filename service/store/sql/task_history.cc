#include "service/store/sql/task_history.h"

#include <utility>

#include "service/store/sql/task_rows.h"

namespace seedance::store::sql {
namespace {

// Deletes the task's row and returns the revision of the tombstone.
int64_t Erase(Session& session, const model::GenerationTask& task, absl::Time now) {
  const int64_t revision = session.NextRevision();
  Query(session, "DELETE FROM tasks WHERE id = $1").Text(task.id).Run();
  Query(session,
        "INSERT INTO deleted_tasks (revision, tenant, id, delete_micros, upstream, upstream_task_id) "
        "VALUES ($1, $2, $3, $4, $5, $6)")
      .Int(revision)
      .Text(task.tenant)
      .Text(task.id)
      .Int(absl::ToUnixMicros(now))
      .Text(task.request.upstream)
      .Text(task.upstream_task_id)
      .Run();
  return revision;
}

}  // namespace

absl::StatusOr<int64_t> DeleteTask(Session& session, const std::string& id, absl::Time now,
                                   absl::FunctionRef<absl::Status(const model::GenerationTask&)> check) {
  const absl::StatusOr<model::GenerationTask> task = ReadTask(session, id);
  if (!task.ok()) return task.status();
  if (absl::Status agreed = check(*task); !agreed.ok()) return agreed;
  return Erase(session, *task, now);
}

absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(Session& session, absl::Time ended_before, absl::Time now,
                                                              int limit) {
  std::vector<model::GenerationTask> tasks;
  {
    Query query(session,
                "SELECT revision, body FROM tasks WHERE open = 0 AND end_micros < $1 ORDER BY end_micros, id LIMIT $2");
    query.Int(absl::ToUnixMicros(ended_before)).Int(limit);
    while (query.Step()) {
      absl::StatusOr<model::GenerationTask> task = TaskFromRow(query);
      if (!task.ok()) return task.status();
      tasks.push_back(*std::move(task));
    }
  }
  for (const model::GenerationTask& task : tasks) {
    Erase(session, task, now);
    Query(session, "DELETE FROM billed_calls WHERE task_id = $1 AND task_id <> ''").Text(task.id).Run();
  }
  return tasks;
}

bool IsDeletedTaskOf(Session& session, const std::string& upstream, const std::string& upstream_task_id) {
  // The last condition makes the partial index usable.
  return Query(session,
               "SELECT 1 FROM deleted_tasks WHERE upstream = $1 AND upstream_task_id = $2 AND upstream_task_id <> ''")
      .Text(upstream)
      .Text(upstream_task_id)
      .Step();
}

// One statement is one snapshot; two would need a transaction.
absl::StatusOr<std::vector<Store::TaskChange>> ListTaskChanges(Session& session, const std::string& tenant,
                                                               int64_t after, int limit) {
  Query query(session,
              "SELECT revision, body, id, 0 FROM tasks WHERE tenant = $1 AND revision > $2 "
              "UNION ALL SELECT revision, NULL, id, 1 FROM deleted_tasks WHERE tenant = $3 AND revision > $4 "
              "ORDER BY revision LIMIT $5");
  query.Text(tenant).Int(after).Text(tenant).Int(after).Int(limit);
  std::vector<Store::TaskChange> changes;
  while (query.Step()) {
    Store::TaskChange change;
    change.revision = query.IntAt(0);
    change.id = query.BytesAt(2);
    if (query.IntAt(3) == 0) {
      absl::StatusOr<model::GenerationTask> task = TaskFromRow(query);
      if (!task.ok()) return task.status();
      change.task = *std::move(task);
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

Store::HistoryBounds ReadHistoryBounds(Session& session) {
  Query query(session, "SELECT revision, forgotten FROM store_meta WHERE id = 1");
  query.Step();
  return {query.IntAt(0), query.IntAt(1)};
}

int TrimDeletions(Session& session, absl::Time before) {
  const int64_t micros = absl::ToUnixMicros(before);
  Query newest(session, "SELECT coalesce(max(revision), 0) FROM deleted_tasks WHERE delete_micros < $1");
  newest.Int(micros).Step();
  Query(session, "UPDATE store_meta SET forgotten = $1 WHERE id = 1 AND forgotten < $1").Int(newest.IntAt(0)).Run();
  return Query(session, "DELETE FROM deleted_tasks WHERE delete_micros < $1").Int(micros).Run();
}

}  // namespace seedance::store::sql

#include "service/store/postgres/task_rows.h"

#include <map>
#include <utility>

#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/store/columns.h"
#include "service/store/list_query.h"
#include "service/store/postgres/store_meta.h"
#include "service/store/record.h"

namespace seedance::store::postgres {
namespace {

using Labels = std::map<std::string, std::string>;

void InsertLabels(Connection& connection, const std::string& id, const Labels& labels) {
  for (const auto& [key, value] : labels) {
    Query(connection, "INSERT INTO task_labels (task_id, key, value) VALUES ($1, $2, $3)")
        .Text(id)
        .Text(key)
        .Text(value)
        .Run();
  }
}

}  // namespace

absl::StatusOr<model::GenerationTask> TaskFromRow(const Query& row) {
  absl::StatusOr<model::GenerationTask> task = ParseTask(row.BytesAt(1));
  if (task.ok()) task->revision = row.IntAt(0);
  return task;
}

void InsertTask(Connection& connection, model::GenerationTask& task) {
  task.revision = NextRevision(connection);
  Query(connection,
        "INSERT INTO tasks (id, tenant, state, open, create_micros, end_micros, upstream, upstream_task_id, revision, "
        "body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
      .Text(task.id)
      .Text(task.tenant)
      .Int(static_cast<int>(task.state))
      .Int(IsOpen(task))
      .Int(absl::ToUnixMicros(task.create_time))
      .Int(EndMicros(task))
      .Text(task.request.upstream)
      .Text(task.upstream_task_id)
      .Int(task.revision)
      .Bytes(SerializeTask(task))
      .Run();
  InsertLabels(connection, task.id, task.request.labels);
}

absl::StatusOr<model::GenerationTask> ReadTask(Connection& connection, const std::string& id) {
  Query query(connection, "SELECT revision, body FROM tasks WHERE id = $1");
  query.Text(id);
  if (!query.Step()) {
    return base::ResourceNotFound("seedance.gateway.v1.GenerationTask", model::GenerationTaskName(id));
  }
  return TaskFromRow(query);
}

absl::StatusOr<model::GenerationTask> ChangeTask(Connection& connection, const std::string& id,
                                                 absl::FunctionRef<absl::Status(model::GenerationTask&)> change) {
  absl::StatusOr<model::GenerationTask> task = ReadTask(connection, id);
  if (!task.ok()) return task;
  const Labels labels = task->request.labels;
  if (absl::Status changed = change(*task); !changed.ok()) return changed;
  task->revision = NextRevision(connection);
  Query(connection,
        "UPDATE tasks SET tenant = $1, state = $2, open = $3, create_micros = $4, end_micros = $5, upstream = $6, "
        "upstream_task_id = $7, revision = $8, body = $9 WHERE id = $10")
      .Text(task->tenant)
      .Int(static_cast<int>(task->state))
      .Int(IsOpen(*task))
      .Int(absl::ToUnixMicros(task->create_time))
      .Int(EndMicros(*task))
      .Text(task->request.upstream)
      .Text(task->upstream_task_id)
      .Int(task->revision)
      .Bytes(SerializeTask(*task))
      .Text(id)
      .Run();
  if (task->request.labels != labels) {
    Query(connection, "DELETE FROM task_labels WHERE task_id = $1").Text(id).Run();
    InsertLabels(connection, id, task->request.labels);
  }
  return task;
}

absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(Connection& connection, const Store::TaskFilter& filter,
                                                             const model::PageCursor& after, int limit) {
  ListQuery query("SELECT revision, body FROM tasks WHERE tenant = ?", filter.tenant);
  if (!filter.ids.empty()) {
    query.And("id = ANY(ARRAY(SELECT convert_to(json_array_elements_text(?::json), 'UTF8')))",
              JsonArray(std::vector<std::string>(filter.ids.begin(), filter.ids.end())));
  }
  if (!filter.states.empty()) {
    std::vector<int64_t> states;
    for (model::TaskState state : filter.states) states.push_back(static_cast<int>(state));
    query.And("state = ANY(ARRAY(SELECT json_array_elements_text(?::json)::int))", JsonArray(states));
  }
  for (const auto& [key, value] : filter.labels) {
    query.And("id IN (SELECT task_id FROM task_labels WHERE key = ? AND value = ?)", key, value);
  }
  query.Page(" AND (create_micros, id) < (?, ?)", " ORDER BY create_micros DESC, id DESC LIMIT ?", after, limit);
  Query rows(connection, query.NumberedSql());
  query.Bind(rows);
  return ReadPage<model::GenerationTask, Query>(rows, limit, TaskFromRow, CursorOf);
}

absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks(Connection& connection) {
  Query query(connection, "SELECT revision, body FROM tasks WHERE open = 1 ORDER BY create_micros, id");
  std::vector<model::GenerationTask> tasks;
  while (query.Step()) {
    absl::StatusOr<model::GenerationTask> task = TaskFromRow(query);
    if (!task.ok()) return task.status();
    tasks.push_back(*std::move(task));
  }
  return tasks;
}

absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(Connection& connection,
                                                                          const std::string& upstream,
                                                                          const std::string& upstream_task_id) {
  // The third condition makes the partial index usable.
  Query query(
      connection,
      "SELECT revision, body FROM tasks WHERE upstream = $1 AND upstream_task_id = $2 AND upstream_task_id <> ''");
  query.Text(upstream).Text(upstream_task_id);
  if (!query.Step()) return std::optional<model::GenerationTask>();
  absl::StatusOr<model::GenerationTask> task = TaskFromRow(query);
  if (!task.ok()) return task.status();
  return std::optional<model::GenerationTask>(*std::move(task));
}

}  // namespace seedance::store::postgres

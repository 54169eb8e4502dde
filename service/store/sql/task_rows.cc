#include "service/store/sql/task_rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/store/record.h"
#include "service/store/sql/columns.h"
#include "service/store/sql/list_query.h"

namespace seedance::store::sql {
namespace {

using Labels = std::map<std::string, std::string>;

void InsertLabels(Session& session, const std::string& id, const Labels& labels) {
  for (const auto& [key, value] : labels) {
    Query(session, "INSERT INTO task_labels (task_id, key, value) VALUES ($1, $2, $3)")
        .Text(id)
        .Text(key)
        .Text(value)
        .Run();
  }
}

// Rarely changing columns with their own indexes. Setting them costs SQLite a write of
// their indexes, changed or not.
struct Columns {
  std::string tenant;
  int64_t create_micros;
  int open;
  int64_t end_micros;
  std::string upstream;
  std::string upstream_task_id;
};

Columns ColumnsOf(const model::GenerationTask& task) {
  return {task.tenant,           absl::ToUnixMicros(task.create_time),
          IsOpen(task),          EndMicros(task),
          task.request.upstream, task.upstream_task_id};
}

// Updates only changed columns.
void UpdateColumns(Session& session, const Columns& before, const model::GenerationTask& task) {
  const Columns now = ColumnsOf(task);
  if (now.tenant != before.tenant || now.create_micros != before.create_micros) {
    Query(session, "UPDATE tasks SET tenant = $1, create_micros = $2 WHERE id = $3")
        .Text(now.tenant)
        .Int(now.create_micros)
        .Text(task.id)
        .Run();
  }
  if (now.open != before.open || now.end_micros != before.end_micros) {
    Query(session, "UPDATE tasks SET open = $1, end_micros = $2 WHERE id = $3")
        .Int(now.open)
        .Int(now.end_micros)
        .Text(task.id)
        .Run();
  }
  if (now.upstream != before.upstream || now.upstream_task_id != before.upstream_task_id) {
    Query(session, "UPDATE tasks SET upstream = $1, upstream_task_id = $2 WHERE id = $3")
        .Text(now.upstream)
        .Text(now.upstream_task_id)
        .Text(task.id)
        .Run();
  }
}

// Tasks that one page reads at most, where their bodies tell which of them fit.
constexpr int kMostRead = 1000;

// What columns tell.
void AddConditions(Session& session, const Store::TaskFilter& filter, ListQuery& query) {
  if (!filter.ids.empty()) {
    query.And(absl::StrCat("id ", session.dialect().in_texts),
              JsonArray(std::vector<std::string>(filter.ids.begin(), filter.ids.end())));
  }
  if (!filter.states.empty()) {
    std::vector<int64_t> states;
    for (model::TaskState state : filter.states) states.push_back(static_cast<int>(state));
    query.And(absl::StrCat("state ", session.dialect().in_numbers), JsonArray(states));
  }
  for (const auto& [key, value] : filter.labels) {
    query.And("id IN (SELECT task_id FROM task_labels WHERE key = ? AND value = ?)", key, value);
  }
  if (filter.created_from > absl::InfinitePast()) {
    query.And("create_micros >= ?", absl::ToUnixMicros(filter.created_from));
  }
  if (filter.created_before < absl::InfiniteFuture()) {
    query.And("create_micros < ?", absl::ToUnixMicros(filter.created_before));
  }
  if (!filter.upstream.empty()) query.And("upstream = ?", filter.upstream);
}

}  // namespace

absl::StatusOr<model::GenerationTask> TaskFromRow(const Query& row) {
  absl::StatusOr<model::GenerationTask> task = ParseTask(row.BytesAt(1));
  if (task.ok()) task->revision = row.IntAt(0);
  return task;
}

void InsertTask(Session& session, model::GenerationTask& task) {
  task.revision = session.NextRevision();
  Query(session,
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
  InsertLabels(session, task.id, task.request.labels);
}

absl::StatusOr<model::GenerationTask> ReadTask(Session& session, const std::string& id) {
  Query query(session, "SELECT revision, body FROM tasks WHERE id = $1");
  query.Text(id);
  if (!query.Step()) {
    return base::ResourceNotFound("seedance.gateway.v1.GenerationTask", model::GenerationTaskName(id));
  }
  return TaskFromRow(query);
}

absl::StatusOr<model::GenerationTask> ChangeTask(Session& session, const std::string& id,
                                                 absl::FunctionRef<absl::Status(model::GenerationTask&)> change) {
  absl::StatusOr<model::GenerationTask> task = ReadTask(session, id);
  if (!task.ok()) return task;
  const Labels labels = task->request.labels;
  const Columns before = ColumnsOf(*task);
  if (absl::Status changed = change(*task); !changed.ok()) return changed;
  task->revision = session.NextRevision();
  UpdateColumns(session, before, *task);
  Query(session, "UPDATE tasks SET state = $1, revision = $2, body = $3 WHERE id = $4")
      .Int(static_cast<int>(task->state))
      .Int(task->revision)
      .Bytes(SerializeTask(*task))
      .Text(id)
      .Run();
  if (task->request.labels != labels) {
    Query(session, "DELETE FROM task_labels WHERE task_id = $1").Text(id).Run();
    InsertLabels(session, id, task->request.labels);
  }
  return task;
}

absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(Session& session, const Store::TaskFilter& filter,
                                                             const model::PageCursor& after, int limit) {
  // The concatenation keeps SQLite from scanning all tasks of the tenant just to get their order.
  const char* select = filter.ids.empty() ? "SELECT revision, body FROM tasks WHERE tenant = ?"
                                          : "SELECT revision, body FROM tasks WHERE tenant || '' = ?";
  ListQuery query(select, filter.tenant);
  AddConditions(session, filter, query);
  const std::string text = absl::AsciiStrToLower(filter.prompt_text);
  const bool in_bodies = !filter.model.empty() || !text.empty();
  const int rows = in_bodies ? std::max(limit, kMostRead) : limit;
  query.Page(" AND (create_micros, id) < (?, ?)", " ORDER BY create_micros DESC, id DESC LIMIT ?", after, rows);
  Query found(session, query.sql());
  query.Bind(found);
  const auto keep = [&](const model::GenerationTask& task) {
    return (filter.model.empty() || task.request.model == filter.model) &&
           (text.empty() || absl::StrContains(absl::AsciiStrToLower(task.request.prompt), text));
  };
  return ReadPage<model::GenerationTask>(found, {limit, rows}, TaskFromRow, CursorOf, keep);
}

std::map<model::TaskState, int64_t> CountTasks(Session& session, const Store::TaskFilter& filter) {
  ListQuery query("SELECT state, count(*) FROM tasks WHERE tenant = ?", filter.tenant);
  AddConditions(session, filter, query);
  query.End(" GROUP BY state");
  Query rows(session, query.sql());
  query.Bind(rows);
  std::map<model::TaskState, int64_t> counts;
  while (rows.Step()) counts[static_cast<model::TaskState>(rows.IntAt(0))] = rows.IntAt(1);
  return counts;
}

absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks(Session& session) {
  Query query(session, "SELECT revision, body FROM tasks WHERE open = 1 ORDER BY create_micros, id");
  std::vector<model::GenerationTask> tasks;
  while (query.Step()) {
    absl::StatusOr<model::GenerationTask> task = TaskFromRow(query);
    if (!task.ok()) return task.status();
    tasks.push_back(*std::move(task));
  }
  return tasks;
}

absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(Session& session, const std::string& upstream,
                                                                          const std::string& upstream_task_id) {
  // The third condition makes the partial index usable.
  Query query(
      session,
      "SELECT revision, body FROM tasks WHERE upstream = $1 AND upstream_task_id = $2 AND upstream_task_id <> ''");
  query.Text(upstream).Text(upstream_task_id);
  if (!query.Step()) return std::optional<model::GenerationTask>();
  absl::StatusOr<model::GenerationTask> task = TaskFromRow(query);
  if (!task.ok()) return task.status();
  return std::optional<model::GenerationTask>(*std::move(task));
}

}  // namespace seedance::store::sql

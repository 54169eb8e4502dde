#ifndef SEEDANCE_SERVICE_STORE_SQL_TASK_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQL_TASK_ROWS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/model/generation_task.h"
#include "service/store/sql/session.h"
#include "service/store/store.h"

// Tables tasks and task_labels. Contracts as in the methods of Store of the same name. Functions throw
// PostgresError; writes need an open transaction.
//
// Tests: tests/contract/store_contract_tasks.cc
namespace seedance::store::sql {

// Inserts; sets the revision of `task`. The id must be new.
void InsertTask(Session& session, model::GenerationTask& task);
// NOT_FOUND when there is none.
absl::StatusOr<model::GenerationTask> ReadTask(Session& session, const std::string& id);
absl::StatusOr<model::GenerationTask> ChangeTask(Session& session, const std::string& id,
                                                 absl::FunctionRef<absl::Status(model::GenerationTask&)> change);
// One page, newest first; how many there are by state; all tasks that are not terminal; a task by the vendor's id.
absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(Session& session, const Store::TaskFilter& filter,
                                                             const model::PageCursor& after, int limit);
std::map<model::TaskState, int64_t> CountTasks(Session& session, const Store::TaskFilter& filter);
absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks(Session& session);
absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(Session& session, const std::string& upstream,
                                                                          const std::string& upstream_task_id);

// Parses a row whose first columns are revision and body.
absl::StatusOr<model::GenerationTask> TaskFromRow(const Query& row);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_TASK_ROWS_H_

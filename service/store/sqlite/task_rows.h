#ifndef SEEDANCE_SERVICE_STORE_SQLITE_TASK_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_TASK_ROWS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/model/generation_task.h"
#include "service/store/sqlite/connection.h"
#include "service/store/store.h"

// Tables tasks and task_labels. Promises of each as in Store; SQLite::Exception is thrown. Writes need a transaction.
namespace seedance::store::sqlite {

// Sets the revision. The id must be new.
void InsertTask(Connection& connection, model::GenerationTask& task);
absl::StatusOr<model::GenerationTask> ReadTask(Connection& connection, const std::string& id);
absl::StatusOr<model::GenerationTask> ChangeTask(Connection& connection, const std::string& id,
                                                 absl::FunctionRef<absl::Status(model::GenerationTask&)> change);
absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(Connection& connection, const Store::TaskFilter& filter,
                                                             const model::PageCursor& after, int limit);
absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks(Connection& connection);
absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(Connection& connection,
                                                                          const std::string& upstream,
                                                                          const std::string& upstream_task_id);

// Writes the columns that the third version of the schema added, from the task.
void FillTaskColumns(Connection& connection, const model::GenerationTask& task);

// The task of a row whose columns begin with revision and body.
absl::StatusOr<model::GenerationTask> TaskFromRow(const Query& row);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_TASK_ROWS_H_

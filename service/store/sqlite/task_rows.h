#ifndef SEEDANCE_SERVICE_STORE_SQLITE_TASK_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_TASK_ROWS_H_

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

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_TASK_ROWS_H_

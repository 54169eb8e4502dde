#ifndef SEEDANCE_SERVICE_STORE_SQLITE_TASK_HISTORY_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_TASK_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/generation_task.h"
#include "service/store/sqlite/connection.h"
#include "service/store/store.h"

// What changed in the table tasks and what was deleted from it (table deleted_tasks). Promises of each as in Store;
// SQLite::Exception is thrown. Writes need a transaction.
namespace seedance::store::sqlite {

absl::StatusOr<int64_t> DeleteTask(Connection& connection, const std::string& id, absl::Time now,
                                   absl::FunctionRef<absl::Status(const model::GenerationTask&)> check);
absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(Connection& connection, absl::Time ended_before,
                                                              absl::Time now, int limit);
bool IsDeletedTaskOf(Connection& connection, const std::string& upstream, const std::string& upstream_task_id);
absl::StatusOr<std::vector<Store::TaskChange>> ListTaskChanges(Connection& connection, const std::string& tenant,
                                                               int64_t after, int limit);
Store::HistoryBounds ReadHistoryBounds(Connection& connection);
int TrimDeletions(Connection& connection, absl::Time before);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_TASK_HISTORY_H_

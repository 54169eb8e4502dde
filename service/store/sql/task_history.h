#ifndef SEEDANCE_SERVICE_STORE_SQL_TASK_HISTORY_H_
#define SEEDANCE_SERVICE_STORE_SQL_TASK_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/generation_task.h"
#include "service/store/sql/session.h"
#include "service/store/store.h"

// Changes of table tasks, and tombstones of deleted tasks (table deleted_tasks). Contracts as in the methods of Store
// of the same name. Functions throw as Session; writes need an open transaction.
//
// Tests: tests/contract/store_contract_history.cc
namespace seedance::store::sql {

// Delete with a tombstone: one task after `check`; tasks that ended before a time.
absl::StatusOr<int64_t> DeleteTask(Session& session, const std::string& id, absl::Time now,
                                   absl::FunctionRef<absl::Status(const model::GenerationTask&)> check);
absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(Session& session, absl::Time ended_before, absl::Time now,
                                                              int limit);
// Whether a tombstone has this vendor's id.
bool IsDeletedTaskOf(Session& session, const std::string& upstream, const std::string& upstream_task_id);
// Changes after a revision, and the range of revisions that the history covers.
absl::StatusOr<std::vector<Store::TaskChange>> ListTaskChanges(Session& session, const std::string& tenant,
                                                               int64_t after, int limit);
Store::HistoryBounds ReadHistoryBounds(Session& session);
// Deletes old tombstones. Returns how many.
int TrimDeletions(Session& session, absl::Time before);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_TASK_HISTORY_H_

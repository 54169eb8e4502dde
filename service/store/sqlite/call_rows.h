#ifndef SEEDANCE_SERVICE_STORE_SQLITE_CALL_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_CALL_ROWS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/journal_entry.h"
#include "service/store/sqlite/connection.h"
#include "service/store/store.h"

// Table billed_calls, the journal. Promises of each as in Store; SQLite::Exception is thrown. Writes need a
// transaction.
namespace seedance::store::sqlite {

absl::StatusOr<std::optional<model::JournalEntry>> ReadCall(Connection& connection, const model::JournalKey& key);
absl::StatusOr<Store::Begun> BeginCall(Connection& connection, const model::JournalEntry& call,
                                       const model::GenerationTask* task);
// Takes state, resource_name, error and update_time from `call`. `written`: what it made is written in this transaction
// too. NOT_FOUND without a row.
absl::Status EndCall(Connection& connection, const model::JournalEntry& call, bool written);
absl::Status ExtendFingerprint(Connection& connection, const model::JournalKey& key, const model::Fingerprint& more);
absl::StatusOr<int> DoubtInFlightCalls(Connection& connection, const std::string& error, absl::Time now);
absl::StatusOr<std::vector<model::JournalEntry>> ListCallsInDoubt(Connection& connection, int limit);
int PurgeCalls(Connection& connection, absl::Time before, int limit);

// Id of the task that the row is about; empty for other rows.
std::string TaskIdOf(const model::JournalEntry& call);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_CALL_ROWS_H_

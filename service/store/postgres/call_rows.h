#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_CALL_ROWS_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_CALL_ROWS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/journal_entry.h"
#include "service/store/postgres/connection.h"
#include "service/store/store.h"

// Table billed_calls, the journal. Contracts as in the methods of Store of the same name. Functions throw
// PostgresError; writes need an open transaction.
//
// Tests: tests/contract/store_contract_calls.cc
namespace seedance::store::postgres {

// The entry of `key`; nullopt: none.
absl::StatusOr<std::optional<model::JournalEntry>> ReadCall(Connection& connection, const model::JournalKey& key);
// Inserts entry, claim and `task` (may be null), or reports what prevents it.
absl::StatusOr<Store::Begun> BeginEntry(Connection& connection, const model::JournalEntry& call,
                                        const model::GenerationTask* task);
// Takes state, resource_name, error and update_time from `call`. `written`: the created resource is written in this
// transaction too. NOT_FOUND without an entry.
absl::Status EndCall(Connection& connection, const model::JournalEntry& call, bool written);
// NOT_FOUND without an entry.
absl::Status ExtendFingerprint(Connection& connection, const model::JournalKey& key, const model::Fingerprint& more);
// Return the number of entries, or the entries, concerned.
absl::StatusOr<int> DoubtInFlightEntries(Connection& connection, const std::string& error, absl::Time now);
absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInDoubt(Connection& connection, int limit);
int PurgeEntries(Connection& connection, absl::Time before, int limit);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_CALL_ROWS_H_

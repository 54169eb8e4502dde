#ifndef SEEDANCE_SERVICE_STORE_SQL_CALL_ROWS_H_
#define SEEDANCE_SERVICE_STORE_SQL_CALL_ROWS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/journal_entry.h"
#include "service/store/sql/session.h"
#include "service/store/store.h"

// Table billed_calls, the journal. Contracts as in the methods of Store of the same name. Functions throw
// PostgresError; writes need an open transaction.
//
// Tests: tests/contract/store_contract_calls.cc
namespace seedance::store::sql {

// The entry of `key`; nullopt: none.
absl::StatusOr<std::optional<model::JournalEntry>> ReadCall(Session& session, const model::JournalKey& key);
// Inserts entry, claim and `task` (may be null), or reports what prevents it.
absl::StatusOr<Store::Begun> BeginEntry(Session& session, const model::JournalEntry& call,
                                        const model::GenerationTask* task);
// Takes state, resource_name, error and update_time from `call`. `written`: the created resource is written in this
// transaction too. NOT_FOUND without an entry; ABORTED when it is in flight and `is_own` denies its sender.
absl::Status EndCall(Session& session, const model::JournalEntry& call, absl::FunctionRef<bool(int64_t sender)> is_own,
                     bool written);
// NOT_FOUND without an entry.
absl::Status ExtendFingerprint(Session& session, const model::JournalKey& key, const model::Fingerprint& more);
// Return the number of entries, or the entries, concerned. `live`: senders whose entries stay in flight.
absl::StatusOr<int> DoubtInFlightEntries(Session& session, const std::set<int64_t>& live, const std::string& error,
                                         absl::Time now);
absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInFlight(Session& session);
absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInDoubt(Session& session, int limit);
int PurgeEntries(Session& session, absl::Time before, int limit);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_CALL_ROWS_H_

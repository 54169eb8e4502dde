#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_STORE_META_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_STORE_META_H_

#include <cstdint>
#include <optional>
#include <string>

#include "service/store/postgres/connection.h"

// Table store_meta: the one row about the database itself. A transaction that writes locks it first and changes it
// last, so that writers are serialized, whichever process they are in, and revisions are in the order of commits.
// Functions throw PostgresError.
//
// Tests: tests/contract/store_contract_history.cc, tests/unit/store/postgres/takeover_test.cc
namespace seedance::store::postgres {

// The row as a transaction found it.
struct Meta {
  std::string epoch;
  int64_t owner = 0;             // The last number of a store: of a schema that is not shared, the one that may write.
  int64_t revision = 0;          // The newest of the store.
  int64_t commits = 0;           // Number of transactions that wrote.
  int64_t assignment = 0;        // Counts changes of who owns which shard.
  int64_t replica_commits = -1;  // Of the replica that was asked for; -1: there is none.
  std::string transaction;       // Id of this transaction, for OutcomeOf.
};

// The functions below read the row, and that of table replicas with number `replica`.

// Begins a transaction and locks the row until its end. Sets the connection's revision and assignment. Nullopt: there
// is no row.
std::optional<Meta> BeginWrite(Connection& connection, int64_t replica = 0);
// Changes the row and commits, with the SQL statement `last` at the end, unless that is empty. `meta`: as BeginWrite
// returned it, for the same `replica`.
void CommitWrite(Connection& connection, const Meta& meta, int64_t replica = 0, const std::string& last = "");

// Makes the row, with epoch `fresh`, unless there is one.
void MakeMeta(Connection& connection, const std::string& fresh);
// Takes the next owner number, in a transaction of its own. There is a row.
Meta TakeOwnership(Connection& connection);

// The row, unlocked and outside of a transaction. Nullopt: there is no row.
std::optional<Meta> ReadMeta(Connection& connection, int64_t replica = 0);

// Changes something that exists for this only.
void WriteProbe(Connection& connection);

// What became of a transaction.
enum class Outcome { kCommitted, kAborted, kInProgress, kUnknown };
Outcome OutcomeOf(Connection& connection, const std::string& transaction);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_STORE_META_H_

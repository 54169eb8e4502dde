#include "service/store/postgres/store_meta.h"

#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"

namespace seedance::store::postgres {
namespace {

std::string Columns(int64_t replica) {
  return absl::StrCat("epoch, owner, revision, commits, assignment, ",
                      "coalesce((SELECT commits FROM replicas WHERE number = ", replica, "), -1)");
}

std::optional<Meta> MetaOf(const std::vector<std::string>& row) {
  if (row.size() < 6) return std::nullopt;
  Meta meta;
  meta.epoch = row[0];
  meta.owner = std::atoll(row[1].c_str());
  meta.revision = std::atoll(row[2].c_str());
  meta.commits = std::atoll(row[3].c_str());
  meta.assignment = std::atoll(row[4].c_str());
  meta.replica_commits = std::atoll(row[5].c_str());
  if (row.size() > 6) meta.transaction = row[6];
  return meta;
}

}  // namespace

std::optional<Meta> BeginWrite(Connection& connection, int64_t replica) {
  const std::optional<Meta> meta =
      MetaOf(connection.Row(absl::StrCat("BEGIN; SELECT ", Columns(replica),
                                         ", pg_current_xact_id() FROM store_meta WHERE id = 1 "
                                         "FOR UPDATE")));
  if (!meta.has_value()) return meta;
  connection.revision = meta->revision;
  connection.BeginAssignment(meta->assignment);
  return meta;
}

void CommitWrite(Connection& connection, const Meta& meta, int64_t replica, const std::string& last) {
  const std::string own =
      replica == 0 ? "" : absl::StrCat("UPDATE replicas SET commits = commits + 1 WHERE number = ", replica, "; ");
  const std::string tag =
      connection.Execute(absl::StrCat("UPDATE store_meta SET revision = ", connection.revision,
                                      ", commits = ", meta.commits + 1, ", assignment = ", connection.assignment(),
                                      " WHERE id = 1; ", own, last.empty() ? "" : absl::StrCat(last, "; "), "COMMIT"));
  // A failed transaction answers COMMIT with ROLLBACK, which is no error.
  if (tag != "COMMIT") throw PostgresError("25P02", absl::StrCat("COMMIT was answered with ", tag), false);
}

void MakeMeta(Connection& connection, const std::string& fresh) {
  Query(connection,
        "INSERT INTO store_meta (id, epoch, owner, revision, commits, forgotten, probes) "
        "VALUES (1, $1, 0, 0, 0, 0, 0) ON CONFLICT (id) DO NOTHING")
      .Text(fresh)
      .Run();
}

Meta TakeOwnership(Connection& connection) {
  // The commits that this is one of are the store's.
  return *MetaOf(connection.Row(absl::StrCat(
      "UPDATE store_meta SET owner = owner + 1, commits = commits + 1 WHERE id = 1 RETURNING ", Columns(0))));
}

std::optional<Meta> ReadMeta(Connection& connection, int64_t replica) {
  return MetaOf(connection.Row(absl::StrCat("SELECT ", Columns(replica), " FROM store_meta WHERE id = 1")));
}

void WriteProbe(Connection& connection) {
  Query(connection, "UPDATE store_meta SET probes = probes + 1 WHERE id = 1").Run();
}

Outcome OutcomeOf(Connection& connection, const std::string& transaction) {
  // A literal: the binary form of its type differs between releases. It is a number that the server gave.
  const std::vector<std::string> row =
      connection.Row(absl::StrCat("SELECT coalesce(pg_xact_status('", transaction, "'::xid8), '')"));
  if (row.empty()) return Outcome::kUnknown;
  if (row[0] == "committed") return Outcome::kCommitted;
  if (row[0] == "aborted") return Outcome::kAborted;
  return row[0] == "in progress" ? Outcome::kInProgress : Outcome::kUnknown;
}

}  // namespace seedance::store::postgres

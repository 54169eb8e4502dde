#include "service/store/sqlite/store_meta.h"

#include <cstdlib>

#include "service/store/sqlite/migrations.h"

namespace seedance::store::sqlite {

std::string ReadOrMakeEpoch(Connection& connection, const std::string& fresh) {
  Query(connection, "INSERT OR IGNORE INTO store_meta (id, epoch, revision) VALUES (1, ?, 0)").Text(fresh).Run();
  return connection.Value("SELECT epoch FROM store_meta WHERE id = 1");
}

Extent CountCommit(Connection& connection) {
  Query query(connection, "UPDATE store_meta SET commits = commits + 1 WHERE id = 1 RETURNING commits, revision");
  query.Step();
  return {query.IntAt(0), query.IntAt(1)};
}

void ReplaceEpoch(Connection& connection, const std::string& fresh) {
  Query(connection, "UPDATE store_meta SET epoch = ? WHERE id = 1").Text(fresh).Run();
}

void WriteProbe(Connection& connection) {
  // Random, because SQLite does not write unchanged pages.
  Query(connection,
        "INSERT INTO store_probe (id, bytes) VALUES (1, randomblob(65536)) "
        "ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes")
      .Run();
}

DatabaseFacts ReadFacts(Connection& connection) {
  DatabaseFacts facts;
  facts.version = std::atoi(connection.Value("PRAGMA user_version").c_str());
  if (facts.version == 0) return facts;
  Query query(connection, facts.version < kVersionWithCommits ? "SELECT epoch, revision, 0 FROM store_meta"
                                                              : "SELECT epoch, revision, commits FROM store_meta");
  if (!query.Step()) return facts;
  facts.epoch = query.BytesAt(0);
  facts.extent = {query.IntAt(2), query.IntAt(1)};
  return facts;
}

}  // namespace seedance::store::sqlite

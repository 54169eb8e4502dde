#include "service/store/sqlite/store_meta.h"

namespace seedance::store::sqlite {

std::string ReadOrMakeEpoch(Connection& connection, const std::string& fresh) {
  Query(connection, "INSERT OR IGNORE INTO store_meta (id, epoch, revision) VALUES (1, ?, 0)").Text(fresh).Run();
  return connection.Value("SELECT epoch FROM store_meta WHERE id = 1");
}

int64_t NextRevision(Connection& connection) {
  Query query(connection, "UPDATE store_meta SET revision = revision + 1 WHERE id = 1 RETURNING revision");
  query.Step();
  return query.IntAt(0);
}

}  // namespace seedance::store::sqlite

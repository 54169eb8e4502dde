#include "service/store/postgres/notices.h"

#include <utility>

namespace seedance::store::postgres {
namespace {

// Until every replica has read them, and the clocks of the hosts agree.
constexpr absl::Duration kKept = absl::Minutes(1);

}  // namespace

void WriteNotices(Connection& connection, const std::vector<Notice>& notices, int64_t sender, absl::Time now) {
  Query(connection, "DELETE FROM notices WHERE until_micros < $1").Int(absl::ToUnixMicros(now - kKept)).Run();
  for (const Notice& notice : notices) {
    Query(connection,
          "INSERT INTO notices (key, sender, until_micros, revision, text) VALUES ($1, $2, $3, $4, $5) "
          "ON CONFLICT (key) DO UPDATE SET sender = excluded.sender, until_micros = excluded.until_micros, "
          "revision = excluded.revision, text = excluded.text")
        .Text(notice.key)
        .Int(sender)
        .Int(absl::ToUnixMicros(notice.until))
        .Int(connection.NextRevision())
        .Text(notice.text)
        .Run();
  }
}

Ownership::Posted ReadNotices(Connection& connection, int64_t after, int64_t own,
                              absl::FunctionRef<bool(int64_t sender)> is_own) {
  // Own texts may be long, and come with every look until another replica tells something.
  Query rows(connection,
             "SELECT key, sender, until_micros, revision, CASE WHEN sender = $1 THEN NULL ELSE text END FROM notices "
             "WHERE revision > $2 ORDER BY revision");
  rows.Int(own).Int(after);
  Ownership::Posted posted;
  posted.revision = after;
  while (rows.Step()) {
    posted.revision = rows.IntAt(3);
    if (is_own(rows.IntAt(1))) continue;
    posted.notices.push_back({rows.BytesAt(0), rows.BytesAt(4), absl::FromUnixMicros(rows.IntAt(2)), rows.IntAt(3)});
  }
  return posted;
}

int64_t ReadOpenTasks(Connection& connection, const std::string& tenant) {
  Query row(connection, "SELECT tasks FROM open_tasks WHERE tenant = $1");
  return row.Text(tenant).Step() ? row.IntAt(0) : 0;
}

}  // namespace seedance::store::postgres

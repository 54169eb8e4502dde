#include "service/store/postgres/connection.h"

#include <limits>

#include "tests/unit/store/postgres/postgres_fixture.h"

namespace seedance::store::postgres {
namespace {

class ConnectionTest : public PostgresTest {};

TEST_F(ConnectionTest, ValuesComeBackAsTheyWereBound) {
  const std::unique_ptr<Connection> raw = Raw();
  const std::string bytes("\0\xff\\x41'", 7);
  for (const int64_t number : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, int64_t{256},
                               std::numeric_limits<int64_t>::max()}) {
    Query query(*raw, "SELECT $1::bytea, $2::bigint, NULL::bigint, NULL::bytea, (-7)::int");
    query.Bytes(bytes).Int(number);
    ASSERT_TRUE(query.Step());
    EXPECT_EQ(query.BytesAt(0), bytes);
    EXPECT_EQ(query.SizeAt(0), bytes.size());
    EXPECT_EQ(query.IntAt(1), number);
    EXPECT_EQ(query.IntAt(2), 0);
    EXPECT_EQ(query.BytesAt(3), "");
    EXPECT_EQ(query.IntAt(4), -7);
    EXPECT_FALSE(query.Step());
  }
}

TEST_F(ConnectionTest, TextIsNeverCutAtANul) {
  const std::unique_ptr<Connection> raw = Raw();
  try {
    Query(*raw, "SELECT $1::text").Text(std::string("a\0b", 3)).Step();
    ADD_FAILURE() << "the server took it";
  } catch (const PostgresError& error) {
    EXPECT_EQ(CauseOf(error.sqlstate()), "invalid_value");
    EXPECT_FALSE(error.lost());
  }
  EXPECT_TRUE(raw->usable());
}

TEST_F(ConnectionTest, RunSaysHowManyRowsChanged) {
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute("CREATE TEMP TABLE numbers (n bigint)");
  EXPECT_EQ(Query(*raw, "INSERT INTO numbers SELECT generate_series(1, 5)").Run(), 5);
  EXPECT_EQ(Query(*raw, "DELETE FROM numbers WHERE n > $1").Int(3).Run(), 2);
  EXPECT_EQ(Query(*raw, "DELETE FROM numbers WHERE n > $1").Int(3).Run(), 0);
  EXPECT_EQ(raw->changes(), 7);
}

TEST_F(ConnectionTest, EndedSessionIsLost) {
  const std::unique_ptr<Connection> raw = Raw();
  const int64_t process = raw->process_id();
  Query(*Raw(), "SELECT pg_terminate_backend($1, 10000)").Int(process).Run();
  try {
    raw->Execute("SELECT 1");
    ADD_FAILURE() << "the session lives";
  } catch (const PostgresError& error) {
    EXPECT_TRUE(error.lost());
    EXPECT_EQ(CauseOf(error.sqlstate()), "connection_lost");
  }
  EXPECT_FALSE(raw->usable());
}

}  // namespace
}  // namespace seedance::store::postgres

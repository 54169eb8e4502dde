#include "service/store/postgres/postgres_error.h"

#include <gtest/gtest.h>

namespace seedance::store::postgres {
namespace {

TEST(PostgresError, CauseOfTheWholeCodeOrOfItsClass) {
  EXPECT_EQ(CauseOf("53100"), "disk_full");
  EXPECT_EQ(CauseOf("53300"), "out_of_connections");
  EXPECT_EQ(CauseOf("53400"), "out_of_resources");
  EXPECT_EQ(CauseOf("25006"), "read_only");
  EXPECT_EQ(CauseOf("55P03"), "lock_timeout");
  EXPECT_EQ(CauseOf("57014"), "statement_timeout");
  EXPECT_EQ(CauseOf("57P01"), "connection_lost");
  EXPECT_EQ(CauseOf("57P03"), "starting_or_stopping");
  EXPECT_EQ(CauseOf(PostgresError::kConnectionLost), "connection_lost");
  EXPECT_EQ(CauseOf(PostgresError::kNoAnswer), "no_answer");
  EXPECT_EQ(CauseOf("99999"), "postgres_error");
}

TEST(PostgresError, SqlstateOfARefusedConnection) {
  EXPECT_EQ(SqlstateIn("connection to server failed: FATAL:  53300: sorry, too many clients already\nLOCATION:  x"),
            "53300");
  EXPECT_EQ(SqlstateIn("connection to server on socket \"/a\" failed: No such file or directory"),
            PostgresError::kConnectionLost);
  EXPECT_EQ(SqlstateIn("FATAL:  short"), PostgresError::kConnectionLost);
}

}  // namespace
}  // namespace seedance::store::postgres

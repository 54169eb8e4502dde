#include <thread>

#include "service/store/postgres/migrations.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace seedance::store::postgres {
namespace {

class PostgresOpenTest : public PostgresTest {
 protected:
  // A name that no other test has.
  std::string Own(const std::string& name) const { return absl::StrCat(options_.schema, "_", name); }

  // The text of the refusal.
  std::string Refusal() {
    const auto store = TryOpen();
    EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
    return std::string(store.status().message());
  }
};

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(PostgresOpenTest, ServerThatIsNotThere) {
  options_.connection = "host=/nonexistent dbname=postgres";
  EXPECT_THAT(Refusal(), HasSubstr("/nonexistent"));
}

TEST_F(PostgresOpenTest, ConnectionThatIsNoConnection) {
  options_.connection = "hostname=a";
  EXPECT_THAT(Refusal(), HasSubstr("hostname"));
}

TEST_F(PostgresOpenTest, CommitsThatDoNotWaitForTheDisk) {
  options_.connection += " options='-c synchronous_commit=off'";
  EXPECT_THAT(Refusal(), HasSubstr("synchronous_commit is off"));
}

TEST_F(PostgresOpenTest, ServerWithoutFsync) {
  server().StopAtOnce();
  ASSERT_TRUE(server().Start({"fsync=off"}).ok()) << server().Log();
  EXPECT_THAT(Refusal(), HasSubstr("fsync is off"));
  server().StopAtOnce();
  ASSERT_TRUE(server().Start().ok()) << server().Log();
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(PostgresOpenTest, OtherEncoding) {
  Raw()->Execute(absl::StrCat("CREATE DATABASE ", Own("latin"), " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
  options_.connection += " dbname=" + Own("latin");
  EXPECT_THAT(Refusal(), HasSubstr("encoding LATIN1"));
}

TEST_F(PostgresOpenTest, SchemaOfANewerRelease) {
  ASSERT_TRUE(TryOpen().ok());
  Raw()->Execute("UPDATE store_version SET version = 99, needs = 99");
  EXPECT_THAT(Refusal(), HasSubstr("version 99, made by a newer release"));
  EXPECT_TRUE(absl::IsFailedPrecondition(MigratePostgresStore(options_).status()));
}

TEST_F(PostgresOpenTest, NewerSchemaThatOnlyHasMoreIsWorkedWithAndLeftAlone) {
  const int latest = static_cast<int>(Migrations().size());
  ASSERT_EQ(*MigratePostgresStore(options_), latest);
  // As the next release leaves it during a rollout.
  Raw()->Execute(
      absl::StrCat("UPDATE store_version SET version = ", latest + 1, "; ALTER TABLE tasks ADD COLUMN more integer"));
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(Put(*store, "a"), "OK");
  EXPECT_EQ(*MigratePostgresStore(options_), latest + 1);
  EXPECT_EQ(Raw()->Row("SELECT version FROM store_version"), std::vector<std::string>{absl::StrCat(latest + 1)});
}

TEST_F(PostgresOpenTest, RoleWithoutPermissionToChangeTablesOpensWhatWasMigratedBefore) {
  const std::string role = Own("writer");
  Raw()->Execute(absl::StrCat("CREATE ROLE ", role, " LOGIN"));
  PostgresOptions as_writer = options_;
  as_writer.connection += " user=" + role;
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenPostgresStore(as_writer).status())) << "it may not create the schema";
  ASSERT_TRUE(MigratePostgresStore(options_).ok());
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute(absl::StrCat("GRANT USAGE ON SCHEMA ", options_.schema, " TO ", role));
  raw->Execute(
      absl::StrCat("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ", options_.schema, " TO ", role));
  const auto store = OpenPostgresStore(as_writer);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(Put(**store, "a"), "OK");
}

TEST_F(PostgresOpenTest, AMigrationMayTakeLongerThanAStatementAndAnotherStartWaitsForIt) {
  // As on a table with millions of rows.
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute(absl::StrCat("CREATE FUNCTION public.", Own("slow"), "() RETURNS event_trigger LANGUAGE plpgsql AS ",
                            "$$ BEGIN PERFORM pg_sleep(2); END $$; CREATE EVENT TRIGGER ", Own("slow"),
                            " ON ddl_command_start WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.",
                            Own("slow"), "()"));
  options_.statement_timeout = options_.lock_timeout = absl::Seconds(1);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([this] {
      const absl::StatusOr<int> version = MigratePostgresStore(options_);
      EXPECT_TRUE(version.ok()) << version.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  raw->Execute(absl::StrCat("DROP EVENT TRIGGER ", Own("slow")));
  EXPECT_EQ(Put(*Open(), "a"), "OK");
}

TEST_F(PostgresOpenTest, SeveralMigrateAtTheSameTime) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      const absl::StatusOr<int> version = MigratePostgresStore(options_);
      EXPECT_TRUE(version.ok()) << version.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(PostgresOpenTest, RoleThatMayMakeNoSchemaUsesOneThatIsThere) {
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute(absl::StrCat("CREATE ROLE ", Own("weak"), " LOGIN"));
  options_.connection += " user=" + Own("weak");
  EXPECT_THAT(Refusal(), HasSubstr("permission denied"));
  raw->Execute(absl::StrCat("CREATE SCHEMA ", options_.schema, " AUTHORIZATION ", Own("weak")));
  EXPECT_EQ(Put(*Open(), "a"), "OK");
}

TEST_F(PostgresOpenTest, PasswordIsSentAndNeverShown) {
  const std::string rules = server().folder() + "/data/pg_hba.conf";
  ASSERT_TRUE(testing::WriteFile(
      rules, absl::StrCat("local all ", Own("locked"), " scram-sha-256\n") + testing::ReadFile(rules)));
  Raw()->Execute(
      absl::StrCat("CREATE ROLE ", Own("locked"), " LOGIN SUPERUSER PASSWORD 'open sesame'; SELECT pg_reload_conf()"));
  options_.connection += " user=" + Own("locked");
  ASSERT_TRUE(Eventually([&] { return !TryOpen().ok(); }));
  EXPECT_THAT(Refusal(), HasSubstr("no password supplied"));
  std::string password = "open barley";
  options_.password = [&password] { return password; };
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("password authentication failed"), Not(HasSubstr("barley"))));
  password = "open sesame";
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(Put(*store, "a"), "OK");
  // One that was changed is taken by the next connection.
  Raw()->Execute(absl::StrCat("ALTER ROLE ", Own("locked"), " PASSWORD 'open wheat'"));
  password = "open wheat";
  Raw()->Execute(
      absl::StrCat("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '", Own("locked"), "'"));
  EXPECT_TRUE(Eventually([&] { return Put(*store, "b") == "OK"; }));
}

TEST_F(PostgresOpenTest, OpeningAgainChangesNoTable) {
  ASSERT_TRUE(TryOpen().ok());
  const auto tables = [&] {
    return Raw()->Row(
        absl::StrCat("SELECT string_agg(table_name || column_name || data_type, ',' ORDER BY table_name, "
                     "ordinal_position) FROM information_schema.columns WHERE table_schema = '",
                     options_.schema, "'"));
  };
  const std::vector<std::string> before = tables();
  const std::string epoch = Open()->epoch();
  EXPECT_EQ(tables(), before);
  EXPECT_EQ(Open()->epoch(), epoch);
  EXPECT_EQ(Raw()->Row("SELECT version FROM store_version"),
            std::vector<std::string>{absl::StrCat(Migrations().size())});
}

}  // namespace
}  // namespace seedance::store::postgres

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "service/config/config.h"
#include "service/config/print_config.h"

namespace seedance::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// One upstream; the store is the last line.
absl::StatusOr<GatewayConfig> WithStore(const std::string& store) {
  return ParseConfig("upstreams: [{name: any, anyfast: {api_key: {env: K}}}]\nstore: " + store);
}

std::string StoreProblems(const std::string& store) { return std::string(WithStore(store).status().message()); }

TEST(StoreConfig, WithoutABackendItIsSqlite) {
  const auto config = WithStore("{probe_interval: 3s}");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->store().sqlite().path(), "seedance-gateway.db");
  EXPECT_FALSE(config->store().has_postgres());
}

TEST(StoreConfig, PostgresHasItsDefaultsAndIsTheOnlyBackend) {
  const auto config = WithStore("{postgres: {connection: host=db dbname=gateway}}");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->store().has_sqlite());
  const auto& postgres = config->store().postgres();
  EXPECT_EQ(postgres.connection(), "host=db dbname=gateway");
  EXPECT_EQ(postgres.schema(), "seedance");
  EXPECT_EQ(postgres.read_connections(), 4);
  EXPECT_EQ(postgres.statement_timeout().seconds(), 10);
  EXPECT_EQ(postgres.lock_timeout().seconds(), 5);
  EXPECT_EQ(postgres.wait_for_lock().seconds(), 0);
  EXPECT_FALSE(postgres.has_password());
}

TEST(StoreConfig, PostgresTakesWhatIsWritten) {
  const auto config = WithStore(
      "{postgres: {connection: host=db, password: {file: /run/secret}, schema: team_a, read_connections: 9, "
      "statement_timeout: 20s, lock_timeout: 0.5s, wait_for_lock: 600s}}");
  ASSERT_TRUE(config.ok()) << config.status();
  const auto& postgres = config->store().postgres();
  EXPECT_EQ(postgres.password().file(), "/run/secret");
  EXPECT_EQ(postgres.schema(), "team_a");
  EXPECT_EQ(postgres.read_connections(), 9);
  EXPECT_EQ(postgres.statement_timeout().seconds(), 20);
  EXPECT_EQ(postgres.lock_timeout().nanos(), 500'000'000);
  EXPECT_EQ(postgres.wait_for_lock().seconds(), 600);
  const std::string printed = PrintConfig(*config, /*all=*/true);
  EXPECT_THAT(printed, HasSubstr("/run/secret"));
  EXPECT_THAT(printed, Not(HasSubstr("sqlite")));
  EXPECT_TRUE(ParseConfig(printed).ok()) << ParseConfig(printed).status();
}

TEST(StoreConfig, ReplicasHaveDefaultsAndArePrintedSoThatTheyCanBeReadAgain) {
  const auto config = WithStore("{postgres: {connection: host=db, replicas: {}}}");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->store().postgres().replicas().name(), "");
  EXPECT_EQ(config->store().postgres().replicas().lease().seconds(), 6);
  const auto again = ParseConfig(PrintConfig(*config, /*all=*/true));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->store().postgres().has_replicas());
  EXPECT_FALSE(WithStore("{postgres: {connection: host=db}}")->store().postgres().has_replicas());
  const auto set = WithStore("{postgres: {connection: host=db, replicas: {name: one, lease: 10s}}}");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->store().postgres().replicas().name(), "one");
  EXPECT_EQ(set->store().postgres().replicas().lease().seconds(), 10);
}

TEST(StoreConfig, BothBackendsAreRefused) {
  EXPECT_THAT(StoreProblems("{sqlite: {path: a}, postgres: {connection: host=db}}"),
              HasSubstr("conflicts with another"));
}

TEST(StoreConfig, PasswordsInTheConnectionAreRefusedAndNotRepeated) {
  for (const char* connection : {"host=db password=hush", "host=db PassWord = 'hush'", "sslpassword=hush host=db",
                                 "postgresql://user:hush@db/gateway", "postgres://user:hush@db"}) {
    const std::string problems = StoreProblems(std::string("{postgres: {connection: \"") + connection + "\"}}");
    EXPECT_THAT(problems, HasSubstr("store.postgres.connection: must")) << connection;
    EXPECT_THAT(problems, Not(HasSubstr("hush")));
  }
}

TEST(StoreConfig, WhatIsOutOfRangeIsRefused) {
  for (const auto& [postgres, problem] : {
           std::pair("{}", "store.postgres.connection: is required"),
           std::pair("{connection: a=b, password: {}}", "store.postgres.password"),
           std::pair("{connection: a=b, schema: Upper}", "store.postgres.schema: must have"),
           std::pair("{connection: a=b, schema: pg_mine}", "store.postgres.schema: must have"),
           std::pair("{connection: a=b, schema: 1a}", "store.postgres.schema: must have"),
           std::pair("{connection: a=b, read_connections: 257}", "store.postgres.read_connections: must be 1 to 256"),
           std::pair("{connection: a=b, statement_timeout: 0.5s}", "store.postgres.statement_timeout: must be 1 to"),
           std::pair("{connection: a=b, lock_timeout: 601s}", "store.postgres.lock_timeout: must be 0.1 to"),
           std::pair("{connection: a=b, wait_for_lock: 86401s}", "store.postgres.wait_for_lock: must be 0 to"),
           std::pair("{connection: a=b, replicas: {lease: 1s}}", "store.postgres.replicas.lease: must be 2 to 60"),
           std::pair("{connection: a=b, replicas: {}, wait_for_lock: 1s}",
                     "store.postgres.wait_for_lock: must not be set with store.postgres.replicas"),
       }) {
    EXPECT_THAT(StoreProblems(std::string("{postgres: ") + postgres + "}"), HasSubstr(problem)) << postgres;
  }
}

}  // namespace
}  // namespace seedance::config

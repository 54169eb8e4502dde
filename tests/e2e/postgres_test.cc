// The gateway with its store in PostgreSQL: what is promised with SQLite holds there too.
#include <signal.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/postgres_process.h"

namespace seedance::e2e {
namespace {

using testing::PostgresProcess;

class PostgresTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kStopped);
    options_.postgres = {absl::StrCat("connection: \"", PostgresProcess::Shared().connection(), "\""),
                         absl::StrCat("schema: e2e_", ++schemas_)};
    StartGateway(options_);
  }

  v1::CreateGenerationTaskRequest Request(const std::string& prompt) {
    v1::CreateGenerationTaskRequest request;
    *request.mutable_generation_task() = TaskOf(prompt);
    request.set_request_id(NextRequestId());
    return request;
  }

  static inline int schemas_ = 0;
  testing::GatewayOptions options_;
};

TEST_F(PostgresTest, KilledGatewayRemembersWhatItPaidFor) {
  const v1::CreateGenerationTaskRequest request = Request("once");
  const std::string name = Must(api().CreateTask(request)).name();
  Must(gateway().Stop(SIGKILL));
  RestartGateway();
  // The connection ended with the process.
  ASSERT_TRUE(Eventually([&] { return api().GetTask(name).ok(); }));
  EXPECT_EQ(Must(api().CreateTask(request)).name(), name);
  EXPECT_EQ(AllBills(), 1);
  Advance(absl::Seconds(60));
  EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(AllBills(), 1);
}

TEST_F(PostgresTest, ServerThatCrashesIsComeBackTo) {
  const v1::CreateGenerationTaskRequest before = Request("before");
  const std::string name = Must(api().CreateTask(before)).name();
  PostgresProcess::Shared().StopAtOnce();
  const auto during = api().CreateTask(Request("during"));
  EXPECT_EQ(during.error().reason, "STORE_UNAVAILABLE");
  EXPECT_EQ(AllBills(), 1);
  Must(PostgresProcess::Shared().Start());
  const v1::CreateGenerationTaskRequest after = Request("after");
  EXPECT_TRUE(Eventually([&] { return api().CreateTask(after).ok(); }));
  EXPECT_EQ(Must(api().CreateTask(before)).name(), name);
  EXPECT_EQ(AllBills(), 2);
}

TEST_F(PostgresTest, StandbyTakesOverAfterAKill) {
  const v1::CreateGenerationTaskRequest request = Request("once");
  const std::string name = Must(api().CreateTask(request)).name();
  options_.sandbox_url = sandbox().url();
  options_.listen = testing::FreeAddress();
  options_.postgres.push_back("wait_for_lock: 600s");
  const auto standby = Must(testing::GatewayProcess::StartWaiting(options_));
  ASSERT_TRUE(Eventually([&] { return standby->Log().find("store_waiting") != std::string::npos; }));
  EXPECT_FALSE(standby->Listens());
  Must(gateway().Stop(SIGKILL));
  ASSERT_TRUE(Eventually([&] { return standby->Listens(); })) << standby->Log();
  Api client(standby->address(), "");
  EXPECT_EQ(Must(client.CreateTask(request)).name(), name);
  EXPECT_EQ(AllBills(), 1);
}

TEST_F(PostgresTest, BackupAndRestoreSayThatTheyAreForSqlite) {
  for (const char* flag : {"--backup", "--restore"}) {
    const auto finished = Must(gateway().RunCommand({flag, "/nonexistent"}));
    EXPECT_NE(finished.code, 0);
    EXPECT_NE(finished.output.find(std::string(flag) + " is for a store in SQLite"), std::string::npos)
        << finished.output;
  }
}

TEST_F(PostgresTest, MigratesBesideAGatewayAndSaysWhichVersionThereIs) {
  const auto migrated = Must(gateway().RunCommand({"--migrate"}));
  EXPECT_EQ(migrated.code, 0) << migrated.output;
  EXPECT_NE(migrated.output.find(absl::StrCat("schema e2e_", schemas_, " has version ")), std::string::npos)
      << migrated.output;
  const v1::CreateGenerationTaskRequest request = Request("after");
  EXPECT_TRUE(api().CreateTask(request).ok());
}

}  // namespace
}  // namespace seedance::e2e

// What the gateway says of its store is true: it is not ready when it cannot keep what it is given, nothing is billed
// then, nobody else gets in, a start that finds less than there was refuses, and a backup brings it back without paying
// twice.
#include <httplib.h>
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/temp_dir.h"

namespace seedance::e2e {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using ::testing::HasSubstr;

class StoreHonestyTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kStopped);
    testing::GatewayOptions options;
    options.admin = true;
    options.server = {"create_wait: 0.5s"};
    StartGateway(options);
  }

  std::string Ready() {
    const auto answer = httplib::Client("http://" + gateway().admin_address()).Get("/readyz");
    if (answer == nullptr) return "none";
    return absl::StrCat(answer->status, " ", answer->body.substr(0, answer->body.find('\n')));
  }

  // A task that the vendor has.
  std::string RunningTask() {
    const std::string name = NewTask("a fox");
    EXPECT_TRUE(Eventually([&] { return !Must(api().GetTask(name)).upstream_task_id().empty(); }));
    return name;
  }

  // Not ready for this cause, and nothing is sent to the vendor.
  void ExpectLost(const std::string& cause, const std::string& known_task) {
    const int64_t bills = AllBills();
    const int64_t submits = Requests(kSubmitRoute) + Requests(kGroupRoute);
    const auto task = api().CreateTask(TaskOf("a fox"), NextRequestId());
    EXPECT_EQ(task.status.error_code(), StatusCode::UNAVAILABLE);
    EXPECT_EQ(task.error().reason, "STORE_UNAVAILABLE");
    const auto group = api().CreateGroup("group", NextRequestId());
    EXPECT_EQ(group.error().reason, "STORE_UNAVAILABLE");
    EXPECT_THAT(Ready(), HasSubstr("503 store writes fail: " + cause));
    EXPECT_THAT(Metrics(), HasSubstr("\nseedance_store_sound 0\n"));
    EXPECT_TRUE(api().GetTask(known_task).ok()) << "what is known can still be read";
    EXPECT_EQ(AllBills(), bills);
    EXPECT_EQ(Requests(kSubmitRoute) + Requests(kGroupRoute), submits);
    const std::string log = gateway().Log();
    const size_t first = log.find("\"store_unsound\"");
    EXPECT_NE(first, std::string::npos);
    EXPECT_EQ(log.find("\"store_unsound\"", first + 1), std::string::npos) << "logged once";
  }

  // The killed gateway does not start again, and says this.
  void ExpectRefused(const std::string& text) {
    const absl::Status refused = gateway().Restart();
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(std::string(refused.message()), HasSubstr(text));
  }

  // Starts it again, and waits until the client has noticed that its connection is another one.
  void StartAgain(const std::vector<std::string>& arguments = {}) {
    Must(gateway().Restart(arguments));
    ASSERT_TRUE(Eventually(
        [&] { return api().GetTask("generationTasks/none").status.error_code() != StatusCode::UNAVAILABLE; }));
  }

  void Die() { ASSERT_EQ(Must(gateway().Stop(SIGKILL)), 128 + SIGKILL); }
  std::string Database(const std::string& suffix = "") { return gateway().sqlite_path() + suffix; }
};

TEST_F(StoreHonestyTest, ARemovedDatabaseIsNotReadyBillsNothingAndIsMissedByTheNextStart) {
  const std::string name = RunningTask();
  EXPECT_EQ(Ready(), "200 ready");
  EXPECT_THAT(Metrics(), HasSubstr("\nseedance_store_sound 1\n"));
  fs::remove(Database());
  ExpectLost("file_removed", name);
  Die();
  ExpectRefused("the database is missing; its marker says that it held revision");
}

TEST_F(StoreHonestyTest, AReplacedDatabaseIsNotReadyAndBillsNothing) {
  const std::string name = RunningTask();
  fs::rename(Database(), Database(".aside"));
  fs::copy_file(Database(".aside"), Database());
  ExpectLost("file_replaced", name);
}

TEST_F(StoreHonestyTest, ARemovedLogIsNotReadyBillsNothingAndIsMissedByTheNextStart) {
  const std::string name = RunningTask();
  fs::remove(Database("-wal"));
  ExpectLost("log_removed", name);
  Die();
  ExpectRefused("possibly journal entries of billed calls are missing");
}

TEST_F(StoreHonestyTest, ASpoiltHeaderIsNotReadyBillsNothingAndIsSeenByTheNextStart) {
  const std::string name = RunningTask();
  std::fstream(Database(), std::ios::in | std::ios::out | std::ios::binary) << std::string(100, '#');
  ExpectLost("corrupt", name);
  Die();
  ExpectRefused("the header of the database is damaged");
}

TEST_F(StoreHonestyTest, WithoutItsLockFileAndThroughAnotherPathTheDatabaseIsStillLocked) {
  RunningTask();
  fs::remove(Database(".lock"));
  const testing::TempDir folder;
  fs::create_symlink(Database(), folder.File("link.db"));
  for (const std::string& path : {Database(), folder.File("link.db")}) {
    testing::GatewayOptions second;
    second.sandbox_url = sandbox().url();
    second.sqlite_path = path;
    const auto refused = testing::GatewayProcess::Start(second);
    ASSERT_FALSE(refused.ok()) << path;
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("another gateway uses this database"));
  }
  EXPECT_EQ(Ready(), "200 ready");
  Die();
  Must(gateway().Restart());
}

TEST_F(StoreHonestyTest, ALossIsGoneOnWithOnlyWhenTold) {
  RunningTask();
  Die();
  const int64_t bills = AllBills();
  fs::resize_file(Database(), 0);
  ExpectRefused("the database is empty");
  ExpectRefused("--accept-data-loss");
  StartAgain({"--accept-data-loss"});
  EXPECT_THAT(gateway().Log(), HasSubstr("\"store_data_loss_accepted\""));
  EXPECT_EQ(AllBills(), bills);
  RunningTask();
  Die();
  Must(gateway().Restart());
}

TEST_F(StoreHonestyTest, WithoutAMarkerNothingIsBilledAfterAWhile) {
  const std::string name = RunningTask();
  fs::remove(Database(".marker"));
  fs::create_directory(Database(".marker"));
  // Each refused or admitted; with every commit the marker is to be written.
  ASSERT_TRUE(
      Eventually([&] { return api().CreateGroup("group", NextRequestId()).error().reason == "STORE_UNAVAILABLE"; }));
  const int64_t bills = AllBills();
  EXPECT_EQ(api().CreateTask(TaskOf("a fox"), NextRequestId()).error().reason, "STORE_UNAVAILABLE");
  EXPECT_TRUE(api().GetTask(name).ok());
  EXPECT_EQ(AllBills(), bills);
  fs::remove(Database(".marker"));
  EXPECT_TRUE(Eventually([&] { return api().CreateTask(TaskOf("a fox"), NextRequestId()).ok(); }));
}

TEST_F(StoreHonestyTest, ABackupOfARunningGatewayBringsItsJournalBack) {
  const std::string before = NextRequestId();
  const std::string kept = Must(api().CreateTask(TaskOf("before"), before)).name();
  ASSERT_TRUE(Eventually([&] { return !Must(api().GetTask(kept)).upstream_task_id().empty(); }));
  // The vendor takes no submission now: this one is PENDING in the backup, and sent afterwards.
  testing::SandboxFault down;
  down.kind = "status";
  down.method = "POST";
  down.path = "/v1/video/generations";
  down.status = 503;
  down.times = 0;
  AddFault(down);
  const testing::TempDir folder;
  const std::string backup = folder.File("backup.db");
  const std::string late = Must(api().CreateTask(TaskOf("late"), NextRequestId())).name();
  const auto made = Must(gateway().RunCommand({"--backup", backup}));
  ASSERT_EQ(made.code, 0) << made.output;
  EXPECT_THAT(made.output, HasSubstr("is a verified copy of the store:\nepoch "));
  EXPECT_THAT(made.output, HasSubstr("2 tasks (2 open), 2 billed calls"));
  Must(sandbox().ClearFaults());
  ASSERT_TRUE(Eventually([&] { return !Must(api().GetTask(late)).upstream_task_id().empty(); }));
  RunningTask();
  const int64_t bills = AllBills();
  const auto running = Must(gateway().RunCommand({"--restore", backup, "--accept-data-loss"}));
  EXPECT_EQ(running.code, 1);
  EXPECT_THAT(running.output, HasSubstr("another gateway uses this database"));

  Die();
  std::fstream(Database(), std::ios::in | std::ios::out | std::ios::binary) << std::string(100, '#');
  const auto refused = Must(gateway().RunCommand({"--restore", backup}));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, HasSubstr("the backup holds less than the present store: the marker says revision"));
  const auto restored = Must(gateway().RunCommand({"--restore", backup, "--accept-data-loss"}));
  ASSERT_EQ(restored.code, 0) << restored.output;
  EXPECT_THAT(restored.output, HasSubstr("The previous store is " + Database(".aside-")));

  StartAgain();
  EXPECT_EQ(Must(api().CreateTask(TaskOf("before"), before)).name(), kept) << "the journal remembers";
  // Sent after the backup, so never again.
  EXPECT_TRUE(WaitForState(late, State::STATE_SUBMIT_UNKNOWN));
  EXPECT_EQ(AllBills(), bills);
  Advance(absl::Seconds(30));
  EXPECT_EQ(WaitForEnd(kept).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(AllBills(), bills);
}

}  // namespace
}  // namespace seedance::e2e

// The store's disk is full, or read-only: calls say so, nothing is billed that is not journalled, nothing that was
// known is lost, and all goes on when there is room again. The disk is a small tmpfs in a mount namespace of the
// gateway's own; where the machine does not allow one, the tests are skipped. One form only.
#include <errno.h>
#include <fcntl.h>
#include <httplib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/chaos_fixture.h"
#include "tests/testing/temp_dir.h"

namespace seedance::e2e {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

// A command that prepares a mount at $0 and becomes the rest of its arguments.
std::vector<std::string> InNamespace(const std::string& mount, const std::string& folder) {
  return {"/usr/bin/unshare", "-rm", "/bin/sh", "-c", mount + " && exec \"$@\"", folder};
}

constexpr char kSmallDisk[] = "mount -t tmpfs -o size=8m tmpfs \"$0\"";
constexpr char kReadOnly[] = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";

// Why the machine allows no mount namespace; empty: it does.
std::string NamespaceProblem() {
  const testing::TempDir folder;
  testing::Process::Options options;
  options.argv = InNamespace(kSmallDisk, folder.path());
  options.argv.push_back("/bin/true");
  options.stderr_path = folder.File("stderr");
  const auto process = testing::Process::Start(options);
  if (!process.ok()) return std::string(process.status().message());
  const std::optional<int> code = (*process)->Wait(absl::Seconds(30));
  return code == 0 ? "" : absl::StrCat("unshare -rm: ", testing::ReadFile(options.stderr_path));
}

class ChaosStoreTest : public ChaosTest {
 protected:
  void SetUp() override {
    if (const std::string problem = NamespaceProblem(); !problem.empty()) GTEST_SKIP() << problem;
    ChaosTest::SetUp();
    StartSandbox(Pace::kStopped);
  }

  testing::GatewayOptions OnDisk(const char* mount) {
    testing::GatewayOptions options;
    options.sqlite_path = disk_.File("gateway.db");
    options.wrapper = InNamespace(mount, disk_.path());
    options.server = {"create_wait: 0.5s"};
    options.admin = true;
    return options;
  }

  // The disk as the gateway sees it.
  std::string Filler() { return absl::StrCat("/proc/", gateway().process().pid(), "/root", disk_.File("filler")); }
  void FillDisk() {
    const int file = open(Filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0) << strerror(errno);
    const std::string bytes(4096, 'x');
    int64_t written = 0;
    for (ssize_t got; (got = write(file, bytes.data(), bytes.size())) > 0;) written += got;
    const int reason = errno;
    close(file);
    ASSERT_EQ(reason, ENOSPC);
    ASSERT_GT(written, 0);
  }
  void FreeDisk() { ASSERT_EQ(unlink(Filler().c_str()), 0) << strerror(errno); }

  int Readiness() {
    const auto answer = httplib::Client("http://" + gateway().admin_address()).Get("/readyz");
    return answer == nullptr ? 0 : answer->status;
  }

  // The vendor takes and bills the next call of this path, and answers later.
  void HoldBack(const std::string& path) {
    testing::SandboxFault fault;
    fault.kind = "delay";
    fault.method = "POST";
    fault.path = path;
    fault.after = true;
    fault.delay = absl::Seconds(1.5);
    AddFault(fault);
  }

  template <typename T>
  void ExpectStoreUnavailable(const Answer<T>& answer) {
    EXPECT_EQ(answer.status.error_code(), StatusCode::UNAVAILABLE) << answer.status.error_message();
    EXPECT_EQ(answer.error().reason, "STORE_UNAVAILABLE");
  }

  const testing::TempDir disk_;
};

TEST_F(ChaosStoreTest, FullDiskRefusesWithoutABillAndLosesNoEnd) {
  StartGateway(OnDisk(kSmallDisk));
  const std::string group = NewGroup();
  std::vector<std::string> running;
  for (int i = 0; i < 5; ++i) running.push_back(NewTask(i % 2 == 0 ? "a fox" : "[fail]"));
  Advance(absl::Seconds(10));
  for (const std::string& name : running) ASSERT_TRUE(WaitForState(name, State::STATE_RUNNING));
  const int64_t bills = AllBills();

  EXPECT_EQ(Readiness(), 200);
  FillDisk();
  const std::string task_id = NextRequestId();
  const std::string group_id = NextRequestId();
  v1::CreateAssetRequest asset;
  asset.mutable_asset()->set_asset_group(group);
  asset.mutable_asset()->set_display_name("hero");
  asset.set_inline_data(Media("hero.png"));
  asset.set_request_id(NextRequestId());
  for (int i = 0; i < 3; ++i) {
    ExpectStoreUnavailable(api().CreateTask(TaskOf("a fox"), task_id));
    ExpectStoreUnavailable(api().CreateGroup("group", group_id));
    ExpectStoreUnavailable(api().CreateAsset(asset));
  }
  EXPECT_EQ(Readiness(), 503) << "ready, while every create fails";
  // All of them end at the vendor, which the gateway learns and cannot write down. Who has learned it polls no more.
  const int64_t polls = Requests(kPollRoute);
  Advance(absl::Seconds(30));
  ASSERT_TRUE(Eventually([&] { return Requests(kPollRoute) >= polls + 5; }));
  Pause(absl::Seconds(1));
  for (const std::string& name : running) {
    const auto task = api().GetTask(name);
    ASSERT_TRUE(task.ok()) << task.status.error_message();
    EXPECT_EQ(task.value.state(), State::STATE_RUNNING);
  }
  EXPECT_EQ(AllBills(), bills) << "billed without a journal";

  FreeDisk();
  EXPECT_TRUE(Eventually([&] { return Readiness() == 200; })) << "it recovers by itself";
  for (size_t i = 0; i < running.size(); ++i) {
    const v1::GenerationTask end = WaitForEnd(running[i]);
    EXPECT_EQ(end.state(), i % 2 == 0 ? State::STATE_SUCCEEDED : State::STATE_FAILED) << end.ShortDebugString();
    EXPECT_EQ(end.result().video_uri().empty(), i % 2 != 0);
  }
  // What was refused works now, under the same request ids, once.
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(api().CreateTask(TaskOf("a fox"), task_id).ok());
    EXPECT_TRUE(api().CreateGroup("group", group_id).ok());
    const auto answer = api().CreateAsset(asset);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  }
  EXPECT_EQ(AllBills(), bills + 3);
}

TEST_F(ChaosStoreTest, TaskAcceptedWhileTheDiskIsFullIsBoundWhenThereIsRoom) {
  StartGateway(OnDisk(kSmallDisk));
  HoldBack("/v1/video/generations");
  const std::string name = NewTask("a fox");
  ASSERT_TRUE(Eventually([&] { return Bills("CreateTask") == 1; }));
  FillDisk();
  // The reply has come, and waits for a place.
  ASSERT_TRUE(Eventually([&] { return absl::StrContains(gateway().Log(), "disk_full"); }));
  EXPECT_EQ(Must(api().GetTask(name)).state(), State::STATE_SUBMITTING);
  FreeDisk();
  ASSERT_TRUE(Eventually([&] { return !Must(api().GetTask(name)).upstream_task_id().empty(); }));
  Advance(absl::Seconds(30));
  EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

TEST_F(ChaosStoreTest, GroupAcceptedWhileTheDiskIsFullIsFoundWhenItsCallerAsksAgainAndNeverSentAgain) {
  StartGateway(OnDisk(kSmallDisk));
  HoldBack("/volc/asset/CreateAssetGroup");
  const std::string id = NextRequestId();
  Answer<v1::AssetGroup> first;
  std::jthread caller([&] { first = NewApi()->CreateGroup("group", id); });
  EXPECT_TRUE(Eventually([&] { return Bills("CreateAssetGroup") == 1; }));
  FillDisk();
  caller.join();
  EXPECT_EQ(first.status.error_code(), StatusCode::UNKNOWN) << first.status.error_message();
  EXPECT_EQ(first.error().reason, "OUTCOME_UNKNOWN");
  FreeDisk();
  const v1::AssetGroup found = Must(api().CreateGroup("group", id));
  EXPECT_EQ(found.display_name(), "group");
  EXPECT_EQ(Must(api().CreateGroup("group", id)).name(), found.name());
  EXPECT_EQ(Bills("CreateAssetGroup"), 1);
}

TEST_F(ChaosStoreTest, ReadOnlyStoreIsRefusedAtTheStartAndTakenUpLater) {
  testing::GatewayOptions options = OnDisk(kReadOnly);
  options.wrapper.clear();
  StartGateway(options);
  const std::string name = NewTask("a fox");
  ASSERT_TRUE(Eventually([&] { return !Must(api().GetTask(name)).upstream_task_id().empty(); }));
  ASSERT_TRUE(gateway().Stop(SIGKILL).ok());

  testing::GatewayOptions read_only = OnDisk(kReadOnly);
  read_only.sandbox_url = sandbox().url();
  const auto refused = testing::GatewayProcess::Start(read_only);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("seedance-gateway: "));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr(disk_.File("gateway.db")));

  RestartGateway();
  Advance(absl::Seconds(30));
  const TaskStream end = NewApi()->WatchTask(name);
  ASSERT_TRUE(end.status.ok()) << end.status.error_message();
  EXPECT_EQ(end.messages.back().generation_task().state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

}  // namespace
}  // namespace seedance::e2e

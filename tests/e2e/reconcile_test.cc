// What was billed although its answer was lost is found again, with every vendor and by every way that it offers: bills
// are the distinct requests, and nothing stays unaccounted for.
#include <signal.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using ::testing::SizeIs;

constexpr int kEach = 5;

// The vendor's time is ours: what it says of the creation of things is compared with our clock.
std::vector<std::string> RealTime(std::vector<std::string> flags = {}) {
  const bool own_time = std::find(flags.begin(), flags.end(), "--task-seconds") != flags.end();
  flags.insert(flags.end(), {"--speed", "1", "--asset-seconds", "0.2"});
  if (!own_time) flags.insert(flags.end(), {"--task-seconds", "2"});
  return flags;
}

class ReconcileTest : public E2eTest {
 protected:
  void Open(const std::string& dialect, const std::vector<std::string>& flags = {},
            const std::vector<std::string>& dialect_lines = {}) {
    dialect_ = dialect;
    StartSandbox(Pace::kFast, RealTime(flags));
    testing::GatewayOptions options = DialectOptions(dialect);
    options.server = {"create_wait: 5s"};
    options.dialect_lines = dialect_lines;
    // Doubts that wait for a person are not settled meanwhile.
    if (dialect == "anyfast") options.dialect_lines.push_back("usage_log: {mode: \"off\"}");
    StartGateway(options);
  }

  bool piapi() const { return dialect_ == "piapi"; }
  std::string assets() const { return piapi() ? "/api/v1/asset/upload" : "/volc/asset/CreateAsset"; }
  std::string tasks() const { return piapi() ? "/api/v1/task" : "/v1/video/generations"; }

  // The next billed calls of that path are carried out, and their replies do not come.
  void Drop(const std::string& path, int times) {
    testing::SandboxFault fault;
    fault.kind = "drop_reply";
    fault.method = "POST";
    fault.path = path;
    fault.times = times;
    AddFault(fault);
  }
  // The replies come too late for a gateway that is killed meanwhile.
  void HoldBack(const std::string& path) {
    testing::SandboxFault fault;
    fault.kind = "delay";
    fault.method = "POST";
    fault.path = path;
    fault.after = true;
    fault.delay = absl::Seconds(60);
    AddFault(fault);
  }
  void KillAndRestart() {
    EXPECT_EQ(Must(gateway().Stop(SIGKILL)), 128 + SIGKILL);
    RestartGateway();
  }

  template <typename T>
  static void ExpectDoubt(const Answer<T>& answer) {
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNKNOWN) << answer.status.error_message();
    EXPECT_EQ(answer.error().reason, "OUTCOME_UNKNOWN");
  }

  v1::GenerationTask Reconciled(const std::string& name, const std::string& vendor_id, bool not_accepted = false) {
    v1::ReconcileGenerationTaskRequest request;
    request.set_name(name);
    if (!vendor_id.empty()) request.set_upstream_task_id(vendor_id);
    if (not_accepted) request.set_not_accepted(true);
    return Must(api().Reconcile(request)).generation_task();
  }
  Answer<v1::ReconcileGenerationTaskResponse> Search(const std::string& name) {
    v1::ReconcileGenerationTaskRequest request;
    request.set_name(name);
    return api().Reconcile(request);
  }
  // Creates a task whose answer is lost.
  std::string LostTask(const std::string& prompt) {
    Drop(tasks(), 1);
    const std::string name = NewTask(prompt);
    EXPECT_TRUE(Eventually([&] {
      const v1::GenerationTask task = Must(api().GetTask(name));
      return task.state() == State::STATE_SUBMIT_UNKNOWN || !task.upstream_task_id().empty();
    }));
    return name;
  }

 private:
  std::string dialect_;
};

// With both vendors.
class ReconcileAtTest : public ReconcileTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override { Open(GetParam()); }
};

TEST_P(ReconcileAtTest, AssetsWhoseRepliesWereDroppedAreFoundByTheirRequestIds) {
  const std::string group = NewGroup();
  Drop(assets(), kEach);
  std::vector<v1::CreateAssetRequest> requests;
  for (int i = 0; i < kEach; ++i) {
    requests.push_back(ImageFor(group, "hero " + std::to_string(i)));
    ExpectDoubt(api().CreateAsset(requests.back()));
  }
  std::set<std::string> names;
  for (const v1::CreateAssetRequest& request : requests) {
    Answer<v1::Asset> again;
    ASSERT_TRUE(Eventually([&] { return (again = api().CreateAsset(request)).ok(); })) << again.status.error_message();
    EXPECT_EQ(again.value.display_name(), request.asset().display_name());
    EXPECT_GT(again.value.media_info().size_bytes(), 0);
    names.insert(again.value.name());
    EXPECT_EQ(EndOfAsset(again.value.name()).state(), v1::Asset::STATE_ACTIVE);
  }
  EXPECT_THAT(names, SizeIs(kEach));
  EXPECT_EQ(Bills("CreateAsset"), kEach);
}

TEST_P(ReconcileAtTest, AnAssetIsFoundByItself) {
  const std::string group = NewGroup();
  Drop(assets(), 1);
  ExpectDoubt(api().CreateAsset(ImageFor(group, "hero")));
  EXPECT_TRUE(Eventually([&] {
    v1::ListAssetsRequest request;
    request.add_asset_groups(group);
    return Must(api().ListAssets(request)).assets_size() == 1;
  }));
  EXPECT_EQ(Bills("CreateAsset"), 1);
}

TEST_P(ReconcileAtTest, AnAssetWhoseGatewayWasKilledBetweenBillAndReplyIsFound) {
  const std::string group = NewGroup();
  const v1::CreateAssetRequest request = ImageFor(group, "hero");
  HoldBack(assets());
  std::thread caller([&] { (void)NewApi()->CreateAsset(request); });
  EXPECT_TRUE(Eventually([&] { return Bills("CreateAsset") == 1; }));
  KillAndRestart();
  caller.join();
  Answer<v1::Asset> again;
  EXPECT_TRUE(Eventually([&] { return (again = NewApi()->CreateAsset(request)).ok(); }))
      << again.status.error_message();
  EXPECT_EQ(again.value.asset_group(), group);
  EXPECT_EQ(Bills("CreateAsset"), 1);
}

TEST_P(ReconcileAtTest, AnUploadWhoseReplyWasDroppedIsFound) {
  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(NewGroup());
  metadata.mutable_asset()->set_display_name("hero");
  metadata.set_file_name("hero.png");
  metadata.set_request_id(NextRequestId());
  Drop(assets(), 1);
  ExpectDoubt(api().Upload(metadata, Media("hero.png")));
  Answer<v1::Asset> again;
  ASSERT_TRUE(Eventually([&] { return (again = api().Upload(metadata, Media("hero.png"))).ok(); }))
      << again.status.error_message();
  EXPECT_EQ(again.value.media_info().size_bytes(), static_cast<int64_t>(Media("hero.png").size()));
  EXPECT_EQ(Bills("CreateAsset"), 1);
}

TEST_P(ReconcileAtTest, ATaskInDoubtCanBeGivenUpButNotDeleted) {
  const std::string name = LostTask("a fox");
  if (Must(api().GetTask(name)).state() == State::STATE_SUBMIT_UNKNOWN) {
    EXPECT_EQ(api().DeleteTask(name).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  }
  EXPECT_TRUE(Must(api().CancelTask(name, true)).detached());
}

TEST_P(ReconcileAtTest, ADeletedTaskIsNeverBilledAgain) {
  const std::string id = NextRequestId();
  const std::string name = Must(api().CreateTask(TaskOf("a fox"), id)).name();
  ASSERT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  EXPECT_TRUE(api().DeleteTask(name).ok());
  EXPECT_EQ(api().DeleteTask(name).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(api().WatchTask(name).status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(api().CreateTask(TaskOf("a fox"), id).status.error_code(), grpc::StatusCode::NOT_FOUND);
  KillAndRestart();
  EXPECT_EQ(NewApi()->CreateTask(TaskOf("a fox"), id).status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

INSTANTIATE_TEST_SUITE_P(Vendors, ReconcileAtTest, ::testing::Values("anyfast", "piapi"),
                         [](const auto& vendor) { return vendor.param; });

TEST_F(ReconcileTest, GroupsWhoseRepliesWereDroppedAreFound) {
  Open("anyfast", {"--prefix-names"});
  Drop("/volc/asset/CreateAssetGroup", kEach);
  std::vector<std::string> ids;
  for (int i = 0; i < kEach; ++i) {
    ids.push_back(NextRequestId());
    ExpectDoubt(api().CreateGroup("group " + std::to_string(i), ids.back()));
  }
  std::set<std::string> names;
  for (int i = 0; i < kEach; ++i) {
    const std::string display_name = "group " + std::to_string(i);
    Answer<v1::AssetGroup> again;
    ASSERT_TRUE(Eventually([&] { return (again = api().CreateGroup(display_name, ids[static_cast<size_t>(i)])).ok(); }))
        << again.status.error_message();
    EXPECT_EQ(again.value.display_name(), display_name);
    names.insert(again.value.name());
  }
  EXPECT_THAT(names, SizeIs(kEach));
  EXPECT_EQ(Bills("CreateAssetGroup"), kEach);
  EXPECT_EQ(Requests(kGroupRoute), kEach);
}

TEST_F(ReconcileTest, AGroupWhoseGatewayWasKilledBetweenBillAndReplyIsFound) {
  Open("anyfast");
  HoldBack("/volc/asset/CreateAssetGroup");
  const std::string id = NextRequestId();
  std::thread caller([&] { (void)NewApi()->CreateGroup("group", id); });
  EXPECT_TRUE(Eventually([&] { return Bills("CreateAssetGroup") == 1; }));
  KillAndRestart();
  caller.join();
  Answer<v1::AssetGroup> again;
  EXPECT_TRUE(Eventually([&] { return (again = NewApi()->CreateGroup("group", id)).ok(); }))
      << again.status.error_message();
  EXPECT_EQ(Bills("CreateAssetGroup"), 1);
  EXPECT_EQ(Requests(kGroupRoute), 1);
}

TEST_F(ReconcileTest, TwoGroupsOfOneNameInDoubtStayInDoubt) {
  Open("anyfast");
  Drop("/volc/asset/CreateAssetGroup", 2);
  const std::string one = NextRequestId();
  const std::string two = NextRequestId();
  ExpectDoubt(api().CreateGroup("group", one));
  ExpectDoubt(api().CreateGroup("group", two));
  ExpectDoubt(api().CreateGroup("group", one));
  ExpectDoubt(api().CreateGroup("group", two));
  EXPECT_EQ(Bills("CreateAssetGroup"), 2);
}

TEST_F(ReconcileTest, PiApiTasksWhoseRepliesWereDroppedAreFoundByThemselves) {
  for (const char* shape : {"object", "array"}) {
    SCOPED_TRACE(shape);
    Open("piapi", {"--piapi-histories", shape});
    Drop(tasks(), kEach);
    std::vector<std::string> names;
    for (int i = 0; i < 2 * kEach; ++i) names.push_back(NewTask("shot " + std::to_string(i)));
    std::set<std::string> vendor_ids;
    for (const std::string& name : names) {
      const v1::GenerationTask task = WaitForEnd(name);
      EXPECT_EQ(task.state(), State::STATE_SUCCEEDED) << task.ShortDebugString();
      vendor_ids.insert(task.upstream_task_id());
    }
    EXPECT_THAT(vendor_ids, SizeIs(2 * kEach));
    EXPECT_EQ(Bills("CreateTask"), 2 * kEach);
  }
}

TEST_F(ReconcileTest, APiApiTaskWhoseGatewayWasKilledBetweenBillAndReplyIsFound) {
  Open("piapi");
  HoldBack(tasks());
  const std::string id = NextRequestId();
  std::thread caller([&] { (void)NewApi()->CreateTask(TaskOf("a fox"), id); });
  EXPECT_TRUE(Eventually([&] { return Bills("CreateTask") == 1; }));
  KillAndRestart();
  caller.join();
  const std::string name = Must(NewApi()->CreateTask(TaskOf("a fox"), id)).name();
  const TaskStream stream = NewApi()->WatchTask(name);
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(stream.messages.back().generation_task().state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(CountTerminal(stream.messages), 1);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

TEST_F(ReconcileTest, WhatPiApiDoesNotShowIsLeftToAPerson) {
  Open("piapi", {"--piapi-histories-prompts", "false"});
  const std::string name = LostTask("a fox");
  const auto searched = Must(Search(name));
  EXPECT_EQ(searched.generation_task().state(), State::STATE_SUBMIT_UNKNOWN);
  ASSERT_EQ(searched.candidates_size(), 1);
  EXPECT_TRUE(searched.candidates(0).has_create_time());
  EXPECT_EQ(Reconciled(name, searched.candidates(0).upstream_task_id()).state(), State::STATE_QUEUED);
  EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

TEST_F(ReconcileTest, AListThatMayBeSwitchedOffIsNotSearched) {
  Open("piapi", {}, {"paths: {task_list: none}"});
  const std::string name = LostTask("a fox");
  EXPECT_EQ(Search(name).status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(Requests("GET /api/open/tasks/histories"), 0);
}

TEST_F(ReconcileTest, AnyFastTasksWaitForTheOperatorsVerdict) {
  Open("anyfast");
  const std::string taken = LostTask("taken");
  const std::string other = LostTask("other");
  for (const std::string& name : {taken, other}) {
    const auto searched = Search(name);
    EXPECT_EQ(searched.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(searched.error().reason, "UNSUPPORTED_BY_UPSTREAM");
  }
  std::string vendor_id;
  for (const testing::SandboxTask& task : Must(sandbox().Tasks())) {
    if (task.prompt == "taken") vendor_id = task.id;
  }
  v1::ReconcileGenerationTaskRequest wrong;
  wrong.set_name(taken);
  wrong.set_upstream_task_id("asyntask_nothing");
  EXPECT_EQ(api().Reconcile(wrong).status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Reconciled(taken, vendor_id).upstream_task_id(), vendor_id);
  EXPECT_EQ(WaitForEnd(taken).state(), State::STATE_SUCCEEDED);
  wrong.set_name(other);
  wrong.set_upstream_task_id(vendor_id);
  EXPECT_EQ(api().Reconcile(wrong).status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "it has a task";
  EXPECT_EQ(Reconciled(other, "", true).error().reason(), v1::ERROR_REASON_UPSTREAM_FAILED);
  const auto again = Search(other);
  EXPECT_EQ(again.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(again.error().reason, "TASK_NOT_IN_DOUBT");
  EXPECT_EQ(Requests(kSubmitRoute), 2) << "nothing was sent again";
}

TEST_F(ReconcileTest, PiApiTakesBackWhatIsPending) {
  Open("piapi", {"--piapi-cancel", "--task-seconds", "1000"}, {"paths: {task_cancel: '/api/v1/task/{id}'}"});
  const std::string pending = NewTask("a fox");
  ASSERT_TRUE(WaitForState(pending, State::STATE_QUEUED));
  const v1::GenerationTask cancelled = Must(api().CancelTask(pending));
  EXPECT_EQ(cancelled.state(), State::STATE_CANCELLED);
  EXPECT_THAT(Must(sandbox().Ledger()).refunds, SizeIs(1));
  const std::string running = NewTask("a hare");
  ASSERT_TRUE(WaitForState(running, State::STATE_QUEUED));
  Advance(absl::Seconds(300));
  ASSERT_TRUE(WaitForState(running, State::STATE_RUNNING));
  EXPECT_EQ(api().CancelTask(running).error().reason, "CANCEL_UNSUPPORTED");
  EXPECT_TRUE(Must(api().CancelTask(running, true)).detached());
  Advance(absl::Seconds(1000));
  EXPECT_EQ(WaitForEnd(running).state(), State::STATE_SUCCEEDED);
}

}  // namespace
}  // namespace seedance::e2e

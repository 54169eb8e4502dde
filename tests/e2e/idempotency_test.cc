// One request_id is one vendor call, whoever asks, how often and when.
#include <signal.h>

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using ::testing::SizeIs;

constexpr int kCallers = 100;

class IdempotencyTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kStopped);
    StartGateway();
  }

  // The names that `create` gave to a hundred callers at once. It is called on many threads.
  std::set<std::string> NamesOfParallel(const std::function<std::string()>& create) {
    std::vector<std::string> names(kCallers);
    std::vector<std::thread> threads;
    for (std::string& name : names) threads.emplace_back([&] { name = create(); });
    for (std::thread& thread : threads) thread.join();
    return {names.begin(), names.end()};
  }

  // The reply is held back so that the callers meet while the call is under way.
  void SlowDown(const std::string& path) {
    testing::SandboxFault fault;
    fault.kind = "delay";
    fault.method = "POST";
    fault.path = path;
    fault.after = true;
    fault.delay = absl::Milliseconds(300);
    AddFault(fault);
  }

  void DropReply(const std::string& path) {
    testing::SandboxFault fault;
    fault.kind = "drop_reply";
    fault.method = "POST";
    fault.path = path;
    AddFault(fault);
  }

  v1::CreateAssetRequest InlineAsset(const std::string& group, const std::string& request_id) {
    v1::CreateAssetRequest request;
    request.mutable_asset()->set_asset_group(group);
    request.mutable_asset()->set_display_name("hero");
    request.set_inline_data(Media("hero.png"));
    request.set_request_id(request_id);
    return request;
  }

  // Metadata of an upload with a request id of its own.
  v1::UploadAssetRequest::Metadata Upload(const std::string& group) {
    v1::UploadAssetRequest::Metadata metadata;
    metadata.mutable_asset()->set_asset_group(group);
    metadata.mutable_asset()->set_display_name("hero");
    metadata.set_file_name("hero.png");
    metadata.set_request_id(NextRequestId());
    return metadata;
  }

  template <typename T>
  static std::string NameOr(const Answer<T>& answer) {
    return answer.ok() ? answer.value.name() : "failed: " + answer.status.error_message();
  }
};

TEST_F(IdempotencyTest, HundredTasksWithOneRequestIdAreOneTask) {
  SlowDown("/v1/video/generations");
  const std::string id = NextRequestId();
  const auto names = NamesOfParallel([&] { return NameOr(api().CreateTask(TaskOf("a fox"), id)); });
  EXPECT_THAT(names, SizeIs(1));
  EXPECT_THAT(*names.begin(), ::testing::StartsWith("generationTasks/"));
  EXPECT_EQ(Requests(kSubmitRoute), 1);
  EXPECT_EQ(Bills("CreateTask"), 1);
  EXPECT_EQ(NameOr(api().CreateTask(TaskOf("a fox"), id)), *names.begin());
}

TEST_F(IdempotencyTest, HundredGroupsWithOneRequestIdAreOneGroup) {
  SlowDown("/volc/asset/CreateAssetGroup");
  const std::string id = NextRequestId();
  const auto names = NamesOfParallel([&] { return NameOr(api().CreateGroup("group", id)); });
  EXPECT_THAT(names, SizeIs(1));
  EXPECT_THAT(*names.begin(), ::testing::StartsWith("assetGroups/"));
  EXPECT_EQ(Requests(kGroupRoute), 1);
}

TEST_F(IdempotencyTest, HundredAssetsWithOneRequestIdAreOneAsset) {
  SlowDown("/volc/asset/CreateAsset");
  const v1::CreateAssetRequest request = InlineAsset(NewGroup(), NextRequestId());
  const auto names = NamesOfParallel([&] { return NameOr(api().CreateAsset(request)); });
  EXPECT_THAT(names, SizeIs(1));
  EXPECT_THAT(*names.begin(), ::testing::StartsWith("assets/"));
  EXPECT_EQ(Requests(kAssetRoute), 1);
  EXPECT_EQ(Bills("CreateAsset"), 1);
}

TEST_F(IdempotencyTest, AnswerIsTheSameAfterAKill) {
  const std::string group_id = NextRequestId();
  const std::string task_id = NextRequestId();
  const std::string group = Must(api().CreateGroup("group", group_id)).name();
  const std::string task = Must(api().CreateTask(TaskOf("a fox"), task_id)).name();
  ASSERT_TRUE(gateway().Stop(SIGKILL).ok());
  RestartGateway();
  const auto after = NewApi();
  EXPECT_EQ(NameOr(after->CreateGroup("group", group_id)), group);
  EXPECT_EQ(NameOr(after->CreateTask(TaskOf("a fox"), task_id)), task);
  EXPECT_EQ(AllBills(), 2);
}

TEST_F(IdempotencyTest, UploadWithTheSameRequestIdGivesTheSameAsset) {
  const std::string bytes = Media("hero.png");
  const v1::UploadAssetRequest::Metadata metadata = Upload(NewGroup());
  const std::string name = Must(api().Upload(metadata, bytes)).name();
  EXPECT_EQ(NameOr(api().Upload(metadata, bytes)), name);

  const auto other = api().Upload(metadata, bytes + "x");
  EXPECT_EQ(other.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(other.error().metadata["field"], "chunk");
  EXPECT_EQ(Bills("CreateAsset"), 1);
}

TEST_F(IdempotencyTest, UploadThatWasCutCreatesNothingAndMayBeSentAgain) {
  const std::string bytes = Media("hero.png");
  v1::UploadAssetRequest::Metadata metadata = Upload(NewGroup());
  metadata.set_size_bytes(static_cast<int64_t>(bytes.size()));
  EXPECT_EQ(api().CutUpload(metadata, bytes.substr(0, 1000)).error_code(), grpc::StatusCode::CANCELLED);
  Answer<v1::Asset> again;
  // Until the gateway has noticed the cut, the first call is still under way.
  EXPECT_TRUE(Eventually([&] { return (again = api().Upload(metadata, bytes)).ok(); })) << again.status.error_message();
  EXPECT_EQ(again.value.media_info().size_bytes(), metadata.size_bytes());
  EXPECT_EQ(Bills("CreateAsset"), 1);
  EXPECT_THAT(Must(sandbox().Assets()), SizeIs(1));
}

TEST_F(IdempotencyTest, OtherFieldsUnderAUsedRequestIdAreNamed) {
  const std::string task_id = NextRequestId();
  v1::GenerationTask task = TaskOf("a fox");
  Must(api().CreateTask(task, task_id));
  task.mutable_duration()->set_seconds(7);
  const auto other_task = api().CreateTask(task, task_id);
  EXPECT_EQ(other_task.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(other_task.error().reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(other_task.error().metadata["field"], "generation_task.duration");

  const std::string group_id = NextRequestId();
  const std::string group = Must(api().CreateGroup("one", group_id)).name();
  const auto other_group = api().CreateGroup("two", group_id);
  EXPECT_EQ(other_group.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(other_group.error().metadata["field"], "asset_group.display_name");

  v1::CreateAssetRequest asset = InlineAsset(group, NextRequestId());
  Must(api().CreateAsset(asset));
  asset.mutable_asset()->set_display_name("villain");
  const auto other_asset = api().CreateAsset(asset);
  EXPECT_EQ(other_asset.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(other_asset.error().metadata["field"], "asset.display_name");
  EXPECT_EQ(AllBills(), 3);
}

TEST_F(IdempotencyTest, LostReplyOfATaskLeavesOneTaskInDoubt) {
  DropReply("/v1/video/generations");
  const std::string id = NextRequestId();
  const std::string name = Must(api().CreateTask(TaskOf("a fox"), id)).name();
  ASSERT_TRUE(WaitForState(name, State::STATE_SUBMIT_UNKNOWN));
  const auto expect_doubt = [&](Api& client) {
    const v1::GenerationTask again = Must(client.CreateTask(TaskOf("a fox"), id));
    EXPECT_EQ(again.name(), name);
    EXPECT_EQ(again.state(), State::STATE_SUBMIT_UNKNOWN);
    EXPECT_EQ(again.error().reason(), v1::ERROR_REASON_OUTCOME_UNKNOWN);
  };
  for (int i = 0; i < 3; ++i) expect_doubt(api());
  ASSERT_TRUE(gateway().Stop(SIGKILL).ok());
  RestartGateway();
  for (int i = 0; i < 3; ++i) expect_doubt(*NewApi());
  EXPECT_EQ(Bills("CreateTask"), 1);
  EXPECT_EQ(Requests(kSubmitRoute), 1);
}

TEST_F(IdempotencyTest, CallsWithoutARequestIdAreDifferentCalls) {
  EXPECT_NE(NewTask("a fox"), NewTask("a fox"));
  EXPECT_NE(NewGroup("group"), NewGroup("group"));
  EXPECT_EQ(AllBills(), 4);
}

}  // namespace
}  // namespace seedance::e2e

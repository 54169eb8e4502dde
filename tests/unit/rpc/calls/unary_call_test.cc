#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "tests/testing/eventually.h"
#include "tests/unit/rpc/gateway_fixture.h"

// Unary calls over a real server: auth, deadlines, errors, the wait of CreateGenerationTask.
namespace seedance::rpc {
namespace {

using testing::Eventually;

TEST_F(GatewayTest, AGroupIsCreatedReadListedChangedAndDeleted) {
  Start();
  const v1::AssetGroup group = MakeGroup();
  EXPECT_EQ(group.upstream(), "fake");
  {
    grpc::ClientContext context;
    v1::GetAssetGroupRequest request;
    request.set_name(group.name());
    v1::AssetGroup read;
    ASSERT_TRUE(groups_->GetAssetGroup(&context, request, &read).ok());
    EXPECT_EQ(read.DebugString(), group.DebugString());
  }
  {
    grpc::ClientContext context;
    v1::ListAssetGroupsResponse list;
    ASSERT_TRUE(groups_->ListAssetGroups(&context, {}, &list).ok());
    EXPECT_EQ(list.asset_groups_size(), 1);
    EXPECT_EQ(list.next_page_token(), "");
  }
  {
    grpc::ClientContext context;
    v1::DeleteAssetGroupRequest request;
    request.set_name(group.name());
    google::protobuf::Empty empty;
    const grpc::Status status = groups_->DeleteAssetGroup(&context, request, &empty);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  grpc::ClientContext context;
  v1::GetAssetGroupRequest request;
  request.set_name(group.name());
  v1::AssetGroup read;
  const grpc::Status status = groups_->GetAssetGroup(&context, request, &read);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailOf(status).resource->name, group.name());
}

TEST_F(GatewayTest, ListsGoOnWithTheirPageToken) {
  Start();
  for (int i = 0; i < 3; ++i) MakeTask();
  v1::ListGenerationTasksRequest request;
  request.set_page_size(2);
  v1::ListGenerationTasksResponse first;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(tasks_->ListGenerationTasks(&context, request, &first).ok());
  }
  ASSERT_EQ(first.generation_tasks_size(), 2);
  request.set_page_token(first.next_page_token());
  v1::ListGenerationTasksResponse second;
  grpc::ClientContext context;
  ASSERT_TRUE(tasks_->ListGenerationTasks(&context, request, &second).ok());
  ASSERT_EQ(second.generation_tasks_size(), 1);
  EXPECT_EQ(second.next_page_token(), "");
  EXPECT_LT(second.generation_tasks(0).name(), first.generation_tasks(1).name());
}

TEST_F(GatewayTest, BadInputIsReportedWithEveryField) {
  Start();
  grpc::ClientContext context;
  v1::CreateGenerationTaskRequest request;
  request.set_request_id("x");
  request.mutable_generation_task()->mutable_duration()->set_nanos(1);
  v1::GenerationTask task;
  const grpc::Status status = tasks_->CreateGenerationTask(&context, request, &task);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  std::vector<std::string> fields;
  for (const auto& violation : DetailOf(status).violations) fields.push_back(violation.field);
  // Two of the RPC layer, one of the engine.
  EXPECT_EQ(std::count(fields.begin(), fields.end(), "request_id"), 1);
  EXPECT_GE(std::count(fields.begin(), fields.end(), "generation_task.duration"), 1);
  EXPECT_EQ(std::count(fields.begin(), fields.end(), "generation_task.prompt"), 1);
}

TEST_F(GatewayTest, OnlyKnownTokensAreLetInAndTenantsDoNotSeeOneAnother) {
  rpc_options_.tokens = {{base::Sha256Hex("a-token"), "a"}, {base::Sha256Hex("b-token"), "b"}};
  Start();
  const auto create = [&](const char* authorization, v1::AssetGroup* group) {
    grpc::ClientContext context;
    if (authorization != nullptr) context.AddMetadata("authorization", authorization);
    v1::CreateAssetGroupRequest request;
    request.mutable_asset_group()->set_display_name("group");
    return groups_->CreateAssetGroup(&context, request, group);
  };
  v1::AssetGroup group;
  for (const char* bad : {static_cast<const char*>(nullptr), "Bearer nobody", "a-token"}) {
    const grpc::Status status = create(bad, &group);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(DetailOf(status).reason, base::Reason::kUnauthenticated);
  }
  EXPECT_EQ(vendor_.create_group.calls(), 0);
  ASSERT_TRUE(create("Bearer a-token", &group).ok());
  v1::GetAssetGroupRequest request;
  request.set_name(group.name());
  grpc::ClientContext a;
  a.AddMetadata("authorization", "Bearer a-token");
  EXPECT_TRUE(groups_->GetAssetGroup(&a, request, &group).ok());
  grpc::ClientContext b;
  b.AddMetadata("authorization", "Bearer b-token");
  EXPECT_EQ(groups_->GetAssetGroup(&b, request, &group).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GatewayTest, ATaskThatIsInMemoryIsAnsweredAsOneThatIsNot) {
  rpc_options_.tokens = {{base::Sha256Hex("a-token"), "a"}, {base::Sha256Hex("b-token"), "b"}};
  Start();
  v1::GenerationTask task;
  {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer a-token");
    v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt("a cat");
    ASSERT_TRUE(tasks_->CreateGenerationTask(&context, request, &task).ok());
  }
  const std::string id = task.name().substr(task.name().find('/') + 1);
  // The task's text, or the error.
  const auto get = [&](const char* authorization) {
    grpc::ClientContext context;
    if (authorization != nullptr) context.AddMetadata("authorization", authorization);
    v1::GetGenerationTaskRequest request;
    request.set_name(task.name());
    v1::GenerationTask read;
    const grpc::Status status = tasks_->GetGenerationTask(&context, request, &read);
    return status.ok()
               ? read.DebugString()
               : absl::StrCat(std::string(base::ReasonName(DetailOf(status).reason)), ": ", status.error_message());
  };
  Report(task, model::TaskState::kSucceeded, 100);
  ASSERT_TRUE(Eventually([&] { return get("Bearer a-token").find("STATE_SUCCEEDED") != std::string::npos; }));
  ASSERT_TRUE(Eventually([&] {
    get("Bearer a-token");
    return store_->PeekTask(id) != nullptr;
  }));
  std::vector<std::string> in_memory;
  for (const char* caller : {"Bearer a-token", "Bearer b-token", "Bearer nobody"}) in_memory.push_back(get(caller));
  {
    // It needs no thread of the pool: here they are all busy.
    std::promise<void> free;
    const std::shared_future<void> freed = free.get_future().share();
    for (bool full = false; !full;) {
      rpc_context_->calls().Run(
          "blocker", [freed] { freed.wait(); }, [&full](const absl::Status&) { full = true; });
    }
    EXPECT_EQ(get("Bearer a-token"), in_memory[0]);
    free.set_value();
  }
  Stop();
  store_.reset();
  Start();
  ASSERT_EQ(store_->PeekTask(id), nullptr) << "nobody asked for it yet";
  std::vector<std::string> read;
  for (const char* caller : {"Bearer a-token", "Bearer b-token", "Bearer nobody"}) read.push_back(get(caller));
  EXPECT_EQ(in_memory, read);
  EXPECT_NE(in_memory[1].find("NOT_FOUND"), std::string::npos) << in_memory[1];
}

TEST_F(GatewayTest, CreateWaitsUntilTheVendorHasTakenTheTask) {
  Start();
  const v1::GenerationTask task = MakeTask();
  EXPECT_EQ(task.state(), v1::GenerationTask::STATE_QUEUED);
  EXPECT_FALSE(task.upstream_task_id().empty());
}

TEST_F(GatewayTest, CreateReturnsTheTaskAsItIsWhenTheVendorIsSlow) {
  rpc_options_.create_wait = absl::Milliseconds(100);
  Start();
  vendor_.create_task.Close();
  const v1::GenerationTask task = MakeTask();
  EXPECT_TRUE(task.state() == v1::GenerationTask::STATE_PENDING ||
              task.state() == v1::GenerationTask::STATE_SUBMITTING);
  EXPECT_FALSE(task.name().empty());
  vendor_.create_task.Open();
}

TEST_F(GatewayTest, CreateAnswersAMomentBeforeTheCallersDeadline) {
  Start();
  vendor_.create_task.Close();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1500));
  v1::CreateGenerationTaskRequest request;
  request.mutable_generation_task()->set_prompt("a cat");
  v1::GenerationTask task;
  const grpc::Status status = tasks_->CreateGenerationTask(&context, request, &task);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_FALSE(task.name().empty());
  vendor_.create_task.Open();
}

TEST_F(GatewayTest, CreateFailsWithTheVendorsRefusalAndNamesTheTask) {
  Start();
  vendor_.create_task.Answer(testing::Refused(base::Reason::kInputModeration, "not this"));
  grpc::ClientContext context;
  v1::CreateGenerationTaskRequest request;
  request.mutable_generation_task()->set_prompt("a cat");
  v1::GenerationTask task;
  const grpc::Status status = tasks_->CreateGenerationTask(&context, request, &task);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kInputModeration);
  ASSERT_TRUE(DetailOf(status).resource.has_value());
  grpc::ClientContext again;
  v1::GetGenerationTaskRequest get;
  get.set_name(DetailOf(status).resource->name);
  ASSERT_TRUE(tasks_->GetGenerationTask(&again, get, &task).ok());
  EXPECT_EQ(task.state(), v1::GenerationTask::STATE_FAILED);
}

TEST_F(GatewayTest, ValidateOnlySendsNothing) {
  Start();
  grpc::ClientContext context;
  v1::CreateGenerationTaskRequest request;
  request.set_validate_only(true);
  request.mutable_generation_task()->set_prompt("a cat");
  v1::GenerationTask task;
  const grpc::Status status = tasks_->CreateGenerationTask(&context, request, &task);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(task.name(), "");
  EXPECT_EQ(task.upstream(), "fake");
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(GatewayTest, ACallerThatGoesAwayDoesNotHoldTheServer) {
  Start();
  vendor_.create_group.Close();
  grpc::ClientContext context;
  std::thread canceller([&] {
    EXPECT_TRUE(Eventually([&] { return vendor_.create_group.waiting() == 1; }));
    context.TryCancel();
  });
  v1::CreateAssetGroupRequest request;
  request.mutable_asset_group()->set_display_name("group");
  v1::AssetGroup group;
  EXPECT_EQ(groups_->CreateAssetGroup(&context, request, &group).error_code(), grpc::StatusCode::CANCELLED);
  canceller.join();
  const absl::Time before = base::RealClock().Now();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(20));
  EXPECT_LT(base::RealClock().Now() - before, absl::Seconds(5));
  vendor_.create_group.Open();
}

TEST_F(GatewayTest, UnaryCallsAreServedWhileStreamsEnd) {
  Start();
  rpc_context_->streams().Drain();
  grpc::ClientContext context;
  v1::ListAssetGroupsResponse list;
  EXPECT_TRUE(groups_->ListAssetGroups(&context, {}, &list).ok());
}

TEST_F(GatewayTest, AStoppingServerRefusesNewCallsWithAdvice) {
  Start();
  rpc_context_->inflight().Close();
  grpc::ClientContext context;
  v1::ListAssetGroupsResponse list;
  const grpc::Status status = groups_->ListAssetGroups(&context, {}, &list);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kDraining);
  EXPECT_TRUE(DetailOf(status).retry_delay.has_value());
  EXPECT_EQ(context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  EXPECT_EQ(rpc_context_->inflight().count(), 0u);
}

}  // namespace
}  // namespace seedance::rpc

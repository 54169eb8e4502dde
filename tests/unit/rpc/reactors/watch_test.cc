#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "tests/testing/eventually.h"
#include "tests/unit/rpc/gateway_fixture.h"

// Watch streams over a real server.
namespace seedance::rpc {
namespace {

using testing::Eventually;

// One stream as a client reads it.
class Watch {
 public:
  Watch(v1::GenerationTaskService::Stub& stub, const std::string& name, const std::string& token = "") {
    v1::WatchGenerationTaskRequest request;
    request.set_name(name);
    request.set_resume_token(token);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    reader_ = stub.WatchGenerationTask(&context_, request);
  }

  // The next message; false at the end of the stream.
  bool Next() { return reader_->Read(&message); }

  // Skips to the next message of that state; false when the stream ends before.
  bool NextIn(v1::GenerationTask::State state) {
    while (Next()) {
      if (message.generation_task().state() == state) return true;
    }
    return false;
  }

  // Reads what is left.
  grpc::Status End() {
    while (Next()) ++rest;
    return reader_->Finish();
  }

  std::string trailer(const std::string& key) const {
    const auto& trailers = context_.GetServerTrailingMetadata();
    const auto found = trailers.find(key);
    return found == trailers.end() ? "" : std::string(found->second.data(), found->second.size());
  }

  void Cancel() { context_.TryCancel(); }

  v1::WatchGenerationTaskResponse message;
  int rest = 0;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchGenerationTaskResponse>> reader_;
};

TEST_F(GatewayTest, TheSnapshotComesFirstAndOkAfterTheTerminalState) {
  Start();
  const v1::GenerationTask task = MakeTask();
  Watch watch(*tasks_, task.name());
  ASSERT_TRUE(watch.Next());
  EXPECT_EQ(watch.message.generation_task().name(), task.name());
  EXPECT_FALSE(watch.message.heartbeat());
  EXPECT_FALSE(watch.message.resume_token().empty());
  Report(task, model::TaskState::kRunning, 30);
  ASSERT_TRUE(watch.NextIn(v1::GenerationTask::STATE_RUNNING));
  const int64_t running = watch.message.generation_task().revision();
  Report(task, model::TaskState::kSucceeded);
  ASSERT_TRUE(watch.NextIn(v1::GenerationTask::STATE_SUCCEEDED));
  EXPECT_GT(watch.message.generation_task().revision(), running);
  EXPECT_TRUE(watch.message.generation_task().has_result());
  EXPECT_TRUE(watch.End().ok());
  EXPECT_EQ(watch.rest, 0);
}

TEST_F(GatewayTest, AnEndedTaskIsOneMessageAndOkAndItsTokenNone) {
  Start();
  const v1::GenerationTask task = MakeTask();
  Report(task, model::TaskState::kSucceeded);
  Watch first(*tasks_, task.name());
  ASSERT_TRUE(first.NextIn(v1::GenerationTask::STATE_SUCCEEDED));
  const std::string token = first.message.resume_token();
  EXPECT_TRUE(first.End().ok());
  Watch late(*tasks_, task.name());
  ASSERT_TRUE(late.Next());
  EXPECT_EQ(late.message.generation_task().state(), v1::GenerationTask::STATE_SUCCEEDED);
  EXPECT_TRUE(late.End().ok());
  EXPECT_EQ(late.rest, 0);
  Watch resumed(*tasks_, task.name(), token);
  EXPECT_TRUE(resumed.End().ok());
  EXPECT_EQ(resumed.rest, 0);
}

TEST_F(GatewayTest, AResumedStreamRepeatsNothing) {
  Start();
  const v1::GenerationTask task = MakeTask();
  Report(task, model::TaskState::kRunning, 10);
  Watch first(*tasks_, task.name());
  ASSERT_TRUE(first.NextIn(v1::GenerationTask::STATE_RUNNING));
  const int64_t read = first.message.generation_task().revision();
  Watch second(*tasks_, task.name(), first.message.resume_token());
  Report(task, model::TaskState::kSucceeded);
  ASSERT_TRUE(second.Next());
  EXPECT_GT(second.message.generation_task().revision(), read);
  EXPECT_TRUE(second.End().ok());
}

TEST_F(GatewayTest, AForeignTokenIsRefused) {
  Start();
  const v1::GenerationTask one = MakeTask();
  const v1::GenerationTask two = MakeTask();
  Watch first(*tasks_, one.name());
  ASSERT_TRUE(first.Next());
  Watch other(*tasks_, two.name(), first.message.resume_token());
  const grpc::Status status = other.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf(status).violations.at(0).field, "resume_token");
}

TEST_F(GatewayTest, UnknownTasksAndBadNamesEndTheStreamAtOnce) {
  Start();
  Watch unknown(*tasks_, "generationTasks/123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(unknown.End().error_code(), grpc::StatusCode::NOT_FOUND);
  Watch bad(*tasks_, "tasks/1");
  EXPECT_EQ(bad.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GatewayTest, IdleStreamsGetHeartbeats) {
  rpc_options_.heartbeat_interval = absl::Milliseconds(100);
  Start();
  const v1::GenerationTask task = MakeTask();
  Watch watch(*tasks_, task.name());
  ASSERT_TRUE(watch.Next());
  const std::string token = watch.message.resume_token();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(watch.Next());
    EXPECT_TRUE(watch.message.heartbeat());
    EXPECT_FALSE(watch.message.has_generation_task());
    EXPECT_EQ(watch.message.resume_token(), token);
  }
}

TEST_F(GatewayTest, ASlowReaderGetsTheNewestNotEverything) {
  Start();
  const v1::GenerationTask task = MakeTask();
  Watch watch(*tasks_, task.name());
  ASSERT_TRUE(watch.Next());
  for (int i = 1; i <= 60; ++i) {
    Report(task, model::TaskState::kRunning, i);
    const int polls = vendor_.get_task.calls();
    ASSERT_TRUE(Eventually([&] { return vendor_.get_task.calls() > polls; }));
  }
  Report(task, model::TaskState::kSucceeded);
  int64_t last = 0;
  while (watch.Next()) {
    EXPECT_GT(watch.message.generation_task().revision(), last);
    last = watch.message.generation_task().revision();
  }
  EXPECT_EQ(watch.message.generation_task().state(), v1::GenerationTask::STATE_SUCCEEDED);
}

TEST_F(GatewayTest, DrainEndsStreamsWithTheirTokenInTheTrailers) {
  Start();
  const v1::GenerationTask task = MakeTask();
  Watch watch(*tasks_, task.name());
  ASSERT_TRUE(watch.Next());
  const std::string token = watch.message.resume_token();
  rpc_context_->streams().Drain();
  const grpc::Status status = watch.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kDraining);
  EXPECT_TRUE(DetailOf(status).retry_delay.has_value());
  EXPECT_EQ(watch.trailer("resume-token"), token);
}

TEST_F(GatewayTest, AStreamRefusedByADrainHasNoTokenInItsTrailersAndAPauseForRetryPolicies) {
  Start();
  const v1::GenerationTask task = MakeTask();
  Watch first(*tasks_, task.name());
  ASSERT_TRUE(first.Next());
  rpc_context_->streams().Drain();
  Watch late(*tasks_, task.name(), first.message.resume_token());
  EXPECT_EQ(DetailOf(late.End()).reason, base::Reason::kDraining);
  EXPECT_EQ(late.trailer("resume-token"), "");
  EXPECT_GE(std::stoi(late.trailer("grpc-retry-pushback-ms")), 750);
}

// Such a token would go into the trailers of a drain that comes before the engine has judged it, where gRPC aborts.
TEST_F(GatewayTest, ATokenThatMayNotBeMetadataIsRefusedBeforeTheStreamBegins) {
  rpc_options_.call_threads = 1;
  Start();
  const v1::GenerationTask task = MakeTask();
  std::promise<void> release;
  rpc_context_->calls().Run(
      "blocker", [done = release.get_future().share()] { done.wait(); }, [](const absl::Status&) {});
  for (const std::string token : {"\x01", "a\nb", "caf\xc3\xa9"}) {
    const grpc::Status status = Watch(*tasks_, task.name(), token).End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    v1::WatchGenerationTasksRequest many;
    many.set_resume_token(token);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    EXPECT_EQ(tasks_->WatchGenerationTasks(&context, many)->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  release.set_value();
}

TEST_F(GatewayTest, AnOldConnectionsStreamsEndWithTheirTokenInTheTrailers) {
  rpc_options_.streams.age = {absl::Seconds(1), absl::Seconds(1)};
  std::atomic<int> asked{0};
  rpc_options_.streams.connected_at = [&](std::string_view peer) {
    EXPECT_EQ(peer.substr(0, 15), "ipv4:127.0.0.1:");
    ++asked;
    return std::optional(base::RealClock().Now() - absl::Seconds(1));
  };
  Start();
  const v1::GenerationTask task = MakeTask();
  Watch watch(*tasks_, task.name());
  ASSERT_TRUE(watch.Next());
  std::string token = watch.message.resume_token();
  while (watch.Next()) token = watch.message.resume_token();
  const grpc::Status status = watch.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kDraining);
  EXPECT_TRUE(DetailOf(status).retry_delay.has_value());
  EXPECT_EQ(watch.trailer("resume-token"), token);
  EXPECT_EQ(asked, 1);
}

TEST_F(GatewayTest, StreamsBeyondTheLimitAreRefusedUntilOneEnds) {
  rpc_options_.streams.limit = 1;
  Start();
  const v1::GenerationTask task = MakeTask();
  auto first = std::make_unique<Watch>(*tasks_, task.name());
  ASSERT_TRUE(first->Next());
  Watch second(*tasks_, task.name());
  const grpc::Status status = second.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kQuotaExceeded);
  first->Cancel();
  EXPECT_EQ(first->End().error_code(), grpc::StatusCode::CANCELLED);
  ASSERT_TRUE(Eventually([&] { return rpc_context_->streams().size() == 0; }));
  Watch third(*tasks_, task.name());
  EXPECT_TRUE(third.Next());
}

TEST_F(GatewayTest, ManyStreamsThatComeAndGoLeaveNothingBehind) {
  Start();
  const v1::GenerationTask task = MakeTask();
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back([&, i] {
      for (int round = 0; round < 10; ++round) {
        Watch watch(*tasks_, task.name());
        EXPECT_TRUE(watch.Next());
        if ((i + round) % 2 == 0) watch.Cancel();
        if ((i + round) % 2 != 0) Report(task, model::TaskState::kRunning, round * 8 + i);
        if ((i + round) % 2 != 0) watch.Next();
        watch.Cancel();
        (void)watch.End();
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(Eventually([&] { return rpc_context_->streams().size() == 0; }));
}

TEST_F(GatewayTest, AnAssetIsWatchedUntilItIsActiveOrDeleted) {
  Start();
  const v1::AssetGroup group = MakeGroup();
  const auto create = [&](const char* name) {
    grpc::ClientContext context;
    v1::CreateAssetRequest request;
    request.mutable_asset()->set_asset_group(group.name());
    request.mutable_asset()->set_display_name(name);
    request.mutable_asset()->set_media_type(v1::MEDIA_TYPE_IMAGE);
    request.set_uri("https://example.com/a.png");
    v1::Asset asset;
    const grpc::Status status = assets_->CreateAsset(&context, request, &asset);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return asset;
  };
  const v1::Asset asset = create("one");
  const v1::Asset doomed = create("two");
  EXPECT_EQ(asset.state(), v1::Asset::STATE_PROCESSING);
  grpc::ClientContext context;
  v1::WatchAssetRequest request;
  request.set_name(asset.name());
  auto reader = assets_->WatchAsset(&context, request);
  v1::WatchAssetResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.asset().state(), v1::Asset::STATE_PROCESSING);
  upstream::AssetReport report;
  report.id = asset.name().substr(asset.name().find('~') + 1);
  report.state = model::AssetState::kActive;
  vendor_.SetAsset(report);
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.asset().state(), v1::Asset::STATE_ACTIVE);
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_TRUE(reader->Finish().ok());

  grpc::ClientContext second;
  request.set_name(doomed.name());
  reader = assets_->WatchAsset(&second, request);
  ASSERT_TRUE(reader->Read(&message));
  grpc::ClientContext deleting;
  v1::DeleteAssetRequest remove;
  remove.set_name(doomed.name());
  google::protobuf::Empty empty;
  ASSERT_TRUE(assets_->DeleteAsset(&deleting, remove, &empty).ok());
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace seedance::rpc

// The gateway behind the proxy of deploy/edge: what an honest caller does must work as it does without the proxy.
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "service/base/sha256.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/edge_process.h"
#include "tests/testing/eventually.h"

namespace seedance::e2e {
namespace {

using grpc::StatusCode;
using testing::Eventually;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kToken[] = "token-of-the-studio";
constexpr size_t kLargeBytes = 50'000'000;
constexpr int64_t kMebibyte = 1 << 20;

class RpcContextTest : public E2eTest {
 protected:
  // `values` are those of deploy/edge/configure.
  void StartBehindEdge(Pace pace, const std::vector<std::string>& values = {}) {
    StartSandbox(pace);
    testing::GatewayOptions options;
    options.tenants = {{"studio", {kToken}}};
    options.server = {"heartbeat_interval: 0.2s"};
    StartGateway(options);
    edge_ = Must(testing::EdgeProcess::Start(gateway().address(), values));
    through_ = ThroughEdge(kToken);
  }

  void TearDown() override {
    if (HasFailure() && edge_ != nullptr) std::cerr << "---- log of the edge ----\n" << edge_->Log() << "----\n";
    E2eTest::TearDown();
  }

  testing::EdgeProcess& edge() { return *edge_; }
  // A client of the edge.
  Api& through() { return *through_; }
  std::unique_ptr<Api> ThroughEdge(const std::string& token) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = edge_->authority();
    return std::make_unique<Api>(edge_->address(), token, grpc::SslCredentials(options));
  }

  // Stops the gateway; its drain ends a watch that began through the edge.
  absl::StatusOr<int> StopGateway() { return gateway().Stop(SIGTERM); }

 private:
  std::unique_ptr<testing::EdgeProcess> edge_;
  std::unique_ptr<Api> through_;
};

// A clip with a box of padding at its end, of `size` bytes.
std::string PaddedClip(std::string clip, size_t size) {
  const auto padding = static_cast<uint32_t>(size - clip.size());
  for (int shift = 24; shift >= 0; shift -= 8) clip.push_back(static_cast<char>(padding >> shift & 0xff));
  clip.append("free");
  clip.resize(size, 'p');
  return clip;
}

TEST_F(RpcContextTest, WholeJobRunsThroughTheEdge) {
  StartBehindEdge(Pace::kFast);
  const std::string group = Must(through().CreateGroup("group", NextRequestId())).name();
  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(group);
  metadata.mutable_asset()->set_display_name("hero");
  metadata.set_file_name("hero.png");
  metadata.set_size_bytes(static_cast<int64_t>(Media("hero.png").size()));
  const v1::Asset asset = Must(through().Upload(metadata, Media("hero.png")));
  const AssetStream assets = through().WatchAsset(asset.name());
  ASSERT_TRUE(assets.status.ok()) << assets.status.error_message();
  ASSERT_EQ(assets.messages.back().asset().state(), v1::Asset::STATE_ACTIVE);

  v1::GenerationTask task = TaskOf("@图1 waves");
  AddReference(task, asset.name());
  const std::string name = Must(through().CreateTask(task, NextRequestId())).name();
  const TaskStream stream = through().WatchTask(name);
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(CountTerminal(stream.messages), 1);
  EXPECT_EQ(stream.messages.back().generation_task().state(), State::STATE_SUCCEEDED);

  const Download download = through().DownloadResult(name);
  ASSERT_TRUE(download.status.ok()) << download.status.error_message();
  EXPECT_EQ(base::Sha256Hex(download.bytes), base::Sha256Hex(api().DownloadResult(name).bytes));
}

// Errors are in the trailers: status, message and details must come through.
TEST_F(RpcContextTest, ErrorsComeThroughWithTheirDetails) {
  StartBehindEdge(Pace::kFast);
  const auto missing = through().GetTask("generationTasks/00000000-0000-7000-8000-000000000000");
  EXPECT_EQ(missing.status.error_code(), StatusCode::NOT_FOUND) << missing.status.error_message();
  EXPECT_EQ(missing.error().reason, "RESOURCE_NOT_FOUND");
  EXPECT_EQ(ThroughEdge("wrong")->ListTasks({}).status.error_code(), StatusCode::UNAUTHENTICATED);
}

// Refused by the edge, so that nothing of it reaches the gateway.
TEST_F(RpcContextTest, CallWithoutATokenDoesNotReachTheGateway) {
  StartBehindEdge(Pace::kFast);
  const size_t before = gateway().Log().size();
  const auto refused = ThroughEdge("")->ListTasks({});
  EXPECT_EQ(refused.status.error_code(), StatusCode::UNAUTHENTICATED) << refused.status.error_message();
  EXPECT_THAT(gateway().Log().substr(before), Not(HasSubstr("ListGenerationTasks")));
}

// The short form waits three times as long as the edge suffers silence; SEEDANCE_EDGE_IDLE_SECONDS=70 waits longer.
TEST_F(RpcContextTest, IdleWatchLivesByItsHeartbeats) {
  const char* seconds = std::getenv("SEEDANCE_EDGE_IDLE_SECONDS");
  const absl::Duration idle = absl::Seconds(seconds == nullptr ? 6 : std::atoi(seconds));
  StartBehindEdge(Pace::kStopped, {"CALLER_SILENCE=2s", "GATEWAY_SILENCE=2s"});
  const std::string name = Must(through().CreateTask(TaskOf("a fox"))).name();
  const auto stub = v1::GenerationTaskService::NewStub(through().channel());
  grpc::ClientContext context;  // Of its own, because those of Api end after a minute.
  context.AddMetadata("authorization", std::string("Bearer ") + kToken);
  context.set_deadline(absl::ToChronoTime(absl::Now() + idle + absl::Minutes(1)));
  v1::WatchGenerationTaskRequest request;
  request.set_name(name);
  const auto reader = stub->WatchGenerationTask(&context, request);

  const absl::Time start = absl::Now();
  int heartbeats = 0;
  bool advanced = false;
  v1::WatchGenerationTaskResponse message;
  while (reader->Read(&message)) {
    heartbeats += message.heartbeat() ? 1 : 0;
    if (advanced || absl::Now() - start < idle) continue;
    Advance(absl::Seconds(30));
    advanced = true;
  }
  const grpc::Status status = reader->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(advanced);
  EXPECT_GE(heartbeats, 5);
  EXPECT_EQ(message.generation_task().state(), State::STATE_SUCCEEDED);
}

TEST_F(RpcContextTest, UploadThatGoesSilentIsCutOff) {
  StartBehindEdge(Pace::kFast, {"CALLER_SILENCE=1s"});
  const std::string group = Must(api().CreateGroup("group")).name();
  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(group);
  metadata.mutable_asset()->set_display_name("silent");
  metadata.set_file_name("hero.png");
  const size_t before = gateway().Log().size();
  bool first = true;
  bool cut = false;
  const auto answer = through().Upload(metadata, [&]() -> std::string {
    // Silent until the gateway has seen the end of the call.
    if (!std::exchange(first, false)) {
      cut = Eventually([&] { return absl::StrContains(gateway().Log().substr(before), "\"method\":\"UploadAsset\""); });
    }
    return Media("hero.png").substr(0, 100);
  });
  EXPECT_TRUE(cut) << "before the deadline of the call, which is a minute";
  EXPECT_FALSE(answer.ok());
  EXPECT_EQ(Bills("CreateAsset"), 0);
}

// Nothing of it may wait in the proxy, in memory or on disk.
TEST_F(RpcContextTest, LargeUploadPassesWithoutBeingBuffered) {
  StartBehindEdge(Pace::kFast);
  const std::string group = Must(through().CreateGroup("group")).name();
  const std::string clip = PaddedClip(Media("clip.mp4"), kLargeBytes);
  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(group);
  metadata.mutable_asset()->set_display_name("large");
  metadata.set_file_name("large.mp4");
  metadata.set_size_bytes(static_cast<int64_t>(clip.size()));
  const int64_t before = edge().ResidentBytes();
  const v1::Asset asset = Must(through().Upload(metadata, clip));
  const int64_t extra = edge().ResidentBytes() - before;
  EXPECT_EQ(asset.media_info().sha256(), base::Sha256Hex(clip));
  EXPECT_LT(extra, 16 * kMebibyte);
  EXPECT_EQ(edge().BufferFiles(), 0);
  RecordProperty("extra_bytes", std::to_string(extra));
}

// The trailer `resume-token` comes through, and a watch that goes on with it sees no revision twice.
TEST_F(RpcContextTest, WatchThatTheGatewaysDrainEndsGoesOnWithItsToken) {
  StartBehindEdge(Pace::kStopped);
  const std::string name = Must(through().CreateTask(TaskOf("a fox"))).name();
  std::thread stopper;
  const TaskStream cut = through().WatchTask(name, "", [&](const v1::WatchGenerationTaskResponse& message) {
    if (message.heartbeat() && !stopper.joinable())
      stopper = std::thread([this] { EXPECT_EQ(Must(StopGateway()), 0); });
    return true;
  });
  ASSERT_TRUE(stopper.joinable());
  stopper.join();
  EXPECT_EQ(cut.status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_THAT(cut.trailer_token, Not(IsEmpty()));

  EXPECT_EQ(through().GetTask(name).status.error_code(), StatusCode::UNAVAILABLE) << "there is no gateway";
  RestartGateway();
  ASSERT_TRUE(Eventually([&] { return through().GetTask(name).ok(); }));
  Advance(absl::Seconds(30));
  const TaskStream rest = through().WatchTask(name, cut.trailer_token);
  EXPECT_TRUE(rest.status.ok()) << rest.status.error_message();
  EXPECT_EQ(CountTerminal(rest.messages), 1);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

// A stop of the edge itself: watches under way end by themselves, new connections are refused.
TEST_F(RpcContextTest, WatchUnderWayEndsByItselfWhenTheEdgeStops) {
  StartBehindEdge(Pace::kStopped);
  const std::string name = Must(through().CreateTask(TaskOf("a fox"))).name();
  bool stopped = false;
  const TaskStream stream = through().WatchTask(name, "", [&](const v1::WatchGenerationTaskResponse& message) {
    if (message.heartbeat() && !std::exchange(stopped, true)) {
      edge().process().Kill(SIGQUIT);
      EXPECT_TRUE(Eventually([&] { return !ThroughEdge(kToken)->GetTask(name).ok(); }));
      Advance(absl::Seconds(30));
    }
    return true;
  });
  EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(CountTerminal(stream.messages), 1);
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace seedance::e2e

// What goes wrong at the vendor, and what the caller is told.
#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;
using ::testing::Not;

class FailureTest : public E2eTest {
 protected:
  void SetUp() override { StartSandbox(Pace::kStopped); }

  v1::GenerationTask EndOf(const std::string& prompt) {
    const std::string name = NewTask(prompt);
    Advance(absl::Seconds(30));
    return WaitForEnd(name);
  }

  // Number of requests of a route that were hit by a fault.
  int64_t Hits(const std::string& kind) {
    const testing::SandboxRequests requests = Must(sandbox().Requests());
    return std::count_if(requests.recent.begin(), requests.recent.end(),
                         [&](const testing::SandboxRequest& request) { return request.fault == kind; });
  }
};

class FreshGroupTest : public E2eTest {};

TEST_F(FailureTest, BlockedOutputIsToldFromOtherFailures) {
  StartGateway();
  const v1::GenerationTask blocked = EndOf("[moderation]");
  EXPECT_EQ(blocked.state(), State::STATE_FAILED);
  EXPECT_EQ(blocked.error().reason(), v1::ERROR_REASON_OUTPUT_MODERATION);
  EXPECT_EQ(blocked.error().upstream_code(), "OutputVideoSensitiveContentDetected");
  EXPECT_THAT(blocked.error().message(), HasSubstr("sensitive"));

  const v1::GenerationTask failed = EndOf("[fail]");
  EXPECT_EQ(failed.state(), State::STATE_FAILED);
  EXPECT_EQ(failed.error().reason(), v1::ERROR_REASON_UPSTREAM_FAILED);

  const Download nothing = api().DownloadResult(failed.name());
  EXPECT_EQ(nothing.status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(nothing.error().reason, "TASK_NOT_SUCCEEDED");
}

TEST_F(FailureTest, RefusedPromptFailsTheCallAndTheTaskStaysReadable) {
  StartGateway();
  const std::string id = NextRequestId();
  for (int i = 0; i < 2; ++i) {
    const auto refused = api().CreateTask(TaskOf("[input-moderation]"), id);
    EXPECT_EQ(refused.status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(refused.error().reason, "INPUT_MODERATION");
    const v1::GenerationTask task = Must(api().GetTask(refused.error().resource_name));
    EXPECT_EQ(task.state(), State::STATE_FAILED);
  }
  EXPECT_EQ(Requests(kSubmitRoute), 1);
  EXPECT_EQ(AllBills(), 0);
}

TEST_F(FailureTest, StuckTaskExpiresAtItsDeadline) {
  testing::GatewayOptions options;
  options.tasks = {"deadline: 1s"};
  StartGateway(options);
  const v1::GenerationTask task = EndOf("[stuck]");
  EXPECT_EQ(task.state(), State::STATE_EXPIRED);
  EXPECT_EQ(task.error().reason(), v1::ERROR_REASON_DEADLINE_EXCEEDED);
}

TEST_F(FailureTest, ForgottenTaskIsLostOnlyAfterSomePatience) {
  testing::GatewayOptions options;
  options.tasks = {"lost_after_count: 3", "lost_after_time: 0.5s"};
  StartGateway(options);
  const v1::GenerationTask task = EndOf("[forget]");
  EXPECT_EQ(task.state(), State::STATE_LOST);
  EXPECT_EQ(task.error().reason(), v1::ERROR_REASON_UPSTREAM_LOST);
  EXPECT_GE(Requests(kPollRoute), 3);
}

TEST_F(FailureTest, UnknownWordsAndOldAnswersStillEndWell) {
  StartGateway();
  const v1::GenerationTask legacy = EndOf("[legacy]");
  EXPECT_EQ(legacy.state(), State::STATE_SUCCEEDED);
  EXPECT_THAT(legacy.result().video_uri(), HasSubstr("http"));

  const std::string unknown = NewTask("[unknown]");
  Advance(absl::Seconds(10));
  EXPECT_TRUE(WaitForState(unknown, State::STATE_RUNNING));
  Advance(absl::Seconds(20));
  EXPECT_EQ(WaitForEnd(unknown).state(), State::STATE_SUCCEEDED);
}

TEST_F(FailureTest, TooManyRequestsAtSubmitAreWaitedOut) {
  StartGateway();
  testing::SandboxFault fault;
  fault.kind = "status";
  fault.method = "POST";
  fault.path = "/v1/video/generations";
  fault.status = 429;
  fault.retry_after = 1;
  fault.times = 2;
  AddFault(fault);
  const absl::Time start = absl::Now();
  const v1::GenerationTask task = Must(api().CreateTask(TaskOf("a fox")));
  ASSERT_TRUE(Eventually([&] { return Bills("CreateTask") == 1; }));
  EXPECT_GE(absl::Now() - start, absl::Seconds(1.9)) << "Retry-After was not obeyed";
  EXPECT_EQ(Requests(kSubmitRoute), 3);
  Advance(absl::Seconds(30));
  EXPECT_EQ(WaitForEnd(task.name()).state(), State::STATE_SUCCEEDED);
}

TEST_F(FailureTest, BadPollAnswersNeverEndATask) {
  testing::GatewayOptions options;
  // More of them in a row than it takes for the vendor to count as down.
  options.rate = {"breaker_pause: 0.1s"};
  StartGateway(options);
  const std::string name = NewTask("a fox");
  for (const std::string kind : {"html", "empty", "truncate", "reset", "drop_reply"}) {
    testing::SandboxFault fault;
    fault.kind = kind;
    fault.method = "GET";
    fault.path = "/v1/video/generations";
    fault.times = 3;
    AddFault(fault);
  }
  ASSERT_TRUE(Eventually([&] { return Hits("drop_reply") == 3; }));
  EXPECT_EQ(Hits("html"), 3);
  Advance(absl::Seconds(30));
  EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
}

TEST_F(FailureTest, DeadResultLinkIsAClearError) {
  StartGateway();
  const v1::GenerationTask task = EndOf("a fox");
  ASSERT_EQ(task.state(), State::STATE_SUCCEEDED);
  ASSERT_TRUE(api().DownloadResult(task.name()).status.ok());
  Advance(absl::Hours(13));
  const Download dead = api().DownloadResult(task.name());
  EXPECT_EQ(dead.status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(dead.error().reason, "RESULT_EXPIRED");
  EXPECT_EQ(dead.bytes, "");
}

TEST_F(FailureTest, BrokenDownloadGoesOnAtTheOffsetReached) {
  StartGateway();
  const v1::GenerationTask task = EndOf("a fox");
  ASSERT_EQ(task.state(), State::STATE_SUCCEEDED);
  const std::string whole = api().DownloadResult(task.name()).bytes;
  ASSERT_FALSE(whole.empty());
  testing::SandboxFault fault;
  fault.kind = "truncate";
  fault.path = "/files/";
  AddFault(fault);
  const Download broken = api().DownloadResult(task.name());
  EXPECT_EQ(broken.status.error_code(), StatusCode::UNAVAILABLE) << broken.status.error_message();
  EXPECT_LT(broken.bytes.size(), whole.size());
  EXPECT_EQ(broken.bytes, whole.substr(0, broken.bytes.size()));
  v1::DownloadGenerationResultRequest rest;
  rest.set_name(task.name());
  rest.set_offset(static_cast<int64_t>(broken.bytes.size()));
  EXPECT_EQ(broken.bytes + api().DownloadResult(rest).bytes, whole);
}

TEST_F(FailureTest, FailedAssetSaysWhy) {
  StartGateway();
  const v1::Asset asset = UploadMedia(NewGroup(), "hero.png", "fail-FaceMismatch");
  Advance(absl::Seconds(5));
  const AssetStream stream = api().WatchAsset(asset.name());
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  const v1::Asset last = stream.messages.back().asset();
  EXPECT_EQ(last.state(), v1::Asset::STATE_FAILED);
  EXPECT_EQ(last.error().upstream_code(), "FaceMismatch");
}

// A new group is not visible at the vendor for a while; its first asset must not be refused for that.
TEST_F(FreshGroupTest, UploadWaitsUntilTheVendorSeesTheGroup) {
  StartSandbox(Pace::kFast, {"--group-lag-seconds", "30"});  // 1.5 real seconds.
  StartGateway();
  EXPECT_EQ(ActiveMedia(NewGroup(), "hero.png").state(), v1::Asset::STATE_ACTIVE);
  v1::CreateAssetRequest request;
  request.mutable_asset()->set_asset_group(NewGroup("second"));
  request.mutable_asset()->set_display_name("by URL");
  request.set_uri("https://example.com/hero.png");
  EXPECT_TRUE(api().CreateAsset(request).ok());
  EXPECT_EQ(Bills("CreateAsset"), 2);
}

TEST_F(FailureTest, RefusedVendorKeyIsTheOperatorsMatter) {
  testing::GatewayOptions options;
  options.key = "revoked-vendor-key";
  StartGateway(options);
  const auto group = api().CreateGroup("group");
  EXPECT_EQ(group.status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(group.error().reason, "UPSTREAM_AUTH_FAILED");
  const auto task = api().CreateTask(TaskOf("a fox"));
  EXPECT_EQ(task.status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(task.error().reason, "UPSTREAM_AUTH_FAILED");
  EXPECT_THAT(gateway().Log(), Not(HasSubstr("revoked-vendor-key")));
  EXPECT_THAT(group.status.error_message(), Not(HasSubstr("revoked-vendor-key")));
}

TEST_F(FailureTest, NoSecretReachesTheLog) {
  testing::GatewayOptions options;
  options.tenants = {{"alpha", {"alpha-bearer-token"}}};
  StartGateway(options);
  (void)NewApi("stolen-bearer-token")->CreateGroup("group");
  const std::string group = NewGroup();
  v1::GenerationTask task = TaskOf("a very private prompt");
  AddReference(task, ActiveMedia(group, "hero.png").name());
  const std::string name = Must(api().CreateTask(task)).name();
  Advance(absl::Seconds(30));
  const v1::GenerationTask done = WaitForEnd(name);
  ASSERT_TRUE(api().DownloadResult(name).status.ok());
  const std::string log = gateway().Log();
  EXPECT_THAT(log, HasSubstr("\"CreateGenerationTask\"")) << "the log is there";
  EXPECT_THAT(log, HasSubstr("\"to\":\"SUCCEEDED\"")) << "and speaks of states";
  for (const std::string secret : {"sandbox-key", "alpha-bearer-token", "stolen-bearer-token"}) {
    EXPECT_FALSE(absl::StrContains(log, secret)) << secret;
  }
  const std::string link = done.result().video_uri();
  EXPECT_FALSE(absl::StrContains(log, link.substr(link.find('?') + 1))) << "the signature of a link is a secret";
}

}  // namespace
}  // namespace seedance::e2e

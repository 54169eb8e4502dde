// Tasks that are taken before their assets are ready: none is sent early, none is lost, none is billed for nothing.
#include <signal.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using ::testing::HasSubstr;

class WaitForAssetsTest : public E2eTest {
 protected:
  v1::CreateGenerationTaskRequest Waiting(const std::string& prompt, const std::vector<std::string>& assets) {
    v1::CreateGenerationTaskRequest request;
    *request.mutable_generation_task() = TaskOf(prompt);
    for (const std::string& asset : assets) AddReference(*request.mutable_generation_task(), asset);
    request.set_wait_for_assets(true);
    request.set_request_id(NextRequestId());
    return request;
  }

  // An asset by URL; the sandbox reads `fail-<Code>` and times from its name.
  v1::Asset NewAsset(const std::string& group, const std::string& display_name) {
    v1::CreateAssetRequest request;
    request.mutable_asset()->set_asset_group(group);
    request.mutable_asset()->set_display_name(display_name);
    request.set_uri(absl::StrCat("https://example.com/", display_name, ".png"));
    request.set_request_id(NextRequestId());
    return Must(api().CreateAsset(request));
  }
};

TEST_F(WaitForAssetsTest, TaskWaitsAndIsSentWithinOnePollOfTheLastActiveAsset) {
  StartSandbox(Pace::kStopped);
  StartGateway();
  const std::string group = NewGroup();
  const v1::Asset asset = NewAsset(group, "hero");
  const v1::GenerationTask task = Must(api().CreateTask(Waiting("@image1 waves", {asset.name()})));
  EXPECT_EQ(task.state(), State::STATE_PENDING);
  EXPECT_THAT(task.state_message(), HasSubstr(asset.name()));
  EXPECT_EQ(Bills("CreateTask"), 0);
  Advance(absl::Seconds(2));
  EXPECT_TRUE(Eventually([&] { return Bills("CreateTask") == 1; }));
  Advance(absl::Seconds(30));
  EXPECT_EQ(WaitForEnd(task.name()).state(), State::STATE_SUCCEEDED);
}

TEST_F(WaitForAssetsTest, WithoutTheFlagAProcessingAssetIsNamed) {
  StartSandbox(Pace::kStopped);
  StartGateway();
  const v1::Asset asset = NewAsset(NewGroup(), "hero");
  v1::CreateGenerationTaskRequest request = Waiting("@image1 waves", {asset.name()});
  request.set_wait_for_assets(false);
  const auto answer = api().CreateTask(request);
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(answer.error().reason, "ASSET_NOT_READY");
  EXPECT_EQ(answer.error().resource_name, asset.name());
}

TEST_F(WaitForAssetsTest, FailedAssetEndsTheTaskWithoutABill) {
  StartSandbox(Pace::kStopped);
  StartGateway();
  const v1::Asset asset = NewAsset(NewGroup(), "fail-FaceMismatch");
  const v1::GenerationTask task = Must(api().CreateTask(Waiting("@image1 waves", {asset.name()})));
  Advance(absl::Seconds(2));
  const v1::GenerationTask ended = WaitForEnd(task.name());
  EXPECT_EQ(ended.state(), State::STATE_FAILED);
  EXPECT_EQ(ended.error().reason(), v1::ERROR_REASON_ASSET_NOT_READY);
  EXPECT_THAT(ended.error().message(), HasSubstr(asset.name()));
  EXPECT_EQ(Bills("CreateTask"), 0);
  EXPECT_EQ(Requests(kSubmitRoute), 0);
}

TEST_F(WaitForAssetsTest, DeletedAssetEndsTheTaskWithoutABill) {
  StartSandbox(Pace::kStopped);
  StartGateway();
  const v1::Asset asset = NewAsset(NewGroup(), "hero");
  const v1::GenerationTask task = Must(api().CreateTask(Waiting("@image1 waves", {asset.name()})));
  EXPECT_TRUE(api().DeleteAsset(asset.name()).ok());
  EXPECT_EQ(WaitForEnd(task.name()).error().reason(), v1::ERROR_REASON_ASSET_NOT_READY);
  EXPECT_EQ(Requests(kSubmitRoute), 0);
}

TEST_F(WaitForAssetsTest, WaitingTaskCanBeCancelled) {
  StartSandbox(Pace::kStopped);
  StartGateway();
  const v1::Asset asset = NewAsset(NewGroup(), "hero");
  const std::string name = Must(api().CreateTask(Waiting("@image1 waves", {asset.name()}))).name();
  EXPECT_EQ(Must(api().CancelTask(name)).state(), State::STATE_CANCELLED);
  Advance(absl::Seconds(5));
  EXPECT_EQ(EndOfAsset(asset.name()).state(), v1::Asset::STATE_ACTIVE);
  EXPECT_EQ(Requests(kSubmitRoute), 0);
}

// 200 tasks, each with an asset of its own that becomes ACTIVE after 0 to 90 virtual seconds, every twentieth failing;
// the gateway is killed twice on the way.
TEST_F(WaitForAssetsTest, TwoHundredTasksSurviveKillsAndNoneIsSentEarly) {
  constexpr int kTasks = 200;
  // `lasts-<seconds>` in an asset's name is the time that the sandbox takes for it.
  StartSandbox(Pace::kStopped, {"--task-seconds", "5"});
  testing::GatewayOptions options;
  options.poll_interval_asset = absl::Milliseconds(50);
  StartGateway(options);
  const std::string group = NewGroup();
  std::map<std::string, int> seconds_of;  // By prompt.
  std::set<std::string> failing;
  std::vector<std::string> tasks;
  for (int i = 0; i < kTasks; ++i) {
    const int seconds = i * 90 / (kTasks - 1);
    const bool fails = i % 20 == 7;
    const std::string prompt = absl::StrCat("task ", i, " @image1");
    const v1::Asset asset =
        NewAsset(group, absl::StrCat("asset-", i, "-lasts-", seconds, fails ? "-fail-DownloadFailed" : ""));
    seconds_of[prompt] = seconds;
    if (fails) failing.insert(prompt);
    tasks.push_back(Must(api().CreateTask(Waiting(prompt, {asset.name()}))).name());
  }
  const auto SentBefore = [&](int now) {
    for (const testing::SandboxTask& sent : Must(sandbox().Tasks())) {
      // The vendor's notation stands in the prompt that was sent.
      const std::string key = sent.prompt.substr(0, sent.prompt.rfind(' ')) + " @image1";
      ASSERT_EQ(seconds_of.count(key), 1u) << sent.prompt;
      EXPECT_LE(seconds_of[key], now) << sent.prompt << " was sent before its asset was ACTIVE";
      EXPECT_EQ(failing.count(key), 0u) << sent.prompt;
    }
  };
  const auto Doubtful = [&] {
    v1::ListGenerationTasksRequest request;
    request.set_page_size(200);
    request.add_states(State::STATE_SUBMIT_UNKNOWN);
    return Must(NewApi()->ListTasks(request)).generation_tasks_size();
  };
  const auto ReadyBy = [&](int now) {
    int ready = 0;
    for (const auto& [prompt, seconds] : seconds_of) ready += seconds <= now && failing.count(prompt) == 0;
    return ready;
  };
  for (int now = 0; now < 90; now += 15) {
    Advance(absl::Seconds(15));
    SentBefore(now + 15);
    if (now == 15 || now == 60) {
      ASSERT_TRUE(gateway().Stop(SIGKILL).ok());
      RestartGateway();
    }
    // What is ready is sent, all of it, but for what a kill caught on its way.
    EXPECT_TRUE(Eventually([&] { return Bills("CreateTask") + Doubtful() >= ReadyBy(now + 15); })) << now;
  }
  Advance(absl::Seconds(30));
  int succeeded = 0;
  int doubtful = 0;
  const auto fresh = NewApi();
  for (const std::string& name : tasks) {
    EXPECT_TRUE(Eventually([&] {
      const State::State state = Must(fresh->GetTask(name)).state();
      return state == State::STATE_SUCCEEDED || state == State::STATE_FAILED || state == State::STATE_SUBMIT_UNKNOWN;
    }));
    const v1::GenerationTask task = Must(fresh->GetTask(name));
    succeeded += task.state() == State::STATE_SUCCEEDED;
    doubtful += task.state() == State::STATE_SUBMIT_UNKNOWN;
    if (task.state() == State::STATE_FAILED) {
      EXPECT_EQ(task.error().reason(), v1::ERROR_REASON_ASSET_NOT_READY);
      EXPECT_EQ(failing.count(task.prompt()), 1u) << task.ShortDebugString();
    }
  }
  EXPECT_EQ(succeeded + doubtful, kTasks - static_cast<int>(failing.size()));
  EXPECT_LE(doubtful, 64) << "no more than were on their way when the gateway was killed";
  EXPECT_GE(Bills("CreateTask"), succeeded);
  EXPECT_LE(Bills("CreateTask"), succeeded + doubtful) << "one bill each, none for the failed";
}

}  // namespace
}  // namespace seedance::e2e

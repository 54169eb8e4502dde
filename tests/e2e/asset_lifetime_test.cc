// PiAPI's library: so many assets and no more, each dropped when nobody uses it. Time runs as it does, in seconds
// instead of days.
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using ::testing::HasSubstr;

class AssetLifetimeTest : public E2eTest {
 protected:
  void Start(int max_assets, int ttl_seconds) {
    StartSandbox(Pace::kFast, {"--speed", "1", "--asset-seconds", "0.2", "--task-seconds", "1", "--piapi-max-assets",
                               absl::StrCat(max_assets), "--piapi-ttl-seconds", absl::StrCat(ttl_seconds)});
    testing::GatewayOptions options = DialectOptions("piapi");
    options.upstream_lines = {
        absl::StrCat("limits: {assets: {max_assets: ", max_assets, ", idle_ttl: ", ttl_seconds, "s}}")};
    StartGateway(options);
    group_ = NewGroup();
  }

  Answer<v1::Asset> ByUrl(const std::string& display_name) {
    v1::CreateAssetRequest request;
    request.mutable_asset()->set_asset_group(group_);
    request.mutable_asset()->set_display_name(display_name);
    request.set_uri(absl::StrCat("https://example.com/", display_name, ".png"));
    request.set_request_id(NextRequestId());
    return api().CreateAsset(request);
  }

  v1::CreateGenerationTaskRequest TaskWith(const std::string& asset) {
    v1::CreateGenerationTaskRequest request;
    *request.mutable_generation_task() = TaskOf("@image1 waves");
    AddReference(*request.mutable_generation_task(), asset);
    request.set_request_id(NextRequestId());
    return request;
  }

  bool BecomesExpired(const std::string& name) {
    return Eventually([&] { return Must(api().GetAsset(name)).state() == v1::Asset::STATE_EXPIRED; });
  }

  std::string group_;
};

TEST_F(AssetLifetimeTest, FullLibraryNamesWhatWasUnusedTheLongest) {
  Start(2, 600);
  const v1::Asset first = EndOfAsset(Must(ByUrl("first")).name());
  const v1::Asset second = EndOfAsset(Must(ByUrl("second")).name());
  EXPECT_EQ(WaitForEnd(Must(api().CreateTask(TaskWith(first.name()))).name()).state(), State::STATE_SUCCEEDED);
  const auto third = ByUrl("third");
  EXPECT_EQ(third.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(third.error().reason, "ASSET_LIBRARY_FULL");
  // Uses are noted to the minute, so that both are of the same age here.
  EXPECT_THAT(third.error().metadata.at("least_recently_used"),
              ::testing::AllOf(HasSubstr(first.name()), HasSubstr(second.name())));
  EXPECT_EQ(Bills("CreateAsset"), 2);
  EXPECT_TRUE(api().DeleteAsset(second.name()).ok());
  EXPECT_TRUE(ByUrl("third").ok());
}

TEST_F(AssetLifetimeTest, IdleAssetExpiresAndIsCreatedAgainOnceWhenATaskMay) {
  Start(10, 3);
  const v1::Asset asset = EndOfAsset(Must(ByUrl("hero")).name());
  EXPECT_TRUE(asset.has_expire_time());
  ASSERT_TRUE(BecomesExpired(asset.name()));
  const auto refused = api().CreateTask(TaskWith(asset.name()));
  EXPECT_EQ(refused.error().reason, "ASSET_NOT_READY");
  std::vector<std::string> tasks;
  for (int i = 0; i < 5; ++i) {
    v1::CreateGenerationTaskRequest request = TaskWith(asset.name());
    request.set_recreate_expired_assets(true);
    tasks.push_back(Must(api().CreateTask(request)).name());
  }
  for (const std::string& task : tasks) {
    const v1::GenerationTask ended = WaitForEnd(task);
    EXPECT_EQ(ended.state(), State::STATE_SUCCEEDED) << ended.ShortDebugString();
  }
  EXPECT_EQ(Bills("CreateAsset"), 2) << "once at first, once again for all five";
  EXPECT_EQ(Must(api().GetAsset(asset.name())).state(), v1::Asset::STATE_ACTIVE) << "under the same name";
}

TEST_F(AssetLifetimeTest, BytesThatCameWithoutAUrlCannotComeBack) {
  Start(10, 2);
  const v1::Asset asset = ActiveMedia(group_, "hero.png");
  ASSERT_TRUE(BecomesExpired(asset.name()));
  v1::CreateGenerationTaskRequest request = TaskWith(asset.name());
  request.set_recreate_expired_assets(true);
  // The vendor may still have it, so that the task is taken; it does not.
  const v1::GenerationTask ended = WaitForEnd(Must(api().CreateTask(request)).name());
  EXPECT_EQ(ended.state(), State::STATE_FAILED);
  EXPECT_EQ(ended.error().reason(), v1::ERROR_REASON_ASSET_NOT_READY) << ended.ShortDebugString();
  EXPECT_EQ(Bills("CreateAsset"), 1);
  EXPECT_EQ(Bills("CreateTask"), 0);
}

TEST_F(AssetLifetimeTest, AssetThatAWaitingTaskNeedsIsKeptInUse) {
  Start(10, 3);
  const v1::Asset ready = EndOfAsset(Must(ByUrl("ready")).name());
  const v1::Asset slow = Must(ByUrl("lasts-7"));
  v1::CreateGenerationTaskRequest request = TaskWith(ready.name());
  request.mutable_generation_task()->set_prompt("@image1 meets @image2");
  AddReference(*request.mutable_generation_task(), slow.name());
  request.set_wait_for_assets(true);
  const v1::GenerationTask ended = WaitForEnd(Must(api().CreateTask(request)).name());
  EXPECT_EQ(ended.state(), State::STATE_SUCCEEDED) << ended.ShortDebugString();
  EXPECT_EQ(Bills("CreateAsset"), 2);
}

}  // namespace
}  // namespace seedance::e2e

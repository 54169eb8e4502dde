// Nothing may depend on the sandbox's own habits: the whole job against a vendor that was written from the
// documentation alone.
#include "tests/e2e/foreign_vendor.h"

#include <signal.h>

#include <string>

#include "service/base/sha256.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ForeignVendorTest : public E2eTest {
 protected:
  void SetUp() override {
    testing::GatewayOptions options;
    options.sandbox_url = vendor_.url();
    options.key = ForeignVendor::kKey;
    options.tasks = {"lost_after_count: 2", "lost_after_time: 0s"};
    StartGateway(options);
  }

  // The gateway first: the vendor waits for its connections to close.
  void TearDown() override {
    E2eTest::TearDown();
    EXPECT_TRUE(gateway().Stop(SIGKILL).ok());
  }

  ForeignVendor vendor_;
};

TEST_F(ForeignVendorTest, WholeJobWorks) {
  const std::string group = NewGroup("heroes");
  v1::GenerationTask task = TaskOf("@音频1 @图1 @视频1");
  AddReference(task, ActiveMedia(group, "music.mp3").name());
  AddReference(task, ActiveMedia(group, "hero.png").name());
  AddReference(task, ActiveMedia(group, "clip.mp4").name());
  task.set_aspect_ratio("16:9");
  task.mutable_duration()->set_seconds(5);
  const std::string name = Must(api().CreateTask(task)).name();

  const TaskStream stream = api().WatchTask(name);
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  const v1::GenerationTask done = stream.messages.back().generation_task();
  ASSERT_EQ(done.state(), State::STATE_SUCCEEDED) << done.ShortDebugString();
  EXPECT_THAT(done.upstream_task_id(), ::testing::StartsWith("cgt-"));
  EXPECT_EQ(done.result().usage().total_tokens(), 108900);

  const Download download = api().DownloadResult(name);
  ASSERT_TRUE(download.status.ok()) << download.status.error_message();
  EXPECT_EQ(base::Sha256Hex(download.bytes), base::Sha256Hex(ForeignVendor::Video()));
  EXPECT_EQ(vendor_.Count("submit"), 1);
  EXPECT_THAT(vendor_.Complaints(), IsEmpty());

  ASSERT_THAT(vendor_.Submitted(), SizeIs(1));
  const nlohmann::json body = vendor_.Submitted()[0];
  EXPECT_EQ(body["ratio"], "16:9");
  EXPECT_EQ(body["duration"], 5);
  ASSERT_THAT(body["content"], SizeIs(4));
  EXPECT_EQ(body["content"][3]["role"], "reference_audio");
}

TEST_F(ForeignVendorTest, PartsOfAResultAreReadWithoutRangeSupport) {
  const std::string name = NewTask("a fox");
  ASSERT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  v1::DownloadGenerationResultRequest part;
  part.set_name(name);
  part.set_offset(4);
  part.set_limit(8);
  const Download download = api().DownloadResult(part);
  ASSERT_TRUE(download.status.ok()) << download.status.error_message();
  EXPECT_EQ(download.bytes, "ftypisom");
}

TEST_F(ForeignVendorTest, BlockedOutputIsModerationHereToo) {
  const v1::GenerationTask task = WaitForEnd(NewTask("forbidden"));
  EXPECT_EQ(task.state(), State::STATE_FAILED);
  EXPECT_EQ(task.error().reason(), v1::ERROR_REASON_OUTPUT_MODERATION);
}

TEST_F(ForeignVendorTest, UnknownTaskWithStatus400IsLost) {
  const std::string name = NewTask("a fox");
  vendor_.Forget();
  EXPECT_EQ(WaitForEnd(name).state(), State::STATE_LOST);
}

TEST_F(ForeignVendorTest, ListsWithPrefixedNamesAreTakenOver) {
  const std::string group = NewGroup("heroes");
  ActiveMedia(group, "hero.png");
  v1::ListAssetGroupsRequest groups;
  groups.set_read_upstream(true);
  const auto listed = Must(api().ListGroups(groups));
  ASSERT_THAT(listed.asset_groups(), SizeIs(1));
  EXPECT_EQ(listed.asset_groups(0).name(), group);
  EXPECT_THAT(listed.asset_groups(0).display_name(), HasSubstr("heroes"));
  v1::ListAssetsRequest assets;
  assets.set_read_upstream(true);
  EXPECT_THAT(Must(api().ListAssets(assets)).assets(), SizeIs(1));
}

TEST_F(ForeignVendorTest, RefusedKeyIsTheOperatorsMatter) {
  testing::GatewayOptions options;
  options.sandbox_url = vendor_.url();
  options.key = "sk-wrong";
  StartGateway(options);
  EXPECT_EQ(api().CreateGroup("group").error().reason, "UPSTREAM_AUTH_FAILED");
}

}  // namespace
}  // namespace seedance::e2e

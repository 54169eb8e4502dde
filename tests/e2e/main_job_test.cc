// The job that the gateway exists for, from an empty store to the bytes of the video.
#include <httplib.h>

#include <string>

#include "service/base/sha256.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/patient_client.h"

namespace seedance::e2e {
namespace {

using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class MainJobTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kFast);
    StartGateway();
  }

  // What the vendor's link itself gives.
  static std::string FetchLink(const std::string& link) {
    const size_t path = link.find('/', link.find("://") + 3);
    httplib::Client client = testing::PatientClient(link.substr(0, path));
    const httplib::Result result = client.Get(link.substr(path));
    return result ? result->body : "";
  }

  v1::GenerationTask TaskWithThreeReferences(const std::string& group) {
    v1::GenerationTask task = TaskOf("@图1 walks through @视频1 in the rhythm of @音频1");
    // Not in the vendor's order: the gateway sorts them.
    AddReference(task, ActiveMedia(group, "music.mp3").name());
    AddReference(task, ActiveMedia(group, "clip.mp4").name());
    AddReference(task, ActiveMedia(group, "hero.png").name());
    task.set_return_last_frame(true);
    return task;
  }

  v1::DownloadGenerationResultRequest Part(const std::string& name, int64_t offset, int64_t limit) {
    v1::DownloadGenerationResultRequest request;
    request.set_name(name);
    request.set_offset(offset);
    request.set_limit(limit);
    return request;
  }
};

TEST_F(MainJobTest, UploadedReferencesBecomeAVideoOnDisk) {
  const v1::GenerationTask created = Must(api().CreateTask(TaskWithThreeReferences(NewGroup()), NextRequestId()));
  EXPECT_THAT(created.name(), StartsWith("generationTasks/"));

  const TaskStream stream = api().WatchTask(created.name());
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  ASSERT_THAT(stream.messages, SizeIs(Ge(2)));
  int64_t revision = 0;
  for (const auto& message : stream.messages) {
    if (message.heartbeat()) continue;
    EXPECT_GT(message.generation_task().revision(), revision);
    revision = message.generation_task().revision();
  }
  const v1::GenerationTask done = stream.messages.back().generation_task();
  ASSERT_EQ(done.state(), State::STATE_SUCCEEDED) << done.ShortDebugString();
  EXPECT_EQ(CountTerminal(stream.messages), 1);
  EXPECT_EQ(done.progress_percent(), 100);
  EXPECT_GT(done.result().usage().total_tokens(), 0);
  ASSERT_THAT(done.references(), SizeIs(3));
  EXPECT_EQ(done.references(0).role(), v1::REFERENCE_ROLE_REFERENCE_IMAGE);
  EXPECT_EQ(done.references(2).role(), v1::REFERENCE_ROLE_REFERENCE_AUDIO);

  const std::string original = FetchLink(done.result().video_uri());
  const Download download = api().DownloadResult(done.name());
  ASSERT_TRUE(download.status.ok()) << download.status.error_message();
  EXPECT_EQ(download.content_type, "video/mp4");
  EXPECT_EQ(download.total_size, static_cast<int64_t>(download.bytes.size()));
  ASSERT_GT(download.bytes.size(), 8u);
  EXPECT_EQ(download.bytes.substr(4, 4), "ftyp");
  EXPECT_EQ(base::Sha256Hex(download.bytes), base::Sha256Hex(original));

  // The first whole download taught the gateway size and hash.
  const v1::GenerationTask read = Must(api().GetTask(done.name()));
  EXPECT_EQ(read.result().sha256(), base::Sha256Hex(original));
  EXPECT_EQ(read.result().size_bytes(), static_cast<int64_t>(original.size()));
}

TEST_F(MainJobTest, UploadReachesTheVendorByteForByteAndIsBilledByType) {
  const std::string group = NewGroup();
  for (const std::string file : {"hero.png", "clip.mp4", "music.mp3"}) {
    const v1::Asset asset = ActiveMedia(group, file);
    EXPECT_EQ(asset.media_info().sha256(), base::Sha256Hex(Media(file)));
    EXPECT_THAT(asset.preview_uri(), HasSubstr("http"));
  }
  const std::vector<testing::SandboxAsset> assets = Must(sandbox().Assets());
  ASSERT_THAT(assets, SizeIs(3));
  for (const testing::SandboxAsset& asset : assets) EXPECT_EQ(asset.sha256, base::Sha256Hex(Media(asset.name)));
  std::vector<std::string> models;
  for (const testing::LedgerRow& bill : Must(sandbox().Ledger()).bills) models.push_back(bill.model);
  EXPECT_THAT(models, ::testing::ElementsAre("volc-asset", "volc-asset", "volc-asset-video", "volc-asset-audio"));
}

TEST_F(MainJobTest, AnyPartOfTheResultCanBeReadAgainAndAgain) {
  v1::GenerationTask task = TaskOf("a fox");
  task.set_return_last_frame(true);
  const std::string name = Must(api().CreateTask(task)).name();
  const v1::GenerationTask done = WaitForEnd(name);
  ASSERT_EQ(done.state(), State::STATE_SUCCEEDED);
  const std::string whole = FetchLink(done.result().video_uri());
  ASSERT_GT(whole.size(), 2000u);
  const auto size = static_cast<int64_t>(whole.size());

  for (int round = 0; round < 3; ++round) {
    const Download middle = api().DownloadResult(Part(name, 1000, 500));
    ASSERT_TRUE(middle.status.ok()) << middle.status.error_message();
    EXPECT_EQ(middle.bytes, whole.substr(1000, 500));
    EXPECT_EQ(middle.total_size, size);
  }
  EXPECT_EQ(api().DownloadResult(Part(name, size - 7, 0)).bytes, whole.substr(whole.size() - 7));
  EXPECT_EQ(api().DownloadResult(Part(name, size - 7, 100)).bytes, whole.substr(whole.size() - 7));
  EXPECT_EQ(api().DownloadResult(Part(name, 0, 0)).bytes, whole);

  const Download beyond = api().DownloadResult(Part(name, size + 1, 0));
  EXPECT_EQ(beyond.status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(beyond.error().reason, "SIZE_OUT_OF_RANGE");
  EXPECT_THAT(beyond.bytes, IsEmpty());

  v1::DownloadGenerationResultRequest last_frame = Part(name, 0, 0);
  last_frame.set_part(v1::DownloadGenerationResultRequest::PART_LAST_FRAME);
  const Download frame = api().DownloadResult(last_frame);
  EXPECT_EQ(frame.content_type, "image/png");
  EXPECT_EQ(frame.bytes, FetchLink(done.result().last_frame_uri()));
}

TEST_F(MainJobTest, OneJobCostsOneBillPerBilledCall) {
  ASSERT_EQ(WaitForEnd(Must(api().CreateTask(TaskWithThreeReferences(NewGroup()))).name()).state(),
            State::STATE_SUCCEEDED);
  EXPECT_EQ(Bills("CreateAssetGroup"), 1);
  EXPECT_EQ(Bills("CreateAsset"), 3);
  EXPECT_EQ(Bills("CreateTask"), 1);
  EXPECT_EQ(AllBills(), 5);
}

}  // namespace
}  // namespace seedance::e2e

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/engine/assets/asset_waits.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;
using model::GenerationTask;
using model::TaskState;
using ::testing::HasSubstr;

// Tasks that wait for assets, through a whole engine: the vendor's word on an asset reaches the tasks by itself.
class WaitingTasksTest : public EngineTest {
 protected:
  WaitingTasksTest() { threads_ = 1; }

  // An asset that the vendor still looks at. To be made before Start, which takes it up.
  model::UpstreamHandle ProcessingAsset(const std::string& id) {
    const model::UpstreamHandle handle = StoredAsset(id, AssetState::kProcessing);
    Judge(id, AssetState::kProcessing);
    return handle;
  }
  void Judge(const std::string& id, AssetState state) {
    upstream::AssetReport report;
    report.id = id;
    report.group_id = "g";
    report.display_name = id;
    report.media_type = model::MediaType::kImage;
    report.state = state;
    if (state == AssetState::kFailed) report.error = {Reason::kInputModeration, "", "shows a person"};
    vendor_.SetAsset(report);
  }
  absl::StatusOr<GenerationTask> CreateWaiting(const std::vector<model::UpstreamHandle>& assets) {
    engine::CreateTaskParams params = GoodTask();
    params.request.wait_for_assets = true;
    for (const model::UpstreamHandle& asset : assets) {
      model::Reference reference;
      reference.asset = asset;
      reference.role = model::ReferenceRole::kReferenceImage;
      params.request.references.push_back(reference);
    }
    return CreateTask(params);
  }
  GenerationTask Stored(const std::string& id) { return *store_->GetTask(id); }
};

TEST_F(WaitingTasksTest, TwoHundredAreSentOnceEachWhenTheirAssetsAreActiveAcrossARestart) {
  constexpr int kTasks = 200;
  constexpr int kSeconds = 90;
  // A poll of an asset comes within 3.3 s of its state; the clock moves in steps of 1 s.
  constexpr absl::Duration kSoon = absl::Seconds(6);
  struct Job {
    std::string asset;
    std::string task;
    absl::Time settled;
    bool fails = false;
  };
  base::SeededRandom times(11);
  std::vector<Job> jobs(kTasks);
  std::vector<model::UpstreamHandle> assets;
  for (int i = 0; i < kTasks; ++i) {
    jobs[i].asset = absl::StrCat("a", i);
    jobs[i].settled = clock_.Now() + absl::Seconds(static_cast<int>(times.Unit() * (kSeconds + 1)));
    jobs[i].fails = i % 20 == 0;
    assets.push_back(ProcessingAsset(jobs[i].asset));
  }
  const model::UpstreamHandle shared = StoredAsset("shared");
  Start();
  for (int i = 0; i < kTasks; ++i) {
    const absl::StatusOr<GenerationTask> task = CreateWaiting({assets[i], shared});
    ASSERT_TRUE(task.ok()) << task.status();
    ASSERT_EQ(task->state, TaskState::kPending);
    ASSERT_TRUE(engine::WaitsForAssets(*task)) << task->state_message;
    jobs[i].task = task->id;
  }
  for (int second = 0; second <= kSeconds + 6; ++second) {
    if (second > 0) clock_.Advance(absl::Seconds(1));
    for (const Job& job : jobs) {
      if (job.settled == clock_.Now()) Judge(job.asset, job.fails ? AssetState::kFailed : AssetState::kActive);
    }
    if (second == kSeconds / 2) Restart();
    HandOutDue();
    for (const Job& job : jobs) {
      // By now without any further time.
      if (clock_.Now() < job.settled + kSoon) continue;
      ASSERT_TRUE(Reaches(job.task, job.fails ? TaskState::kFailed : TaskState::kQueued)) << job.asset;
    }
  }
  std::multiset<std::string> sent;
  for (const model::TaskRequest& request : vendor_.sent_tasks()) sent.insert(request.references[0].asset->id);
  absl::Duration slowest;
  for (const Job& job : jobs) {
    const GenerationTask task = Stored(job.task);
    EXPECT_EQ(sent.count(job.asset), job.fails ? 0U : 1U) << job.asset;
    if (job.fails) {
      EXPECT_EQ(task.state, TaskState::kFailed);
      EXPECT_EQ(task.error.reason, Reason::kAssetNotReady);
      EXPECT_THAT(task.error.message, HasSubstr(absl::StrCat("assets/fake~", job.asset, " is FAILED: shows a person")));
      continue;
    }
    EXPECT_EQ(task.state, TaskState::kQueued);
    EXPECT_GE(task.submit_time, job.settled) << job.asset;
    slowest = std::max(slowest, task.submit_time - job.settled);
  }
  EXPECT_LE(slowest, kSoon);
  EXPECT_EQ(vendor_.create_task.calls(), kTasks - kTasks / 20);
}

TEST_F(WaitingTasksTest, ACancelledOneIsNeverSent) {
  const model::UpstreamHandle asset = ProcessingAsset("a");
  Start();
  const std::string id = CreateWaiting({asset})->id;
  ASSERT_EQ(CancelTask(id)->state, TaskState::kCancelled);
  EXPECT_EQ(Stored(id).state_message, "");
  Judge("a", AssetState::kActive);
  ASSERT_TRUE(Reaches(asset, AssetState::kActive, absl::Seconds(1)));
  clock_.Advance(absl::Minutes(1));
  HandOutDue();
  EXPECT_EQ(Stored(id).state, TaskState::kCancelled);
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(WaitingTasksTest, OneWhoseAssetIsDeletedFailsAtOnce) {
  const model::UpstreamHandle asset = ProcessingAsset("a");
  Start();
  const std::string id = CreateWaiting({asset})->id;
  HandOutDue();
  Answer<engine::Nothing> deleted;
  engine_->assets().Delete(Caller(), asset, /*allow_missing=*/false, deleted.done());
  ASSERT_TRUE(deleted.Wait().ok());
  ASSERT_TRUE(Reaches(id, TaskState::kFailed));
  EXPECT_EQ(Stored(id).error.reason, Reason::kAssetNotReady);
  EXPECT_EQ(Stored(id).error.message, "assets/fake~a was deleted");
}

}  // namespace
}  // namespace seedance::testing

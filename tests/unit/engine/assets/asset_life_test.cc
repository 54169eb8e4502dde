// Assets that the vendor drops, and the tasks that need them, through a whole engine.

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/testing/eventually.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;
using model::TaskState;

class AssetLifeTest : public EngineTest {
 protected:
  AssetLifeTest() {
    vendor_.profile().assets.library.idle_ttl = kWeek;
    vendor_.SetNewAssets(AssetState::kActive);
  }

  // One that the vendor has dropped and that can be created again.
  model::UpstreamHandle Expired() {
    const model::UpstreamHandle handle = StoredAsset("a", AssetState::kExpired);
    EXPECT_TRUE(store_
                    ->UpdateAsset(handle,
                                  [](model::Asset& asset) {
                                    asset.source_uri = "https://example.com/hero.png";
                                    return absl::OkStatus();
                                  })
                    .ok());
    return handle;
  }

  static engine::CreateTaskParams TaskWith(const model::UpstreamHandle& asset) {
    engine::CreateTaskParams params = GoodTask();
    model::Reference reference;
    reference.role = model::ReferenceRole::kReferenceImage;
    reference.asset = asset;
    params.request.references = {reference};
    params.request.recreate_expired_assets = true;
    return params;
  }

  const absl::Duration kWeek = absl::Hours(7 * 24);
};

TEST_F(AssetLifeTest, ATaskGetsItsExpiredAssetBackAndIsSentWithItsNewId) {
  Start();
  const model::UpstreamHandle asset = Expired();
  const absl::StatusOr<model::GenerationTask> task = CreateTask(TaskWith(asset));
  ASSERT_TRUE(task.ok()) << task.status();
  ASSERT_TRUE(Reaches(task->id, TaskState::kQueued, absl::Seconds(1)));
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  EXPECT_EQ(vendor_.sent_tasks()[0].references[0].asset->id, store_->GetAsset(asset)->vendor_id);
  EXPECT_EQ(store_->GetTask(task->id)->request.references[0].asset, asset);
}

TEST_F(AssetLifeTest, ManyTasksGetOneAssetBack) {
  Start();
  const model::UpstreamHandle asset = Expired();
  std::vector<std::string> ids(20);
  std::vector<std::thread> callers;
  for (std::string& id : ids) {
    callers.emplace_back([&, this] { id = CreateTask(TaskWith(asset)).value().id; });
  }
  for (std::thread& caller : callers) caller.join();
  for (const std::string& id : ids) EXPECT_TRUE(Reaches(id, TaskState::kQueued, absl::Seconds(1)));
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  EXPECT_EQ(vendor_.create_task.calls(), 20);
}

TEST_F(AssetLifeTest, ATaskWhoseAssetIsRefusedFailsAndIsNeverSent) {
  Start();
  const model::UpstreamHandle asset = Expired();
  vendor_.create_asset.Answer(Refused(Reason::kInputModeration, "a person"));
  const absl::StatusOr<model::GenerationTask> task = CreateTask(TaskWith(asset));
  ASSERT_TRUE(task.ok()) << task.status();
  ASSERT_TRUE(Reaches(task->id, TaskState::kFailed, absl::Seconds(1)));
  EXPECT_EQ(store_->GetTask(task->id)->error.reason, Reason::kAssetNotReady);
  EXPECT_THAT(store_->GetTask(task->id)->error.message, ::testing::HasSubstr("a person"));
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(AssetLifeTest, AnAssetOfATenantThatLostTheUpstreamIsFollowedAndLookedAtAllTheSame) {
  vendor_.SetNewAssets(AssetState::kProcessing);
  const model::UpstreamHandle kept = StoredAsset("kept");
  ASSERT_TRUE(store_
                  ->UpdateAsset(kept,
                                [&](model::Asset& edited) {
                                  edited.expire_time = clock_.Now() + kWeek;
                                  return absl::OkStatus();
                                })
                  .ok());
  Start();
  const model::UpstreamHandle made = CreateAsset(GoodAsset(OldGroup(), "hero")).value().handle;
  std::vector<engine::VendorAccounts::Config> accounts(1);
  accounts[0].upstream = vendor_.MakeUpstream();
  accounts[0].tenants = {kOther};
  engine_->Reconfigure({}, std::move(accounts));
  upstream::AssetReport report;
  report.id = store_->GetAsset(made)->upstream_id();
  report.group_id = "g";
  report.display_name = "hero";
  report.media_type = model::MediaType::kImage;
  report.state = AssetState::kActive;
  vendor_.SetAsset(report);
  EXPECT_TRUE(Reaches(made, AssetState::kActive, absl::Seconds(1)));
  // Its idle time ends at the vendor.
  EXPECT_TRUE(Reaches(kept, AssetState::kExpired, absl::Hours(1)));
}

TEST_F(AssetLifeTest, AnAssetThatARunningTaskNeedsOutlivesItsIdleTime) {
  const model::UpstreamHandle asset = StoredAsset("a");
  const model::UpstreamHandle unused = StoredAsset("b");
  for (const model::UpstreamHandle& handle : {asset, unused}) {
    ASSERT_TRUE(store_
                    ->UpdateAsset(handle,
                                  [&](model::Asset& edited) {
                                    edited.expire_time = clock_.Now() + kWeek;
                                    return absl::OkStatus();
                                  })
                    .ok());
    upstream::AssetReport report;
    report.id = handle.id;
    report.state = AssetState::kActive;
    vendor_.SetAsset(report);
  }
  engine::Engine::Options options;
  options.tasks.deadline = 2 * kWeek;  // Else the task expires in the same moment, and needs the asset no more.
  Start(options);
  engine::CreateTaskParams params = TaskWith(asset);
  params.request.recreate_expired_assets = false;
  const absl::StatusOr<model::GenerationTask> task = CreateTask(params);
  ASSERT_TRUE(task.ok()) << task.status();
  ASSERT_TRUE(Reaches(task->id, TaskState::kQueued));
  EXPECT_TRUE(Eventually([&] { return store_->GetAsset(asset)->last_used_time == clock_.Now(); }));
  clock_.Advance(kWeek);
  ASSERT_TRUE(Reaches(unused, AssetState::kExpired));
  EXPECT_TRUE(Eventually([&] { return store_->GetAsset(asset)->expire_time == clock_.Now() + kWeek; }));
  EXPECT_EQ(store_->GetAsset(asset)->state, AssetState::kActive);
}

}  // namespace
}  // namespace seedance::testing

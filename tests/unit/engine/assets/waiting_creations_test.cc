#include <gtest/gtest.h>

#include <memory>

#include "service/base/cancel.h"
#include "service/engine/assets/asset_creation.h"
#include "service/engine/assets/groups.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;

// Creations that wait for their turn at the vendor, which answers one at a time.
class WaitingCreationsTest : public EngineTest {
 protected:
  WaitingCreationsTest() { threads_ = 1; }
};

TEST_F(WaitingCreationsTest, AnAssetGoesOnWithoutItsCallerWhoFindsItAgain) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  vendor_.create_asset.Close();
  Answer<model::Asset> first;
  engine_->assets().Create(Caller(), GoodAsset(group, "first"), first.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  engine::CreateAssetParams params = GoodAsset(group, "hero");
  params.request_id = kRequestId;
  engine::CallContext left = Caller();
  left.cancel = std::make_shared<base::CancelToken>();
  Answer<model::Asset> second;
  engine_->assets().Create(left, params, second.done());
  left.cancel->Cancel();
  const auto row = store_->GetEntry({kTenant, "CreateAsset", kRequestId});
  EXPECT_TRUE(row.ok() && !row->has_value()) << "a crash would leave it in doubt, though it was never sent";
  Answer<model::Asset> again;
  engine_->assets().Create(Caller(), params, again.done());
  vendor_.create_asset.Open();
  EXPECT_TRUE(first.Wait().ok());
  const absl::StatusOr<model::Asset> asset = again.Wait();
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(second.Wait()->handle, asset->handle);
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(WaitingCreationsTest, ANameThatIsTakenIsRefusedBeforeTheTurnComes) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  ASSERT_TRUE(CreateAsset(GoodAsset(group, "hero")).ok());
  vendor_.create_asset.Close();
  Answer<model::Asset> first;
  engine_->assets().Create(Caller(), GoodAsset(group, "first"), first.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  EXPECT_EQ(ReasonOf(CreateAsset(GoodAsset(group, "hero"))), Reason::kDisplayNameTaken);
  vendor_.create_asset.Open();
  EXPECT_TRUE(first.Wait().ok());
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(WaitingCreationsTest, AGroupGoesOnWithoutItsCallerWhoFindsItAgain) {
  Start();
  vendor_.create_group.Close();
  engine::CreateGroupParams heroes;
  heroes.upstream = "fake";
  heroes.display_name = "heroes";
  heroes.request_id = kRequestId;
  engine::CreateGroupParams other = heroes;
  other.request_id.clear();
  Answer<model::AssetGroup> first;
  engine_->groups().Create(Caller(), other, first.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_group.waiting() == 1; }));
  engine::CallContext left = Caller();
  left.cancel = std::make_shared<base::CancelToken>();
  Answer<model::AssetGroup> second;
  engine_->groups().Create(left, heroes, second.done());
  left.cancel->Cancel();
  const auto row = store_->GetEntry({kTenant, "CreateAssetGroup", kRequestId});
  EXPECT_TRUE(row.ok() && !row->has_value()) << "a crash would leave it in doubt, though it was never sent";
  Answer<model::AssetGroup> again;
  engine_->groups().Create(Caller(), heroes, again.done());
  vendor_.create_group.Open();
  EXPECT_TRUE(first.Wait().ok());
  const absl::StatusOr<model::AssetGroup> group = again.Wait();
  ASSERT_TRUE(group.ok()) << group.status();
  EXPECT_EQ(second.Wait()->handle, group->handle);
  EXPECT_EQ(vendor_.create_group.calls(), 2);
}

}  // namespace
}  // namespace seedance::testing

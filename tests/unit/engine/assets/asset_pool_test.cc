// A creation that finds every thread of its vendor taken.
#include <atomic>
#include <functional>
#include <utility>

#include "service/base/error.h"
#include "service/engine/assets/asset_creation.h"
#include "tests/unit/engine/assets/asset_notes.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;

class AssetPoolTest : public EngineTest {};

TEST_F(AssetPoolTest, AFullPoolIsRateLimitedAndTheRequestMayComeAgain) {
  std::vector<engine::VendorAccounts::Config> configs(1);
  configs[0].upstream = vendor_.MakeUpstream();
  configs[0].max_submits = 1;
  engine::VendorAccounts accounts(std::move(configs), clock_);
  engine::VendorAccount& account = *accounts.Find(kTenant, "fake");
  std::atomic<bool> leave{false};
  const auto change = [&](const std::function<void()>& work) {
    return account.TryChange(
        kTenant, [work](engine::RequestSlot&) { work(); }, [](const absl::Status&) {}, /*patient=*/false);
  };
  while (change([&] { (void)Eventually([&] { return leave.load(); }); })) {
  }
  engine::WatchHub<model::Asset> hub("test");
  engine::Journal::DoubtResolver resolver;
  engine::Journal billed(*store_, resolver, clock_, random_);
  AssetNotes notes;
  engine::AssetTracker tracker({}, {*store_, store_->ownership(), accounts, hub, notes, clock_, random_});
  engine::Adoption adoption(*store_, tracker, clock_);
  engine::AssetCreation creation({}, {*store_, accounts, billed, tracker, clock_, random_}, adoption);
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.request_id = kRequestId;
  Answer<model::Asset> refused;
  creation.Create(Caller(), params, refused.done());
  EXPECT_EQ(ReasonOf(refused.Wait()), Reason::kRateLimited);
  EXPECT_EQ(base::GetErrorDetail(refused.Wait().status()).quota_subject, "upstream:fake");
  leave = true;
  Answer<model::Asset> taken;
  ASSERT_TRUE(Eventually([&] { return change([] {}); }));
  creation.Create(Caller(), params, taken.done());
  EXPECT_TRUE(taken.Wait().ok()) << taken.Wait().status();
  accounts.Stop(absl::Seconds(10));
}

}  // namespace
}  // namespace seedance::testing

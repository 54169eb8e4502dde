#ifndef SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_KEEPER_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_KEEPER_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/engine/assets/asset_keep_alive.h"
#include "service/engine/assets/asset_recreation.h"
#include "tests/testing/fake_upstream.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/engine/flaky_store.h"

namespace seedance::testing {

// An asset keeper with what it works with, over the embedded store, a vendor in memory that drops assets after a week
// without a use, and a clock that stands still. One thread a pool, so that Settle can tell the end of all steps.
class KeeperTest : public ::testing::Test {
 protected:
  KeeperTest();
  ~KeeperTest() override;

  void Start();
  // Stops, reopens the store and starts again.
  void Restart();
  void Stop();

  // Whether an open task refers to the asset.
  void SetInUse(const model::UpstreamHandle& handle, bool in_use);

  // An asset `fake~<id>`, used now, in the store alone.
  model::Asset PutAsset(const std::string& id, model::AssetState state = model::AssetState::kActive);
  // One that was made from a URL, which the vendor has dropped.
  model::Asset PutExpired(const std::string& id);
  model::Asset Stored(const model::Asset& asset);
  // Makes the vendor know it.
  void SetAtVendor(const std::string& id, model::AssetState state = model::AssetState::kActive,
                   std::optional<absl::Time> expire_time = std::nullopt);

  // Waits until every asset that is due now had its step.
  void Settle();
  void Advance(absl::Duration by) {
    clock_.Advance(by);
    Settle();
  }
  // Asks for the revival and waits until the asset was written after it.
  model::Asset Revived(const model::Asset& asset);

  // How often a change of the asset was told.
  int told(const model::Asset& asset);

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::SeededRandom random_{7};
  FakeVendor vendor_{"fake"};
  std::unique_ptr<FlakyStore> store_;
  std::unique_ptr<engine::VendorAccounts> accounts_;
  std::unique_ptr<engine::WatchHub<model::Asset>> hub_;
  std::unique_ptr<engine::Journal> journal_;
  std::unique_ptr<engine::AssetTracker> tracker_;
  std::unique_ptr<engine::AssetRecreation> recreation_;
  std::unique_ptr<engine::AssetKeepAlive> keeper_;

 private:
  class ToKeeper : public engine::AssetObserver {
   public:
    explicit ToKeeper(KeeperTest& test) : test_(test) {}
    void OnActive(const model::Asset&) override {}
    void OnExpiring(const model::Asset& asset) override { test_.keeper_->Track(asset); }

   private:
    KeeperTest& test_;
  };

  bool IsInUse(const std::string& name);

  ToKeeper to_keeper_{*this};
  engine::Journal::DoubtResolver resolver_;
  int probes_ = 0;
  base::Mutex mutex_;
  std::set<std::string> in_use_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> asked_ ABSL_GUARDED_BY(mutex_);      // Names for which the keeper wanted to know it.
  std::multiset<std::string> told_ ABSL_GUARDED_BY(mutex_);  // Names of published assets.
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_KEEPER_FIXTURE_H_

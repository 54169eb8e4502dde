#include "tests/unit/engine/assets/keeper_fixture.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/base/log.h"
#include "service/engine/assets/asset_library.h"
#include "tests/testing/eventually.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {

using model::Asset;
using model::AssetState;

KeeperTest::KeeperTest() : store_(OpenStore(dir_.File("store.db"))) {
  base::SetLogLevel(base::LogLevel::kError);
  vendor_.profile().assets.library.idle_ttl = absl::Hours(7 * 24);
  vendor_.profile().assets.groups = false;
  vendor_.profile().assets.rename = false;
}

KeeperTest::~KeeperTest() {
  if (keeper_ != nullptr) Stop();
}

void KeeperTest::Start() {
  std::vector<engine::VendorAccounts::Config> configs(1);
  configs[0].upstream = vendor_.MakeUpstream();
  configs[0].max_submits = configs[0].max_polls = configs[0].max_transfers = 1;
  accounts_ = std::make_unique<engine::VendorAccounts>(std::move(configs), clock_);
  hub_ = std::make_unique<engine::WatchHub<Asset>>("test-fan-out", [this](const std::string& name, const Asset*) {
    base::MutexLock lock(mutex_);
    told_.insert(name);
  });
  journal_ = std::make_unique<engine::Journal>(*store_, resolver_, clock_, random_);
  tracker_ = std::make_unique<engine::AssetTracker>(
      engine::AssetTracker::Options(),
      engine::AssetTracker::Dependencies{*store_, store_->ownership(), *accounts_, *hub_, to_keeper_, clock_, random_});
  recreation_ = std::make_unique<engine::AssetRecreation>(
      engine::AssetRecreation::Options(),
      engine::AssetDependencies{*store_, *accounts_, *journal_, *tracker_, clock_, random_});
  keeper_ = std::make_unique<engine::AssetKeepAlive>(
      engine::AssetKeepAlive::Options(), *store_, *accounts_, *tracker_,
      [this](const std::string& name) { return IsInUse(name); }, clock_);
  ASSERT_TRUE(journal_->Recover().ok());
  tracker_->Start();
  ASSERT_TRUE(tracker_->TakeUp(store::ShardSet().set()).ok());
  ASSERT_TRUE(keeper_->Start().ok());
  recreation_->Start();
}

void KeeperTest::Stop() {
  tracker_->Stop();
  keeper_->Stop();
  recreation_->Stop();
  accounts_->Stop(absl::ZeroDuration());
  hub_->Stop();
  keeper_.reset();
  recreation_.reset();
  tracker_.reset();
}

void KeeperTest::Restart() {
  Stop();
  store_.reset();
  store_ = OpenStore(dir_.File("store.db"));
  Start();
}

void KeeperTest::SetInUse(const model::UpstreamHandle& handle, bool in_use) {
  base::MutexLock lock(mutex_);
  in_use_.erase(model::AssetName(handle));
  if (in_use) in_use_.insert(model::AssetName(handle));
}

bool KeeperTest::IsInUse(const std::string& name) {
  base::MutexLock lock(mutex_);
  asked_.insert(name);
  return in_use_.count(name) > 0;
}

Asset KeeperTest::PutAsset(const std::string& id, AssetState state) {
  Asset asset;
  asset.handle = {"fake", id};
  asset.tenant = kTenant;
  asset.group = {"fake", "g"};
  asset.display_name = id;
  asset.media_type = model::MediaType::kImage;
  asset.state = state;
  asset.create_time = asset.update_time = asset.last_used_time = clock_.Now();
  asset.expire_time = engine::ExpireTime(vendor_.profile().assets.library, clock_.Now());
  return store_->PutAsset(asset).value();
}

Asset KeeperTest::PutExpired(const std::string& id) {
  Asset asset = PutAsset(id, AssetState::kExpired);
  asset.error = {base::Reason::kUpstreamLost, "", "unused"};
  asset.source_uri = "https://example.com/hero.png";
  asset.expire_time = clock_.Now() - absl::Seconds(1);
  return store_->PutAsset(asset).value();
}

Asset KeeperTest::Stored(const Asset& asset) { return store_->GetAsset(asset.handle).value_or(Asset()); }

void KeeperTest::SetAtVendor(const std::string& id, AssetState state, std::optional<absl::Time> expire_time) {
  upstream::AssetReport report;
  report.id = id;
  report.state = state;
  report.expire_time = expire_time;
  vendor_.SetAsset(report);
}

void KeeperTest::Settle() {
  // An asset that is due now, so that what was due before is handed out first; the pool has one thread.
  Asset probe = PutAsset(absl::StrFormat("~probe-%03d", ++probes_));
  const model::AssetLibrary& library = vendor_.profile().assets.library;
  probe.expire_time = clock_.Now() + (probe.expire_time - engine::TouchTime(library, probe));
  ASSERT_TRUE(store_->PutAsset(probe).ok());
  keeper_->Track(probe);
  ASSERT_TRUE(Eventually([&] {
    base::MutexLock lock(mutex_);
    return asked_.count(probe.name()) > 0;
  }));
  ASSERT_TRUE(store_->DeleteAsset(probe.handle).ok());
}

Asset KeeperTest::Revived(const Asset& asset) {
  const int64_t before = Stored(asset).revision;
  const int told_before = told(asset);
  recreation_->Revive(asset);
  EXPECT_TRUE(Eventually([&] { return Stored(asset).revision > before && told(asset) > told_before; }));
  return Stored(asset);
}

int KeeperTest::told(const Asset& asset) {
  base::MutexLock lock(mutex_);
  return static_cast<int>(told_.count(asset.name()));
}

}  // namespace seedance::testing

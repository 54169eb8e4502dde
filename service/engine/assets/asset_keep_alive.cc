#include "service/engine/assets/asset_keep_alive.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/engine/assets/asset_library.h"

namespace seedance::engine {
namespace {

using model::AssetState;

// Uses closer than this are one: each is a write.
constexpr absl::Duration kUseStep = absl::Minutes(1);

// Counted no further: only what was used once is of interest, and each count is a write.
constexpr int64_t kMostUses = 2;

constexpr absl::Duration kFullPoolPause = absl::Seconds(1);

const model::AssetLibrary& LibraryOf(const VendorAccount& account) { return account.profile().assets.library; }

bool IsKept(const model::Asset& asset) {
  return asset.state == AssetState::kActive && asset.expire_time != absl::InfiniteFuture();
}

}  // namespace

AssetKeepAlive::AssetKeepAlive(const Options& options, store::Store& store, VendorAccounts& accounts,
                               AssetTracker& tracker, std::function<bool(const std::string& asset_name)> in_use,
                               base::Clock& clock)
    : options_(options),
      store_(store),
      accounts_(accounts),
      tracker_(tracker),
      in_use_(std::move(in_use)),
      clock_(clock),
      due_(clock, base::Timer::Alarm::Work::kQuick, [this](const std::string& name) { OnDue(name); }) {}

absl::Status AssetKeepAlive::Start() {
  absl::StatusOr<std::vector<model::Asset>> expiring = store_.ListExpiringAssets();
  if (!expiring.ok()) return expiring.status();
  for (const model::Asset& asset : *expiring) Track(asset);
  due_.Start();
  return absl::OkStatus();
}

void AssetKeepAlive::Stop() { due_.Stop(); }

void AssetKeepAlive::Track(const model::Asset& asset) {
  const VendorAccount* account = accounts_.Named(asset.handle.upstream);
  // Without its upstream nothing can be said of it; that may come back with the next configuration.
  if (!IsKept(asset) || account == nullptr) return;
  const std::string name = asset.name();
  {
    base::MutexLock lock(mutex_);
    Kept& kept = kept_[name];
    kept.handle = asset.handle;
    kept.tenant = asset.tenant;
  }
  due_.Schedule(name, TouchTime(LibraryOf(*account), asset));
}

void AssetKeepAlive::Used(const model::Asset& asset, AssetUse use) {
  VendorAccount* account = accounts_.Named(asset.handle.upstream);
  if (account == nullptr || asset.state != AssetState::kActive) return;
  const absl::Time now = clock_.Now();
  const auto is_news = [&](const model::Asset& before) {
    const bool counts = use == AssetUse::kSent && before.task_uses < kMostUses;
    return counts || now - before.last_used_time >= kUseStep;
  };
  if (is_news(asset)) {
    // Lost, it would only make the asset look longer unused than it was.
    (void)tracker_.Change(asset.handle, [&](model::Asset& edited) {
      if (edited.state != AssetState::kActive || !is_news(edited)) return absl::AbortedError("nothing to note");
      if (use == AssetUse::kSent && edited.task_uses < kMostUses) ++edited.task_uses;
      edited.last_used_time = now;
      return absl::OkStatus();
    });
  }
  const model::AssetLibrary& library = LibraryOf(*account);
  const bool is_old = IsOtherExpireTime(library, asset.expire_time, ExpireTime(library, now));
  if (library.idle_ttl == absl::ZeroDuration() || !is_old || !MayLook(asset, *account)) return;
  // Refused by a full pool, it is looked at in time all the same.
  (void)account->TryRead(
      asset.tenant, [this, asset, account](RequestSlot&) { Touch(asset, *account); }, [](const absl::Status&) {},
      /*patient=*/true);
}

void AssetKeepAlive::OnDue(const std::string& name) {
  Kept kept;
  {
    base::MutexLock lock(mutex_);
    const auto found = kept_.find(name);
    if (found == kept_.end()) return;
    kept = found->second;
  }
  // Whose it is keeps it alive; that may be this process later.
  if (!store_.ownership().OwnsId(name)) return due_.Schedule(name, clock_.Now() + options_.pause);
  VendorAccount* account = accounts_.Named(kept.handle.upstream);
  const bool taken = account->TryRead(
      kept.tenant, [this, kept, account](RequestSlot&) { Look(kept, *account); }, [](const absl::Status&) {},
      /*patient=*/true);
  if (!taken) due_.Schedule(name, clock_.Now() + kFullPoolPause);
}

void AssetKeepAlive::Look(const Kept& kept, VendorAccount& account) {
  const std::string name = model::AssetName(kept.handle);
  absl::StatusOr<model::Asset> asset = store_.GetAsset(kept.handle);
  if (absl::IsNotFound(asset.status()) || (asset.ok() && !IsKept(*asset))) return Forget(name);
  const absl::Time now = clock_.Now();
  if (!asset.ok()) return due_.Schedule(name, now + PauseAt(account));
  const absl::Time touch_time = TouchTime(LibraryOf(account), *asset);
  if (now < touch_time) return due_.Schedule(name, touch_time);
  if (in_use_(name)) return Touch(*asset, account);
  if (now >= asset->expire_time) return Expire(*asset);
  // A task may come to need it in the time that is left.
  due_.Schedule(name, std::min(asset->expire_time, now + PauseAt(account)));
}

void AssetKeepAlive::Touch(const model::Asset& asset, VendorAccount& account) {
  const std::string name = asset.name();
  const absl::StatusOr<upstream::AssetReport> report =
      account.upstream().assets().GetAsset(accounts_.BackgroundRead(), asset.upstream_id());
  if (absl::IsCancelled(report.status())) return;
  const absl::Time now = clock_.Now();
  if (absl::IsNotFound(report.status())) {
    // Before its time this may be an odd answer.
    if (now >= asset.expire_time) return Expire(asset);
    return due_.Schedule(name, std::min(asset.expire_time, now + PauseAt(account)));
  }
  if (!report.ok()) {
    const absl::Duration wish = base::GetErrorDetail(report.status()).retry_delay.value_or(absl::ZeroDuration());
    return due_.Schedule(name, now + std::max(PauseAt(account), wish));
  }
  const absl::StatusOr<model::Asset> touched = tracker_.Apply(asset.handle, *report);
  if (absl::IsNotFound(touched.status()) || (touched.ok() && !IsKept(*touched))) return Forget(name);
  // Where the vendor's time did not move, it is asked again after a pause.
  const absl::Time next = touched.ok() ? TouchTime(LibraryOf(account), *touched) : now;
  due_.Schedule(name, std::max(next, now + PauseAt(account)));
}

void AssetKeepAlive::Expire(const model::Asset& asset) {
  const absl::Time now = clock_.Now();
  // Not asked of the vendor: that would be a use, and keep it for nobody.
  const absl::StatusOr<model::Asset> expired = tracker_.Change(asset.handle, [&](model::Asset& edited) {
    if (!IsKept(edited) || edited.expire_time > now) return absl::AbortedError("it was used meanwhile");
    edited.state = AssetState::kExpired;
    edited.error = {base::Reason::kUpstreamLost, "", "it was unused for longer than the vendor keeps unused assets"};
    return absl::OkStatus();
  });
  if (expired.ok() || absl::IsNotFound(expired.status())) return Forget(asset.name());
  // Used meanwhile, it was tracked anew by that change.
  if (!absl::IsAborted(expired.status())) due_.Schedule(asset.name(), now + options_.pause);
}

bool AssetKeepAlive::MayLook(const model::Asset& asset, const VendorAccount& account) {
  const absl::Time now = clock_.Now();
  base::MutexLock lock(mutex_);
  Kept& kept = kept_[asset.name()];
  kept.handle = asset.handle;
  kept.tenant = asset.tenant;
  if (now - kept.looked < PauseAt(account)) return false;
  kept.looked = now;
  return true;
}

absl::Duration AssetKeepAlive::PauseAt(const VendorAccount& account) const {
  const absl::Duration idle_ttl = LibraryOf(account).idle_ttl;
  return idle_ttl > absl::ZeroDuration() ? std::min(options_.pause, idle_ttl / 50) : options_.pause;
}

void AssetKeepAlive::Forget(const std::string& name) {
  base::MutexLock lock(mutex_);
  kept_.erase(name);
}

}  // namespace seedance::engine

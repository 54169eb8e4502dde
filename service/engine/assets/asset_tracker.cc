#include "service/engine/assets/asset_tracker.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/assets/asset_library.h"

namespace seedance::engine {
namespace {

// While it is not clear whether the asset is this process's.
constexpr absl::Duration kAskAgain = absl::Seconds(1);

// A read at the vendor counts as a use there. True when that is news; the asset then says it.
bool MergeUse(const upstream::AssetReport& report, const model::AssetProfile& profile, absl::Time now, bool news,
              model::Asset& asset) {
  if (asset.state != model::AssetState::kActive) return false;
  const absl::Time expire_time = ExpireTime(profile.library, now, report.expire_time);
  if (!news && !IsOtherExpireTime(profile.library, asset.expire_time, expire_time)) return false;
  asset.expire_time = expire_time;
  asset.last_used_time = std::max(asset.last_used_time, now);
  return true;
}

// Takes over what the vendor says and the asset does not say already. True when that changed anything.
bool Merge(const upstream::AssetReport& report, const model::AssetProfile& profile, absl::Time now,
           model::Asset& asset) {
  // Of the time before the asset was created again.
  if (!report.id.empty() && report.id != asset.upstream_id()) return false;
  const model::Asset before = asset;
  // A settled asset is never taken back to PROCESSING, whatever an odd read says.
  const bool settle = report.state != model::AssetState::kUnspecified &&
                      !(model::IsSettled(asset.state) && report.state == model::AssetState::kProcessing);
  if (settle) asset.state = report.state;
  // A failure that the gateway itself found stays until the vendor says something definite.
  if (report.state == model::AssetState::kFailed) asset.error = report.error;
  if (report.state == model::AssetState::kActive) asset.error = {};
  // Where the vendor's name cannot change, the gateway's own is the newer one.
  if (!report.display_name.empty() && profile.rename) asset.display_name = report.display_name;
  if (asset.media_type == model::MediaType::kUnspecified) asset.media_type = report.media_type;
  bool news = asset.state != before.state || asset.error != before.error || asset.display_name != before.display_name ||
              asset.media_type != before.media_type;
  news = MergeUse(report, profile, now, news, asset) || news;
  // The signed link is another one at each read; it alone is no news unless there was none.
  if (!report.preview_uri.empty() && (news || asset.preview_uri.empty())) {
    asset.preview_uri = report.preview_uri;
    return true;
  }
  return news;
}

absl::Time CreatedLast(const model::Asset& asset) {
  // While it is PROCESSING, its last use is its latest creation.
  return asset.recreations > 0 ? std::max(asset.create_time, asset.last_used_time) : asset.create_time;
}

}  // namespace

AssetTracker::AssetTracker(const Options& options, const Dependencies& with)
    : options_(options),
      store_(with.store),
      ownership_(with.ownership),
      accounts_(with.accounts),
      hub_(with.hub),
      observer_(with.observer),
      clock_(with.clock),
      random_(with.random),
      due_(clock_, base::Timer::Alarm::Work::kQuick, [this](const std::string& name) { OnDue(name); }) {}

void AssetTracker::Start() { due_.Start(); }

void AssetTracker::Stop() { due_.Stop(); }

absl::Status AssetTracker::TakeUp(const store::ShardSet& shards) {
  {
    // Before the list: what is created meanwhile is in it, or is told to Track.
    base::MutexLock lock(mutex_);
    taken_up_ |= shards;
  }
  const absl::StatusOr<std::vector<model::Asset>> processing = store_.ListProcessingAssets();
  if (!processing.ok()) return processing.status();
  for (const model::Asset& asset : *processing) {
    if (shards.test(store::ShardOf(asset.name()))) Track(asset);
  }
  return absl::OkStatus();
}

void AssetTracker::Drop(const store::ShardSet& shards) {
  base::MutexLock lock(mutex_);
  taken_up_ &= ~shards;
  // Those that are due find out then.
  std::erase_if(tracked_, [&](const auto& each) { return shards.test(store::ShardOf(each.first)); });
}

void AssetTracker::OnForeignChange(const model::Asset& asset) {
  if (asset.state == model::AssetState::kProcessing) {
    base::MutexLock lock(mutex_);
    const auto found = tracked_.find(asset.name());
    if (found != tracked_.end() && found->second.upstream_id == asset.upstream_id()) return;
  }
  Track(asset);
}

void AssetTracker::Track(const model::Asset& asset) {
  if (asset.state != model::AssetState::kProcessing) return TellExpiring(asset);
  Tracked tracked{asset.handle, asset.tenant, asset.upstream_id(), CreatedLast(asset), {}};
  const std::string name = asset.name();
  {
    base::MutexLock lock(mutex_);
    if (!taken_up_.test(store::ShardOf(name))) return;
    tracked_[name] = tracked;
  }
  // The first look comes early: small images are ready almost at once.
  due_.Schedule(name, clock_.Now() + Jittered(options_.poll_interval / 3, random_));
}

void AssetTracker::OnDue(const std::string& name) {
  Tracked tracked;
  {
    base::MutexLock lock(mutex_);
    const auto found = tracked_.find(name);
    if (found == tracked_.end()) return;
    tracked = found->second;
  }
  if (!ownership_.OwnsId(name)) return due_.Schedule(name, clock_.Now() + kAskAgain);
  VendorAccount* account = accounts_.Named(tracked.handle.upstream);
  if (account == nullptr) {
    // Taken out of the configuration; it may come back with the next one.
    Forget(tracked);
    return;
  }
  account->requests().Add(RequestKind::kRead, tracked.tenant, name, clock_.Now(),
                          [this, tracked, account](RequestSlot& slot) { Poll(tracked, *account, slot); });
}

void AssetTracker::Poll(const Tracked& tracked, VendorAccount& account, RequestSlot& slot) {
  const std::string name = model::AssetName(tracked.handle);
  if (!ownership_.OwnsId(name)) return due_.Schedule(name, clock_.Now() + kAskAgain);
  absl::StatusOr<upstream::AssetReport> report =
      account.upstream().assets().GetAsset(accounts_.BackgroundRead(&slot), tracked.upstream_id);
  // Broken off because the process stops: that is no answer.
  if (absl::IsCancelled(report.status())) return ScheduleNext(tracked, absl::ZeroDuration());
  account.metrics().Polled("asset", report.status());
  if (CountNotFound(name, absl::IsNotFound(report.status()), slot.outage_epoch())) {
    EndBadly(tracked, model::AssetState::kExpired, base::Reason::kUpstreamLost, "the vendor no longer has the asset");
    return;
  }
  if (report.ok()) {
    absl::StatusOr<model::Asset> now = ApplyBy(By::kOwner, tracked.handle, *report);
    // Deleted with its group by one who did not know of it.
    if (absl::IsNotFound(now.status())) hub_.PublishGone(name);
    if (absl::IsNotFound(now.status()) || (now.ok() && now->state != model::AssetState::kProcessing)) {
      Forget(tracked);
      return;
    }
  }
  if (clock_.Now() >= tracked.since + options_.deadline) {
    EndBadly(tracked, model::AssetState::kFailed, base::Reason::kDeadlineExceeded,
             "the vendor did not finish processing it in time");
    return;
  }
  ScheduleNext(tracked, base::GetErrorDetail(report.status()).retry_delay.value_or(absl::ZeroDuration()));
}

bool AssetTracker::CountNotFound(const std::string& name, bool not_found, int64_t outage_epoch) {
  base::MutexLock lock(mutex_);
  const auto found = tracked_.find(name);
  if (found == tracked_.end()) return false;
  return found->second.unknown.Count(not_found, outage_epoch, clock_.Now(), options_.lost);
}

void AssetTracker::EndBadly(const Tracked& tracked, model::AssetState state, base::Reason reason,
                            const std::string& message) {
  absl::StatusOr<model::Asset> ended = ChangeBy(By::kOwner, tracked.handle, [&](model::Asset& asset) {
    // A reader's look at the vendor may have settled it meanwhile.
    if (model::IsSettled(asset.state) || asset.upstream_id() != tracked.upstream_id) {
      return absl::AbortedError("no longer processing");
    }
    asset.state = state;
    asset.error = {reason, "", message};
    return absl::OkStatus();
  });
  if (absl::IsNotFound(ended.status())) hub_.PublishGone(model::AssetName(tracked.handle));
  if (ended.ok() || absl::IsNotFound(ended.status()) || absl::IsAborted(ended.status())) {
    Forget(tracked);
  } else {
    ScheduleNext(tracked, absl::ZeroDuration());
  }
}

void AssetTracker::ScheduleNext(const Tracked& tracked, absl::Duration at_least) {
  const absl::Time now = clock_.Now();
  const absl::Duration pause = AssetPause(options_.poll_interval, now - tracked.since, random_);
  due_.Schedule(model::AssetName(tracked.handle), now + std::max(pause, at_least));
}

void AssetTracker::Forget(const Tracked& tracked) {
  base::MutexLock lock(mutex_);
  const auto found = tracked_.find(model::AssetName(tracked.handle));
  // It may be followed anew by another id already.
  if (found != tracked_.end() && found->second.upstream_id == tracked.upstream_id) tracked_.erase(found);
}

absl::StatusOr<model::Asset> AssetTracker::Apply(const model::UpstreamHandle& handle,
                                                 const upstream::AssetReport& report) {
  return ApplyBy(By::kAnybody, handle, report);
}

absl::StatusOr<model::Asset> AssetTracker::ApplyBy(By by, const model::UpstreamHandle& handle,
                                                   const upstream::AssetReport& report) {
  absl::StatusOr<model::Asset> applied = WriteReport(by, handle, report);
  const bool is_active = applied.ok() && applied->state == model::AssetState::kActive &&
                         report.state == model::AssetState::kActive &&
                         (report.id.empty() || report.id == applied->upstream_id());
  if (is_active) observer_.OnActive(*applied);
  return applied;
}

absl::StatusOr<model::Asset> AssetTracker::WriteReport(By by, const model::UpstreamHandle& handle,
                                                       const upstream::AssetReport& report) {
  absl::StatusOr<model::Asset> stored = store_.GetAsset(handle);
  if (!stored.ok()) return stored;
  const model::AssetProfile profile = ProfileOf(*stored);
  const absl::Time now = clock_.Now();
  model::Asset merged = *stored;
  if (!Merge(report, profile, now, merged)) return stored;
  return ChangeBy(by, handle, [&](model::Asset& asset) {
    Merge(report, profile, now, asset);
    return absl::OkStatus();
  });
}

model::AssetProfile AssetTracker::ProfileOf(const model::Asset& asset) {
  const VendorAccount* account = accounts_.Named(asset.handle.upstream);
  return account == nullptr ? model::AssetProfile{} : account->profile().assets;
}

void AssetTracker::TellExpiring(const model::Asset& asset) {
  const bool expires = asset.state == model::AssetState::kActive && asset.expire_time != absl::InfiniteFuture();
  if (expires) observer_.OnExpiring(asset);
}

absl::StatusOr<model::Asset> AssetTracker::Change(const model::UpstreamHandle& handle,
                                                  absl::FunctionRef<absl::Status(model::Asset&)> edit) {
  return ChangeBy(By::kAnybody, handle, edit);
}

absl::StatusOr<model::Asset> AssetTracker::ChangeBy(By by, const model::UpstreamHandle& handle,
                                                    absl::FunctionRef<absl::Status(model::Asset&)> edit) {
  model::AssetState before = model::AssetState::kUnspecified;
  const auto change = [&](model::Asset& asset) {
    before = asset.state;
    const absl::Status edited = edit(asset);
    asset.update_time = clock_.Now();
    return edited;
  };
  absl::StatusOr<model::Asset> changed =
      by == By::kOwner ? store_.UpdateOwnedAsset(handle, change) : store_.UpdateAsset(handle, change);
  if (!changed.ok()) return changed;
  hub_.Publish(changed->name(), std::make_shared<const model::Asset>(*changed));
  TellExpiring(*changed);
  if (changed->state != before) {
    base::Log(base::LogLevel::kInfo, "asset_state",
              {{"asset", changed->name()},
               {"tenant", changed->tenant},
               {"from", model::AssetStateName(before)},
               {"to", model::AssetStateName(changed->state)},
               {"reason", base::ReasonName(changed->error.reason)},
               {"upstream_code", changed->error.upstream_code},
               {"revision", changed->revision}});
  }
  return changed;
}

}  // namespace seedance::engine

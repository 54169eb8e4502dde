#include "service/engine/asset_tracker.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/base/log.h"

namespace seedance::engine {
namespace {

// Takes over what the vendor says and the asset does not say already. True when that changed anything.
bool Merge(const upstream::AssetReport& report, model::Asset& asset) {
  const model::Asset before = asset;
  // A settled asset is never taken back to PROCESSING, whatever an odd read says.
  const bool settle = report.state != model::AssetState::kUnspecified &&
                      !(model::IsSettled(asset.state) && report.state == model::AssetState::kProcessing);
  if (settle) asset.state = report.state;
  // A failure that the gateway itself found stays until the vendor says something definite.
  if (report.state == model::AssetState::kFailed) asset.error = report.error;
  if (report.state == model::AssetState::kActive) asset.error = {};
  if (!report.display_name.empty()) asset.display_name = report.display_name;
  if (asset.media_type == model::MediaType::kUnspecified) asset.media_type = report.media_type;
  const bool news = asset.state != before.state || asset.error != before.error ||
                    asset.display_name != before.display_name || asset.media_type != before.media_type;
  // The signed link is another one at each read; it alone is no news unless there was none.
  if (!report.preview_uri.empty() && (news || asset.preview_uri.empty())) {
    asset.preview_uri = report.preview_uri;
    return true;
  }
  return news;
}

}  // namespace

AssetTracker::AssetTracker(const Options& options, store::Store& store, Upstreams& upstreams,
                           WatchHub<model::Asset>& hub, base::Clock& clock, base::Random& random)
    : options_(options),
      store_(store),
      upstreams_(upstreams),
      hub_(hub),
      clock_(clock),
      random_(random),
      due_("asset-tracker", clock, [this](const std::string& name) { OnDue(name); }) {}

absl::Status AssetTracker::Start() {
  absl::StatusOr<std::vector<model::Asset>> processing = store_.ListProcessingAssets();
  if (!processing.ok()) return processing.status();
  for (const model::Asset& asset : *processing) Track(asset);
  due_.Start();
  return absl::OkStatus();
}

void AssetTracker::Stop() { due_.Stop(); }

void AssetTracker::Track(const model::Asset& asset) {
  Tracked tracked{asset.handle, asset.tenant, asset.create_time, {}};
  const std::string name = asset.name();
  {
    base::MutexLock lock(mutex_);
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
  Upstreams::Entry* entry = upstreams_.Find(tracked.tenant, tracked.handle.upstream);
  if (entry == nullptr) {
    // Taken out of the configuration; it may come back with the next one.
    Forget(name);
    return;
  }
  if (!entry->polls.Submit([this, tracked, entry] { Poll(tracked, *entry); })) {
    due_.Schedule(name, clock_.Now() + absl::Seconds(1));
  }
}

void AssetTracker::Poll(const Tracked& tracked, Upstreams::Entry& entry) {
  const std::string name = model::AssetName(tracked.handle);
  absl::StatusOr<upstream::AssetReport> report =
      entry.upstream->GetAsset(upstreams_.BackgroundRead(), tracked.handle.id);
  // Broken off because the process stops: that is no answer.
  if (absl::IsCancelled(report.status())) return ScheduleNext(tracked, absl::ZeroDuration());
  if (CountNotFound(name, absl::IsNotFound(report.status()))) {
    EndBadly(tracked, model::AssetState::kExpired, base::Reason::kUpstreamLost, "the vendor does not know the asset");
    return;
  }
  if (report.ok()) {
    absl::StatusOr<model::Asset> now = Apply(tracked.handle, *report);
    if (absl::IsNotFound(now.status()) || (now.ok() && now->state != model::AssetState::kProcessing)) {
      Forget(name);
      return;
    }
  }
  if (clock_.Now() >= tracked.create_time + options_.deadline) {
    EndBadly(tracked, model::AssetState::kFailed, base::Reason::kDeadlineExceeded, "the vendor never made it usable");
    return;
  }
  ScheduleNext(tracked, base::GetErrorDetail(report.status()).retry_delay.value_or(absl::ZeroDuration()));
}

bool AssetTracker::CountNotFound(const std::string& name, bool not_found) {
  base::MutexLock lock(mutex_);
  const auto found = tracked_.find(name);
  if (found == tracked_.end()) return false;
  if (not_found) return found->second.unknown.Add(clock_.Now(), options_.lost);
  found->second.unknown.Reset();
  return false;
}

void AssetTracker::EndBadly(const Tracked& tracked, model::AssetState state, base::Reason reason,
                            const std::string& message) {
  absl::StatusOr<model::Asset> ended = Change(tracked.handle, [&](model::Asset& asset) {
    // A reader's look at the vendor may have settled it meanwhile.
    if (model::IsSettled(asset.state)) return absl::AbortedError("no longer processing");
    asset.state = state;
    asset.error = {reason, "", message};
    return absl::OkStatus();
  });
  if (ended.ok() || absl::IsNotFound(ended.status()) || absl::IsAborted(ended.status())) {
    Forget(model::AssetName(tracked.handle));
  } else {
    ScheduleNext(tracked, absl::ZeroDuration());
  }
}

void AssetTracker::ScheduleNext(const Tracked& tracked, absl::Duration at_least) {
  const absl::Time now = clock_.Now();
  const absl::Duration pause = AssetPause(options_.poll_interval, now - tracked.create_time, random_);
  due_.Schedule(model::AssetName(tracked.handle), now + std::max(pause, at_least));
}

void AssetTracker::Forget(const std::string& name) {
  base::MutexLock lock(mutex_);
  tracked_.erase(name);
}

absl::StatusOr<model::Asset> AssetTracker::Apply(const model::UpstreamHandle& handle,
                                                 const upstream::AssetReport& report) {
  absl::StatusOr<model::Asset> stored = store_.GetAsset(handle);
  if (!stored.ok()) return stored;
  model::Asset merged = *stored;
  if (!Merge(report, merged)) return stored;
  return Change(handle, [&](model::Asset& asset) {
    Merge(report, asset);
    return absl::OkStatus();
  });
}

absl::StatusOr<model::Asset> AssetTracker::Change(const model::UpstreamHandle& handle,
                                                  absl::FunctionRef<absl::Status(model::Asset&)> edit) {
  model::AssetState before = model::AssetState::kUnspecified;
  absl::StatusOr<model::Asset> changed = store_.UpdateAsset(handle, [&](model::Asset& asset) {
    before = asset.state;
    const absl::Status edited = edit(asset);
    asset.update_time = clock_.Now();
    return edited;
  });
  if (!changed.ok()) return changed;
  hub_.Publish(changed->name(), std::make_shared<const model::Asset>(*changed));
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

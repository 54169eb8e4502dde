#include "service/engine/assets/asset_recreation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/dispatch/retry_policy.h"
#include "service/engine/journal/claim_conflict.h"
#include "service/model/failure.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

using model::AssetState;
using upstream::Acceptance;

constexpr absl::Duration kPause = absl::Seconds(1);  // For a full pool, and for a store that takes nothing.
// Looks and creations that the vendor or its rate put off, with growing pauses: an hour's worth and more.
constexpr int kMostPutOff = 150;
// An asset that is not needed takes a place in the library until it is deleted.
constexpr int kDiscards = 5;

absl::Status Lost(std::string_view message) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUpstreamLost;
  return base::MakeError(message, detail);
}

}  // namespace

AssetRecreation::AssetRecreation(const Options& options, const AssetDependencies& with)
    : options_(options),
      store_(with.store),
      accounts_(with.accounts),
      journal_(with.journal),
      tracker_(with.tracker),
      clock_(with.clock),
      random_(with.random),
      due_(clock_, base::Timer::Alarm::Work::kQuick, [this](const std::string& name) { OnDue(name); }) {}

void AssetRecreation::Revive(const model::Asset& asset) {
  const std::string name = asset.name();
  {
    base::MutexLock lock(mutex_);
    if (!revivals_.try_emplace(name, Revival{asset.handle, asset.tenant, 0, 0}).second) return;
  }
  OnDue(name);
}

void AssetRecreation::OnDue(const std::string& name) {
  Revival revival;
  {
    base::MutexLock lock(mutex_);
    const auto found = revivals_.find(name);
    if (found == revivals_.end()) return;
    revival = found->second;
  }
  VendorAccount* account = accounts_.Find(revival.tenant, revival.handle.upstream);
  if (account == nullptr) return End(name);
  const bool taken = account->TryChange(
      revival.tenant, [this, revival, account](RequestSlot&) { Look(revival, *account); },
      [this, name](const absl::Status&) { End(name); }, /*patient=*/true);
  if (!taken) due_.Schedule(name, clock_.Now() + kPause);
}

void AssetRecreation::Look(const Revival& revival, VendorAccount& account) {
  const std::string name = model::AssetName(revival.handle);
  const absl::StatusOr<model::Asset> asset = store_.GetAsset(revival.handle);
  if (absl::IsNotFound(asset.status())) return End(name);
  if (!asset.ok()) return due_.Schedule(name, clock_.Now() + kPause);
  // Somebody's read at the vendor brought it back, and told so.
  if (asset->state != AssetState::kExpired) return End(name);
  const absl::StatusOr<upstream::AssetReport> report =
      account.upstream().assets().GetAsset(accounts_.BackgroundRead(), asset->upstream_id());
  if (absl::IsCancelled(report.status())) return End(name);
  const bool is_gone = report.ok() ? report->state == AssetState::kExpired : absl::IsNotFound(report.status());
  if (is_gone) return Recreate(*asset, account);
  if (!report.ok()) return LookAgain(*asset, report.status());
  TakeBack(*asset, *report);
}

void AssetRecreation::LookAgain(const model::Asset& asset, const absl::Status& cause) {
  const std::string name = asset.name();
  int looks = 0;
  int put_off = 0;
  {
    base::MutexLock lock(mutex_);
    const auto found = revivals_.find(name);
    if (found != revivals_.end()) {
      ++(upstream::WasPutOff(cause) ? found->second.put_off : found->second.looks);
      looks = found->second.looks;
      put_off = found->second.put_off;
    }
  }
  if (looks >= options_.looks || put_off >= kMostPutOff) return StayExpired(asset, asset.recreations, cause);
  const absl::Duration wish = base::GetErrorDetail(cause).retry_delay.value_or(absl::ZeroDuration());
  due_.Schedule(name, clock_.Now() + std::max(options_.backoff.Delay(looks + put_off - 1, random_), wish));
}

void AssetRecreation::TakeBack(const model::Asset& asset, const upstream::AssetReport& report) {
  if (report.state == AssetState::kActive || report.state == AssetState::kFailed) {
    End(asset.name());
    const absl::Status applied = tracker_.Apply(asset.handle, report).status();
    if (base::GetReason(applied) == base::Reason::kStoreUnavailable) BeginAnew(asset);
    return;
  }
  const absl::StatusOr<model::Asset> taken = EndWith(asset, [](model::Asset& edited) {
    if (edited.state != AssetState::kExpired) return absl::AbortedError("it is back already");
    edited.state = AssetState::kProcessing;
    edited.error = {};
    return absl::OkStatus();
  });
  if (taken.ok()) tracker_.Track(*taken);
}

void AssetRecreation::Recreate(const model::Asset& asset, VendorAccount& account) {
  if (asset.source_uri.empty()) {
    return StayExpired(asset, asset.recreations,
                       Lost("the vendor has dropped it, and its bytes were not kept; create it again"));
  }
  // The row of one that was not answered decides: it is looked for at the vendor, or stays in doubt, or was settled.
  const bool doubtful = asset.error.reason == base::Reason::kOutcomeUnknown;
  const int number = doubtful ? std::max(asset.recreations, 1) : asset.recreations + 1;
  model::JournalEntry call = model::RecreationOf(asset, number);
  call.claim = model::AssetClaim{asset.group, asset.display_name, asset.handle};
  call.claim->most = account.profile().assets.library.max_assets;
  // What was found, and not answered, might be somebody else's after all: it is not deleted.
  const Journal::Role role = journal_.Begin(call, [this, asset, number, doubtful](absl::StatusOr<std::string> answer) {
    Settle(asset, number, answer, /*discard=*/!doubtful);
  });
  if (role == Journal::Role::kOwner) Send(asset, account, std::move(call));
}

void AssetRecreation::Send(const model::Asset& asset, VendorAccount& account, model::JournalEntry call) {
  upstream::NewAsset again;
  again.group_id = asset.group.id;
  again.display_name = asset.display_name;
  again.media_type = asset.media_type;
  again.uri = asset.source_uri;
  const upstream::CallOptions options = accounts_.Billed();
  const upstream::BilledResult<std::string> result =
      SendPatiently({}, absl::InfiniteFuture(), clock_, random_, options.abandon,
                    [&] { return account.upstream().assets().CreateAsset(options, again); });
  if (result.acceptance == Acceptance::kAccepted) {
    return journal_.AcceptedAs(std::move(call), model::AssetName({asset.handle.upstream, result.value}));
  }
  // A refusal made nothing either, and its cause may go away: another task that needs the asset may try again.
  const Acceptance end = result.acceptance == Acceptance::kRefused ? Acceptance::kNotAccepted : result.acceptance;
  journal_.Failed(std::move(call), end, WithCandidates(store_, asset.tenant, account.upstream(), result.status));
}

void AssetRecreation::Settle(const model::Asset& asset, int number, const absl::StatusOr<std::string>& answer,
                             bool discard) {
  const base::Reason reason = base::GetReason(answer.status());
  // Broken off before it was sent, by the end of the process.
  if (reason == base::Reason::kCancelled) return End(asset.name());
  if (upstream::WasPutOff(answer.status())) return LookAgain(asset, answer.status());
  if (!answer.ok()) {
    return StayExpired(asset, reason == base::Reason::kOutcomeUnknown ? number : asset.recreations, answer.status());
  }
  const std::optional<model::UpstreamHandle> at_vendor = model::ParseAssetName(*answer);
  if (!at_vendor.has_value()) {
    ReleaseClaim(asset, number);
    return StayExpired(asset, number, base::InternalError("the vendor's id cannot be part of a resource name"));
  }
  TakeOver(asset, number, at_vendor->id, discard);
}

void AssetRecreation::TakeOver(const model::Asset& asset, int number, const std::string& vendor_id, bool discard) {
  const absl::Time now = clock_.Now();
  const VendorAccount* account = accounts_.Named(asset.handle.upstream);
  const absl::Time expire_time =
      account == nullptr ? absl::InfiniteFuture() : ExpireTime(account->profile().assets.library, now);
  bool needed = true;
  const absl::StatusOr<model::Asset> taken = EndWith(asset, [&](model::Asset& edited) {
    // A doubt about this very creation was counted when it arose.
    if (edited.recreations > number || edited.upstream_id() == vendor_id) {
      return absl::AbortedError("taken over already");
    }
    edited.recreations = number;
    needed = edited.state == AssetState::kExpired;
    if (!needed) return absl::OkStatus();
    edited.vendor_id = vendor_id;
    edited.state = AssetState::kProcessing;
    edited.error = {};
    edited.preview_uri.clear();
    edited.media_info = {};  // The URL may hold other bytes by now.
    edited.last_used_time = now;
    edited.expire_time = expire_time;
    return absl::OkStatus();
  });
  // The asset holds name and place itself now, or needs them no more.
  if (base::GetReason(taken.status()) != base::Reason::kStoreUnavailable) ReleaseClaim(asset, number);
  if (absl::IsNotFound(taken.status()) || !needed) return discard ? Discard(asset, vendor_id) : void();
  if (taken.ok()) tracker_.Track(*taken);
}

void AssetRecreation::ReleaseClaim(const model::Asset& asset, int number) {
  // Best effort: it ends by itself, later.
  (void)store_.ReleaseClaim(model::TextOf(model::RecreationOf(asset, number).key));
}

void AssetRecreation::NotRecreated(const model::Asset& asset) {
  // Best effort: a doubt that stands here alone is settled by the journal's row at the next revival.
  (void)tracker_.Change(asset.handle, [](model::Asset& edited) {
    if (edited.state != AssetState::kExpired || edited.error.reason != base::Reason::kOutcomeUnknown) {
      return absl::AbortedError("it is not in doubt");
    }
    edited.error = model::ToFailure(Lost("the vendor has dropped it; its re-creation in doubt was not accepted"));
    return absl::OkStatus();
  });
}

void AssetRecreation::StayExpired(const model::Asset& asset, int recreations, const absl::Status& cause) {
  (void)EndWith(asset, [&](model::Asset& edited) {
    if (edited.state != AssetState::kExpired || edited.recreations > recreations) {
      return absl::AbortedError("it is back already");
    }
    edited.recreations = recreations;
    // A doubt stays until the asset is usable again: it is what keeps a creation that may have worked from being
    // repeated.
    const bool doubtful = edited.error.reason == base::Reason::kOutcomeUnknown;
    if (!doubtful || base::GetReason(cause) == base::Reason::kOutcomeUnknown) edited.error = model::ToFailure(cause);
    return absl::OkStatus();
  });
}

void AssetRecreation::Discard(const model::Asset& asset, const std::string& vendor_id, int tried) {
  VendorAccount* account = accounts_.Named(asset.handle.upstream);
  if (account == nullptr) return;
  const bool taken = account->TryChange(
      asset.tenant,
      [this, asset, vendor_id, tried, account](RequestSlot&) {
        const absl::Status deleted = account->upstream().assets().DeleteAsset(accounts_.BackgroundRead(), vendor_id);
        if (upstream::WasPutOff(deleted) && tried < kDiscards) return Discard(asset, vendor_id, tried + 1);
        Discarded(asset, vendor_id, deleted);
      },
      [asset, vendor_id](const absl::Status& why) { Discarded(asset, vendor_id, why); }, /*patient=*/true);
  if (!taken) Discarded(asset, vendor_id, account->Busy());
}

void AssetRecreation::Discarded(const model::Asset& asset, const std::string& vendor_id, const absl::Status& deleted) {
  if (deleted.ok() || absl::IsNotFound(deleted)) return;
  base::Log(base::LogLevel::kWarning, "unneeded_asset_not_deleted",
            {{"asset", asset.name()}, {"vendor_id", vendor_id}, {"cause", std::string(deleted.message())}});
}

absl::StatusOr<model::Asset> AssetRecreation::EndWith(const model::Asset& asset,
                                                      absl::FunctionRef<absl::Status(model::Asset&)> edit) {
  // Ended first: one who reads what is written may ask for another revival.
  End(asset.name());
  absl::StatusOr<model::Asset> changed = tracker_.Change(asset.handle, edit);
  if (base::GetReason(changed.status()) == base::Reason::kStoreUnavailable) BeginAnew(asset);
  return changed;
}

void AssetRecreation::End(const std::string& name) {
  base::MutexLock lock(mutex_);
  revivals_.erase(name);
}

void AssetRecreation::BeginAnew(const model::Asset& asset) {
  {
    base::MutexLock lock(mutex_);
    revivals_.try_emplace(asset.name(), Revival{asset.handle, asset.tenant, 0, 0});
  }
  due_.Schedule(asset.name(), clock_.Now() + kPause);
}

}  // namespace seedance::engine

#include "service/engine/assets/assets.h"

#include <set>
#include <utility>

#include "service/base/error.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/journal/claim_conflict.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

constexpr int kMostDeletions = 3;  // Of deleting an asset that keeps being created again.

// Whether a failed call of the vendor may have been carried out.
bool MayHaveWorked(const absl::Status& status) {
  if (upstream::WasNotSent(status)) return false;
  switch (base::GetReason(status)) {
    case base::Reason::kUpstreamUnavailable:
    case base::Reason::kDeadlineExceeded:
    case base::Reason::kCancelled:
    case base::Reason::kUpstreamProtocol:
    case base::Reason::kOutcomeUnknown:
    case base::Reason::kInternal:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Assets::Get(const CallContext& context, const model::UpstreamHandle& handle, Done<model::Asset> done) {
  absl::StatusOr<model::Asset> stored = OwnAsset(store_, context.tenant, handle);
  VendorAccount* account = accounts_.Find(context.tenant, handle.upstream);
  if (stored.ok() || !absl::IsNotFound(stored.status()) || account == nullptr || !account->dedicated()) {
    return done(std::move(stored));
  }
  account->Read<model::Asset>(context, std::move(done), [this, context, account, handle](Done<model::Asset> answer) {
    answer(adoption_.Asset(context, *account, handle));
  });
}

void Assets::List(const CallContext& context, const ListAssetsParams& params, Done<model::Page<model::Asset>> done) {
  if (!params.read_upstream) return done(ReadPage(context, params));
  // One of the tenant's upstreams lends its threads; AdoptAll may read several.
  const std::string first = params.groups.empty() ? "" : params.groups.front().upstream;
  VendorAccount* account = accounts_.Find(context.tenant, first);
  if (account == nullptr) {
    const absl::StatusOr<VendorAccount*> any = accounts_.Choose(context.tenant, "", "read_upstream");
    if (!any.ok()) return done(any.status());
    account = *any;
  }
  account->Read<model::Page<model::Asset>>(context, std::move(done),
                                           [this, context, params](Done<model::Page<model::Asset>> answer) {
                                             const absl::Status adopted = AdoptAll(context, params);
                                             if (!adopted.ok()) return answer(adopted);
                                             answer(ReadPage(context, params));
                                           });
}

absl::StatusOr<model::Page<model::Asset>> Assets::ReadPage(const CallContext& context, const ListAssetsParams& params) {
  store::AssetStore::AssetFilter filter;
  filter.tenant = context.tenant;
  filter.groups = params.groups;
  filter.display_name_contains = params.display_name_contains;
  filter.media_type = params.media_type;
  filter.state = params.state;
  filter.group_type = params.group_type;
  return store_.ListAssets(filter, params.after, params.page_size);
}

absl::Status Assets::AdoptAll(const CallContext& context, const ListAssetsParams& params) {
  for (VendorAccount* account : accounts_.Of(context.tenant)) {
    std::vector<std::string> group_ids;
    for (const model::UpstreamHandle& group : params.groups) {
      if (group.upstream == account->name()) group_ids.push_back(group.id);
    }
    // With a filter on groups, upstreams without one of them have nothing to say.
    if (!params.groups.empty() && group_ids.empty()) continue;
    const absl::Status adopted = adoption_.AllAssets(context, *account, group_ids, params.group_type);
    if (!adopted.ok()) return adopted;
  }
  return absl::OkStatus();
}

void Assets::Update(const CallContext& context, const UpdateAssetParams& params, Done<model::Asset> done) {
  VendorAccount* account = accounts_.Find(context.tenant, params.handle.upstream);
  if (account == nullptr) return done(AssetNotFound(params.handle));
  if (params.rights_note.has_value()) {
    auto missing = creation_.CheckRightsNote(context.tenant, *params.rights_note, "asset.rights_note");
    if (missing.has_value()) return done(base::InvalidInput({*std::move(missing)}));
  }
  // What the vendor is not asked for does not wait for it.
  const bool renames = params.display_name.has_value() && account->profile().assets.rename;
  if (!renames && OwnAsset(store_, context.tenant, params.handle).ok()) {
    return done(UpdateNow(context, params, *account));
  }
  account->Change<model::Asset>(context, std::move(done), [this, context, params, account](Done<model::Asset> answer) {
    answer(UpdateNow(context, params, *account));
  });
}

absl::StatusOr<model::Asset> Assets::UpdateNow(const CallContext& context, const UpdateAssetParams& params,
                                               VendorAccount& account) {
  absl::StatusOr<model::Asset> asset = params.display_name.has_value()
                                           ? Rename(context, params.handle, *params.display_name, account)
                                           : adoption_.Asset(context, account, params.handle);
  if (!asset.ok() || !params.rights_note.has_value()) return asset;
  // Only the gateway knows it.
  return tracker_.Change(params.handle, [&](model::Asset& edited) {
    edited.rights_note = *params.rights_note;
    return absl::OkStatus();
  });
}

absl::StatusOr<model::Asset> Assets::Rename(const CallContext& context, const model::UpstreamHandle& handle,
                                            const std::string& display_name, VendorAccount& account) {
  absl::StatusOr<model::Asset> asset = adoption_.Asset(context, account, handle);
  if (!asset.ok() || asset->display_name == display_name) return asset;
  model::AssetClaim claim = {asset->group, display_name, handle};
  claim.place = false;
  const std::string holder = "rename " + base::MakeUuidV4(random_);
  const auto conflict = store_.ClaimAsset(holder, claim, clock_.Now());
  if (!conflict.ok()) return conflict.status();
  if (conflict->has_value()) return ToStatus(store_, context.tenant, claim, **conflict);
  absl::Status updated;
  if (account.profile().assets.rename) {
    updated = account.upstream().asset_names()->UpdateAsset(ToCallOptions(context), asset->upstream_id(), display_name);
  }
  if (MayHaveWorked(updated) && HasName(account, *asset, display_name)) updated = absl::OkStatus();
  // It may be renamed yet: the claim stays until it ends by itself.
  if (MayHaveWorked(updated)) return updated;
  if (updated.ok()) {
    asset = tracker_.Change(handle, [&](model::Asset& edited) {
      edited.display_name = display_name;
      return absl::OkStatus();
    });
    // The vendor knows the new name now, and the store does not.
    if (base::GetReason(asset.status()) == base::Reason::kStoreUnavailable) return asset;
  }
  // Lost, it ends by itself.
  (void)store_.ReleaseClaim(holder);
  return updated.ok() ? asset : updated;
}

bool Assets::HasName(VendorAccount& account, const model::Asset& asset, const std::string& display_name) {
  const absl::StatusOr<upstream::AssetReport> report =
      account.upstream().assets().GetAsset(accounts_.BackgroundRead(), asset.upstream_id());
  return report.ok() && report->display_name == display_name;
}

void Assets::Delete(const CallContext& context, const model::UpstreamHandle& handle, bool allow_missing,
                    Done<Nothing> done) {
  VendorAccount* account = accounts_.Find(context.tenant, handle.upstream);
  if (account == nullptr) {
    if (allow_missing) return done(Nothing{});
    return done(AssetNotFound(handle));
  }
  account->Change<Nothing>(context, std::move(done),
                           [this, context, handle, allow_missing, account](Done<Nothing> answer) {
                             const absl::Status deleted = DeleteNow(context, handle, *account);
                             if (deleted.ok() || (allow_missing && absl::IsNotFound(deleted))) return answer(Nothing{});
                             answer(deleted);
                           });
}

absl::Status Assets::DeleteNow(const CallContext& context, const model::UpstreamHandle& handle,
                               VendorAccount& account) {
  const absl::StatusOr<model::Asset> found = adoption_.Asset(context, account, handle);
  if (!found.ok()) return found.status();
  model::Asset asset = *found;
  for (int round = 0; round < kMostDeletions; ++round) {
    const absl::Status deleted = account.upstream().assets().DeleteAsset(ToCallOptions(context), asset.upstream_id());
    // Already gone at the vendor is as good as deleted.
    if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
    const absl::StatusOr<bool> removed = store_.DeleteAssetOf(handle, asset.upstream_id());
    if (!removed.ok()) return removed.status();
    if (*removed) {
      hub_.PublishGone(model::AssetName(handle));
      return absl::OkStatus();
    }
    // It was created again meanwhile, under another id.
    const absl::StatusOr<model::Asset> again = store_.GetAsset(handle);
    if (!again.ok()) return again.status();
    asset = *again;
  }
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUpstreamUnavailable;
  detail.retry_delay = absl::Seconds(1);
  return base::MakeError("the asset is being re-created; retry", detail);
}

void Assets::GetLibraryUsage(const CallContext& context, const std::string& upstream, Done<LibraryUsage> done) {
  const absl::StatusOr<VendorAccount*> account = accounts_.Choose(context.tenant, upstream, "upstream");
  if (!account.ok()) return done(account.status());
  done(ReadLibraryUsage(store_, context.tenant, (*account)->upstream(), clock_.Now()));
}

void Assets::Watch(const CallContext& context, const model::UpstreamHandle& handle, const std::string& resume_token,
                   absl::AnyInvocable<void()> on_change, Done<WatchStart<model::Asset>> done) {
  // Subscribed before the read, so that no change falls between the two.
  auto session = hub_.Subscribe(model::AssetName(handle), std::move(on_change), context.connection);
  Get(context, handle,
      [this, session, handle, resume_token, done = std::move(done)](absl::StatusOr<model::Asset> asset) mutable {
        if (!asset.ok()) return done(asset.status());
        const absl::StatusOr<ResumeTokens::Position> position =
            tokens_.Check(resume_token, model::AssetName(handle), asset->revision);
        if (!position.ok()) return done(position.status());
        // An asset that was ACTIVE may have expired since, or be made again.
        const bool over = position->last && position->revision == asset->revision;
        session->StartAfter(position->revision, std::make_shared<const model::Asset>(*std::move(asset)));
        done(WatchStart<model::Asset>{session, over});
      });
}

std::string Assets::ResumeToken(const model::UpstreamHandle& handle, int64_t revision, bool last) const {
  return tokens_.Make(model::AssetName(handle), {revision, last});
}

}  // namespace seedance::engine

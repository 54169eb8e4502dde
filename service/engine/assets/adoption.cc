#include "service/engine/assets/adoption.h"

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/assets/vendor_pages.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

// Id of the group of adopted assets at a vendor without groups.
constexpr char kLibrary[] = "library";

}  // namespace

absl::StatusOr<model::AssetGroup> Adoption::Group(const CallContext& context, VendorAccount& account,
                                                  const model::UpstreamHandle& handle) {
  absl::StatusOr<model::AssetGroup> stored = OwnGroup(store_, context.tenant, handle);
  if (stored.ok() || !absl::IsNotFound(stored.status()) || !account.dedicated()) return stored;
  // Another tenant's, of a time when the credentials were shared.
  if (const absl::Status any = store_.GetGroup(handle).status(); !absl::IsNotFound(any)) {
    return any.ok() ? stored.status() : any;
  }
  if (!account.profile().assets.groups) return stored;
  absl::StatusOr<upstream::GroupReport> report =
      account.upstream().groups()->GetGroup(ToCallOptions(context), handle.id);
  if (absl::IsNotFound(report.status())) return GroupNotFound(handle);
  if (!report.ok()) return report.status();
  return Put(context.tenant, handle.upstream, *report);
}

absl::StatusOr<model::Asset> Adoption::Asset(const CallContext& context, VendorAccount& account,
                                             const model::UpstreamHandle& handle) {
  absl::StatusOr<model::Asset> stored = OwnAsset(store_, context.tenant, handle);
  if (stored.ok() || !absl::IsNotFound(stored.status()) || !account.dedicated()) return stored;
  if (const absl::Status any = store_.GetAsset(handle).status(); !absl::IsNotFound(any)) {
    return any.ok() ? stored.status() : any;  // As in Group.
  }
  // The present id of an asset that was created again is no name of it.
  const absl::StatusOr<std::optional<model::Asset>> known = Known(handle);
  if (!known.ok()) return known.status();
  if (known->has_value()) return AssetNotFound(handle);
  absl::StatusOr<upstream::AssetReport> report =
      account.upstream().assets().GetAsset(ToCallOptions(context), handle.id);
  if (absl::IsNotFound(report.status())) return AssetNotFound(handle);
  if (!report.ok()) return report.status();
  return Put(context, account, *report);
}

absl::Status Adoption::AllGroups(const CallContext& context, VendorAccount& account, model::GroupType type) {
  if (!account.dedicated()) return SharedCredentials(account);
  if (!account.profile().assets.groups) return absl::OkStatus();
  upstream::GroupQuery query;
  query.type = type;
  const auto list = [&](const upstream::GroupQuery& page) {
    return account.upstream().groups()->ListGroups(ToCallOptions(context), page);
  };
  const auto put = [&](const upstream::GroupReport& report) {
    if (model::IsUpstreamId(report.id)) return Put(context.tenant, account.name(), report, type).status();
    account.metrics().Skipped("group");
    return absl::OkStatus();
  };
  return ForEachListed(query, list, put).status();
}

absl::Status Adoption::AllAssets(const CallContext& context, VendorAccount& account,
                                 const std::vector<std::string>& group_ids, model::GroupType type) {
  if (!account.dedicated()) return SharedCredentials(account);
  upstream::AssetQuery query;
  query.group_type = type;
  if (account.profile().assets.groups) query.group_ids = group_ids;
  const auto list = [&](const upstream::AssetQuery& page) {
    return account.upstream().assets().ListAssets(ToCallOptions(context), page);
  };
  const auto put = [&](const upstream::AssetReport& report) {
    if (model::IsUpstreamId(report.id)) return Put(context, account, report, type).status();
    account.metrics().Skipped("asset");
    return absl::OkStatus();
  };
  return ForEachListed(query, list, put).status();
}

absl::StatusOr<model::AssetGroup> Adoption::Put(const std::string& tenant, const std::string& upstream,
                                                const upstream::GroupReport& report, model::GroupType guess) {
  const absl::Time update_time = report.update_time.value_or(clock_.Now());
  model::AssetGroup group;
  group.handle = {upstream, report.id};
  group.tenant = tenant;
  group.display_name = report.display_name;
  group.description = report.description;
  group.type = report.type == model::GroupType::kUnspecified ? guess : report.type;
  group.create_time = report.create_time.value_or(clock_.Now());
  group.update_time = update_time;
  absl::StatusOr<model::AssetGroup> stored = store_.GetGroup(group.handle);
  if (absl::IsNotFound(stored.status())) stored = store_.AddGroup(group);
  if (!stored.ok()) return stored;
  const bool renamed = !report.display_name.empty() && stored->display_name != report.display_name;
  // What the vendor says is newer than what is stored; a guess is not.
  const bool known = report.type != model::GroupType::kUnspecified || stored->type == model::GroupType::kUnspecified;
  const bool typed = known && stored->type != group.type;
  if (!renamed && !typed) return stored;
  return store_.UpdateGroup(group.handle, [&](model::AssetGroup& edited) {
    if (typed) edited.type = group.type;
    if (renamed) edited.display_name = report.display_name;
    if (renamed && !report.description.empty()) edited.description = report.description;
    edited.update_time = update_time;
    return absl::OkStatus();
  });
}

absl::StatusOr<model::Asset> Adoption::Put(const CallContext& context, VendorAccount& account,
                                           const upstream::AssetReport& report, model::GroupType type) {
  const model::AssetProfile& profile = account.profile().assets;
  const model::UpstreamHandle handle{account.name(), report.id};
  absl::StatusOr<std::optional<model::Asset>> known = Known(handle);
  if (!known.ok()) return known.status();
  if (known->has_value()) return tracker_.Apply((*known)->handle, report);

  absl::StatusOr<model::UpstreamHandle> group = GroupOf(context, account, report, type);
  if (!group.ok()) return group.status();
  model::Asset asset;
  asset.handle = handle;
  asset.tenant = context.tenant;
  asset.group = *group;
  asset.display_name = report.display_name.empty() && !profile.rename ? report.id : report.display_name;
  asset.media_type = report.media_type;
  asset.state = report.state == model::AssetState::kUnspecified ? model::AssetState::kProcessing : report.state;
  asset.error = report.error;
  asset.preview_uri = report.preview_uri;
  asset.create_time = report.create_time.value_or(clock_.Now());
  asset.update_time = report.update_time.value_or(asset.create_time);
  asset.last_used_time = clock_.Now();
  asset.expire_time = ExpireTime(profile.library, asset.last_used_time, report.expire_time);
  absl::StatusOr<model::Asset> added = store_.AddAsset(asset);
  if (added.ok()) tracker_.Track(*added);
  return added;
}

absl::StatusOr<std::optional<model::Asset>> Adoption::Known(const model::UpstreamHandle& at_vendor) {
  absl::StatusOr<model::Asset> named = store_.GetAsset(at_vendor);
  if (named.ok()) return std::optional<model::Asset>(*std::move(named));
  if (!absl::IsNotFound(named.status())) return named.status();
  return store_.FindAssetByVendorId(at_vendor.upstream, at_vendor.id);
}

absl::StatusOr<model::UpstreamHandle> Adoption::GroupOf(const CallContext& context, VendorAccount& account,
                                                        const upstream::AssetReport& report, model::GroupType type) {
  const std::string& upstream = account.name();
  if (!account.profile().assets.groups) {
    upstream::GroupReport library;
    library.id = library.display_name = kLibrary;
    const model::UpstreamHandle group{upstream, kLibrary};
    // Its owner may have given it another name.
    if (const absl::Status there = store_.GetGroup(group).status(); !absl::IsNotFound(there)) {
      if (!there.ok()) return there;
      return group;
    }
    const absl::Status put = Put(context.tenant, upstream, library).status();
    if (!put.ok()) return put;
    return group;
  }
  const model::UpstreamHandle group{upstream, report.group_id};
  if (!report.group_id.empty() && absl::IsNotFound(store_.GetGroup(group).status())) {
    absl::StatusOr<upstream::GroupReport> found =
        account.upstream().groups()->GetGroup(ToCallOptions(context), report.group_id);
    // The vendor was not asked: nothing is known yet, and what is stored now stays.
    const bool unasked = upstream::WasPutOff(found.status()) || upstream::WasNotSent(found.status());
    if (unasked || absl::IsCancelled(found.status())) return found.status();
    // LivenessFace groups are never listed: then the id is all there is to know.
    upstream::GroupReport bare;
    bare.id = bare.display_name = report.group_id;
    const absl::Status put = Put(context.tenant, upstream, found.ok() ? *found : bare, type).status();
    if (!put.ok()) return put;
  }
  return group;
}

absl::StatusOr<model::AssetGroup> OwnGroup(store::GroupStore& store, const std::string& tenant,
                                           const model::UpstreamHandle& handle) {
  absl::StatusOr<model::AssetGroup> group = store.GetGroup(handle);
  if (group.ok() && group->tenant != tenant) return GroupNotFound(handle);
  return group;
}

absl::StatusOr<model::Asset> OwnAsset(store::AssetStore& store, const std::string& tenant,
                                      const model::UpstreamHandle& handle) {
  absl::StatusOr<model::Asset> asset = store.GetAsset(handle);
  if (asset.ok() && asset->tenant != tenant) return AssetNotFound(handle);
  return asset;
}

absl::Status GroupNotFound(const model::UpstreamHandle& handle) {
  return base::ResourceNotFound("seedance.gateway.v1.AssetGroup", model::AssetGroupName(handle));
}

absl::Status AssetNotFound(const model::UpstreamHandle& handle) {
  return base::ResourceNotFound("seedance.gateway.v1.Asset", model::AssetName(handle));
}

absl::Status SharedCredentials(const VendorAccount& account) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kSharedCredentials;
  return base::MakeError(
      absl::StrCat("read_upstream needs vendor credentials dedicated to the tenant; those of upstream ", account.name(),
                   " are shared"),
      detail);
}

}  // namespace seedance::engine

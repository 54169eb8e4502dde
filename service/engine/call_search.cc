#include "service/engine/call_search.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/engine/asset_library.h"

namespace seedance::engine {
namespace {

using Answer = absl::StatusOr<std::optional<BilledCalls::Found>>;

// The vendor's clock may be behind ours, and the vendor may carry a call out long after the connection was lost.
constexpr absl::Duration kClockSkew = absl::Seconds(30);
constexpr absl::Duration kLateness = absl::Hours(1);
// As many as any plan allows, and an end for a vendor that always says "more".
constexpr int kMostPages = 100;

bool InTime(const model::BilledCall& row, const std::optional<absl::Time>& create_time) {
  if (!create_time.has_value()) return true;
  return *create_time >= row.create_time - kClockSkew && *create_time <= row.update_time + kLateness;
}

// Reads a whole list and keeps what `fits`.
template <typename Report, typename Query, typename List, typename Fits>
absl::StatusOr<std::vector<Report>> Matches(Query query, List list, Fits fits) {
  std::vector<Report> matches;
  for (query.page = 1; query.page <= kMostPages; ++query.page) {
    absl::StatusOr<upstream::ReportPage<Report>> page = list(query);
    if (!page.ok()) return page.status();
    for (Report& report : page->items) {
      const bool twice =
          std::any_of(matches.begin(), matches.end(), [&report](const Report& match) { return match.id == report.id; });
      if (!report.id.empty() && !twice && fits(report)) matches.push_back(std::move(report));
    }
    if (!page->more) return matches;
  }
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUpstreamUnavailable;
  return base::MakeError("the vendor lists too much to look through", detail);
}

model::Asset AssetFromFingerprint(const model::BilledCall& row, const std::string& prefix) {
  model::Asset asset;
  asset.tenant = row.key.tenant;
  asset.display_name = FieldOf(row.fingerprint, prefix + "asset.display_name");
  const auto group = model::ParseAssetGroupName(FieldOf(row.fingerprint, prefix + "asset.asset_group"));
  asset.group = group.value_or(model::UpstreamHandle());
  asset.handle.upstream = asset.group.upstream;
  int type = 0;
  if (absl::SimpleAtoi(FieldOf(row.fingerprint, prefix + "asset.media_type"), &type) && type >= 0 && type <= 3) {
    asset.media_type = static_cast<model::MediaType>(type);
  }
  return asset;
}

bool TypesDiffer(model::MediaType left, model::MediaType right) {
  return left != model::MediaType::kUnspecified && right != model::MediaType::kUnspecified && left != right;
}

bool NamesDiffer(const std::string& left, const std::string& right) {
  return !left.empty() && !right.empty() && left != right;
}

}  // namespace

Intent IntentOf(const model::BilledCall& row) {
  if (row.group.has_value() || row.asset.has_value()) return {row.group, row.asset};
  Intent intent;
  if (row.key.method == "CreateAssetGroup") {
    model::AssetGroup group;
    group.handle.upstream = FieldOf(row.fingerprint, "asset_group.upstream");
    group.tenant = row.key.tenant;
    group.display_name = FieldOf(row.fingerprint, "asset_group.display_name");
    intent.group = std::move(group);
  } else if (row.key.method == "CreateAsset") {
    intent.asset = AssetFromFingerprint(row, "");
  } else if (row.key.method == "UploadAsset") {
    intent.asset = AssetFromFingerprint(row, "metadata.");
  }
  return intent;
}

bool AreAlike(const Intent& left, const Intent& right) {
  if (left.group.has_value() && right.group.has_value()) {
    return left.group->display_name == right.group->display_name &&
           !NamesDiffer(left.group->handle.upstream, right.group->handle.upstream);
  }
  if (!left.asset.has_value() || !right.asset.has_value()) return false;
  // A vendor without groups shows the same name for assets of all of them.
  return left.asset->display_name == right.asset->display_name &&
         left.asset->handle.upstream == right.asset->handle.upstream;
}

Upstreams::Entry* CallSearch::EntryOf(const model::BilledCall& row) {
  // What an asset that was created again is called there says its own life.
  if (row.key.method == "RecreateAsset") return nullptr;
  const Intent intent = IntentOf(row);
  std::string upstream;
  if (intent.group.has_value()) upstream = intent.group->handle.upstream;
  if (intent.asset.has_value()) upstream = intent.asset->group.upstream;
  return upstream.empty() ? nullptr : upstreams_.Find(row.key.tenant, upstream);
}

Answer CallSearch::Look(const model::BilledCall& row, Upstreams::Entry& entry) {
  return IntentOf(row).group.has_value() ? LookForGroup(row, entry) : LookForAsset(row, entry);
}

Answer CallSearch::LookForGroup(const model::BilledCall& row, Upstreams::Entry& entry) {
  BilledCalls::Found found;
  found.group = *IntentOf(row).group;
  found.group->create_time = found.group->update_time = clock_.Now();
  if (!entry.upstream->profile().assets.groups) {
    // The gateway's own: no vendor was ever asked for it.
    found.group->handle.id = absl::StrCat("group-", base::MakeUuidV7(clock_.Now(), random_));
    return found;
  }
  upstream::GroupQuery query;
  query.display_name_contains = found.group->display_name;
  // Vendors list groups of verified persons only when asked for them.
  if (found.group->type == model::GroupType::kLivenessFace) query.type = found.group->type;
  const auto there = Matches<upstream::GroupReport>(
      query,
      [&](const upstream::GroupQuery& page) { return entry.upstream->ListGroups(upstreams_.BackgroundRead(), page); },
      [&](const upstream::GroupReport& report) {
        return report.display_name == found.group->display_name && InTime(row, report.create_time);
      });
  if (!there.ok()) return there.status();
  // In this order: a rival that is settled in between has its resource in the store then.
  const absl::StatusOr<bool> rival = HasRival(row);
  if (!rival.ok()) return rival.status();
  std::vector<const upstream::GroupReport*> free;
  for (const upstream::GroupReport& report : *there) {
    const absl::StatusOr<bool> known = StoreHasGroup({entry.upstream->name(), report.id});
    if (!known.ok()) return known.status();
    if (!*known) free.push_back(&report);
  }
  if (*rival || free.size() != 1) return std::nullopt;
  found.group->handle.id = free.front()->id;
  found.group->create_time = free.front()->create_time.value_or(row.create_time);
  return found;
}

Answer CallSearch::LookForAsset(const model::BilledCall& row, Upstreams::Entry& entry) {
  const model::AssetProfile& profile = entry.upstream->profile().assets;
  BilledCalls::Found found;
  found.asset = *IntentOf(row).asset;
  upstream::AssetQuery query;
  query.display_name_contains = found.asset->display_name;
  if (profile.groups) query.group_ids = {found.asset->group.id};
  const absl::StatusOr<model::AssetGroup> group = store_.GetGroup(found.asset->group);
  if (group.ok()) query.group_type = group->type;
  const auto there = Matches<upstream::AssetReport>(
      query,
      [&](const upstream::AssetQuery& page) { return entry.upstream->ListAssets(upstreams_.BackgroundRead(), page); },
      [&](const upstream::AssetReport& report) {
        return report.display_name == found.asset->display_name && InTime(row, report.create_time) &&
               (!profile.groups || report.group_id == found.asset->group.id) &&
               !TypesDiffer(report.media_type, found.asset->media_type);
      });
  if (!there.ok()) return there.status();
  const absl::StatusOr<bool> rival = HasRival(row);  // First, as for groups.
  if (!rival.ok()) return rival.status();
  std::vector<const upstream::AssetReport*> free;
  for (const upstream::AssetReport& report : *there) {
    const absl::StatusOr<bool> known = StoreHasAsset({entry.upstream->name(), report.id});
    if (!known.ok()) return known.status();
    if (!*known) free.push_back(&report);
  }
  if (*rival || free.size() != 1) return std::nullopt;
  const upstream::AssetReport& match = *free.front();
  const absl::Time now = clock_.Now();
  found.asset->handle = {entry.upstream->name(), match.id};
  // Its first poll tells more.
  found.asset->state = model::AssetState::kProcessing;
  if (found.asset->media_type == model::MediaType::kUnspecified) found.asset->media_type = match.media_type;
  found.asset->create_time = match.create_time.value_or(row.create_time);
  found.asset->update_time = found.asset->last_used_time = now;
  found.asset->expire_time = ExpireTime(profile.library, now, match.expire_time);
  return found;
}

absl::StatusOr<bool> CallSearch::HasRival(const model::BilledCall& row) {
  const absl::StatusOr<std::vector<model::BilledCall>> others = billed_.Unsettled();
  if (!others.ok()) return others.status();
  const Intent intent = IntentOf(row);
  return std::any_of(others->begin(), others->end(), [&](const model::BilledCall& other) {
    return other.key != row.key && AreAlike(intent, IntentOf(other));
  });
}

absl::StatusOr<bool> CallSearch::StoreHasGroup(const model::UpstreamHandle& handle) {
  const absl::Status there = store_.GetGroup(handle).status();
  if (!there.ok() && !absl::IsNotFound(there)) return there;
  // An id that cannot be part of a name cannot be kept.
  return there.ok() || !model::ParseAssetGroupName(model::AssetGroupName(handle)).has_value();
}

absl::StatusOr<bool> CallSearch::StoreHasAsset(const model::UpstreamHandle& handle) {
  const absl::Status there = store_.GetAsset(handle).status();
  if (!there.ok() && !absl::IsNotFound(there)) return there;
  if (there.ok() || !model::ParseAssetName(model::AssetName(handle)).has_value()) return true;
  const auto again = store_.FindAssetByVendorId(handle.upstream, handle.id);
  if (!again.ok()) return again.status();
  return again->has_value();
}

}  // namespace seedance::engine

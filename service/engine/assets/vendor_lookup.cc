#include "service/engine/assets/vendor_lookup.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/assets/vendor_pages.h"

namespace seedance::engine {
namespace {

using Answer = absl::StatusOr<std::optional<Journal::Found>>;

// The vendor's clock may be behind ours, and the vendor may carry a call out long after the connection was lost.
constexpr absl::Duration kClockSkew = absl::Seconds(30);
constexpr absl::Duration kLateness = absl::Hours(1);
constexpr char kIdField[] = "upstream_id";

bool InTime(const model::JournalEntry& row, const std::optional<absl::Time>& create_time) {
  if (!create_time.has_value()) return true;
  return *create_time >= row.create_time - kClockSkew && *create_time <= row.update_time + kLateness;
}

// Reads a whole list and keeps what `fits`.
template <typename Report, typename Query, typename List, typename Fits>
absl::StatusOr<std::vector<Report>> Matches(Query query, List list, Fits fits) {
  std::vector<Report> matches;
  const absl::StatusOr<bool> all = ForEachListed(query, list, [&](Report& report) {
    const bool twice =
        std::any_of(matches.begin(), matches.end(), [&report](const Report& match) { return match.id == report.id; });
    if (!report.id.empty() && !twice && fits(report)) matches.push_back(std::move(report));
    return absl::OkStatus();
  });
  if (!all.ok()) return all.status();
  if (*all) return matches;
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUpstreamUnavailable;
  return base::MakeError("the vendor lists too many entries to search", detail);
}

model::Asset AssetFromFingerprint(const model::JournalEntry& row, const std::string& prefix) {
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

LookupCandidate ToSighting(const upstream::GroupReport& report) {
  return {report.id, report.display_name, model::MediaType::kUnspecified, report.create_time, std::nullopt};
}

LookupCandidate ToSighting(const upstream::AssetReport& report) {
  return {report.id, report.display_name, report.media_type, report.create_time, report.expire_time};
}

}  // namespace

Intent IntentOf(const model::JournalEntry& row) {
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

bool IsRecreation(const model::JournalEntry& row) { return row.key.method == model::kRecreateAsset; }

VendorAccount* VendorLookup::AccountOf(const model::JournalEntry& row) {
  const Intent intent = IntentOf(row);
  std::string upstream;
  if (intent.group.has_value()) upstream = intent.group->handle.upstream;
  if (intent.asset.has_value()) upstream = intent.asset->group.upstream;
  return upstream.empty() ? nullptr : accounts_.Named(upstream);
}

Answer VendorLookup::Look(const model::JournalEntry& row, VendorAccount& account) {
  if (IntentOf(row).group.has_value() && !account.profile().assets.groups) {
    // The gateway's own: no vendor was ever asked for it.
    LookupCandidate own;
    own.id = absl::StrCat("group-", base::MakeUuidV7(clock_.Now(), random_));
    own.create_time = clock_.Now();
    return FoundAs(row, own, account);
  }
  absl::StatusOr<std::vector<LookupCandidate>> listed = Listed(row, account);
  if (!listed.ok()) return listed.status();
  // In this order: a rival that is settled in between has its resource in the store then.
  const absl::StatusOr<bool> rival = HasRival(row);
  if (!rival.ok()) return rival.status();
  const absl::StatusOr<std::vector<LookupCandidate>> unknown = Unknown(row, *std::move(listed), account);
  if (!unknown.ok()) return unknown.status();
  if (*rival || unknown->size() != 1) return std::nullopt;
  return FoundAs(row, unknown->front(), account);
}

absl::StatusOr<std::vector<LookupCandidate>> VendorLookup::Candidates(const model::JournalEntry& row,
                                                                      VendorAccount& account) {
  if (IntentOf(row).group.has_value() && !account.profile().assets.groups) return std::vector<LookupCandidate>();
  absl::StatusOr<std::vector<LookupCandidate>> listed = Listed(row, account);
  if (!listed.ok()) return listed.status();
  return Unknown(row, *std::move(listed), account);
}

absl::StatusOr<Journal::Found> VendorLookup::AsTold(const model::JournalEntry& row, const std::string& id,
                                                    VendorAccount& account) {
  const absl::StatusOr<LookupCandidate> seen = ReadOne(row, id, account);
  if (absl::IsNotFound(seen.status())) {
    return base::InvalidField(
        kIdField, absl::StrCat("must be an id known to upstream ", account.name(), "; this one is unknown there"));
  }
  if (!seen.ok()) return seen.status();
  const absl::StatusOr<bool> known = StoreHas(row, id, account);
  if (!known.ok()) return known.status();
  if (*known) return base::InvalidField(kIdField, "belongs to an existing group or asset");
  return FoundAs(row, *seen, account);
}

absl::StatusOr<std::vector<LookupCandidate>> VendorLookup::Listed(const model::JournalEntry& row,
                                                                  VendorAccount& account) {
  return IntentOf(row).group.has_value() ? ListedGroups(row, account) : ListedAssets(row, account);
}

absl::StatusOr<std::vector<LookupCandidate>> VendorLookup::ListedGroups(const model::JournalEntry& row,
                                                                        VendorAccount& account) {
  const model::AssetGroup group = *IntentOf(row).group;
  upstream::GroupQuery query;
  query.display_name_contains = group.display_name;
  // Vendors list groups of verified persons only when asked for them.
  if (group.type == model::GroupType::kLivenessFace) query.type = group.type;
  const auto there = Matches<upstream::GroupReport>(
      query,
      [&](const upstream::GroupQuery& page) {
        return account.upstream().groups()->ListGroups(accounts_.BackgroundRead(), page);
      },
      [&](const upstream::GroupReport& report) {
        return report.display_name == group.display_name && InTime(row, report.create_time);
      });
  if (!there.ok()) return there.status();
  std::vector<LookupCandidate> listed;
  for (const upstream::GroupReport& report : *there) listed.push_back(ToSighting(report));
  return listed;
}

absl::StatusOr<std::vector<LookupCandidate>> VendorLookup::ListedAssets(const model::JournalEntry& row,
                                                                        VendorAccount& account) {
  const bool groups = account.profile().assets.groups;
  const model::Asset asset = *IntentOf(row).asset;
  upstream::AssetQuery query;
  query.display_name_contains = asset.display_name;
  if (groups) query.group_ids = {asset.group.id};
  const absl::StatusOr<model::AssetGroup> group = store_.GetGroup(asset.group);
  if (group.ok()) query.group_type = group->type;
  const auto there = Matches<upstream::AssetReport>(
      query,
      [&](const upstream::AssetQuery& page) {
        return account.upstream().assets().ListAssets(accounts_.BackgroundRead(), page);
      },
      [&](const upstream::AssetReport& report) {
        return report.display_name == asset.display_name && InTime(row, report.create_time) &&
               (!groups || report.group_id == asset.group.id) && !TypesDiffer(report.media_type, asset.media_type);
      });
  if (!there.ok()) return there.status();
  std::vector<LookupCandidate> listed;
  for (const upstream::AssetReport& report : *there) listed.push_back(ToSighting(report));
  return listed;
}

absl::StatusOr<std::vector<LookupCandidate>> VendorLookup::Unknown(const model::JournalEntry& row,
                                                                   std::vector<LookupCandidate> listed,
                                                                   VendorAccount& account) {
  std::vector<LookupCandidate> unknown;
  for (LookupCandidate& seen : listed) {
    const absl::StatusOr<bool> known = StoreHas(row, seen.id, account);
    if (!known.ok()) return known.status();
    if (!*known) unknown.push_back(std::move(seen));
  }
  return unknown;
}

absl::StatusOr<LookupCandidate> VendorLookup::ReadOne(const model::JournalEntry& row, const std::string& id,
                                                      VendorAccount& account) {
  const Intent intent = IntentOf(row);
  const bool groups = account.profile().assets.groups;
  if (intent.group.has_value()) {
    if (!groups) return base::InvalidField(kIdField, "is not possible: the gateway keeps the groups of this vendor");
    const absl::StatusOr<upstream::GroupReport> group =
        account.upstream().groups()->GetGroup(accounts_.BackgroundRead(), id);
    if (!group.ok()) return group.status();
    return ToSighting(*group);
  }
  const absl::StatusOr<upstream::AssetReport> asset =
      account.upstream().assets().GetAsset(accounts_.BackgroundRead(), id);
  if (!asset.ok()) return asset.status();
  if (TypesDiffer(asset->media_type, intent.asset->media_type)) {
    return base::InvalidField(kIdField, "must be an asset of the media type that was to be created");
  }
  if (groups && !asset->group_id.empty() && asset->group_id != intent.asset->group.id) {
    return base::InvalidField(kIdField,
                              absl::StrCat("must be an asset of ", model::AssetGroupName(intent.asset->group)));
  }
  return ToSighting(*asset);
}

Journal::Found VendorLookup::FoundAs(const model::JournalEntry& row, const LookupCandidate& seen,
                                     VendorAccount& account) {
  const model::UpstreamHandle handle = {account.name(), seen.id};
  Intent intent = IntentOf(row);
  Journal::Found found;
  const absl::Time now = clock_.Now();
  if (IsRecreation(row)) {
    found.again = handle;
  } else if (intent.group.has_value()) {
    found.group = *std::move(intent.group);
    found.group->handle = handle;
    found.group->create_time = seen.create_time.value_or(row.create_time);
    found.group->update_time = now;
  } else {
    found.asset = *std::move(intent.asset);
    found.asset->handle = handle;
    // Its first poll tells more.
    found.asset->state = model::AssetState::kProcessing;
    if (found.asset->media_type == model::MediaType::kUnspecified) found.asset->media_type = seen.media_type;
    found.asset->create_time = seen.create_time.value_or(row.create_time);
    found.asset->update_time = found.asset->last_used_time = now;
    found.asset->expire_time = ExpireTime(account.profile().assets.library, now, seen.expire_time);
  }
  return found;
}

absl::StatusOr<bool> VendorLookup::HasRival(const model::JournalEntry& row) {
  const absl::StatusOr<std::vector<model::JournalEntry>> others = journal_.Unsettled();
  if (!others.ok()) return others.status();
  const Intent intent = IntentOf(row);
  return std::any_of(others->begin(), others->end(), [&](const model::JournalEntry& other) {
    return other.key != row.key && AreAlike(intent, IntentOf(other));
  });
}

absl::StatusOr<bool> VendorLookup::StoreHas(const model::JournalEntry& row, const std::string& id,
                                            VendorAccount& account) {
  const model::UpstreamHandle handle = {account.name(), id};
  return IntentOf(row).group.has_value() ? StoreHasGroup(handle) : StoreHasAsset(handle);
}

absl::StatusOr<bool> VendorLookup::StoreHasGroup(const model::UpstreamHandle& handle) {
  const absl::Status there = store_.GetGroup(handle).status();
  if (!there.ok() && !absl::IsNotFound(there)) return there;
  // An id that cannot be part of a name cannot be kept.
  return there.ok() || !model::ParseAssetGroupName(model::AssetGroupName(handle)).has_value();
}

absl::StatusOr<bool> VendorLookup::StoreHasAsset(const model::UpstreamHandle& handle) {
  const absl::Status there = store_.GetAsset(handle).status();
  if (!there.ok() && !absl::IsNotFound(there)) return there;
  if (there.ok() || !model::ParseAssetName(model::AssetName(handle)).has_value()) return true;
  const auto again = store_.FindAssetByVendorId(handle.upstream, handle.id);
  if (!again.ok()) return again.status();
  return again->has_value();
}

}  // namespace seedance::engine

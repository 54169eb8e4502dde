#include "service/engine/journal/claim_conflict.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/error.h"
#include "service/model/names.h"

namespace seedance::engine {
namespace {

constexpr int kCandidates = 10;
constexpr char kCandidatesKey[] = "least_recently_used";

absl::Status WithNames(store::AssetStore& store, const std::string& tenant, const std::string& upstream,
                       std::string_view message, base::ErrorDetail detail) {
  const absl::StatusOr<std::vector<model::Asset>> unused = store.ListLeastRecentlyUsed(tenant, upstream, kCandidates);
  // The refusal itself is the news; without the store it only lacks its hint.
  if (unused.ok() && !unused->empty()) {
    detail.metadata[kCandidatesKey] =
        absl::StrJoin(*unused, ",", [](std::string* out, const model::Asset& asset) { out->append(asset.name()); });
  }
  detail.quota_subject = absl::StrCat("upstream:", upstream);
  return base::MakeError(message, detail);
}

absl::Status LibraryFull(store::AssetStore& store, const std::string& tenant, const std::string& upstream, int most,
                         int64_t taken) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kAssetLibraryFull;
  return WithNames(store, tenant, upstream,
                   absl::StrCat("upstream ", upstream, " keeps at most ", most, " assets and has ", taken,
                                ", including those being created; delete some that are no longer needed"),
                   detail);
}

}  // namespace

absl::Status DisplayNameTaken(const std::string& name, const std::string& display_name) {
  const bool is_asset = model::ParseAssetName(name).has_value();
  base::ErrorDetail detail;
  detail.reason = base::Reason::kDisplayNameTaken;
  detail.resource = base::ResourceRef{is_asset ? "seedance.gateway.v1.Asset" : "seedance.gateway.v1.AssetGroup", name};
  return base::MakeError(absl::StrCat("the group already has an asset named `", display_name, "`"), detail);
}

absl::Status ToStatus(store::AssetStore& store, const std::string& tenant, const model::AssetClaim& claim,
                      const store::AssetStore::ClaimConflict& conflict) {
  if (!conflict.name_holder.empty()) return DisplayNameTaken(conflict.name_holder, claim.display_name);
  return LibraryFull(store, tenant, claim.group.upstream, claim.most, conflict.places_taken);
}

absl::Status WithCandidates(store::AssetStore& store, const std::string& tenant, const upstream::Upstream& upstream,
                            const absl::Status& status) {
  base::ErrorDetail detail = base::GetErrorDetail(status);
  if (status.ok() || detail.reason != base::Reason::kAssetLibraryFull) return status;
  return WithNames(store, tenant, upstream.name(), std::string(status.message()), std::move(detail));
}

}  // namespace seedance::engine

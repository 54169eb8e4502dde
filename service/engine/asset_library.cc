#include "service/engine/asset_library.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/error.h"
#include "service/engine/adoption.h"

namespace seedance::engine {
namespace {

constexpr int kCandidates = 10;
constexpr char kCandidatesKey[] = "least_recently_used";

absl::Status WithNames(store::Store& store, const std::string& tenant, const std::string& upstream,
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

absl::Status LibraryFull(store::Store& store, const std::string& tenant, const std::string& upstream, int most,
                         int64_t taken) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kAssetLibraryFull;
  return WithNames(store, tenant, upstream,
                   absl::StrCat("upstream ", upstream, " keeps at most ", most, " assets and has ", taken,
                                ", with those being created; delete some that are no longer needed"),
                   detail);
}

}  // namespace

absl::Status ToStatus(store::Store& store, const std::string& tenant, const model::AssetClaim& claim,
                      const store::Store::ClaimConflict& conflict) {
  if (!conflict.name_holder.empty()) return DisplayNameTaken(conflict.name_holder, claim.display_name);
  return LibraryFull(store, tenant, claim.group.upstream, claim.most, conflict.places_taken);
}

absl::Status WithCandidates(store::Store& store, const std::string& tenant, const upstream::Upstream& upstream,
                            const absl::Status& status) {
  base::ErrorDetail detail = base::GetErrorDetail(status);
  if (status.ok() || detail.reason != base::Reason::kAssetLibraryFull) return status;
  return WithNames(store, tenant, upstream.name(), std::string(status.message()), std::move(detail));
}

absl::Time ExpireTime(const model::AssetLibrary& library, absl::Time used_time,
                      const std::optional<absl::Time>& reported) {
  if (reported.has_value()) return *reported;
  return library.idle_ttl > absl::ZeroDuration() ? used_time + library.idle_ttl : absl::InfiniteFuture();
}

absl::Time TouchTime(const model::AssetLibrary& library, const model::Asset& asset) {
  absl::Duration lead = std::max(library.idle_ttl / 20, absl::Minutes(1));
  if (library.idle_ttl > absl::ZeroDuration()) lead = std::min(lead, library.idle_ttl / 2);
  return asset.expire_time - lead;
}

bool IsOtherExpireTime(const model::AssetLibrary& library, absl::Time before, absl::Time after) {
  if (before == after) return false;
  const absl::Duration step = library.idle_ttl > absl::ZeroDuration() ? library.idle_ttl / 100 : absl::Minutes(1);
  // An infinite one differs by an infinite duration.
  return absl::AbsDuration(after - before) >= step;
}

}  // namespace seedance::engine

#include "service/engine/assets/asset_library.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace seedance::engine {
namespace {

// Of assets that were used once.
constexpr int kCandidates = 10;

// As full as this a library counts as nearly full.
constexpr double kNearlyFull = 0.9;

bool IsNearlyFull(const store::AssetStore::Library& library, int most) {
  return most > 0 && static_cast<double>(library.live + library.claimed) >= kNearlyFull * most;
}

}  // namespace

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

absl::StatusOr<LibraryUsage> ReadLibraryUsage(store::AssetStore& store, const std::string& tenant,
                                              const upstream::Upstream& upstream, absl::Time now) {
  LibraryUsage usage;
  usage.upstream = upstream.name();
  usage.limits = upstream.profile().assets.library;
  absl::StatusOr<store::AssetStore::Library> library = store.ReadLibrary(tenant, upstream.name(), now, kCandidates);
  if (!library.ok()) return library.status();
  usage.library = *std::move(library);
  usage.nearly_full = IsNearlyFull(usage.library, usage.limits.max_assets);
  if (!usage.nearly_full) {
    usage.library.own_used_once.clear();
    return usage;
  }
  usage.warnings.push_back(absl::StrCat("the library of upstream ", usage.upstream,
                                        " is nearly full: ", usage.library.live + usage.library.claimed, " of ",
                                        usage.limits.max_assets, " places are used or reserved"));
  for (const model::Asset& asset : usage.library.own_used_once) {
    usage.warnings.push_back(absl::StrCat(asset.name(),
                                          " was used by one task only; delete it if no other will need it, "
                                          "and send what is used once as a URL"));
  }
  return usage;
}

}  // namespace seedance::engine

#include "service/store/sqlite/asset_claims.h"

#include "service/store/columns.h"
#include "service/store/sqlite/asset_rows.h"

namespace seedance::store::sqlite {
namespace {

using model::AssetClaim;

void WriteClaim(Connection& connection, const std::string& holder, const AssetClaim& claim, absl::Time until) {
  Query(connection,
        "INSERT OR REPLACE INTO asset_claims (holder, upstream, group_name, display_name, asset, place, until_micros) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Text(holder)
      .Text(claim.group.upstream)
      .Text(HandleKey(claim.group))
      .Text(claim.display_name)
      .Text(ClaimedKey(claim))
      .Int(claim.place ? 1 : 0)
      .Int(ClaimMicros(until))
      .Run();
}

// The asset that has or claims the name, or its group; empty when the name is free.
std::string NameHolder(Connection& connection, const std::string& holder, const AssetClaim& claim, absl::Time now) {
  // An adopted asset may have no name.
  if (claim.display_name.empty()) return "";
  static_assert(static_cast<int>(model::AssetState::kFailed) == 3 &&
                static_cast<int>(model::AssetState::kExpired) == 4);
  Query asset(connection,
              "SELECT name FROM assets WHERE group_name = ? AND display_name = ? AND state NOT IN (3, 4) AND name <> ? "
              "LIMIT 1");
  asset.Text(HandleKey(claim.group)).Text(claim.display_name).Text(ClaimedKey(claim));
  if (asset.Step()) return "assets/" + asset.BytesAt(0);
  Query other(connection,
              "SELECT asset FROM asset_claims WHERE group_name = ? AND display_name = ? AND holder <> ? "
              "AND (asset = '' OR asset <> ?) AND until_micros > ? LIMIT 1");
  other.Text(HandleKey(claim.group))
      .Text(claim.display_name)
      .Text(holder)
      .Text(ClaimedKey(claim))
      .Int(ClaimMicros(now));
  if (!other.Step()) return "";
  const std::string key = other.BytesAt(0);
  return key.empty() ? model::AssetGroupName(claim.group) : "assets/" + key;
}

}  // namespace

int64_t CountClaimedPlaces(Connection& connection, const std::string& upstream, const std::string& but,
                           absl::Time now) {
  // A re-created asset is counted as an asset, not as a claim.
  Query claimed(
      connection,
      "SELECT count(*) FROM asset_claims WHERE upstream = ? AND place = 1 AND holder <> ? AND until_micros > ? "
      "AND NOT EXISTS (SELECT 1 FROM assets WHERE name = asset_claims.asset AND state IN (1, 2))");
  claimed.Text(upstream).Text(but).Int(ClaimMicros(now));
  claimed.Step();
  return claimed.IntAt(0);
}

std::optional<Store::ClaimConflict> FindClaimConflict(Connection& connection, const std::string& holder,
                                                      const AssetClaim& claim, absl::Time now) {
  Store::ClaimConflict conflict;
  conflict.name_holder = NameHolder(connection, holder, claim, now);
  if (!conflict.name_holder.empty()) return conflict;
  if (claim.place && claim.most > 0) {
    const std::string& upstream = claim.group.upstream;
    conflict.places_taken =
        CountLiveAssets(connection, upstream) + CountClaimedPlaces(connection, upstream, holder, now);
    if (conflict.places_taken >= claim.most) return conflict;
  }
  return std::nullopt;
}

std::optional<Store::ClaimConflict> MakeClaim(Connection& connection, const std::string& holder,
                                              const AssetClaim& claim, absl::Time now, absl::Time until) {
  Query(connection, "DELETE FROM asset_claims WHERE until_micros <= ?").Int(ClaimMicros(now)).Run();
  std::optional<Store::ClaimConflict> conflict = FindClaimConflict(connection, holder, claim, now);
  if (!conflict.has_value()) WriteClaim(connection, holder, claim, until);
  return conflict;
}

void EndClaimAt(Connection& connection, const std::string& holder, absl::Time until) {
  Query(connection, "UPDATE asset_claims SET until_micros = ? WHERE holder = ?")
      .Int(ClaimMicros(until))
      .Text(holder)
      .Run();
}

void DropClaim(Connection& connection, const std::string& holder) {
  Query(connection, "DELETE FROM asset_claims WHERE holder = ?").Text(holder).Run();
}

void AddClaimOf(Connection& connection, const model::JournalEntry& call) {
  if (!call.asset.has_value()) return;
  const bool in_doubt = call.state == model::JournalState::kInDoubt;
  const AssetClaim claim = {call.asset->group, call.asset->display_name, call.asset->handle};
  WriteClaim(connection, model::TextOf(call.key), claim,
             in_doubt ? call.update_time + Store::kClaimInDoubt : absl::InfiniteFuture());
}

}  // namespace seedance::store::sqlite

#include "service/store/sql/asset_claims.h"

#include "service/store/sql/asset_rows.h"
#include "service/store/sql/columns.h"

namespace seedance::store::sql {
namespace {

using model::AssetClaim;

void WriteClaim(Session& session, const std::string& holder, const AssetClaim& claim, absl::Time until) {
  Query(session,
        "INSERT INTO asset_claims (holder, upstream, group_name, display_name, asset, place, until_micros) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (holder) DO UPDATE SET upstream = excluded.upstream, "
        "group_name = excluded.group_name, display_name = excluded.display_name, asset = excluded.asset, "
        "place = excluded.place, until_micros = excluded.until_micros")
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
std::string NameHolder(Session& session, const std::string& holder, const AssetClaim& claim, absl::Time now) {
  // An adopted asset may have no name.
  if (claim.display_name.empty()) return "";
  static_assert(static_cast<int>(model::AssetState::kFailed) == 3 &&
                static_cast<int>(model::AssetState::kExpired) == 4);
  Query asset(
      session,
      "SELECT name FROM assets WHERE group_name = $1 AND display_name = $2 AND state NOT IN (3, 4) AND name <> $3 "
      "LIMIT 1");
  asset.Text(HandleKey(claim.group)).Text(claim.display_name).Text(ClaimedKey(claim));
  if (asset.Step()) return "assets/" + asset.BytesAt(0);
  Query other(session,
              "SELECT asset FROM asset_claims WHERE group_name = $1 AND display_name = $2 AND holder <> $3 "
              "AND (asset = '' OR asset <> $4) AND until_micros > $5 LIMIT 1");
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

int64_t CountClaimedPlaces(Session& session, const std::string& upstream, const std::string& but, absl::Time now) {
  // A re-created asset is counted as an asset, not as a claim.
  Query claimed(
      session,
      "SELECT count(*) FROM asset_claims WHERE upstream = $1 AND place = 1 AND holder <> $2 AND until_micros > $3 "
      "AND NOT EXISTS (SELECT 1 FROM assets WHERE name = asset_claims.asset AND state IN (1, 2))");
  claimed.Text(upstream).Text(but).Int(ClaimMicros(now));
  claimed.Step();
  return claimed.IntAt(0);
}

std::optional<Store::ClaimConflict> FindClaimConflict(Session& session, const std::string& holder,
                                                      const AssetClaim& claim, absl::Time now) {
  Store::ClaimConflict conflict;
  conflict.name_holder = NameHolder(session, holder, claim, now);
  if (!conflict.name_holder.empty()) return conflict;
  if (claim.place && claim.most > 0) {
    const std::string& upstream = claim.group.upstream;
    conflict.places_taken = CountLiveAssets(session, upstream) + CountClaimedPlaces(session, upstream, holder, now);
    if (conflict.places_taken >= claim.most) return conflict;
  }
  return std::nullopt;
}

std::optional<Store::ClaimConflict> MakeClaim(Session& session, const std::string& holder, const AssetClaim& claim,
                                              absl::Time now, absl::Time until) {
  Query(session, "DELETE FROM asset_claims WHERE until_micros <= $1").Int(ClaimMicros(now)).Run();
  std::optional<Store::ClaimConflict> conflict = FindClaimConflict(session, holder, claim, now);
  if (!conflict.has_value()) WriteClaim(session, holder, claim, until);
  return conflict;
}

void EndClaimAt(Session& session, const std::string& holder, absl::Time until) {
  Query(session, "UPDATE asset_claims SET until_micros = $1 WHERE holder = $2")
      .Int(ClaimMicros(until))
      .Text(holder)
      .Run();
}

void DropClaim(Session& session, const std::string& holder) {
  Query(session, "DELETE FROM asset_claims WHERE holder = $1").Text(holder).Run();
}

void AddClaimOf(Session& session, const model::JournalEntry& call) {
  if (!call.asset.has_value()) return;
  const bool in_doubt = call.state == model::JournalState::kInDoubt;
  const model::AssetClaim claim = {call.asset->group, call.asset->display_name, call.asset->handle};
  WriteClaim(session, model::TextOf(call.key), claim,
             in_doubt ? call.update_time + Store::kClaimInDoubt : absl::InfiniteFuture());
}

}  // namespace seedance::store::sql

#ifndef SEEDANCE_SERVICE_STORE_SQLITE_ASSET_CLAIMS_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_ASSET_CLAIMS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/model/journal_entry.h"
#include "service/store/sqlite/connection.h"
#include "service/store/store.h"

// Table asset_claims: names and places of assets that are not there yet. Promises as in Store; SQLite::Exception is
// thrown. All but FindClaimConflict need a transaction.
namespace seedance::store::sqlite {

// Why `holder` cannot have the claim; nullopt: it can.
std::optional<Store::ClaimConflict> FindClaimConflict(Connection& connection, const std::string& holder,
                                                      const model::AssetClaim& claim, absl::Time now);
// Writes the claim of `holder`, which ends at `until` by itself. Returns nullopt, or why it cannot be had; then nothing
// is written.
std::optional<Store::ClaimConflict> MakeClaim(Connection& connection, const std::string& holder,
                                              const model::AssetClaim& claim, absl::Time now, absl::Time until);
// Nothing when there is no such claim, here and below.
void EndClaimAt(Connection& connection, const std::string& holder, absl::Time until);
void DropClaim(Connection& connection, const std::string& holder);

// Places of the upstream's library that claims hold at `now`, that of the holder `but` left out; empty: of all.
int64_t CountClaimedPlaces(Connection& connection, const std::string& upstream, const std::string& but, absl::Time now);

// Writes what a row of the journal holds that was begun before there were claims.
void AddClaimOf(Connection& connection, const model::JournalEntry& call);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_ASSET_CLAIMS_H_

#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_ASSET_CLAIMS_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_ASSET_CLAIMS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/model/journal_entry.h"
#include "service/store/postgres/connection.h"
#include "service/store/store.h"

// Table asset_claims: names and places reserved for assets that do not exist yet. Contracts as in Store. Functions
// throw PostgresError; all but FindClaimConflict need an open transaction.
//
// Tests: tests/contract/store_contract_claims.cc
namespace seedance::store::postgres {

// The conflict that `holder` would meet; nullopt: none.
std::optional<Store::ClaimConflict> FindClaimConflict(Connection& connection, const std::string& holder,
                                                      const model::AssetClaim& claim, absl::Time now);
// Writes the claim of `holder`, which expires at `until`. Returns nullopt, or the conflict; then nothing is written.
std::optional<Store::ClaimConflict> MakeClaim(Connection& connection, const std::string& holder,
                                              const model::AssetClaim& claim, absl::Time now, absl::Time until);
// Change the expiry of a claim; delete it. No effect when there is none.
void EndClaimAt(Connection& connection, const std::string& holder, absl::Time until);
void DropClaim(Connection& connection, const std::string& holder);

// Places of the upstream's library held by claims at `now`, except the claim of holder `but` (empty: no exception).
int64_t CountClaimedPlaces(Connection& connection, const std::string& upstream, const std::string& but, absl::Time now);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_ASSET_CLAIMS_H_

#ifndef SEEDANCE_SERVICE_STORE_SQL_ASSET_CLAIMS_H_
#define SEEDANCE_SERVICE_STORE_SQL_ASSET_CLAIMS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/model/journal_entry.h"
#include "service/store/sql/session.h"
#include "service/store/store.h"

// Table asset_claims: names and places reserved for assets that do not exist yet. Contracts as in Store. Functions
// throw as Session; all but FindClaimConflict need an open transaction.
//
// Tests: tests/contract/store_contract_claims.cc
namespace seedance::store::sql {

// The conflict that `holder` would meet; nullopt: none.
std::optional<Store::ClaimConflict> FindClaimConflict(Session& session, const std::string& holder,
                                                      const model::AssetClaim& claim, absl::Time now);
// Writes the claim of `holder`, which expires at `until`. Returns nullopt, or the conflict; then nothing is written.
std::optional<Store::ClaimConflict> MakeClaim(Session& session, const std::string& holder,
                                              const model::AssetClaim& claim, absl::Time now, absl::Time until);
// Change the expiry of a claim; delete it. No effect when there is none.
void EndClaimAt(Session& session, const std::string& holder, absl::Time until);
void DropClaim(Session& session, const std::string& holder);

// Places of the upstream's library held by claims at `now`, except the claim of holder `but` (empty: no exception).
int64_t CountClaimedPlaces(Session& session, const std::string& upstream, const std::string& but, absl::Time now);

// Writes the claim of a journal entry that was begun by a release without claims.
void AddClaimOf(Session& session, const model::JournalEntry& call);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_ASSET_CLAIMS_H_

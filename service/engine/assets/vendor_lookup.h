#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_VENDOR_LOOKUP_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_VENDOR_LOOKUP_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/journal/journal.h"
#include "service/model/journal_entry.h"
#include "service/store/store.h"

namespace seedance::engine {

// A group or asset at the vendor that a call in doubt may have made.
//
// Tests: tests/unit/engine/assets/journal_reconciler_test.cc
struct LookupCandidate {
  std::string id;  // The vendor's.
  std::string display_name;
  model::MediaType media_type = model::MediaType::kUnspecified;
  std::optional<absl::Time> create_time;
  std::optional<absl::Time> expire_time;
};

// Looks at the vendor for the group or asset that a call in doubt made. What is found fits in every way: the exact
// display name, for assets the group, made between the time the call was journalled and an hour after the doubt arose,
// not a resource that the store has, and not one that another call in doubt or under way may have made as well. Lists
// are free at the vendors.
class VendorLookup {
 public:
  VendorLookup(store::Store& store, VendorAccounts& accounts, Journal& billed, base::Clock& clock, base::Random& random)
      : store_(store), accounts_(accounts), journal_(billed), clock_(clock), random_(random) {}

  // The upstream that `row` went to; null when it is not configured for the tenant any more, or when the row does not
  // say enough to be looked for.
  VendorAccount* AccountOf(const model::JournalEntry& row);

  // What the one match would be in the store, nullopt without a match or with several. Blocks; run it on the account's
  // `polls` threads. Errors of the vendor and of the store.
  absl::StatusOr<std::optional<Journal::Found>> Look(const model::JournalEntry& row, VendorAccount& account);

  // All that may be what the call made, rivals or not. As Look.
  absl::StatusOr<std::vector<LookupCandidate>> Candidates(const model::JournalEntry& row, VendorAccount& account);

  // What the call made is `id` at the vendor, a person says. INVALID_ARGUMENT on `upstream_id`: the vendor does not
  // know it, it is another kind of media or in another group, or the store has it. Else as Look.
  absl::StatusOr<Journal::Found> AsTold(const model::JournalEntry& row, const std::string& id, VendorAccount& account);

 private:
  // What of the vendor's list fits, whether the store has it or not.
  absl::StatusOr<std::vector<LookupCandidate>> Listed(const model::JournalEntry& row, VendorAccount& account);
  absl::StatusOr<std::vector<LookupCandidate>> ListedGroups(const model::JournalEntry& row, VendorAccount& account);
  absl::StatusOr<std::vector<LookupCandidate>> ListedAssets(const model::JournalEntry& row, VendorAccount& account);
  // Those that the store does not have.
  absl::StatusOr<std::vector<LookupCandidate>> Unknown(const model::JournalEntry& row,
                                                       std::vector<LookupCandidate> listed, VendorAccount& account);
  // The one with this id, of whatever name and time.
  absl::StatusOr<LookupCandidate> ReadOne(const model::JournalEntry& row, const std::string& id,
                                          VendorAccount& account);
  // What the store is to have when the call made what was seen.
  Journal::Found FoundAs(const model::JournalEntry& row, const LookupCandidate& seen, VendorAccount& account);
  // Whether another call that is not settled may have made what `row` looks for.
  absl::StatusOr<bool> HasRival(const model::JournalEntry& row);
  absl::StatusOr<bool> StoreHas(const model::JournalEntry& row, const std::string& id, VendorAccount& account);
  absl::StatusOr<bool> StoreHasGroup(const model::UpstreamHandle& handle);
  absl::StatusOr<bool> StoreHasAsset(const model::UpstreamHandle& handle);

  store::Store& store_;
  VendorAccounts& accounts_;
  Journal& journal_;
  base::Clock& clock_;
  base::Random& random_;
};

// What `row` makes, as the row says it, or, where it is from a version that did not keep that, as its fingerprint says
// it: then a group may lack its upstream. At most one is set.
struct Intent {
  std::optional<model::AssetGroup> group;
  std::optional<model::Asset> asset;
};
Intent IntentOf(const model::JournalEntry& row);

// Whether `row` is of an asset that was to be created again, and not of a request.
bool IsRecreation(const model::JournalEntry& row);

// Whether what one of the two calls made could be taken for what the other one made.
bool AreAlike(const Intent& left, const Intent& right);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_VENDOR_LOOKUP_H_

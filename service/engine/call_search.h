#ifndef SEEDANCE_SERVICE_ENGINE_CALL_SEARCH_H_
#define SEEDANCE_SERVICE_ENGINE_CALL_SEARCH_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/billed_calls.h"
#include "service/engine/upstreams.h"
#include "service/model/billed_call.h"
#include "service/store/store.h"

namespace seedance::engine {

// Looks at the vendor for the group or asset that a call in doubt made. What is found fits in every way: the exact
// display name, for assets the group, made between the time the call was journalled and an hour after the doubt arose,
// not a resource that the store has, and not one that another call in doubt or under way may have made as well. Lists
// are free at the vendors.
class CallSearch {
 public:
  CallSearch(store::Store& store, Upstreams& upstreams, BilledCalls& billed, base::Clock& clock, base::Random& random)
      : store_(store), upstreams_(upstreams), billed_(billed), clock_(clock), random_(random) {}

  // The upstream that `row` went to; null when it is not configured for the tenant any more, or when the row does not
  // say enough to be looked for.
  Upstreams::Entry* EntryOf(const model::BilledCall& row);

  // What the one match would be in the store, nullopt without a match or with several. Blocks; run it on the entry's
  // `polls` threads. Errors of the vendor and of the store.
  absl::StatusOr<std::optional<BilledCalls::Found>> Look(const model::BilledCall& row, Upstreams::Entry& entry);

 private:
  absl::StatusOr<std::optional<BilledCalls::Found>> LookForGroup(const model::BilledCall& row, Upstreams::Entry& entry);
  absl::StatusOr<std::optional<BilledCalls::Found>> LookForAsset(const model::BilledCall& row, Upstreams::Entry& entry);
  // Whether another call that is not settled may have made what `row` looks for.
  absl::StatusOr<bool> HasRival(const model::BilledCall& row);
  absl::StatusOr<bool> StoreHasGroup(const model::UpstreamHandle& handle);
  absl::StatusOr<bool> StoreHasAsset(const model::UpstreamHandle& handle);

  store::Store& store_;
  Upstreams& upstreams_;
  BilledCalls& billed_;
  base::Clock& clock_;
  base::Random& random_;
};

// What `row` makes, as the row says it, or, where it is from a version that did not keep that, as its fingerprint says
// it: then a group may lack its upstream. At most one is set.
struct Intent {
  std::optional<model::AssetGroup> group;
  std::optional<model::Asset> asset;
};
Intent IntentOf(const model::BilledCall& row);

// Whether what one of the two calls made could be taken for what the other one made.
bool AreAlike(const Intent& left, const Intent& right);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_CALL_SEARCH_H_

#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_DEPENDENCIES_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_DEPENDENCIES_H_

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/assets/asset_tracker.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/journal/journal.h"
#include "service/store/store.h"

namespace seedance::engine {

// What most classes of this room work with. All of it is thread-safe and outlives them.
struct AssetDependencies {
  store::Store& store;
  VendorAccounts& accounts;
  Journal& journal;
  AssetTracker& tracker;
  base::Clock& clock;
  base::Random& random;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_DEPENDENCIES_H_

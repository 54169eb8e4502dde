#ifndef SEEDANCE_SERVICE_ENGINE_STORE_GAUGES_H_
#define SEEDANCE_SERVICE_ENGINE_STORE_GAUGES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/repeated_work.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/journal/journal.h"
#include "service/model/asset.h"
#include "service/store/store.h"

namespace seedance::engine {

// Gauges of what only the store knows: assets by state, the vendors' libraries, groups and assets in doubt. Read again
// and again in the background, because a scrape must not wait for a store that hangs; while it cannot be read, they
// keep what they had.
//
// Tests: tests/unit/engine/assets/library_usage_test.cc
class StoreGauges {
 public:
  // Between reads.
  static constexpr absl::Duration kInterval = absl::Seconds(15);

  // All outlive it.
  StoreGauges(base::Metrics& metrics, store::Store& store, VendorAccounts& accounts, Journal& journal,
              base::Clock& clock);

  // Begins to read.
  void Start();
  void Stop() { work_.Stop(); }

 private:
  // Of one upstream.
  struct Library {
    std::string upstream;
    std::map<model::AssetState, base::Gauge> assets;
    base::Gauge used;
    base::Gauge reserved;
    base::Gauge used_once;
    base::Gauge next_lapse;
  };
  struct Doubt {
    base::Gauge count;
    base::Gauge oldest;
  };

  void Read();
  void ReadLibrary(Library& library);
  void ReadDoubts();

  store::Store& store_;
  Journal& journal_;
  base::Clock& clock_;
  std::vector<Library> libraries_;
  Doubt groups_;
  Doubt assets_;
  base::RepeatedWork work_;  // Last: it uses the others.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_STORE_GAUGES_H_

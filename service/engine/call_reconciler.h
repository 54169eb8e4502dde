#ifndef SEEDANCE_SERVICE_ENGINE_CALL_RECONCILER_H_
#define SEEDANCE_SERVICE_ENGINE_CALL_RECONCILER_H_

#include "absl/status/status.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/asset_tracker.h"
#include "service/engine/billed_calls.h"
#include "service/engine/call_search.h"
#include "service/engine/look_schedule.h"
#include "service/engine/upstreams.h"
#include "service/store/store.h"

namespace seedance::engine {

// Settles creations of groups and assets whose answer was lost, by looking at the vendor (CallSearch): when a caller
// repeats the request id, some time after the answer was lost, and after a start. What is not found stays in doubt;
// nothing is ever sent again.
class CallReconciler {
 public:
  // Becomes the `billed` calls' way of looking.
  CallReconciler(store::Store& store, Upstreams& upstreams, BilledCalls& billed, AssetTracker& tracker,
                 base::Clock& clock, base::Random& random);

  // Looks for every call that is in doubt now.
  absl::Status Start();
  void Stop() { schedule_.Stop(); }

 private:
  void Plan(const model::BilledCall& row, bool at_once);
  void Look(const model::BilledCall& row, BilledCalls::Looked done);
  void Finish(const model::BilledCall& row, Upstreams::Entry& entry, BilledCalls::Looked done);

  store::Store& store_;
  BilledCalls& billed_;
  AssetTracker& tracker_;
  CallSearch search_;
  LookSchedule schedule_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_CALL_RECONCILER_H_

#ifndef SEEDANCE_SERVICE_ENGINE_CALL_RECONCILER_H_
#define SEEDANCE_SERVICE_ENGINE_CALL_RECONCILER_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/engine/asset_tracker.h"
#include "service/engine/billed_calls.h"
#include "service/engine/call_context.h"
#include "service/engine/call_search.h"
#include "service/engine/look_schedule.h"
#include "service/engine/upstreams.h"
#include "service/model/page.h"
#include "service/store/store.h"

namespace seedance::engine {

struct ListCreationsParams {
  model::PageCursor after;
  int page_size = 50;
};

struct ReconcileCreationParams {
  std::string method;  // Of the journal, for example `CreateAsset`.
  std::string request_id;
  // What became of the creation, by the operator's word; neither: the vendor is searched.
  std::optional<std::string> upstream_id;
  bool not_accepted = false;
};

struct ReconciledCreation {
  model::BilledCall call;                // The row as it is now.
  std::vector<CallSighting> candidates;  // Only after a search; the closest in time first, at most 20.
};

// Settles creations of groups and assets whose answer was lost, by looking at the vendor (CallSearch): when a caller
// repeats the request id, some time after the answer was lost, and after a start; and by a person's word
// (creation.proto states rules and errors). What is not found stays in doubt; nothing is ever sent again. The creation
// of an asset that was EXPIRED is looked for as long as it is; once the asset is seen ACTIVE the doubt is over.
//
// Thread-safe.
class CallReconciler {
 public:
  // An asset that was created again: its handle, which creation, and what the vendor calls it now.
  using Recreated = std::function<void(const model::Asset& asset, int number, const std::string& vendor_id)>;
  // A person says that the vendor did not create this asset again.
  using NotRecreated = std::function<void(const model::Asset& asset)>;

  // Becomes the `billed` calls' way of looking.
  CallReconciler(store::Store& store, Upstreams& upstreams, BilledCalls& billed, AssetTracker& tracker,
                 base::Clock& clock, base::Random& random);

  // Told when the creation of an EXPIRED asset is settled. Call it before Start.
  void SetRecreationHooks(Recreated recreated, NotRecreated not_recreated) {
    recreated_ = std::move(recreated);
    not_recreated_ = std::move(not_recreated);
  }

  // Looks for every call that is in doubt now.
  absl::Status Start();
  void Stop() { schedule_.Stop(); }

  // The tenant's creations in doubt, the newest first.
  void List(const CallContext& context, const ListCreationsParams& params, Done<model::Page<model::BilledCall>> done);
  // Calls the vendor on the upstream's `polls` threads, unless it is not accepted by the caller's word.
  void Reconcile(const CallContext& context, const ReconcileCreationParams& params, Done<ReconciledCreation> done);

  // The vendor has shown the asset as ACTIVE. Blocks where one of its creations was in doubt.
  void SeenActive(const model::Asset& asset);

 private:
  void Plan(const model::BilledCall& row, bool at_once);
  void OnDue(const std::string& text);
  // The asset that the call was to create again, if it is ACTIVE by now.
  std::optional<model::Asset> SeenAssetOf(const model::BilledCallKey& key);
  // Settles a creation whose asset can be used without it. False: not now.
  bool EndUnneeded(const model::BilledCallKey& key);
  // Whether a look makes sense: an asset that was to be created again must still need it.
  bool IsNeeded(const model::BilledCall& row);
  absl::StatusOr<model::BilledCall> OwnRow(const CallContext& context, const ReconcileCreationParams& params);
  absl::StatusOr<ReconciledCreation> Search(const model::BilledCall& row, Upstreams::Entry& entry);
  absl::StatusOr<ReconciledCreation> Bind(const model::BilledCall& row, const std::string& id, Upstreams::Entry& entry);
  absl::StatusOr<ReconciledCreation> NotAccepted(const model::BilledCall& row);
  // Whether creations of other tenants are in doubt or under way at the upstream.
  absl::StatusOr<bool> HasForeign(const model::BilledCall& row, Upstreams::Entry& entry);
  // Tells of what a call in doubt turned out to have made.
  void Follow(const model::BilledCall& row, const BilledCalls::Found& found);
  void Look(const model::BilledCall& row, BilledCalls::Looked done);
  void Finish(const model::BilledCall& row, Upstreams::Entry& entry, BilledCalls::Looked done);

  store::Store& store_;
  BilledCalls& billed_;
  AssetTracker& tracker_;
  base::Clock& clock_;
  CallSearch search_;
  Recreated recreated_;         // Fixed at Start. May be empty.
  NotRecreated not_recreated_;  // Likewise.
  base::Mutex mutex_;
  // Rows of creations of EXPIRED assets that are in doubt, by the asset's name.
  std::map<std::string, std::set<model::BilledCallKey>> recreations_ ABSL_GUARDED_BY(mutex_);
  LookSchedule schedule_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_CALL_RECONCILER_H_

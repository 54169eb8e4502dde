#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_JOURNAL_RECONCILER_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_JOURNAL_RECONCILER_H_

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
#include "service/engine/assets/asset_tracker.h"
#include "service/engine/assets/vendor_lookup.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/lookup_schedule.h"
#include "service/engine/dispatch/upstreams.h"
#include "service/engine/journal/journal.h"
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
  model::JournalEntry call;                 // The row as it is now.
  std::vector<LookupCandidate> candidates;  // Only after a search; the closest in time first, at most 20.
};

// Settles creations of groups and assets whose answer was lost, by looking at the vendor (VendorLookup): when a caller
// repeats the request id, some time after the answer was lost, and after a start; and by a person's word
// (creation.proto states rules and errors). What is not found stays in doubt; nothing is ever sent again. The creation
// of an asset that was EXPIRED is looked for as long as it is; once the asset is seen ACTIVE the doubt is over.
//
// Thread-safe.
class JournalReconciler {
 public:
  // An asset that was created again: its handle, which creation, and what the vendor calls it now.
  using Recreated = std::function<void(const model::Asset& asset, int number, const std::string& vendor_id)>;
  // A person says that the vendor did not create this asset again.
  using NotRecreated = std::function<void(const model::Asset& asset)>;

  // Becomes the `billed` calls' way of looking.
  JournalReconciler(store::Store& store, Upstreams& upstreams, Journal& billed, AssetTracker& tracker,
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
  void List(const CallContext& context, const ListCreationsParams& params, Done<model::Page<model::JournalEntry>> done);
  // Calls the vendor on the upstream's `polls` threads, unless it is not accepted by the caller's word.
  void Reconcile(const CallContext& context, const ReconcileCreationParams& params, Done<ReconciledCreation> done);

  // The vendor has shown the asset as ACTIVE. Blocks where one of its creations was in doubt.
  void SeenActive(const model::Asset& asset);

 private:
  void Plan(const model::JournalEntry& row, bool at_once);
  void OnDue(const std::string& text);
  // The asset that the call was to create again, if it is ACTIVE by now.
  std::optional<model::Asset> SeenAssetOf(const model::JournalKey& key);
  // Settles a creation whose asset can be used without it. False: not now.
  bool EndUnneeded(const model::JournalKey& key);
  // Whether a look makes sense: an asset that was to be created again must still need it.
  bool IsNeeded(const model::JournalEntry& row);
  absl::StatusOr<model::JournalEntry> OwnRow(const CallContext& context, const ReconcileCreationParams& params);
  absl::StatusOr<ReconciledCreation> Search(const model::JournalEntry& row, VendorAccount& account);
  absl::StatusOr<ReconciledCreation> Bind(const model::JournalEntry& row, const std::string& id,
                                          VendorAccount& account);
  absl::StatusOr<ReconciledCreation> NotAccepted(const model::JournalEntry& row);
  // Whether creations of other tenants are in doubt or under way at the upstream.
  absl::StatusOr<bool> HasForeign(const model::JournalEntry& row, VendorAccount& account);
  // Tells of what a call in doubt turned out to have made.
  void Follow(const model::JournalEntry& row, const Journal::Found& found);
  void Look(const model::JournalEntry& row, Journal::Looked done);
  void Finish(const model::JournalEntry& row, VendorAccount& account, Journal::Looked done);

  store::Store& store_;
  Journal& billed_;
  AssetTracker& tracker_;
  base::Clock& clock_;
  VendorLookup search_;
  Recreated recreated_;         // Fixed at Start. May be empty.
  NotRecreated not_recreated_;  // Likewise.
  base::Mutex mutex_;
  // Rows of creations of EXPIRED assets that are in doubt, by the asset's name.
  std::map<std::string, std::set<model::JournalKey>> recreations_ ABSL_GUARDED_BY(mutex_);
  LookupSchedule schedule_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_JOURNAL_RECONCILER_H_

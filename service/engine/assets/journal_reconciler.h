#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_JOURNAL_RECONCILER_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_JOURNAL_RECONCILER_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/engine/assets/asset_dependencies.h"
#include "service/engine/assets/asset_recreation.h"
#include "service/engine/assets/vendor_lookup.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/lookup_schedule.h"
#include "service/engine/journal/journal.h"
#include "service/model/page.h"

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
class JournalReconciler : public Journal::DoubtResolver {
 public:
  // `recreation` is told when the creation of an EXPIRED asset is settled; it outlives this. The journal among the
  // dependencies is one whose DoubtResolver leads here.
  JournalReconciler(const AssetDependencies& with, AssetRecreation& recreation);

  void Start() { schedule_.Start(); }
  // Looks for every call that is in doubt, whichever process sent it. Errors of the store. Call it after
  // Journal::Recover.
  absl::Status TakeUp();
  // Begins no further lookups; those under way end with the account's threads.
  void Stop() { schedule_.Stop(); }

  // The tenant's creations in doubt, the newest first.
  void List(const CallContext& context, const ListCreationsParams& params, Done<model::Page<model::JournalEntry>> done);
  // Settles one creation by the operator's word, or searches the vendor. Calls the vendor on the account's threads for
  // reads, unless it is not accepted by the operator's word. Errors: NOT_FOUND: the tenant has no such creation;
  // kCreationNotInDoubt; INVALID_ARGUMENT on `upstream_id` as VendorLookup::AsTold; kSharedCredentials: creations of
  // other tenants are in doubt at the same account; kUnsupportedByUpstream: the upstream is not configured any more;
  // those of Journal::Settle and of the vendor.
  void Reconcile(const CallContext& context, const ReconcileCreationParams& params, Done<ReconciledCreation> done);

  // The vendor has shown the asset as ACTIVE. Blocks where one of its creations was in doubt.
  void SeenActive(const model::Asset& asset);

  void Look(const model::JournalEntry& row, Journal::Looked done) override;
  void OnDoubt(const model::JournalEntry& row) override { Plan(row, /*at_once=*/false); }
  // Tells of what a call in doubt turned out to have made.
  void OnFound(const model::JournalEntry& row, const Journal::Found& found) override;

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
  void Finish(const model::JournalEntry& row, VendorAccount& account, Journal::Looked done);

  store::Store& store_;
  Journal& journal_;
  AssetTracker& tracker_;
  base::Clock& clock_;
  VendorLookup search_;
  AssetRecreation& recreation_;
  base::Mutex mutex_;
  // Rows of creations of EXPIRED assets that are in doubt, by the asset's name.
  std::map<std::string, std::set<model::JournalKey>> recreations_ ABSL_GUARDED_BY(mutex_);
  LookupSchedule schedule_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_JOURNAL_RECONCILER_H_

#ifndef SEEDANCE_SERVICE_STORE_STORE_H_
#define SEEDANCE_SERVICE_STORE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"
#include "service/model/page.h"

namespace seedance::store {

// Persistent storage of groups, assets, tasks and the journal of billed requests.
//
// Every method but PeekTask blocks until the database has answered; a write that returned OK survives a crash of the
// process and of the machine. Thread-safe. Every write gives the resource the next revision of the whole store
// (revisions only grow) and sets nothing else: update times are the caller's. Errors: NOT_FOUND
// (base::ResourceNotFound) where stated; everything else is base::StoreUnavailable.
//
// Reads and updates by name are not filtered by tenant: the engine compares owners. Lists are.
class Store {
 public:
  virtual ~Store() = default;

  // Random text created with the database. When it changes, earlier revisions are meaningless.
  virtual std::string epoch() = 0;

  // Whether the store can persist writes.
  struct Health {
    absl::Status status;                        // OK, or base::StoreUnavailable; its metadata `cause` says why.
    absl::Time checked = absl::InfinitePast();  // When that was determined.
  };
  // Checks the store with a small durable write. Repeats the last result instead when that is less than `max_age` older
  // than `now`, no write has failed since, and the store does not know that it is damaged or is not the database that
  // the next start will open. In these two last cases every write fails until the store is reopened.
  virtual Health Probe(absl::Time now, absl::Duration max_age) = 0;

  // ---- Groups ----

  // Inserts or replaces. Returns the group with its revision.
  virtual absl::StatusOr<model::AssetGroup> PutGroup(const model::AssetGroup& group) = 0;
  // Inserts unless the handle exists; an existing group is not changed. Returns the stored group.
  virtual absl::StatusOr<model::AssetGroup> AddGroup(const model::AssetGroup& group) = 0;
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<model::AssetGroup> GetGroup(const model::UpstreamHandle& handle) = 0;
  // As UpdateAsset.
  virtual absl::StatusOr<model::AssetGroup> UpdateGroup(const model::UpstreamHandle& handle,
                                                        absl::FunctionRef<absl::Status(model::AssetGroup&)> change) = 0;
  // Deletes the group and its assets. NOT_FOUND when there is none.
  virtual absl::Status DeleteGroup(const model::UpstreamHandle& handle) = 0;
  // Deletes the group if it has no assets. False: it has some. NOT_FOUND when there is none.
  virtual absl::StatusOr<bool> DeleteEmptyGroup(const model::UpstreamHandle& handle) = 0;

  // Which groups a list returns.
  struct GroupFilter {
    std::string tenant;                 // Required.
    std::string upstream;               // Empty: all.
    std::string display_name_contains;  // ASCII letters in any case. Empty: all.
    // kUnspecified: all. kAigc includes groups whose type is unknown, here and below.
    model::GroupType type = model::GroupType::kUnspecified;
  };
  // At most `limit` (>= 1) groups after `after`, newest first. Pages end earlier at the size of a message.
  virtual absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(const GroupFilter& filter,
                                                                    const model::PageCursor& after, int limit) = 0;

  // ---- Assets ----

  // As PutGroup.
  virtual absl::StatusOr<model::Asset> PutAsset(const model::Asset& asset) = 0;
  // As AddGroup.
  virtual absl::StatusOr<model::Asset> AddAsset(const model::Asset& asset) = 0;
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<model::Asset> GetAsset(const model::UpstreamHandle& handle) = 0;
  // Reads the asset, lets `change` edit it and writes it with a new revision, in one transaction. An error of `change`
  // is returned and nothing is written. `change` must not call the store. NOT_FOUND when there is none.
  virtual absl::StatusOr<model::Asset> UpdateAsset(const model::UpstreamHandle& handle,
                                                   absl::FunctionRef<absl::Status(model::Asset&)> change) = 0;
  // NOT_FOUND when there is none.
  virtual absl::Status DeleteAsset(const model::UpstreamHandle& handle) = 0;
  // Deletes the asset if its present vendor id (Asset::upstream_id) is `upstream_id`. False: it has another one.
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<bool> DeleteAssetOf(const model::UpstreamHandle& handle, const std::string& upstream_id) = 0;

  // Which assets a list returns.
  struct AssetFilter {
    std::string tenant;                         // Required.
    std::vector<model::UpstreamHandle> groups;  // Empty: all.
    std::string display_name_contains;          // ASCII letters in any case. Empty: all.
    model::MediaType media_type = model::MediaType::kUnspecified;
    model::AssetState state = model::AssetState::kUnspecified;
    model::GroupType group_type = model::GroupType::kUnspecified;  // Of the groups; unknown groups count as AIGC.
  };
  // As ListGroups.
  virtual absl::StatusOr<model::Page<model::Asset>> ListAssets(const AssetFilter& filter,
                                                               const model::PageCursor& after, int limit) = 0;
  // An asset of the group with exactly this display name, neither FAILED nor EXPIRED; nullopt: none.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAsset(const model::UpstreamHandle& group,
                                                                const std::string& display_name) = 0;
  // The oldest PROCESSING or ACTIVE asset of the group with these bytes (`media_info.sha256`); nullopt: none.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(const model::UpstreamHandle& group,
                                                                         const std::string& sha256) = 0;
  // The re-created asset whose present id at `upstream` is `vendor_id`; nullopt: none.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(const std::string& upstream,
                                                                          const std::string& vendor_id) = 0;
  // All PROCESSING assets of every tenant.
  virtual absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets() = 0;
  // All ACTIVE assets of every tenant that have an expire_time.
  virtual absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets() = 0;
  // Number of PROCESSING or ACTIVE assets of every tenant at the upstream.
  virtual absl::StatusOr<int64_t> CountLiveAssets(const std::string& upstream) = 0;
  // At most `limit` of the tenant's PROCESSING or ACTIVE assets at the upstream, least recently used first.
  virtual absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(const std::string& tenant,
                                                                          const std::string& upstream, int limit) = 0;

  // A vendor's asset library as seen by one tenant. Each list has at most `limit` (>= 1) assets.
  struct Library {
    int64_t live = 0;                            // PROCESSING or ACTIVE, of every tenant.
    int64_t claimed = 0;                         // Places held by claims at `now`, of every tenant.
    int64_t own = 0;                             // Of `live`, the tenant's.
    int64_t used_once = 0;                       // Of `live`, those used by one task (Asset::task_uses).
    absl::Time lapses = absl::InfiniteFuture();  // Next expiry of an ACTIVE one, of every tenant.
    std::vector<model::Asset> lapse_next;        // The tenant's expiring ACTIVE ones, next expiry first.
    std::vector<model::Asset> used_last;         // The tenant's live ones, most recently used first.
    std::vector<model::Asset> own_used_once;     // The tenant's live ones used by one task, least recent first.
  };
  // Figures and lists are read one after the other, not from one snapshot.
  virtual absl::StatusOr<Library> ReadLibrary(const std::string& tenant, const std::string& upstream, absl::Time now,
                                              int limit) = 0;

  // Claims reserve the name and the library place of an asset that does not exist yet. They are checked against assets
  // and other claims in the transaction that writes them, so only one caller gets a name, and no more callers get a
  // place than there are. Claims survive a crash. Claims of journalled requests are made by BeginCall; those of renames
  // by the methods below.

  // Why a claim was refused: the name, or else the place.
  struct ClaimConflict {
    // The asset of the group that has the display name (neither FAILED nor EXPIRED) or claims it; the group when that
    // asset has no resource name yet. Empty: the name is free.
    std::string name_holder;
    int64_t places_taken = 0;  // When the name is free: all places are taken, this many.
  };
  // How long a claim outlives a request whose outcome is unknown. After that the vendor's answer decides.
  static constexpr absl::Duration kClaimInDoubt = absl::Hours(24);
  // The same for a rename, which is repeatable and free: longer than any rename takes.
  static constexpr absl::Duration kRenameInDoubt = absl::Minutes(10);

  // Claims for `holder` (a unique text per rename) until ReleaseClaim, at most for kRenameInDoubt after `now`. Returns
  // nullopt, or the conflict; then nothing is written.
  virtual absl::StatusOr<std::optional<ClaimConflict>> ClaimAsset(const std::string& holder,
                                                                  const model::AssetClaim& claim, absl::Time now) = 0;
  // Conflict that `holder` (model::TextOf for a request) would meet at `now`; nullopt: none. Claims nothing.
  virtual absl::StatusOr<std::optional<ClaimConflict>> FindClaimConflict(const std::string& holder,
                                                                         const model::AssetClaim& claim,
                                                                         absl::Time now) = 0;
  // Ends the claim of `holder`. OK also when there is none.
  virtual absl::Status ReleaseClaim(const std::string& holder) = 0;

  // ---- Tasks ----

  // NOT_FOUND when there is none.
  virtual absl::StatusOr<model::GenerationTask> GetTask(const std::string& id) = 0;
  // The result of GetTask if it is known without asking the database. Null means unknown, not absent. Never blocks.
  virtual std::shared_ptr<const model::GenerationTask> PeekTask(const std::string& id) = 0;
  // As UpdateAsset.
  virtual absl::StatusOr<model::GenerationTask> UpdateTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) = 0;

  // Which tasks a list returns.
  struct TaskFilter {
    std::string tenant;                         // Required.
    std::vector<model::TaskState> states;       // Empty: all.
    std::map<std::string, std::string> labels;  // All must match.
    std::set<std::string> ids = {};             // Only these tasks. Empty: all.
  };
  // As ListGroups.
  virtual absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(const TaskFilter& filter,
                                                                       const model::PageCursor& after, int limit) = 0;
  // All tasks of every tenant in a state that is not terminal.
  virtual absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks() = 0;
  // The task with this id at the vendor `upstream`; nullopt: none.
  virtual absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(
      const std::string& upstream, const std::string& upstream_task_id) = 0;
  // Whether a deleted task, whose tombstone still exists, had this id at the vendor `upstream`.
  virtual absl::StatusOr<bool> IsDeletedTaskOf(const std::string& upstream, const std::string& upstream_task_id) = 0;

  // Deletes the task if `check` returns OK; its error is returned otherwise. Leaves a tombstone with the next revision,
  // which is returned. The journal entry stays. `check` must not call the store. NOT_FOUND when there is none.
  virtual absl::StatusOr<int64_t> DeleteTask(const std::string& id, absl::Time now,
                                             absl::FunctionRef<absl::Status(const model::GenerationTask&)> check) = 0;
  // Deletes at most `limit` tasks that ended before `ended_before`, oldest first, as DeleteTask does, with their
  // journal entries. Returns the deleted tasks.
  virtual absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(absl::Time ended_before, absl::Time now,
                                                                        int limit) = 0;

  // ---- History of tasks, for readers that follow all of a tenant's ----

  // The present state of a changed task at its newest revision, or its deletion at that revision.
  struct TaskChange {
    int64_t revision = 0;
    std::string id;
    std::optional<model::GenerationTask> task;  // Not set: deleted.
  };
  // At most `limit` (>= 1) changes of the tenant's tasks after revision `after`, by ascending revision. Each task
  // appears once, with its newest change. Sees everything committed before the call.
  virtual absl::StatusOr<std::vector<TaskChange>> ListTaskChanges(const std::string& tenant, int64_t after,
                                                                  int limit) = 0;
  // Range of revisions that the history covers.
  struct HistoryBounds {
    int64_t newest = 0;     // Revision of the newest write of the whole store.
    int64_t forgotten = 0;  // Tombstones up to this revision may be gone.
  };
  // Both from one snapshot.
  virtual absl::StatusOr<HistoryBounds> GetHistoryBounds() = 0;
  // Deletes tombstones of tasks deleted before `before`. Returns how many.
  virtual absl::StatusOr<int> TrimDeletions(absl::Time before) = 0;

  // ---- Journal of billed calls ----

  // Result of BeginCall.
  struct Begun {
    // The existing entry of that key; then nothing was written.
    std::optional<model::JournalEntry> existing;
    // Why `call.claim` was refused; then nothing was written.
    std::optional<ClaimConflict> conflict;
    // With `task`: the task as written, with its revision.
    std::optional<model::GenerationTask> task;
  };
  // Writes `call` (and, in the same transaction, `task` if not null) unless its key has an entry. An entry in state
  // kNotAccepted of the same request (model::FirstDifferenceFromJournal) is replaced as if it did not exist.
  // `call.claim`, if set, is made in the same transaction, for a request in flight. It ends with the entry
  // (FinishCall); the claim of an entry that is in doubt, or done without its asset being written, ends after
  // kClaimInDoubt or by ReleaseClaim.
  virtual absl::StatusOr<Begun> BeginCall(const model::JournalEntry& call, const model::GenerationTask* task) = 0;

  // Ends an entry: takes state, resource_name, error, update_time and, if set, `asset` from `call`. `group` or `asset`,
  // if not null, is inserted or replaced in the same transaction and gets its revision. NOT_FOUND without an entry.
  virtual absl::Status FinishCall(const model::JournalEntry& call, model::AssetGroup* group, model::Asset* asset) = 0;

  // Adds fields to the fingerprint of an entry (the hash of a stream is known only at its end). NOT_FOUND without an
  // entry.
  virtual absl::Status ExtendFingerprint(const model::JournalKey& key, const model::Fingerprint& more) = 0;

  // The entry of `key`; nullopt: none.
  virtual absl::StatusOr<std::optional<model::JournalEntry>> GetCall(const model::JournalKey& key) = 0;

  // Changes every entry in state kInFlight to kInDoubt with `error`; for the start after a crash. Entries of tasks
  // (resource_name set) are left alone: the task's own state tells. Returns how many were changed.
  virtual absl::StatusOr<int> DoubtInFlightCalls(const std::string& error, absl::Time now) = 0;

  // At most `limit` entries in state kInDoubt, oldest first.
  virtual absl::StatusOr<std::vector<model::JournalEntry>> ListCallsInDoubt(int limit) = 0;

  // Deletes at most `limit` entries that changed before `before` and are no longer needed: refused, not accepted, or of
  // a deleted task. Returns how many.
  virtual absl::StatusOr<int> PurgeCalls(absl::Time before, int limit) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_STORE_H_

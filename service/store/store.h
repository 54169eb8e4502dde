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

// Where groups, assets, tasks and the journal of billed calls are kept.
//
// Every method but PeekTask blocks until the database has answered; a write has survived a crash of the process and of
// the machine when it returns. Thread-safe. Every write gives the resource the next revision of the whole store (so
// revisions only grow) and sets nothing else: update times are the caller's. Errors: NOT_FOUND (base::ResourceNotFound)
// where said so; everything else is base::StoreUnavailable.
//
// Reads and updates by name are not filtered by tenant: the engine compares owners. Lists are.
class Store {
 public:
  virtual ~Store() = default;

  // Random text made with the database; another one means that revisions of before mean nothing.
  virtual std::string epoch() = 0;

  // Whether the store keeps what it is given.
  struct Health {
    absl::Status status;                        // OK, or base::StoreUnavailable; its metadata `cause` says why.
    absl::Time checked = absl::InfinitePast();  // When that was found out.
  };
  // Finds out by a small durable write, unless that was done less than `max_age` before `now`: then it repeats the
  // answer. It is never older when a write has failed since, or when the store knows that it is damaged or not the one
  // that the next start will find; then every write fails until the store is opened again.
  virtual Health Probe(absl::Time now, absl::Duration max_age) = 0;

  // ---- Groups ----

  // Inserts or replaces. Returns it with its revision.
  virtual absl::StatusOr<model::AssetGroup> PutGroup(const model::AssetGroup& group) = 0;
  // Inserts unless there is one of this handle; nothing of that one is changed. Returns what is there then.
  virtual absl::StatusOr<model::AssetGroup> AddGroup(const model::AssetGroup& group) = 0;
  virtual absl::StatusOr<model::AssetGroup> GetGroup(const model::UpstreamHandle& handle) = 0;
  // As UpdateAsset.
  virtual absl::StatusOr<model::AssetGroup> UpdateGroup(const model::UpstreamHandle& handle,
                                                        absl::FunctionRef<absl::Status(model::AssetGroup&)> change) = 0;
  // NOT_FOUND when there is none. The group's assets are deleted with it.
  virtual absl::Status DeleteGroup(const model::UpstreamHandle& handle) = 0;
  // Deletes the group if no asset is in it. False: there is one. NOT_FOUND as above.
  virtual absl::StatusOr<bool> DeleteEmptyGroup(const model::UpstreamHandle& handle) = 0;

  struct GroupFilter {
    std::string tenant;                 // Required.
    std::string upstream;               // Empty: all.
    std::string display_name_contains;  // ASCII letters in any case. Empty: all.
    // kUnspecified: all. kAigc: those whose type is not known too, here and below.
    model::GroupType type = model::GroupType::kUnspecified;
  };
  // At most `limit` (>= 1) groups after `after`, newest first; fewer where a message could not hold them.
  virtual absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(const GroupFilter& filter,
                                                                    const model::PageCursor& after, int limit) = 0;

  // ---- Assets ----

  virtual absl::StatusOr<model::Asset> PutAsset(const model::Asset& asset) = 0;
  // As AddGroup.
  virtual absl::StatusOr<model::Asset> AddAsset(const model::Asset& asset) = 0;
  virtual absl::StatusOr<model::Asset> GetAsset(const model::UpstreamHandle& handle) = 0;
  // Reads the asset, lets `change` edit it and writes it with a new revision, all in one transaction. If `change`
  // returns an error nothing is written and that error is returned. `change` must not call the store.
  virtual absl::StatusOr<model::Asset> UpdateAsset(const model::UpstreamHandle& handle,
                                                   absl::FunctionRef<absl::Status(model::Asset&)> change) = 0;
  virtual absl::Status DeleteAsset(const model::UpstreamHandle& handle) = 0;
  // Deletes the asset if the vendor still knows it by this id (Asset::upstream_id). False: it has another one by now.
  virtual absl::StatusOr<bool> DeleteAssetOf(const model::UpstreamHandle& handle, const std::string& upstream_id) = 0;

  struct AssetFilter {
    std::string tenant;                         // Required.
    std::vector<model::UpstreamHandle> groups;  // Empty: all.
    std::string display_name_contains;          // ASCII letters in any case. Empty: all.
    model::MediaType media_type = model::MediaType::kUnspecified;
    model::AssetState state = model::AssetState::kUnspecified;
    model::GroupType group_type = model::GroupType::kUnspecified;  // Of the groups; one that the store lacks is AIGC.
  };
  virtual absl::StatusOr<model::Page<model::Asset>> ListAssets(const AssetFilter& filter,
                                                               const model::PageCursor& after, int limit) = 0;
  // An asset of the group with exactly this display name that has not FAILED or EXPIRED, if there is one.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAsset(const model::UpstreamHandle& group,
                                                                const std::string& display_name) = 0;
  // An asset of the group with these bytes (`media_info.sha256`) that is PROCESSING or ACTIVE, if there is one; the
  // oldest of several.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(const model::UpstreamHandle& group,
                                                                         const std::string& sha256) = 0;
  // The asset that was created again and that the vendor `upstream` now knows by this id (`vendor_id`), if there is
  // one.
  virtual absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(const std::string& upstream,
                                                                          const std::string& vendor_id) = 0;
  // All assets, of every tenant, in state PROCESSING.
  virtual absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets() = 0;
  // All ACTIVE assets, of every tenant, that have an expire_time.
  virtual absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets() = 0;
  // Assets of every tenant at the upstream that are PROCESSING or ACTIVE.
  virtual absl::StatusOr<int64_t> CountLiveAssets(const std::string& upstream) = 0;
  // At most `limit` of the tenant's PROCESSING or ACTIVE assets at the upstream, the longest unused first.
  virtual absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(const std::string& tenant,
                                                                          const std::string& upstream, int limit) = 0;

  // One vendor's library of assets as the tenant sees it. Lists have at most `limit` (>= 1) assets.
  struct Library {
    int64_t live = 0;                            // PROCESSING or ACTIVE, of every tenant.
    int64_t claimed = 0;                         // Places that claims hold at `now`, of every tenant.
    int64_t own = 0;                             // Of `live` the tenant's.
    int64_t used_once = 0;                       // Of `live` those that one task used (Asset::task_uses).
    absl::Time lapses = absl::InfiniteFuture();  // When the first ACTIVE one expires, of every tenant.
    std::vector<model::Asset> lapse_next;        // The tenant's ACTIVE ones that expire, the next one first.
    std::vector<model::Asset> used_last;         // The tenant's live ones, the one used last first.
    std::vector<model::Asset> own_used_once;     // The tenant's live ones that one task used, the longest unused first.
  };
  virtual absl::StatusOr<Library> ReadLibrary(const std::string& tenant, const std::string& upstream, absl::Time now,
                                              int limit) = 0;

  // Names and places that are claimed for an asset that is not there yet. Claims and assets are compared in the
  // transaction that writes the claim, so that of any number of callers one has the name, and no more have a place than
  // there are. Claims survive a crash; those of calls follow the journal (BeginCall), those of renames are named here.

  // Why a claim cannot be had: the name, or else the place.
  struct ClaimConflict {
    // The asset of this group that has the display name (not FAILED or EXPIRED), or claims it; the group where that
    // asset has no name yet. Empty: the name is free.
    std::string name_holder;
    int64_t places_taken = 0;  // With a free name: all places are, this many.
  };
  // How long a claim outlives a call whose outcome is not known. After that the vendor's own word decides.
  static constexpr absl::Duration kClaimInDoubt = absl::Hours(24);
  // The same for a rename, which may be tried again and costs nothing: longer than any rename is under way.
  static constexpr absl::Duration kRenameInDoubt = absl::Minutes(10);

  // Claims for `holder` (a text of its own for each rename) until ReleaseClaim, at most for kRenameInDoubt after `now`.
  // Returns nullopt, or why it cannot be had; then nothing is written.
  virtual absl::StatusOr<std::optional<ClaimConflict>> ClaimAsset(const std::string& holder,
                                                                  const model::AssetClaim& claim, absl::Time now) = 0;
  // Why `holder` (model::TextOf for a call) could not have the claim `now`. Nothing is claimed.
  virtual absl::StatusOr<std::optional<ClaimConflict>> FindClaimConflict(const std::string& holder,
                                                                         const model::AssetClaim& claim,
                                                                         absl::Time now) = 0;
  // OK also when there is no such claim.
  virtual absl::Status ReleaseClaim(const std::string& holder) = 0;

  // ---- Tasks ----

  virtual absl::StatusOr<model::GenerationTask> GetTask(const std::string& id) = 0;
  // What GetTask would return now, if that can be said without asking the database; null says nothing, not even that
  // there is no such task. Never blocks.
  virtual std::shared_ptr<const model::GenerationTask> PeekTask(const std::string& id) = 0;
  // As UpdateAsset.
  virtual absl::StatusOr<model::GenerationTask> UpdateTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) = 0;

  struct TaskFilter {
    std::string tenant;                         // Required.
    std::vector<model::TaskState> states;       // Empty: all.
    std::map<std::string, std::string> labels;  // All must match.
    std::set<std::string> ids = {};             // Only these tasks. Empty: all.
  };
  virtual absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(const TaskFilter& filter,
                                                                       const model::PageCursor& after, int limit) = 0;
  // All tasks, of every tenant, that have not ended.
  virtual absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks() = 0;
  // The task that the vendor `upstream` knows by this id, if there is one.
  virtual absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(
      const std::string& upstream, const std::string& upstream_task_id) = 0;
  // Whether a task that was deleted, and whose mark is still there, was known to the vendor `upstream` by this id.
  virtual absl::StatusOr<bool> IsDeletedTaskOf(const std::string& upstream, const std::string& upstream_task_id) = 0;

  // Deletes the task if `check` agrees (its error is returned and nothing is deleted), and keeps a mark of the deletion
  // under the next revision, which is returned. The journal's row stays. `check` must not call the store.
  virtual absl::StatusOr<int64_t> DeleteTask(const std::string& id, absl::Time now,
                                             absl::FunctionRef<absl::Status(const model::GenerationTask&)> check) = 0;
  // Deletes at most `limit` tasks that ended before `ended_before`, the oldest first, each as DeleteTask does, and
  // their rows in the journal. Returns what was deleted.
  virtual absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(absl::Time ended_before, absl::Time now,
                                                                        int limit) = 0;

  // ---- History of tasks, for readers that follow all of a tenant's ----

  // A task as it is now, at its newest revision, or that it was deleted at that revision.
  struct TaskChange {
    int64_t revision = 0;
    std::string id;
    std::optional<model::GenerationTask> task;  // Not set: deleted.
  };
  // At most `limit` (>= 1) changes of the tenant's tasks after revision `after`, in the order of their revisions. A
  // task that changed several times stands there once. Everything committed before the call is seen.
  virtual absl::StatusOr<std::vector<TaskChange>> ListTaskChanges(const std::string& tenant, int64_t after,
                                                                  int limit) = 0;
  // Where the history stands.
  struct HistoryBounds {
    int64_t newest = 0;     // Revision of the last write of the whole store.
    int64_t forgotten = 0;  // Marks of deletions up to this revision may be gone.
  };
  virtual absl::StatusOr<HistoryBounds> GetHistoryBounds() = 0;
  // Forgets the marks of deletions made before `before`. Returns how many.
  virtual absl::StatusOr<int> TrimDeletions(absl::Time before) = 0;

  // ---- Journal of billed calls ----

  struct Begun {
    // The row that was there before, if there was one; then nothing was written.
    std::optional<model::JournalEntry> existing;
    // Why `call.claim` cannot be had; then nothing was written.
    std::optional<ClaimConflict> conflict;
    // With `task`: it as it was written, with its revision.
    std::optional<model::GenerationTask> task;
  };
  // Writes `call` (and, in the same transaction, `task` if not null) unless its key has a row already. A row in state
  // kNotAccepted is replaced by `call` when it is of the same request (model::FirstDifferenceFromJournal), as if it
  // were not there. `call.claim`, if set, is made in the same transaction, for a call in flight. It ends with the row
  // (FinishCall); of a row in doubt, and of one that is done without the asset being written with it, after
  // kClaimInDoubt or by ReleaseClaim.
  virtual absl::StatusOr<Begun> BeginCall(const model::JournalEntry& call, const model::GenerationTask* task) = 0;

  // Ends a row: state, resource_name, error, update_time and, if it is set, `asset` are taken from `call`. `group` or
  // `asset`, if not null, is inserted (or replaced) in the same transaction, and given its revision. NOT_FOUND without
  // a row.
  virtual absl::Status FinishCall(const model::JournalEntry& call, model::AssetGroup* group, model::Asset* asset) = 0;

  // Adds fields to the fingerprint of a row (the hash of a stream is known only at its end). NOT_FOUND without a row.
  virtual absl::Status ExtendFingerprint(const model::JournalKey& key, const model::Fingerprint& more) = 0;

  virtual absl::StatusOr<std::optional<model::JournalEntry>> GetCall(const model::JournalKey& key) = 0;

  // Turns every row in state kInFlight into kInDoubt with `error`, for the start after a crash. Tasks' rows
  // (resource_name set) are left alone: the task's own state says what happened. Returns how many.
  virtual absl::StatusOr<int> DoubtInFlightCalls(const std::string& error, absl::Time now) = 0;

  // At most `limit` rows in state kInDoubt, the oldest first.
  virtual absl::StatusOr<std::vector<model::JournalEntry>> ListCallsInDoubt(int limit) = 0;

  // Deletes at most `limit` rows that changed before `before` and stand for nothing any more: refused, not accepted, or
  // of a task that was deleted. Returns how many.
  virtual absl::StatusOr<int> PurgeCalls(absl::Time before, int limit) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_STORE_H_

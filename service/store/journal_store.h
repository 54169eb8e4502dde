#ifndef SEEDANCE_SERVICE_STORE_JOURNAL_STORE_H_
#define SEEDANCE_SERVICE_STORE_JOURNAL_STORE_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"
#include "service/store/asset_store.h"

namespace seedance::store {

// The journal of billed requests. Rules for all methods: store.h.
class JournalStore {
 public:
  virtual ~JournalStore() = default;

  // Result of BeginEntry.
  struct Begun {
    // The existing entry of that key; then nothing was written.
    std::optional<model::JournalEntry> existing;
    // Why `call.claim` was refused; then nothing was written.
    std::optional<AssetStore::ClaimConflict> conflict;
    // With `task`: the task as written, with its revision.
    std::optional<model::GenerationTask> task;
  };
  // Writes `call` (and, in the same transaction, `task` if not null) unless its key has an entry. An entry of the same
  // request (model::FirstDifferenceFromJournal) in state kNotAccepted, or whose task was disowned (model::WasDisowned),
  // is replaced as if it did not exist.
  // `call.claim`, if set, is made in the same transaction, for a request in flight. It ends with the entry
  // (FinishEntry); the claim of an entry that is in doubt, or done without its asset being written, ends after
  // AssetStore::kClaimInDoubt or by ReleaseClaim. A `task` must be of a shard that is this process's, else
  // base::StoreUnavailable (`not_owner`). RESOURCE_EXHAUSTED: several processes share the store, and the task's tenant
  // would have more than `max_open` tasks that have not ended; a process that is alone counts them itself.
  virtual absl::StatusOr<Begun> BeginEntry(const model::JournalEntry& call, const model::GenerationTask* task,
                                           int64_t max_open) = 0;
  absl::StatusOr<Begun> BeginEntry(const model::JournalEntry& call, const model::GenerationTask* task) {
    return BeginEntry(call, task, std::numeric_limits<int64_t>::max());
  }

  // Ends an entry: takes state, resource_name, error, update_time and, if set, `asset` from `call`. `group` or `asset`,
  // if not null, is inserted or replaced in the same transaction and gets its revision. NOT_FOUND without an entry;
  // ABORTED, and nothing is written, when it is in flight and another process sends it.
  virtual absl::Status FinishEntry(const model::JournalEntry& call, model::AssetGroup* group, model::Asset* asset) = 0;

  // Adds fields to the fingerprint of an entry (the hash of a stream is known only at its end). NOT_FOUND without an
  // entry.
  virtual absl::Status ExtendFingerprint(const model::JournalKey& key, const model::Fingerprint& more) = 0;

  // The entry of `key`; nullopt: none.
  virtual absl::StatusOr<std::optional<model::JournalEntry>> GetEntry(const model::JournalKey& key) = 0;

  // Changes every entry in state kInFlight whose process is gone to kInDoubt with `error`; of a store that one process
  // uses, every one: for the start after a crash. Entries of tasks (resource_name set) are left alone: the task's own
  // state tells. Returns how many were changed.
  virtual absl::StatusOr<int> DoubtInFlightEntries(const std::string& error, absl::Time now) = 0;

  // All entries in state kInFlight, of every process, but for those of tasks.
  virtual absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInFlight() = 0;

  // At most `limit` entries in state kInDoubt, oldest first.
  virtual absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInDoubt(int limit) = 0;

  // Deletes at most `limit` entries that changed before `before` and are no longer needed: refused, not accepted, or of
  // a deleted task. Returns how many.
  virtual absl::StatusOr<int> PurgeEntries(absl::Time before, int limit) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_JOURNAL_STORE_H_

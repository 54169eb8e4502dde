#ifndef SEEDANCE_SERVICE_STORE_STORE_H_
#define SEEDANCE_SERVICE_STORE_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/store/asset_store.h"
#include "service/store/group_store.h"
#include "service/store/journal_store.h"
#include "service/store/ownership.h"
#include "service/store/task_store.h"

namespace seedance::store {

// Persistent storage of groups, assets, tasks and the journal of billed requests.
//
// Every method but PeekTask blocks until the database has answered; a write that returned OK survives a crash of the
// process and of the machine. Thread-safe. Errors: NOT_FOUND (base::ResourceNotFound) where stated; everything else is
// base::StoreUnavailable.
//
// Every write gives the resource the next revision of the whole store and sets nothing else: update times are the
// caller's. Revisions are in the order of commits: whoever has read a revision can read every write with a smaller one
// too, whichever process made it. Readers of changes (engine::TaskFeeds, resume tokens) rely on it.
//
// Reads and updates by name are not filtered by tenant: the engine compares owners. Lists are.
//
// A class that needs one of the four takes that interface. Transactions may span all of them: an entry of the journal
// is written with the resource that it is about.
class Store : public GroupStore, public AssetStore, public TaskStore, public JournalStore {
 public:
  // Random text created with the database. When it changes, earlier revisions are meaningless.
  virtual std::string epoch() = 0;

  // The present state of a changed task or asset at its newest revision, or the deletion of a task at that revision.
  // Exactly one of the last three is set.
  struct Change {
    int64_t revision = 0;
    std::string tenant;
    std::optional<model::GenerationTask> task;
    std::optional<model::Asset> asset;
    std::string deleted_task;  // Its id.
  };
  // At most `limit` (>= 1) changes of all tenants after revision `after`, by ascending revision: for a process that
  // follows the writes of others. Each resource appears once, with its newest change; groups and deleted assets do not.
  // Sees everything committed before the call.
  virtual absl::StatusOr<std::vector<Change>> ListChanges(int64_t after, int limit) = 0;

  // Which work of the store is this process's.
  virtual Ownership& ownership() = 0;

  // Whether the store can persist writes.
  struct Health {
    absl::Status status;                        // OK, or base::StoreUnavailable; its metadata `cause` says why.
    absl::Time checked = absl::InfinitePast();  // When that was determined.
  };
  // Checks the store with a small durable write. Repeats the last result instead when that is less than `max_age` older
  // than `now`, no write has failed since, and the store does not know that it is damaged, is not the database that
  // the next start will open, or is another process's by now. In these last cases every write fails until the store is
  // reopened.
  virtual Health Probe(absl::Time now, absl::Duration max_age) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_STORE_H_

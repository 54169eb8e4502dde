#ifndef SEEDANCE_SERVICE_STORE_STORE_H_
#define SEEDANCE_SERVICE_STORE_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/store/asset_store.h"
#include "service/store/group_store.h"
#include "service/store/journal_store.h"
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

  // Whether the store can persist writes.
  struct Health {
    absl::Status status;                        // OK, or base::StoreUnavailable; its metadata `cause` says why.
    absl::Time checked = absl::InfinitePast();  // When that was determined.
  };
  // Checks the store with a small durable write. Repeats the last result instead when that is less than `max_age` older
  // than `now`, no write has failed since, and the store does not know that it is damaged or is not the database that
  // the next start will open. In these two last cases every write fails until the store is reopened.
  virtual Health Probe(absl::Time now, absl::Duration max_age) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_STORE_H_

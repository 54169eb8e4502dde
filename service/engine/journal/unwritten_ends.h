#ifndef SEEDANCE_SERVICE_ENGINE_JOURNAL_UNWRITTEN_ENDS_H_
#define SEEDANCE_SERVICE_ENGINE_JOURNAL_UNWRITTEN_ENDS_H_

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/journal_entry.h"
#include "service/store/journal_store.h"

namespace seedance::engine {

// Ends of billed calls that the store did not take when they came. Until one is written its row says that the call is
// under way, and holds what the call claimed. Thread-safe.
//
// Tests: tests/unit/engine/journal/journal_test.cc
class UnwrittenEnds {
 public:
  // Pause between two tries to write an end.
  static constexpr absl::Duration kPause = absl::Seconds(5);

  struct End {
    model::JournalEntry call;                // With its end.
    std::optional<model::AssetGroup> group;  // What is written with it.
    std::optional<model::Asset> asset;
  };

  // `on_due` runs on a thread that may block whenever a kept end is to be written again, and leads to Write, unless
  // somebody works on the call.
  UnwrittenEnds(store::JournalStore& store, base::Clock& clock,
                std::function<void(const model::JournalKey& key)> on_due);

  void Start() { due_.Start(); }
  // Tries for the last time.
  void Stop();

  // Keeps an end, in the place of an earlier one of the same call, and plans a try after the pause. In memory only: an
  // end that is still kept when the process dies is lost, and the call is in doubt at the next start.
  void Keep(End end);
  // No effect when none is kept.
  void Forget(const model::JournalKey& key);
  // nullopt: none is kept.
  std::optional<End> Find(const model::JournalKey& key);
  // The calls of all ends that are kept, each with its end.
  std::vector<model::JournalEntry> Calls();

  // Tries to write the end of a call that nobody else works on meanwhile. Returns it when it is written, nullopt when
  // none is kept. An error: it is kept, and tried again later.
  absl::StatusOr<std::optional<End>> Write(const model::JournalKey& key);

 private:
  store::JournalStore& store_;
  base::Clock& clock_;
  const std::function<void(const model::JournalKey& key)> on_due_;
  base::Mutex mutex_;  // Taken before the queue's own.
  std::map<model::JournalKey, End> ends_ ABSL_GUARDED_BY(mutex_);
  base::DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_JOURNAL_UNWRITTEN_ENDS_H_

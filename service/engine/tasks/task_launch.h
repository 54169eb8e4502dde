#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_LAUNCH_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_LAUNCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/tasks/task_metrics.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_tracker.h"
#include "service/engine/watch/task_feeds.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"
#include "service/store/store.h"

namespace seedance::engine {

// A task that passed its checks, about to be stored with its row of the journal. `place` is held until the tracker
// counts the task itself, or the task is not stored: then it is free before the caller is answered.
struct NewTask {
  model::GenerationTask task;  // PENDING.
  model::JournalEntry call;
  std::optional<TaskPlace> place;
  int64_t max_open;  // Of the tenant's tasks, at all gateways that share the store.
};

// Stores new tasks and has them submitted. One whose assets are ACTIVE, and whose turn is free, is stored SUBMITTING
// and sent by the thread that stored it: one durable commit before it leaves, one after. All others are stored PENDING
// and left to the tracker, which writes SUBMITTING when their turn has come. Thread-safe.
class TaskLaunch {
 public:
  // An id in a shard of this process; empty: it has none just now.
  using NewId = std::function<std::string()>;

  // All outlive it.
  struct Dependencies {
    store::Store& store;
    VendorAccounts& accounts;
    TaskTracker& tracker;
    TaskFeeds& feeds;
    TaskMetrics& metrics;
    base::Clock& clock;
  };

  TaskLaunch(const Dependencies& with, NewId new_id) : with_(with), new_id_(std::move(new_id)) {}

  // Answers with the task as stored, before it is sent; with AnswerOfEarlier when its request id has a row by now; with
  // TooManyOpen when other gateways took the last places of the tenant; or with an error of the store, and then nothing
  // was stored, or it is FAILED as soon as the store shows it.
  void Launch(NewTask fresh, Done<model::GenerationTask> done);

 private:
  // A task whose turn has come, on its way to the thread that stores and sends it.
  struct Flight {
    NewTask fresh;
    VendorAccount& account;
    std::unique_ptr<RequestSlot> slot;
    Done<model::GenerationTask> done;
  };

  // On the upstream's threads for submissions.
  void Fly(Flight& flight);
  // Stores it PENDING.
  void StoreAndTrack(NewTask& fresh, Done<model::GenerationTask>& done);
  // The assets that go with it, if it can be sent now.
  std::optional<std::vector<model::Asset>> ReadyAssets(const model::GenerationTask& task);
  bool MayBeStored(const std::string& id);
  // The stored task; nullopt: `done` was answered. When its shard moves meanwhile it is stored under another id:
  // `under` hears of each before.
  std::optional<model::GenerationTask> Store(NewTask& fresh, Done<model::GenerationTask>& done,
                                             absl::FunctionRef<void(const std::string& id)> under);
  // Whether nothing was stored because the shard has just gone to another process; then the task has another id.
  bool MovesOn(NewTask& fresh, const absl::Status& status);

  const Dependencies with_;
  const NewId new_id_;
};

// The tenant has `most` tasks that have not ended.
absl::Status TooManyOpen(const std::string& tenant, int64_t most);

// The answer to a request id that was used before.
absl::StatusOr<model::GenerationTask> AnswerOfEarlier(store::TaskStore& store, const model::JournalEntry& row,
                                                      const model::Fingerprint& asked);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_LAUNCH_H_

#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_USAGE_SETTLER_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_USAGE_SETTLER_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/tasks/task_observers.h"
#include "service/engine/tasks/task_reconciler.h"
#include "service/engine/tasks/task_writer.h"
#include "service/engine/tasks/usage_verdicts.h"
#include "service/model/generation_task.h"
#include "service/store/ownership.h"
#include "service/store/task_store.h"

namespace seedance::engine {

// Settles tasks in SUBMIT_UNKNOWN, and the costs of tasks that have ended, by the vendors' logs of what was billed
// (UsageLogOptions): one read of an upstream's log for all its doubts, never more often than `read_interval`; then the
// vendor is asked about the tasks of the log that may be theirs, in turns with the polls; DecideByUsage says what that
// proves. What is not proven stays in doubt, and the log is read again: at the interval while a doubt is young, rarely
// after that.
//
// Thread-safe.
class UsageSettler : public InDoubtObserver {
 public:
  UsageSettler(store::TaskStore& store, VendorAccounts& accounts, TaskReconciler& reconciler, TaskWriter& writer,
               base::Clock& clock);

  void Start() { due_.Start(); }
  // Plans a read for each upstream that has tasks of these shards in doubt. Call it after the tracker's TakeUp. Errors
  // of the store.
  absl::Status TakeUp(const store::ShardSet& shards);
  void Stop() { due_.Stop(); }

  // Plans a read that may tell what became of the submission.
  void OnInDoubt(const model::GenerationTask& task) override;
  // A task of this process has ended: what it cost is to be read.
  void Ended(const model::GenerationTask& task);

 private:
  struct AwaitedCost {
    absl::Time ended;
    int reads = 0;  // That did not tell it for good.
  };
  struct Account {
    absl::Time last_read = absl::InfinitePast();
    absl::Time due = absl::InfiniteFuture();   // Of the read that is planned.
    int failures = 0;                          // Of reads, in a row.
    std::map<std::string, AwaitedCost> costs;  // Of tasks that have ended, by id, until the log is done with them.
    std::string last_asked;                    // Of the ids that were asked for, when those of a read were too many.
    bool listed_running = false;               // The log has listed a task that ran.
    std::map<std::string, UsageFacts::Shown> shown;     // Of the log's tasks, those that have ended.
    std::map<std::string, model::GenerationTask> past;  // In doubt during the last day: their times, by id.
  };
  // One read and what follows from it.
  struct Round {
    UsageFacts facts;
    base::Mutex mutex;
    size_t unanswered ABSL_GUARDED_BY(mutex) = 0;
    std::map<std::string, UsageFacts::Shown> shown ABSL_GUARDED_BY(mutex);
  };

  // Plans a read at `time` at the latest, but not before the interval is over.
  void Want(const VendorAccount& account, absl::Time time);
  void OnDue(const std::string& name);
  // On the upstream's threads.
  void Read(VendorAccount& account, RequestSlot& slot);
  void ReadFailed(VendorAccount& account, const absl::Status& error);
  // What the store knows about the log.
  absl::Status Complete(const VendorAccount& account, UsageFacts& facts);
  // What was in doubt and ended without the vendor's id.
  absl::StatusOr<std::vector<model::GenerationTask>> Former(const std::string& upstream, const UsageFacts& facts);
  // At most kMostAsked of them, other ones than the last time.
  std::vector<std::string> Chosen(const std::string& upstream, const UsageFacts& facts, std::vector<std::string> ids);
  void AskAll(VendorAccount& account, const std::shared_ptr<Round>& round);
  void AskOne(VendorAccount& account, const std::string& id, RequestSlot& slot, const std::shared_ptr<Round>& round);
  void Conclude(VendorAccount& account, Round& round);
  void Settle(const VendorAccount& account, const UsageDecision& decision);
  // Returns the ids of the tasks whose costs the log tells for good: a task that did not succeed may be refunded later.
  std::set<std::string> SettleCosts(const VendorAccount& account, const UsageFacts& facts);
  // Forgets the costs of `told`, and plans a read for the others.
  void AwaitCosts(const VendorAccount& account, const UsageFacts& facts, const std::set<std::string>& told);

  store::TaskStore& store_;
  VendorAccounts& accounts_;
  TaskReconciler& reconciler_;
  TaskWriter& writer_;
  base::Clock& clock_;
  base::Mutex mutex_;
  std::map<std::string, Account> of_account_ ABSL_GUARDED_BY(mutex_);  // By upstream.
  base::DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_USAGE_SETTLER_H_

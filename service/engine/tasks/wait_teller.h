#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_WAIT_TELLER_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_WAIT_TELLER_H_

#include <map>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/engine/dispatch/request_observer.h"
#include "service/engine/dispatch/wait_reason.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_writer.h"
#include "service/model/generation_task.h"
#include "service/store/task_store.h"

namespace seedance::engine {

// Tells the callers of PENDING tasks, by `state_message`, why they wait and until when. Found when the reasons may have
// changed, told in slices and within TellBudget. Works on one thread of its own, on which the tracker also does what
// needs no request, in the order in which it was asked for. Thread-safe.
//
// Tests: tests/unit/engine/tasks/task_waits_test.cc, tests/unit/engine/tasks/task_turns_test.cc
class WaitTeller final : public RequestObserver {
 public:
  WaitTeller(store::TaskStore& store, TaskTable& table, TaskWriter& writer, base::Clock& clock)
      : store_(store), table_(table), writer_(writer), clock_(clock), thread_("task-looks", 1, SIZE_MAX) {}

  bool HasToPoll(const std::string& upstream) override { return table_.CountSubmitted(upstream) > 0; }
  // Has those told whose submissions wait at `requests`, which outlives Stop.
  void OnWaits(RequestDispatcher& requests) override;

  // Tells the task soon, if that is news for its caller.
  void TellLater(const std::string& id, const WaitReason& reason);

  // Writes the message now. False: the task is not PENDING any more, or the store failed.
  bool Tell(const model::GenerationTask& task, const std::string& message);

  // Does `work` on the thread, in its turn. Dropped after Stop.
  void Run(base::ThreadPool::Work work) { (void)thread_.Submit(std::move(work)); }

  // Waits for the work under way and drops the rest. May be called twice.
  void Stop();

 private:
  void Survey(RequestDispatcher& requests);
  void TellSome();
  void TellWhyItWaits(const std::string& id, const WaitReason& reason, absl::Duration again);
  // As long no task is told a reason of the same kind again: depends on what waits at all vendors.
  absl::Duration TellAgain();

  store::TaskStore& store_;
  TaskTable& table_;
  TaskWriter& writer_;
  base::Clock& clock_;
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<RequestDispatcher*> all_ ABSL_GUARDED_BY(mutex_);           // At which submissions have waited.
  std::map<std::string, WaitReason> to_tell_ ABSL_GUARDED_BY(mutex_);  // By id.
  TellBudget budget_ ABSL_GUARDED_BY(mutex_);
  bool tells_ ABSL_GUARDED_BY(mutex_) = false;  // TellSome is on its way.
  base::ThreadPool thread_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_WAIT_TELLER_H_

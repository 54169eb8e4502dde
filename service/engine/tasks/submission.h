#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_SUBMISSION_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_SUBMISSION_H_

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "service/base/mutex.h"
#include "service/engine/dispatch/request_slot.h"
#include "service/engine/tasks/task_observers.h"
#include "service/engine/tasks/task_schedule.h"
#include "service/engine/tasks/tracker_options.h"
#include "service/engine/tasks/wait_teller.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// Submissions of PENDING tasks: each waits for its assets, then for its turn at the vendor, on no thread; SUBMITTING is
// written before the request leaves, once, and what came of it after it. Thread-safe.
//
// Tests: tests/unit/engine/tasks/task_tracker_test.cc, tests/unit/engine/tasks/task_launch_test.cc,
// tests/unit/engine/tasks/task_waits_test.cc
class Submission {
 public:
  Submission(const TrackerOptions& options, const TrackerDependencies& with, const TaskObservers& observers,
             WaitTeller& waits, TaskSchedule& schedule)
      : options_(options), with_(with), observers_(observers), waits_(waits), schedule_(schedule) {}

  // Nothing more is submitted: what is PENDING waits for the next start.
  void Stop() { stopped_ = true; }
  bool stopped() { return stopped_ || schedule_.stopped(); }

  // Has a task that is handed out wait for the turn of its submission.
  void Await(const std::string& id, VendorAccount& account);

  // A PENDING task that is handed out: submits it if its assets allow it. Blocks for the store.
  void Check(const model::GenerationTask& task, VendorAccount& account);

  // ---- Of a task that can leave as it is stored: TaskLaunch. In this order. ----

  // The turn of a submission that can begin now; null: it has to wait.
  std::unique_ptr<RequestSlot> TakeSlot(VendorAccount& account);
  // While it lives this process may be sending the task: from before it is stored as SUBMITTING.
  class Sending {
   public:
    Sending(Submission& submission, const std::string& id);
    ~Sending();
    Sending(const Sending&) = delete;
    Sending& operator=(const Sending&) = delete;

   private:
    Submission& submission_;
    const std::string id_;
  };
  bool IsSending(const std::string& id);
  // Makes a task SUBMITTING, with all that is decided before it is sent; to be stored before Send.
  void Begin(model::GenerationTask& task, VendorAccount& account);
  // Follows a task that was just stored as SUBMITTING.
  void Track(const model::GenerationTask& task) { with_.table.AddHandedOut(task); }
  // Sends a task that is stored as SUBMITTING, with its assets, and writes what came of it. Blocks for the vendor; on
  // the upstream's threads for submissions.
  void Send(const model::GenerationTask& task, const std::vector<model::Asset>& assets, VendorAccount& account,
            RequestSlot& slot);

 private:
  // On the upstream's threads.
  void OnTurn(const std::string& id, VendorAccount& account, RequestSlot& slot);
  void Submit(const std::string& id, const std::vector<model::Asset>& assets, VendorAccount& account,
              RequestSlot& slot);
  // The assets of a PENDING task, when it can be sent; else its step has ended.
  std::optional<std::vector<model::Asset>> AssetsOrEndStep(const model::GenerationTask& task);
  void WaitForAssets(const model::GenerationTask& task, const AssetCheck& check);
  absl::Duration NextTry(const std::string& id, const upstream::BilledResult<std::string>& result);
  // For an answer that this process may not write any more as the task's owner: writes it as the proof that settles
  // the doubt.
  bool Settle(const std::string& id, TaskWriter::Change merge, const std::shared_ptr<base::CancelToken>& until);
  // Writes it until the end of the stop's grace. False: it was not written.
  bool WriteResult(const std::string& id, const upstream::BilledResult<std::string>& result,
                   const std::shared_ptr<base::CancelToken>& until);

  const TrackerOptions options_;
  const TrackerDependencies with_;
  const TaskObservers observers_;
  WaitTeller& waits_;
  TaskSchedule& schedule_;
  std::atomic<bool> stopped_{false};
  base::Mutex mutex_;
  std::multiset<std::string> sending_ ABSL_GUARDED_BY(mutex_);  // Ids.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_SUBMISSION_H_

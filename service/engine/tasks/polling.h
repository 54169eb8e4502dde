#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_POLLING_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_POLLING_H_

#include <optional>
#include <string>

#include "service/engine/dispatch/request_slot.h"
#include "service/engine/tasks/task_schedule.h"
#include "service/engine/tasks/tracker_options.h"
#include "service/model/generation_task.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// Polls of submitted tasks: each waits for its turn at the vendor, on no thread; what the vendor says is merged and
// written; a task that is unknown there for too long is LOST, one that is overdue EXPIRED. Thread-safe.
//
// Tests: tests/unit/engine/tasks/task_tracker_test.cc, tests/unit/engine/tasks/task_turns_test.cc,
// tests/unit/engine/tasks/result_missing_test.cc
class Polling {
 public:
  Polling(const TrackerOptions& options, const TrackerDependencies& with, TaskSchedule& schedule)
      : patience_{options.lost, options.result_patience, options.last_word}, with_(with), schedule_(schedule) {}

  // Has a task that is handed out wait for the turn of its poll.
  void Await(const std::string& id, VendorAccount& account);

  // A submitted task that is handed out, but not for a poll. `missed_turn`: its turn did not come.
  void Check(const model::GenerationTask& task, bool missed_turn, VendorAccount& account);

 private:
  // On the upstream's threads.
  void OnTurn(const std::string& id, VendorAccount& account, RequestSlot& slot);
  void Poll(const model::GenerationTask& task, VendorAccount& account, RequestSlot& slot);
  void Lose(const std::string& id);
  // A success without a result is told by `state_message`, and becomes a failure when it lasts.
  void JudgeResult(const std::optional<absl::Time>& awaited_until, upstream::TaskReport& report);
  // Learns from a task that has ended. `expected`: a notification told of it.
  void Learn(const upstream::TaskReport& report, const model::GenerationTask& task, bool expected,
             VendorAccount& account);
  // Whether an overdue task is kept, for nobody could ask for it yet.
  bool MayStillTell(const model::GenerationTask& task, bool polled, VendorAccount& account);

  const OpenTask::Patience patience_;
  const TrackerDependencies with_;
  TaskSchedule& schedule_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_POLLING_H_

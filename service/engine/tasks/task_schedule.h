#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_SCHEDULE_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_SCHEDULE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/engine/dispatch/poll_pace.h"
#include "service/engine/dispatch/usual_duration.h"
#include "service/engine/dispatch/webhook_trust.h"
#include "service/engine/tasks/task_observers.h"
#include "service/engine/tasks/tracker_options.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// How a step of an open task ends: what came of it is written, and its next step gets a time; one that has ended leaves
// the table. Every step ends by one of these methods, or by TaskTable::Schedule or AwaitTurn. Thread-safe; blocks for
// the store.
//
// Tests: tests/unit/engine/tasks/task_tracker_test.cc, tests/unit/engine/tasks/task_turns_test.cc
class TaskSchedule {
 public:
  TaskSchedule(const TrackerOptions& options, const TrackerDependencies& with, TaskAudience& audience);

  // No step begins any more, and no write is tried again.
  void Stop() { stopping_->Cancel(); }
  bool stopped() { return stopping_->cancelled(); }

  // Whether the task is this process's to send and to poll. While it is not, its steps are put off: the process may be
  // about to lose the task, or to learn that it has not.
  bool Owns(const std::string& id) { return with_.store.ownership().OwnsId(id); }

  // The task, if it is still open. nullopt: it is not, or cannot be read, and its step has ended.
  std::optional<model::GenerationTask> ReadOpenOrEndStep(const std::string& id);

  // Writes the task as TaskWriter::WriteSurely, until the process stops or, with `until`, until that is cancelled.
  // Then as Schedule. False: it was not written; then it is due in a second, unless the store failed to the end.
  bool Finish(const std::string& id, TaskWriter::Condition condition, TaskWriter::Change change,
              absl::Duration at_least = absl::ZeroDuration(),
              const std::shared_ptr<base::CancelToken>& until = nullptr);
  // EXPIRED, unless its state has changed.
  void GiveUp(const model::GenerationTask& task);

  // The next step by the state: a poll at its pace, a submission; not before `at_least` is over; or the deadline.
  void Schedule(const model::GenerationTask& task, absl::Duration at_least = absl::ZeroDuration());
  // The next poll: at its pace, or soon, whatever makes polls rare.
  void SchedulePoll(const model::GenerationTask& task, const TaskTable::Standing& standing, absl::Duration at_least);
  void SchedulePollSoon(const model::GenerationTask& task, const TaskTable::Standing& standing,
                        absl::Duration at_least);
  // A check after `pause`, whatever happens meanwhile.
  void ScheduleIn(const std::string& id, absl::Duration pause);
  // A poll of an overdue task, for a last answer.
  void ScheduleLastWord(const std::string& id, absl::Duration at_least);

  // What makes polls rare.
  WebhookTrust& trust() { return trust_; }
  UsualDurations& usual() { return usual_; }

 private:
  PollFacts FactsOf(const model::GenerationTask& task, const TaskTable::Standing& standing);
  // `usual`: the pause if nothing were known of how long such tasks take.
  void Plan(const model::GenerationTask& task, absl::Duration pause, absl::Duration if_watched, absl::Duration usual,
            absl::Duration at_least);

  const PollPace pace_;
  const TrackerDependencies with_;
  TaskAudience& audience_;
  WebhookTrust trust_;
  UsualDurations usual_;
  const std::shared_ptr<base::CancelToken> stopping_ = std::make_shared<base::CancelToken>();
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_SCHEDULE_H_

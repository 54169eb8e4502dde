#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_TASK_PLAN_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_TASK_PLAN_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"

// The whole life of a task is decided when it is created: what it is at a later time is a pure function.
namespace seedance::sandbox {

// How a task goes; chosen by a magic word in the prompt.
enum class Course {
  kPlain,        // Succeeds.
  kModerated,    // [moderation]: the output is blocked.
  kFailed,       // [fail]: a generic failure.
  kFace,         // [face]: a real person was found in a reference.
  kStuck,        // [stuck]: runs for ever.
  kForgotten,    // [forget]: the vendor no longer knows it after half of its time.
  kLegacy,       // [legacy]: succeeds, the link is found only in fail_reason.
  kNoUrl,        // [nourl]: succeeds without any link.
  kUnknownWord,  // [unknown]: an undocumented status word while it runs, then succeeds.
  kCancelled,    // Taken back before it began; counts as failed.
};

enum class Stage { kNotStarted, kQueued, kRunning, kSucceeded, kFailed };

struct TaskPlan {
  Course course = Course::kPlain;
  absl::Time submitted;
  absl::Time queued;   // 5 % of the way.
  absl::Time started;  // 20 % of the way.
  absl::Time ended;    // InfiniteFuture: never.
};

// True when the prompt asks to be refused at creation: [input-moderation].
bool AsksForInputModeration(std::string_view prompt);

TaskPlan PlanTask(std::string_view prompt, absl::Time now, absl::Duration total);

// The plan of a task that is taken back at `now`.
void CancelPlan(absl::Time now, TaskPlan& plan);

// What Ark says of a failed task; both gateways stand before it.
struct FailureCause {
  std::string code;
  std::string message;
};
FailureCause CauseOf(Course course);

Stage StageAt(const TaskPlan& plan, absl::Time now);

// 0, 10, 50..99 rising while it runs, 100 at either end.
int PercentAt(const TaskPlan& plan, absl::Time now);

// True when the vendor has forgotten the task.
bool ForgottenAt(const TaskPlan& plan, absl::Time now);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_TASK_PLAN_H_

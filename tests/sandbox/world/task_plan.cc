#include "tests/sandbox/world/task_plan.h"

#include <algorithm>
#include <utility>

namespace seedance::sandbox {
namespace {

constexpr std::pair<std::string_view, Course> kMagicWords[] = {
    {"[moderation]", Course::kModerated}, {"[fail]", Course::kFailed},   {"[stuck]", Course::kStuck},
    {"[forget]", Course::kForgotten},     {"[legacy]", Course::kLegacy}, {"[nourl]", Course::kNoUrl},
    {"[unknown]", Course::kUnknownWord},  {"[face]", Course::kFace},
};

bool Has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

Course CourseOf(std::string_view prompt) {
  for (const auto& [word, course] : kMagicWords) {
    if (Has(prompt, word)) return course;
  }
  return Course::kPlain;
}

// A task that never ends has no end to rise towards: it rises within the time that it ran so far, bounded.
absl::Duration RunningTime(const TaskPlan& plan) {
  if (plan.ended != absl::InfiniteFuture()) return plan.ended - plan.started;
  return (plan.started - plan.submitted) * 4;
}

}  // namespace

bool AsksForInputModeration(std::string_view prompt) { return Has(prompt, "[input-moderation]"); }

TaskPlan PlanTask(std::string_view prompt, absl::Time now, absl::Duration total) {
  TaskPlan plan;
  plan.course = CourseOf(prompt);
  plan.submitted = now;
  plan.queued = now + total * 0.05;
  plan.started = now + total * 0.2;
  plan.ended = plan.course == Course::kStuck ? absl::InfiniteFuture() : now + total;
  return plan;
}

void CancelPlan(absl::Time now, TaskPlan& plan) {
  plan.course = Course::kCancelled;
  plan.queued = plan.started = plan.ended = now;
}

FailureCause CauseOf(Course course) {
  if (course == Course::kModerated) {
    return {"OutputVideoSensitiveContentDetected",
            "The request failed because the output video may contain sensitive information."};
  }
  if (course == Course::kFace) {
    return {"InputImageSensitiveContentDetected.PrivacyInformation",
            "The request failed because the input image may contain real person."};
  }
  return {"InternalServiceError", "The service encountered an unexpected internal error."};
}

Stage StageAt(const TaskPlan& plan, absl::Time now) {
  if (now < plan.queued) return Stage::kNotStarted;
  if (now < plan.started) return Stage::kQueued;
  if (now < plan.ended) return Stage::kRunning;
  const bool failed = plan.course == Course::kModerated || plan.course == Course::kFailed ||
                      plan.course == Course::kFace || plan.course == Course::kCancelled;
  return failed ? Stage::kFailed : Stage::kSucceeded;
}

int PercentAt(const TaskPlan& plan, absl::Time now) {
  switch (StageAt(plan, now)) {
    case Stage::kNotStarted:
      return 0;
    case Stage::kQueued:
      return 10;
    case Stage::kRunning:
      break;
    case Stage::kSucceeded:
    case Stage::kFailed:
      return 100;
  }
  const double way = absl::FDivDuration(now - plan.started, RunningTime(plan));
  return std::min(99, 50 + static_cast<int>(50 * std::min(way, 1.0)));
}

bool ForgottenAt(const TaskPlan& plan, absl::Time now) {
  return plan.course == Course::kForgotten && now >= plan.submitted + (plan.ended - plan.submitted) / 2;
}

}  // namespace seedance::sandbox

#ifndef SEEDANCE_TESTS_UNIT_ENGINE_TASKS_REPORT_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_TASKS_REPORT_H_

#include <optional>

#include "service/upstream/upstream.h"

namespace seedance::testing {

// What a vendor says of a task in this state.
inline upstream::TaskReport Report(model::TaskState state, std::optional<int> progress = std::nullopt) {
  upstream::TaskReport report;
  report.state = state;
  report.progress_percent = progress;
  if (state == model::TaskState::kSucceeded) report.result.video_uri = "https://vendor.example/v.mp4";
  return report;
}

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_TASKS_REPORT_H_

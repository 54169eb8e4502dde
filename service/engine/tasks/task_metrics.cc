#include "service/engine/tasks/task_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace seedance::engine {
namespace {

using model::TaskState;

constexpr std::array<TaskState, 5> kOpenStates = {TaskState::kPending, TaskState::kSubmitting, TaskState::kQueued,
                                                  TaskState::kRunning, TaskState::kSubmitUnknown};

// The gauges of one upstream. All are there from the start, so that a query finds zeros instead of nothing.
struct UpstreamGauges {
  base::Gauge oldest;
  std::map<TaskState, base::Gauge> open;
};

}  // namespace

void TellOpenTasksAtScrape(base::Metrics& metrics, const std::vector<std::string>& upstreams, TaskTable& table,
                           base::Clock& clock) {
  std::map<std::string, UpstreamGauges> all;
  for (const std::string& upstream : upstreams) {
    UpstreamGauges& gauges = all[upstream];
    gauges.oldest = metrics.Gauge("seedance_oldest_poll_age_seconds",
                                  "Longest time since the vendor last reported on a submitted task; 0: none.",
                                  {{"upstream", upstream}});
    for (const TaskState state : kOpenStates) {
      gauges.open[state] = metrics.Gauge("seedance_open_tasks", "Tasks that have not ended, by state.",
                                         {{"upstream", upstream}, {"state", std::string(TaskStateName(state))}});
    }
  }
  metrics.AtScrape([all, &table, &clock]() mutable {
    std::map<std::string, TaskTable::UpstreamSurvey> found = table.Survey();
    const absl::Time now = clock.Now();
    for (auto& [upstream, gauges] : all) {
      TaskTable::UpstreamSurvey& survey = found[upstream];
      const absl::Duration age = std::max(now - survey.oldest_answer, absl::ZeroDuration());
      gauges.oldest.Set(absl::ToDoubleSeconds(age));
      for (auto& [state, gauge] : gauges.open) gauge.Set(static_cast<double>(survey.by_state[state]));
    }
  });
}

base::Histogram TaskWriteTimes(base::Metrics& metrics) {
  return metrics.Histogram("seedance_task_write_seconds", "Time to write a change of a task to the store.",
                           {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5});
}

}  // namespace seedance::engine

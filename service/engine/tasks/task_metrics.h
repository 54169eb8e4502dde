#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_METRICS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_METRICS_H_

#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/engine/tasks/task_table.h"

namespace seedance::engine {

// Has the number of open tasks by upstream and state, and the age of the oldest poll by upstream, computed at each
// scrape. `table` and `clock` outlive the last scrape.
//
// Tests: tests/e2e/rate_test.cc
void TellOpenTasksAtScrape(base::Metrics& metrics, const std::vector<std::string>& upstreams, TaskTable& table,
                           base::Clock& clock);

// Of writes of tasks.
base::Histogram TaskWriteTimes(base::Metrics& metrics);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_METRICS_H_

#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_METRICS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_METRICS_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/engine/tasks/task_table.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// Has the number of open tasks by upstream and state, and the age of the oldest poll by upstream, computed at each
// scrape. `table` and `clock` outlive the last scrape.
//
// Tests: tests/e2e/rate_test.cc
void TellOpenTasksAtScrape(base::Metrics& metrics, const std::vector<std::string>& upstreams, TaskTable& table,
                           base::Clock& clock);

// What operators see of tasks: how many, how they ended, what they cost. Default: nobody looks. Thread-safe.
//
// Tests: tests/unit/engine/tasks/task_metrics_test.cc
class TaskMetrics {
 public:
  TaskMetrics() = default;
  // `max_tenants`: as many have series of their own, those that come first; all others share the tenant `other`. 0: no
  // tenant has.
  TaskMetrics(base::Metrics& metrics, size_t max_tenants);

  void Created(const model::GenerationTask& task);
  // A change of a task that was in state `before` was written, which took so long. `accepted`: by it the vendor's id
  // became known.
  void Written(model::TaskState before, bool accepted, const model::GenerationTask& after, absl::Duration took);
  // The vendor's log says what a task cost; before, it said something else, or nothing.
  void Settled(const model::GenerationTask& task, const model::Cost& before);

 private:
  // The label of a tenant; empty: it has none.
  std::string LabelOf(const std::string& tenant);
  void Ended(const model::GenerationTask& task);
  void Accepted(const model::GenerationTask& task);

  base::Metrics* metrics_ = nullptr;
  size_t max_tenants_ = 0;
  base::Histogram write_times_;
  base::Mutex mutex_;
  std::set<std::string> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_METRICS_H_

#include "service/engine/tasks/task_metrics.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <utility>

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

// Label of tenants beyond the maximum.
constexpr char kOtherTenants[] = "other";

double InUnits(int64_t micros) { return static_cast<double>(micros) / 1e6; }

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
    gauges.oldest = metrics.Gauge("seedance_oldest_poll_age_seconds", {{"upstream", upstream}});
    for (const TaskState state : kOpenStates) {
      gauges.open[state] =
          metrics.Gauge("seedance_open_tasks", {{"upstream", upstream}, {"state", std::string(TaskStateName(state))}});
    }
  }
  base::Gauge in_doubt = metrics.Gauge("seedance_in_doubt", {{"kind", "task"}});
  base::Gauge oldest_doubt = metrics.Gauge("seedance_in_doubt_oldest_seconds", {{"kind", "task"}});
  metrics.AtScrape([all, in_doubt, oldest_doubt, &table, &clock]() mutable {
    std::map<std::string, TaskTable::UpstreamSurvey> found = table.Survey();
    const absl::Time now = clock.Now();
    int64_t doubts = 0;
    absl::Time doubt = now;
    for (auto& [upstream, gauges] : all) {
      TaskTable::UpstreamSurvey& survey = found[upstream];
      doubts += survey.by_state[TaskState::kSubmitUnknown];
      doubt = std::min(doubt, survey.oldest_doubt);
      const absl::Duration age = std::max(now - survey.oldest_answer, absl::ZeroDuration());
      gauges.oldest.Set(absl::ToDoubleSeconds(age));
      for (auto& [state, gauge] : gauges.open) gauge.Set(static_cast<double>(survey.by_state[state]));
    }
    in_doubt.Set(static_cast<double>(doubts));
    oldest_doubt.Set(absl::ToDoubleSeconds(now - doubt));
  });
}

TaskMetrics::TaskMetrics(base::Metrics& metrics, size_t max_tenants)
    : metrics_(&metrics), max_tenants_(max_tenants), write_times_(metrics.Histogram("seedance_task_write_seconds")) {}

std::string TaskMetrics::LabelOf(const std::string& tenant) {
  if (max_tenants_ == 0) return "";
  base::MutexLock lock(mutex_);
  if (tenants_.size() < max_tenants_) tenants_.insert(tenant);
  return tenants_.count(tenant) > 0 ? tenant : kOtherTenants;
}

void TaskMetrics::Created(const GenerationTask& task) {
  if (metrics_ == nullptr) return;
  const model::TaskRequest& request = task.request;
  metrics_->Counter("seedance_tasks_created_total", {{"upstream", request.upstream}, {"model", request.model}}).Add();
  const std::string tenant = LabelOf(task.tenant);
  if (!tenant.empty()) metrics_->Counter("seedance_tenant_tasks_created_total", {{"tenant", tenant}}).Add();
}

void TaskMetrics::Written(TaskState before, bool accepted, const GenerationTask& after, absl::Duration took) {
  if (metrics_ == nullptr) return;
  write_times_.Observe(absl::ToDoubleSeconds(took));
  if (accepted) Accepted(after);
  if (before != after.state && model::IsTerminal(after.state)) Ended(after);
}

void TaskMetrics::Accepted(const GenerationTask& task) {
  const model::Cost& cost = task.estimated_cost_most.currency.empty() ? task.estimated_cost : task.estimated_cost_most;
  if (cost.currency.empty()) return;
  metrics_->Counter("seedance_estimated_cost_total", {{"upstream", task.request.upstream}, {"currency", cost.currency}})
      .Add(InUnits(cost.micros));
  const std::string tenant = LabelOf(task.tenant);
  if (tenant.empty()) return;
  metrics_->Counter("seedance_tenant_estimated_cost_total", {{"tenant", tenant}, {"currency", cost.currency}})
      .Add(InUnits(cost.micros));
}

void TaskMetrics::Ended(const GenerationTask& task) {
  const model::TaskRequest& request = task.request;
  const std::string state(model::TaskStateName(task.state));
  const bool failed = task.error.reason != base::Reason::kUnspecified;
  metrics_
      ->Counter("seedance_tasks_ended_total",
                {{"upstream", request.upstream},
                 {"model", request.model},
                 {"state", state},
                 {"reason", failed ? std::string(base::ReasonName(task.error.reason)) : ""}})
      .Add();
  if (task.state == TaskState::kSucceeded) {
    metrics_->Histogram("seedance_task_seconds", {{"upstream", request.upstream}, {"model", request.model}})
        .Observe(std::max(0.0, absl::ToDoubleSeconds(task.end_time - task.create_time)));
  }
  const std::string tenant = LabelOf(task.tenant);
  if (tenant.empty()) return;
  metrics_->Counter("seedance_tenant_tasks_ended_total", {{"tenant", tenant}, {"state", state}}).Add();
}

void TaskMetrics::Settled(const GenerationTask& task, const model::Cost& before) {
  if (metrics_ == nullptr) return;
  const model::Cost& cost = task.settled_cost;
  const int64_t more = cost.micros - (before.currency == cost.currency ? before.micros : 0);
  metrics_
      ->Counter(more < 0 ? "seedance_refunded_cost_total" : "seedance_settled_cost_total",
                {{"upstream", task.request.upstream}, {"currency", cost.currency}})
      .Add(InUnits(std::abs(more)));
}

}  // namespace seedance::engine

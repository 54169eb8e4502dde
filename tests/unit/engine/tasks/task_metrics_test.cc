#include "service/engine/tasks/task_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "service/base/error.h"

namespace seedance::engine {
namespace {

using model::TaskState;
using ::testing::HasSubstr;
using ::testing::Not;

model::GenerationTask TaskOf(const std::string& tenant = "a") {
  model::GenerationTask task;
  task.id = "0197b3c8-0000-7000-8000-000000000001";
  task.tenant = tenant;
  task.request.upstream = "fake";
  task.request.model = "seedance";
  task.create_time = absl::FromUnixSeconds(1'800'000'000);
  return task;
}

class TaskMetricsTest : public ::testing::Test {
 protected:
  std::string Text() { return registry_.Scrape(); }

  base::Metrics registry_;
  TaskMetrics metrics_{registry_, /*max_tenants=*/1};
};

TEST_F(TaskMetricsTest, EndsAreCountedByStateAndReason) {
  metrics_.Created(TaskOf());
  model::GenerationTask failed = TaskOf();
  failed.state = TaskState::kFailed;
  failed.error.reason = base::Reason::kUpstreamFailed;
  metrics_.Written(TaskState::kRunning, false, failed, absl::Milliseconds(2));
  metrics_.Written(TaskState::kFailed, false, failed, absl::Milliseconds(2));
  model::GenerationTask ended = TaskOf();
  ended.state = TaskState::kSucceeded;
  ended.end_time = ended.create_time + absl::Seconds(50);
  metrics_.Written(TaskState::kRunning, false, ended, absl::Milliseconds(2));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("seedance_tasks_created_total{model=\"seedance\",upstream=\"fake\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seedance_tasks_ended_total{model=\"seedance\",reason=\"UPSTREAM_FAILED\","
                              "state=\"FAILED\",upstream=\"fake\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seedance_tasks_ended_total{model=\"seedance\",reason=\"\",state=\"SUCCEEDED\","
                              "upstream=\"fake\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seedance_task_seconds_bucket{model=\"seedance\",upstream=\"fake\",le=\"60\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seedance_task_write_seconds_count 3\n"));
}

TEST_F(TaskMetricsTest, AnEstimateCountsOnceItsTaskIsAcceptedAndItsUpperBoundIfItHasBounds) {
  model::GenerationTask task = TaskOf();
  task.state = TaskState::kQueued;
  task.estimated_cost = {"USD", 1'500'000};
  metrics_.Written(TaskState::kSubmitting, true, task, absl::ZeroDuration());
  metrics_.Written(TaskState::kQueued, false, task, absl::ZeroDuration());
  task.estimated_cost = {};
  task.estimated_cost_least = {"USD", 1'000'000};
  task.estimated_cost_most = {"USD", 2'000'000};
  metrics_.Written(TaskState::kSubmitting, true, task, absl::ZeroDuration());
  EXPECT_THAT(Text(), HasSubstr("seedance_estimated_cost_total{currency=\"USD\",upstream=\"fake\"} 3.5\n"));
}

TEST_F(TaskMetricsTest, ACorrectionOfASettledCostIsARefundOrMore) {
  model::GenerationTask task = TaskOf();
  task.settled_cost = {"USD", 2'000'000};
  metrics_.Settled(task, {});
  task.settled_cost.micros = 500'000;
  metrics_.Settled(task, {"USD", 2'000'000});
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("seedance_settled_cost_total{currency=\"USD\",upstream=\"fake\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("seedance_refunded_cost_total{currency=\"USD\",upstream=\"fake\"} 1.5\n"));
}

TEST_F(TaskMetricsTest, TenantsBeyondTheMaximumShareOne) {
  for (const char* tenant : {"a", "b", "c", "a"}) metrics_.Created(TaskOf(tenant));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("seedance_tenant_tasks_created_total{tenant=\"a\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("seedance_tenant_tasks_created_total{tenant=\"other\"} 2\n"));
  base::Metrics quiet;
  TaskMetrics none(quiet, 0);
  none.Created(TaskOf());
  EXPECT_THAT(quiet.Scrape(), Not(HasSubstr("tenant")));
}

TEST(NoTaskMetrics, MeasureNothing) {
  TaskMetrics metrics;
  metrics.Created(TaskOf());
  metrics.Written(TaskState::kPending, true, TaskOf(), absl::ZeroDuration());
  metrics.Settled(TaskOf(), {});
}

}  // namespace
}  // namespace seedance::engine

#include "service/engine/watch/task_filter.h"

#include <gtest/gtest.h>

#include <set>

namespace seedance::engine {
namespace {

using model::TaskState;

model::GenerationTask Task(TaskState state, std::map<std::string, std::string> labels = {}) {
  model::GenerationTask task;
  task.state = state;
  task.request.labels = std::move(labels);
  return task;
}

TEST(TaskFilterTest, WithoutConditionsEveryTaskMatches) {
  EXPECT_EQ(FitOf({"acme", {}, {}}, Task(TaskState::kLost, {{"a", "1"}})), TaskFit::kMatches);
}

TEST(TaskFilterTest, AnotherStateMayHaveMatchedBefore) {
  const TaskFilter filter = {"acme", {TaskState::kQueued, TaskState::kRunning}, {}};
  EXPECT_EQ(FitOf(filter, Task(TaskState::kRunning)), TaskFit::kMatches);
  EXPECT_EQ(FitOf(filter, Task(TaskState::kSucceeded)), TaskFit::kLeft);
}

TEST(TaskFilterTest, OtherLabelsNeverMatchedWhateverTheState) {
  const TaskFilter filter = {"acme", {TaskState::kRunning}, {{"show", "one"}, {"shot", "7"}}};
  EXPECT_EQ(FitOf(filter, Task(TaskState::kRunning, {{"show", "one"}, {"shot", "7"}, {"x", ""}})), TaskFit::kMatches);
  EXPECT_EQ(FitOf(filter, Task(TaskState::kQueued, {{"show", "one"}, {"shot", "7"}})), TaskFit::kLeft);
  EXPECT_EQ(FitOf(filter, Task(TaskState::kRunning, {{"show", "one"}})), TaskFit::kForeign);
  EXPECT_EQ(FitOf(filter, Task(TaskState::kRunning, {{"show", "one"}, {"shot", "8"}})), TaskFit::kForeign);
}

TEST(TaskFilterTest, OtherTasksThanTheNamedOnesNeverMatch) {
  const TaskFilter filter = {"acme", {TaskState::kRunning}, {}, {"a", "b"}};
  model::GenerationTask task = Task(TaskState::kRunning);
  EXPECT_EQ(FitOf(filter, task), TaskFit::kForeign);
  task.id = "b";
  EXPECT_EQ(FitOf(filter, task), TaskFit::kMatches);
  task.state = TaskState::kLost;
  EXPECT_EQ(FitOf(filter, task), TaskFit::kLeft);
  EXPECT_TRUE(MayHold(filter, "a"));
  EXPECT_FALSE(MayHold(filter, "c"));
  EXPECT_TRUE(MayHold({"acme", {}, {}}, "c"));
}

TEST(TaskFilterTest, FiltersThatMeanTheSameHaveOneScope) {
  const TaskFilter a = {"acme", {TaskState::kQueued, TaskState::kRunning, TaskState::kQueued}, {{"k", "v"}}};
  const TaskFilter b = {"acme", {TaskState::kRunning, TaskState::kQueued}, {{"k", "v"}}};
  EXPECT_EQ(ScopeOf(a), ScopeOf(b));
}

TEST(TaskFilterTest, NoTwoOtherFiltersHave) {
  const std::vector<TaskFilter> filters = {
      {"acme", {}, {}},
      {"acme2", {}, {}},
      {"acme", {TaskState::kPending}, {}},
      {"acme", {TaskState::kLost}, {}},  // 10, not 1 and 0.
      {"acme", {TaskState::kPending, TaskState::kLost}, {}},
      {"acme", {}, {{"k", "v"}}},
      {"acme", {}, {{"k", ""}}},
      {"acme", {}, {{"kv", ""}}},
      {"acme", {}, {{"k", "v|1:x,1:y,"}}},  // Looks like two labels.
      {"acme", {}, {{"k", "v"}, {"x", "y"}}},
      {"acme", {}, {}, {"a"}},
      {"acme", {}, {}, {"b"}},
      {"acme", {}, {}, {"a", "b"}},
      {"acme", {}, {{"a", "b"}}, {}},
      {"acme", {}, {{"k", "v"}}, {"a"}},
  };
  std::set<std::string> scopes;
  for (const TaskFilter& filter : filters) scopes.insert(ScopeOf(filter));
  EXPECT_EQ(scopes.size(), filters.size());
}

}  // namespace
}  // namespace seedance::engine

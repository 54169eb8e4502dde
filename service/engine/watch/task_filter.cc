#include "service/engine/watch/task_filter.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"

namespace seedance::engine {
namespace {

// With its length in front, so that no text can pretend to be two.
void AppendText(const std::string& text, std::string& scope) { absl::StrAppend(&scope, text.size(), ":", text, ","); }

}  // namespace

bool MayHold(const TaskFilter& filter, const std::string& id) { return filter.ids.empty() || filter.ids.count(id) > 0; }

TaskFit FitOf(const TaskFilter& filter, const model::GenerationTask& task) {
  if (!MayHold(filter, task.id)) return TaskFit::kForeign;
  for (const auto& [key, value] : filter.labels) {
    const auto label = task.request.labels.find(key);
    if (label == task.request.labels.end() || label->second != value) return TaskFit::kForeign;
  }
  if (filter.states.empty()) return TaskFit::kMatches;
  const bool listed = std::find(filter.states.begin(), filter.states.end(), task.state) != filter.states.end();
  return listed ? TaskFit::kMatches : TaskFit::kLeft;
}

std::string ScopeOf(const TaskFilter& filter) {
  std::string scope = "generationTasks|";
  AppendText(filter.tenant, scope);
  for (const model::TaskState state : std::set<model::TaskState>(filter.states.begin(), filter.states.end())) {
    absl::StrAppend(&scope, "|", static_cast<int>(state));
  }
  for (const auto& [key, value] : filter.labels) {
    scope += "|";
    AppendText(key, scope);
    AppendText(value, scope);
  }
  if (!filter.ids.empty()) scope += "|ids";
  for (const std::string& id : filter.ids) AppendText(id, scope);
  return scope;
}

}  // namespace seedance::engine

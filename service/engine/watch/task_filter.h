#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FILTER_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FILTER_H_

#include <string>

#include "service/model/generation_task.h"
#include "service/store/store.h"

namespace seedance::engine {

using TaskFilter = store::Store::TaskFilter;

// What a changed task means for a reader of the filter. Pure functions.
//
// Tests: tests/unit/engine/watch/task_filter_test.cc
enum class TaskFit {
  kForeign,  // It never matched and never will: labels do not change.
  kLeft,     // It does not match now, but may have matched before: states change.
  kMatches,
};

// Whether a task with this id, of which nothing else is known (it was deleted), may ever have matched.
bool MayHold(const TaskFilter& filter, const std::string& id);

// `task` belongs to the filter's tenant.
TaskFit FitOf(const TaskFilter& filter, const model::GenerationTask& task);

// Equal for filters that mean the same, different for all others: the scope of their resume tokens.
std::string ScopeOf(const TaskFilter& filter);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FILTER_H_

#ifndef SEEDANCE_TESTS_UNIT_ENGINE_TASKS_TASK_TRACKER_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_TASKS_TASK_TRACKER_FIXTURE_H_

#include <string>

#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/tasks/report.h"

namespace seedance::testing {

class TaskTrackerTest : public EngineTest {
 protected:
  // One thread a pool, so that FinishSteps tells the end of a step.
  TaskTrackerTest() { threads_ = 1; }

  // Moves the clock far enough for one poll of a submitted task, but not for two, and waits for it.
  ::testing::AssertionResult OnePoll() {
    const int before = vendor_.get_task.calls();
    clock_.Advance(absl::Seconds(17));
    if (!Called(vendor_.get_task, before + 1)) return ::testing::AssertionFailure() << "no poll";
    FinishSteps();
    return ::testing::AssertionSuccess();
  }

  model::GenerationTask Stored(const std::string& id) { return *store_->GetTask(id); }
  std::string VendorId(const std::string& id) { return Stored(id).upstream_task_id; }
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_TASKS_TASK_TRACKER_FIXTURE_H_

#ifndef SEEDANCE_TESTS_UNIT_ENGINE_WATCH_TASK_FEEDS_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_WATCH_TASK_FEEDS_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "service/engine/watch/task_feeds.h"
#include "tests/unit/engine/dashboard.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::engine {

using model::GenerationTask;
using model::TaskState;
using testing::Dashboard;
using testing::Eventually;
using testing::kOther;
using testing::kTenant;
using testing::ReasonOf;
using Texts = std::vector<std::string>;

// Feeds alone, over a store.
class TaskFeedsTest : public ::testing::Test {
 protected:
  TaskFeedsTest() { Restart(); }

  // As a new process over the same store.
  void Restart() {
    feeds_.reset();
    store_.reset();
    store_ = testing::OpenStore(dir_.File("store.db"));
    tokens_ = std::make_unique<ResumeTokens>(store_->epoch());
    feeds_ = std::make_unique<TaskFeeds>(options_, *store_, *tokens_);
  }

  GenerationTask Add(const std::string& id, const std::string& tenant = kTenant, TaskState state = TaskState::kPending,
                     std::map<std::string, std::string> labels = {}, size_t prompt_bytes = 10) {
    GenerationTask task;
    task.id = id;
    task.tenant = tenant;
    task.state = state;
    task.request.upstream = "fake";
    task.request.labels = std::move(labels);
    task.request.prompt = std::string(prompt_bytes, 'p');
    task.create_time = task.update_time = absl::FromUnixSeconds(1'800'000'000) + absl::Milliseconds(added_++);
    model::JournalEntry call;
    call.key = {tenant, "CreateGenerationTask", id};
    call.state = model::JournalState::kDone;
    call.resource_name = task.name();
    call.create_time = call.update_time = task.create_time;
    const auto begun = store_->BeginEntry(call, &task);
    EXPECT_TRUE(begun.ok()) << begun.status();
    return *begun->task;
  }

  int64_t Change(const std::string& id, TaskState state = TaskState::kRunning) {
    const auto changed = store_->UpdateTask(id, [&](GenerationTask& task) {
      task.state = state;
      return absl::OkStatus();
    });
    EXPECT_TRUE(changed.ok()) << changed.status();
    return changed->revision;
  }

  void Delete(const std::string& id) {
    EXPECT_TRUE(store_
                    ->DeleteTask(id, absl::FromUnixSeconds(1'800'000'000),
                                 [](const GenerationTask&) { return absl::OkStatus(); })
                    .ok());
  }

  // Makes the change known and has the dashboard take what comes until `done`.
  template <typename Done>
  bool Follow(Dashboard& dashboard, Done done) {
    feeds_->Changed(kTenant);
    return Eventually([&] {
      dashboard.TakeAll();
      return done();
    });
  }

  static TaskFilter All(const std::string& tenant = kTenant) { return {tenant, {}, {}}; }

  TaskFeeds::Options options_;
  testing::TempDir dir_;
  int added_ = 0;
  std::unique_ptr<testing::FlakyStore> store_;
  std::unique_ptr<ResumeTokens> tokens_;
  std::unique_ptr<TaskFeeds> feeds_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_WATCH_TASK_FEEDS_FIXTURE_H_

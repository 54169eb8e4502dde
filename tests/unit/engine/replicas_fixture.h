#ifndef SEEDANCE_TESTS_UNIT_ENGINE_REPLICAS_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_REPLICAS_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/base/metrics.h"
#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/fake_ownership.h"

namespace seedance::testing {

using model::GenerationTask;
using model::TaskState;
using store::ShardSet;

inline ShardSet EvenShards() {
  ShardSet even;
  for (size_t i = 0; i < store::kShards; i += 2) even.set(i);
  return even;
}

// One process: its engine, its shards, and its connections to the vendor, whose calls are counted apart.
struct Replica {
  Replica(const std::shared_ptr<store::Store>& shared, const ShardSet& shards, base::Clock& clock, base::Random& random,
          int64_t max_open = 1000, std::shared_ptr<FakeBoard> board = std::make_shared<FakeBoard>())
      : store(shared), ownership(shards, std::move(board)) {
    store.shards = &ownership;
    vendor.profile().cancels_tasks = vendor.profile().webhooks = true;
    std::vector<engine::VendorAccounts::Config> configs(1);
    configs[0].upstream = vendor.MakeUpstream();
    configs[0].max_submits = configs[0].max_polls = configs[0].max_transfers = 2;
    configs[0].breaker.failures = 3;
    engine::Engine::Options options;
    options.webhooks = {{"token", "fake"}};
    options.metrics = &metrics;
    options.task_tracker.poll_interval_watched = absl::Seconds(5);
    options.task_tracker.poll_interval_unwatched = absl::Minutes(1);
    options.tasks.max_open_per_tenant = max_open;
    engine = std::make_unique<engine::Engine>(options, store, std::move(configs), clock, random);
    EXPECT_TRUE(engine->Start().ok());
  }
  ~Replica() { engine->Stop(absl::ZeroDuration()); }

  absl::StatusOr<GenerationTask> Create() {
    engine::CreateTaskParams params;
    params.request.upstream = "fake";
    params.request.prompt = "a cat walks";
    Answer<GenerationTask> answer;
    engine->tasks().Create(Caller(), params, answer.done());
    return answer.Wait();
  }
  absl::StatusOr<GenerationTask> Cancel(const std::string& id) {
    Answer<GenerationTask> answer;
    engine->tasks().Cancel(Caller(), id, /*detach=*/false, answer.done());
    return answer.Wait();
  }
  std::shared_ptr<engine::WatchSession<GenerationTask>> Watch(const std::string& id) {
    Answer<engine::WatchStart<GenerationTask>> answer;
    engine->tasks().Watch(
        Caller(), id, "", [] {}, answer.done());
    return answer.Wait()->session;
  }
  int polls() { return vendor.get_task.calls(); }

  // Whether the metrics have this line.
  bool Shows(const std::string& line) { return absl::StrContains(metrics.Scrape(), line + "\n"); }

  FakeVendor vendor{"fake"};
  base::Metrics metrics;
  FlakyStore store;
  FakeOwnership ownership;
  std::unique_ptr<engine::Engine> engine;
};

class ReplicasTest : public ::testing::Test {
 protected:
  ReplicasTest() : store_(OpenStore(dir_.File("store.db"))) {
    base::SetLogLevel(base::LogLevel::kError);
    one_ = std::make_unique<Replica>(store_->shared(), EvenShards(), clock_, random_, 1000, board_);
    two_ = std::make_unique<Replica>(store_->shared(), ~EvenShards(), clock_, random_, 1000, board_);
  }

  GenerationTask Stored(const std::string& id) { return *store_->GetTask(id); }
  bool Reaches(const std::string& id, TaskState state, absl::Duration step = absl::ZeroDuration()) {
    return Eventually([&] {
      clock_.Advance(step);
      return Stored(id).state == state;
    });
  }
  // A task of `replica` that the vendor has. Both replicas reach the same vendor.
  std::string Submitted(Replica& replica) {
    const absl::StatusOr<GenerationTask> task = replica.Create();
    EXPECT_TRUE(task.ok()) << task.status();
    EXPECT_TRUE(Reaches(task->id, TaskState::kQueued));
    Report(task->id, TaskState::kQueued);
    return task->id;
  }
  void Report(const std::string& id, TaskState state) {
    upstream::TaskReport report;
    report.state = state;
    if (state == TaskState::kSucceeded) report.result.video_uri = "https://vendor.example/v.mp4";
    for (Replica* replica : {one_.get(), two_.get()}) replica->vendor.SetTask(Stored(id).upstream_task_id, report);
  }
  // Moves the clock until `replica` has polled so many times more.
  bool Polls(Replica& replica, int more) {
    const int before = replica.polls();
    return Eventually([&] {
      clock_.Advance(absl::Seconds(1));
      return replica.polls() >= before + more;
    });
  }

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::SeededRandom random_{7};
  std::unique_ptr<FlakyStore> store_;
  std::shared_ptr<FakeBoard> board_ = std::make_shared<FakeBoard>();
  std::unique_ptr<Replica> one_;
  std::unique_ptr<Replica> two_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_REPLICAS_FIXTURE_H_

#ifndef SEEDANCE_TESTS_UNIT_ENGINE_TASKS_TRACKER_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_TASKS_TRACKER_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/tasks/asset_users.h"
#include "service/engine/tasks/task_observers.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_tracker.h"
#include "service/engine/tasks/task_writer.h"
#include "service/engine/tasks/wait_teller.h"
#include "service/engine/tasks/webhooks.h"
#include "tests/testing/fake_upstream.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/engine/flaky_store.h"
#include "tests/unit/engine/tasks/report.h"

namespace seedance::testing {

// What the test does when a task uses or needs an asset, and whether anybody watches a task. Null: nothing, and nobody.
struct TrackerHooks : engine::AssetUseObserver, engine::TaskAudience {
  void OnUsed(const model::Asset& asset, engine::AssetUse use) override {
    if (used) used(asset, use);
  }
  void OnNeeded(const model::Asset& asset) override {
    if (revive) revive(asset);
  }
  bool Watches(const model::GenerationTask& task) override {
    return hub->Count(task.name()) > 0 || (watchers && watchers(task));
  }

  std::function<void(const model::Asset&, engine::AssetUse)> used;
  std::function<void(const model::Asset&)> revive;
  std::function<bool(const model::GenerationTask&)> watchers;
  engine::WatchHub<model::GenerationTask>* hub = nullptr;
};

// A task tracker alone, over the embedded store, a vendor in memory and a clock that stands still. The observers are
// the test's own. One thread a pool, so that Settle can tell the end of all steps.
class TrackerTest : public ::testing::Test {
 protected:
  TrackerTest();
  ~TrackerTest() override;

  void Start(const engine::TaskTracker::Options& options = {});
  void Stop();
  // Stops, reopens the store and starts again.
  void Restart(const engine::TaskTracker::Options& options = {});

  // An asset `fake~<id>` in the store. Returns it as it was written.
  model::Asset PutAsset(const std::string& id, model::AssetState state, const model::Failure& error = {});
  // Edits an asset in the store; nobody is told.
  void EditAsset(const std::string& id, const std::function<void(model::Asset&)>& edit);
  // Edits its state and tells the tracker.
  void SetAsset(const std::string& id, model::AssetState state, const model::Failure& error = {});

  // A request that refers to these assets.
  static model::TaskRequest Using(const std::vector<std::string>& assets);
  static model::TaskRequest Waiting(const std::vector<std::string>& assets);
  static model::TaskRequest Recreating(const std::vector<std::string>& assets);

  // Stores a PENDING task and hands it to the tracker, if that was started. Returns its id.
  std::string AddTask(const model::TaskRequest& request, const std::string& tenant = "acme");
  // Adds a task without assets and waits until the vendor has taken it.
  std::string SubmittedTask();
  model::GenerationTask Stored(const std::string& id);
  std::string VendorId(const std::string& id) { return Stored(id).upstream_task_id; }

  // Waits until every task that is due now had its step, or waits for a turn that does not come now.
  void Settle();
  void Advance(absl::Duration by) {
    clock_.Advance(by);
    Settle();
  }

  // Headers of a webhook with this secret.
  static upstream::WebhookHeaders Saying(const std::string& secret) { return {{"x-secret", secret}}; }
  // A webhook with the right token and secret about the vendor's task.
  engine::WebhookAnswer Webhook(const std::string& upstream_task_id) {
    return webhooks_->Receive("token", Saying("hush"), upstream_task_id);
  }

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::SeededRandom random_{7};
  FakeVendor vendor_{"fake"};
  FakeVendor other_{"other"};  // Has no webhooks.
  size_t threads_ = 1;         // Of each pool.
  double polls_per_second_ = 0;
  double submits_per_second_ = 0;
  engine::Breaker::Options breaker_;
  std::unique_ptr<base::Metrics> metrics_;  // Of the present tracker.
  std::unique_ptr<engine::TaskMetrics> task_metrics_;
  TrackerHooks hooks_;
  std::unique_ptr<FlakyStore> store_;
  std::unique_ptr<engine::WatchHub<model::GenerationTask>> hub_;
  engine::AssetUsers users_;
  std::unique_ptr<engine::TaskTable> table_;
  std::unique_ptr<engine::TaskWriter> writer_;
  std::unique_ptr<engine::WaitTeller> waits_;
  std::unique_ptr<engine::VendorAccounts> accounts_;
  std::unique_ptr<engine::TaskTracker> tracker_;
  std::unique_ptr<engine::Webhooks> webhooks_;

 private:
  int next_id_ = 0;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_TASKS_TRACKER_FIXTURE_H_

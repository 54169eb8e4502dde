#ifndef SEEDANCE_TESTS_UNIT_ENGINE_ENGINE_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_ENGINE_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/base/random.h"
#include "service/engine/engine.h"
#include "service/store/store.h"
#include "tests/testing/eventually.h"
#include "tests/testing/fake_upstream.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/engine/answer.h"
#include "tests/unit/engine/flaky_store.h"

namespace seedance::testing {

inline constexpr char kTenant[] = "acme";
inline constexpr char kOther[] = "other";
inline constexpr char kRequestId[] = "0190f5fe-7c00-7a00-8000-000000000001";

// The embedded store in the file `path`. Aborts the process when it cannot be opened.
std::unique_ptr<FlakyStore> OpenStore(const std::string& path);

// A caller of `tenant` without a deadline.
engine::CallContext Caller(const std::string& tenant = kTenant);

// A reason and what it is said of, for comparison in one line.
base::Reason ReasonOf(const absl::Status& status);
template <typename T>
base::Reason ReasonOf(const absl::StatusOr<T>& answer) {
  return ReasonOf(answer.status());
}
// Paths of the violations of an error.
std::vector<std::string> FieldsOf(const absl::Status& status);

// A whole engine over the embedded store, a vendor in memory and a clock that stands still. The upstream `fake` is
// shared, `own` is dedicated to kTenant; both talk to vendors of their own.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest();
  ~EngineTest() override;

  // Makes and starts the engine.
  void Start(const engine::Engine::Options& options = {});
  // Ends the engine, reopens the store and starts another engine over it.
  void Restart(const engine::Engine::Options& options = {});

  // Blocking use of the use cases.
  absl::StatusOr<model::GenerationTask> CreateTask(const engine::CreateTaskParams& params,
                                                   const std::string& tenant = kTenant);
  absl::StatusOr<model::GenerationTask> GetTask(const std::string& id, const std::string& tenant = kTenant);
  absl::StatusOr<model::GenerationTask> CancelTask(const std::string& id, const std::string& tenant = kTenant,
                                                   bool detach = false);
  absl::Status DeleteTask(const std::string& id, bool allow_missing = false, const std::string& tenant = kTenant);
  absl::StatusOr<engine::ReconciledTask> Reconcile(const engine::ReconcileTaskParams& params,
                                                   const std::string& tenant = kTenant);
  absl::StatusOr<engine::WatchStart<model::GenerationTask>> WatchTask(const std::string& id,
                                                                      const std::string& resume_token = "");
  absl::StatusOr<model::AssetGroup> CreateGroup(const engine::CreateGroupParams& params,
                                                const std::string& tenant = kTenant);
  absl::StatusOr<model::Asset> CreateAsset(const engine::CreateAssetParams& params,
                                           const std::string& tenant = kTenant);
  absl::StatusOr<model::Asset> GetAsset(const model::UpstreamHandle& handle, const std::string& tenant = kTenant);

  // A task that breaks no rule, at upstream `fake`.
  static engine::CreateTaskParams GoodTask();
  // A group in the store that is old enough for the vendor to know it, and the vendor does.
  model::UpstreamHandle OldGroup(const std::string& id = "g", const std::string& tenant = kTenant);
  // An asset in the store, in that state.
  model::UpstreamHandle StoredAsset(const std::string& id, model::AssetState state = model::AssetState::kActive,
                                    model::MediaType type = model::MediaType::kImage,
                                    const std::string& tenant = kTenant);
  // An image in the group, by URL.
  static engine::CreateAssetParams GoodAsset(const model::UpstreamHandle& group, const std::string& display_name);

  // Creates a good task and waits until the vendor has taken it. Its id.
  std::string SubmittedTask();
  // Waits until the stored task is in `state`, with the clock moved by `step` between looks.
  ::testing::AssertionResult Reaches(const std::string& id, model::TaskState state,
                                     absl::Duration step = absl::ZeroDuration());
  ::testing::AssertionResult Reaches(const model::UpstreamHandle& asset, model::AssetState state,
                                     absl::Duration step = absl::ZeroDuration());
  // Waits until `count` calls have come, with the clock moved by `step` between looks.
  template <typename Method>
  static bool Called(Method& method, int count) {
    return Eventually([&] { return method.calls() >= count; });
  }
  // Waits until every task that is due now was handed to a thread. (A task at `own_` that becomes due last shows it.)
  void HandOutDue();
  // Waits until the threads of `vendor_` have ended what they were given before; needs threads_ = 1.
  void FinishSteps();

  size_t threads_ = 4;                 // Of each pool.
  engine::UsageLogOptions usage_log_;  // Of `vendor_`.
  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::SeededRandom random_{7};
  FakeVendor vendor_{"fake"};
  FakeVendor own_{"own"};
  std::unique_ptr<FlakyStore> store_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_ENGINE_FIXTURE_H_

#include "tests/unit/engine/engine_fixture.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/store/sqlite/sqlite_store.h"

namespace seedance::testing {

using model::GenerationTask;

std::unique_ptr<FlakyStore> OpenStore(const std::string& path) {
  store::sqlite::SqliteOptions options;
  options.path = path;
  absl::StatusOr<std::unique_ptr<store::Store>> store = store::sqlite::OpenSqliteStore(options);
  if (!store.ok()) {
    ADD_FAILURE() << store.status();
    std::abort();
  }
  return std::make_unique<FlakyStore>(*std::move(store));
}

engine::CallContext Caller(const std::string& tenant) {
  engine::CallContext context;
  context.tenant = tenant;
  return context;
}

base::Reason ReasonOf(const absl::Status& status) { return base::GetReason(status); }

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const base::FieldViolation& violation : base::GetErrorDetail(status).violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

EngineTest::EngineTest() : store_(OpenStore(dir_.File("store.db"))) { base::SetLogLevel(base::LogLevel::kError); }

EngineTest::~EngineTest() {
  if (engine_ != nullptr) engine_->Stop(absl::ZeroDuration());
}

void EngineTest::Start(const engine::Engine::Options& options) {
  std::vector<engine::VendorAccounts::Config> configs(2);
  vendor_.profile().usage_log = usage_log_.enabled;
  configs[0].upstream = vendor_.MakeUpstream();
  configs[0].usage_log = usage_log_;
  configs[1].upstream = own_.MakeUpstream();
  configs[1].tenants = {kTenant};
  configs[1].dedicated = true;
  for (engine::VendorAccounts::Config& config : configs) {
    config.max_submits = config.max_polls = config.max_transfers = threads_;
  }
  engine_ = std::make_unique<engine::Engine>(options, *store_, std::move(configs), clock_, random_);
  ASSERT_TRUE(engine_->Start().ok());
}

void EngineTest::Restart(const engine::Engine::Options& options) {
  engine_->Stop(absl::ZeroDuration());
  engine_.reset();
  store_.reset();
  store_ = OpenStore(dir_.File("store.db"));
  Start(options);
}

absl::StatusOr<GenerationTask> EngineTest::CreateTask(const engine::CreateTaskParams& params,
                                                      const std::string& tenant) {
  Answer<GenerationTask> answer;
  engine_->tasks().Create(Caller(tenant), params, answer.done());
  return answer.Wait();
}

absl::StatusOr<GenerationTask> EngineTest::GetTask(const std::string& id, const std::string& tenant) {
  Answer<GenerationTask> answer;
  engine_->tasks().Get(Caller(tenant), id, answer.done());
  return answer.Wait();
}

absl::StatusOr<GenerationTask> EngineTest::CancelTask(const std::string& id, const std::string& tenant, bool detach) {
  Answer<GenerationTask> answer;
  engine_->tasks().Cancel(Caller(tenant), id, detach, answer.done());
  return answer.Wait();
}

absl::Status EngineTest::DeleteTask(const std::string& id, bool allow_missing, const std::string& tenant) {
  Answer<engine::Nothing> answer;
  engine_->tasks().Delete(Caller(tenant), id, allow_missing, answer.done());
  return answer.Wait().status();
}

absl::StatusOr<engine::ReconciledTask> EngineTest::Reconcile(const engine::ReconcileTaskParams& params,
                                                             const std::string& tenant) {
  Answer<engine::ReconciledTask> answer;
  engine_->tasks().Reconcile(Caller(tenant), params, answer.done());
  return answer.Wait();
}

absl::StatusOr<engine::WatchStart<GenerationTask>> EngineTest::WatchTask(const std::string& id,
                                                                         const std::string& resume_token) {
  Answer<engine::WatchStart<GenerationTask>> answer;
  engine_->tasks().Watch(
      Caller(), id, resume_token, [] {}, answer.done());
  return answer.Wait();
}

absl::StatusOr<model::AssetGroup> EngineTest::CreateGroup(const engine::CreateGroupParams& params,
                                                          const std::string& tenant) {
  Answer<model::AssetGroup> answer;
  engine_->groups().Create(Caller(tenant), params, answer.done());
  return answer.Wait();
}

absl::StatusOr<model::Asset> EngineTest::CreateAsset(const engine::CreateAssetParams& params,
                                                     const std::string& tenant) {
  Answer<model::Asset> answer;
  engine_->assets().Create(Caller(tenant), params, answer.done());
  return answer.Wait();
}

absl::StatusOr<model::Asset> EngineTest::GetAsset(const model::UpstreamHandle& handle, const std::string& tenant) {
  Answer<model::Asset> answer;
  engine_->assets().Get(Caller(tenant), handle, answer.done());
  return answer.Wait();
}

engine::CreateTaskParams EngineTest::GoodTask() {
  engine::CreateTaskParams params;
  params.request.upstream = "fake";
  params.request.prompt = "a cat walks";
  return params;
}

model::UpstreamHandle EngineTest::OldGroup(const std::string& id, const std::string& tenant) {
  model::AssetGroup group;
  group.handle = {"fake", id};
  group.tenant = tenant;
  group.display_name = id;
  group.create_time = group.update_time = clock_.Now() - absl::Hours(1);
  EXPECT_TRUE(store_->PutGroup(group).ok());
  vendor_.SetGroup({id, id, "", {}, {}});
  return group.handle;
}

model::UpstreamHandle EngineTest::StoredAsset(const std::string& id, model::AssetState state, model::MediaType type,
                                              const std::string& tenant) {
  model::Asset asset;
  asset.handle = {"fake", id};
  asset.tenant = tenant;
  asset.group = OldGroup("g", tenant);
  asset.display_name = id;
  asset.media_type = type;
  asset.state = state;
  asset.create_time = asset.update_time = clock_.Now();
  EXPECT_TRUE(store_->PutAsset(asset).ok());
  return asset.handle;
}

engine::CreateAssetParams EngineTest::GoodAsset(const model::UpstreamHandle& group, const std::string& display_name) {
  engine::CreateAssetParams params;
  params.group = group;
  params.display_name = display_name;
  params.uri = "https://example.com/hero.png";
  return params;
}

std::string EngineTest::SubmittedTask() {
  const absl::StatusOr<GenerationTask> task = CreateTask(GoodTask());
  EXPECT_TRUE(task.ok()) << task.status();
  EXPECT_TRUE(Reaches(task->id, model::TaskState::kQueued));
  FinishSteps();
  return task->id;
}

::testing::AssertionResult EngineTest::Reaches(const std::string& id, model::TaskState state, absl::Duration step) {
  const bool reached = Eventually([&] {
    const absl::StatusOr<GenerationTask> task = store_->GetTask(id);
    if (task.ok() && task->state == state) return true;
    clock_.Advance(step);
    return false;
  });
  if (reached) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the task is "
                                       << (store_->GetTask(id).ok() ? model::TaskStateName(store_->GetTask(id)->state)
                                                                    : "not stored");
}

::testing::AssertionResult EngineTest::Reaches(const model::UpstreamHandle& handle, model::AssetState state,
                                               absl::Duration step) {
  const bool reached = Eventually([&] {
    const absl::StatusOr<model::Asset> asset = store_->GetAsset(handle);
    if (asset.ok() && asset->state == state) return true;
    clock_.Advance(step);
    return false;
  });
  if (reached) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the asset never became " << model::AssetStateName(state);
}

void EngineTest::HandOutDue() {
  const int before = own_.create_task.calls();
  engine::CreateTaskParams probe = GoodTask();
  probe.request.upstream = "own";
  ASSERT_TRUE(CreateTask(probe).ok());
  // The queue hands out what was due earlier first.
  ASSERT_TRUE(Eventually([&] { return own_.create_task.calls() > before; }));
  FinishSteps();
}

void EngineTest::FinishSteps() {
  // Both are answered by the pools' own threads.
  engine::ListGroupsParams read;
  read.upstream = "fake";
  read.read_upstream = true;
  Answer<model::Page<model::AssetGroup>> polls;
  engine_->groups().List(Caller(), read, polls.done());
  EXPECT_EQ(ReasonOf(polls.Wait()), base::Reason::kSharedCredentials);
  Answer<model::AssetGroup> submits;
  engine_->groups().Update(Caller(), {{"fake", "nothing"}, "", ""}, submits.done());
  EXPECT_EQ(ReasonOf(submits.Wait()), base::Reason::kResourceNotFound);
}

}  // namespace seedance::testing

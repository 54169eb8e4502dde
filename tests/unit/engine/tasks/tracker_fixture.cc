#include "tests/unit/engine/tasks/tracker_fixture.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/base/log.h"
#include "service/engine/tasks/task_metrics.h"
#include "tests/testing/eventually.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {

using model::Asset;
using model::AssetState;
using model::GenerationTask;
using model::TaskRequest;
using model::TaskState;

TrackerTest::TrackerTest() : store_(OpenStore(dir_.File("store.db"))) {
  base::SetLogLevel(base::LogLevel::kError);
  vendor_.profile().webhooks = true;
  model::AssetGroup group;
  group.handle = {"fake", "g"};
  group.tenant = kTenant;
  group.display_name = "g";
  EXPECT_TRUE(store_->PutGroup(group).ok());
}

TrackerTest::~TrackerTest() {
  if (tracker_ != nullptr) Stop();
}

void TrackerTest::Start(const engine::TaskTracker::Options& options) {
  std::vector<engine::VendorAccounts::Config> configs(2);
  configs[0].upstream = vendor_.MakeUpstream();
  configs[1].upstream = other_.MakeUpstream();
  for (engine::VendorAccounts::Config& config : configs) {
    config.max_submits = config.max_polls = config.max_transfers = threads_;
    config.polls_per_second = polls_per_second_;
    config.submits_per_second = submits_per_second_;
    config.breaker = breaker_;
  }
  metrics_ = std::make_unique<base::Metrics>();
  hub_ = std::make_unique<engine::WatchHub<GenerationTask>>("test-fan-out");
  hooks_.hub = hub_.get();
  table_ = std::make_unique<engine::TaskTable>(clock_, users_);
  task_metrics_ = std::make_unique<engine::TaskMetrics>(*metrics_, /*max_tenants=*/1);
  writer_ = std::make_unique<engine::TaskWriter>(*store_, *table_, *hub_, clock_, random_,
                                                 engine::TaskWriter::Options{task_metrics_.get()});
  waits_ = std::make_unique<engine::WaitTeller>(*store_, *table_, *writer_, clock_);
  engine::VendorAccounts::Options followed;
  followed.observer = waits_.get();
  followed.metrics = metrics_.get();
  accounts_ = std::make_unique<engine::VendorAccounts>(std::move(configs), clock_, followed);
  engine::TellOpenTasksAtScrape(*metrics_, {"fake", "other"}, *table_, clock_);
  tracker_ = std::make_unique<engine::TaskTracker>(
      options, engine::TrackerDependencies{*store_, *accounts_, *table_, *writer_, clock_, random_}, *waits_,
      engine::TaskObservers{hooks_, hooks_, {}});
  webhooks_ = std::make_unique<engine::Webhooks>(
      std::map<std::string, std::string>{{"token", "fake"}, {"gone", "none"}, {"deaf", "other"}}, *accounts_, *tracker_,
      [](const std::string&, const std::string&) {});
  tracker_->Start();
  ASSERT_TRUE(tracker_->TakeUp(store::ShardSet().set()).ok());
}

void TrackerTest::Stop() {
  tracker_->Stop();
  accounts_->Stop(absl::ZeroDuration());
  hub_->Stop();
  webhooks_.reset();
  tracker_.reset();
}

void TrackerTest::Restart(const engine::TaskTracker::Options& options) {
  Stop();
  store_.reset();
  store_ = OpenStore(dir_.File("store.db"));
  Start(options);
}

Asset TrackerTest::PutAsset(const std::string& id, AssetState state, const model::Failure& error) {
  Asset asset;
  asset.handle = {"fake", id};
  asset.tenant = kTenant;
  asset.group = {"fake", "g"};
  asset.display_name = id;
  asset.media_type = model::MediaType::kImage;
  asset.state = state;
  asset.error = error;
  asset.create_time = asset.update_time = clock_.Now();
  return store_->PutAsset(asset).value();
}

void TrackerTest::EditAsset(const std::string& id, const std::function<void(Asset&)>& edit) {
  EXPECT_TRUE(store_
                  ->UpdateAsset({"fake", id},
                                [&](Asset& asset) {
                                  edit(asset);
                                  return absl::OkStatus();
                                })
                  .ok());
}

void TrackerTest::SetAsset(const std::string& id, AssetState state, const model::Failure& error) {
  EditAsset(id, [&](Asset& asset) {
    asset.state = state;
    asset.error = error;
  });
  table_->OnAssetChange(model::AssetName({"fake", id}));
}

TaskRequest TrackerTest::Using(const std::vector<std::string>& assets) {
  TaskRequest request;
  request.upstream = "fake";
  request.model = "seedance";
  request.prompt = "a cat walks";
  for (const std::string& id : assets) {
    model::Reference reference;
    reference.role = model::ReferenceRole::kReferenceImage;
    reference.asset = model::UpstreamHandle{"fake", id};
    request.references.push_back(reference);
  }
  return request;
}

TaskRequest TrackerTest::Waiting(const std::vector<std::string>& assets) {
  TaskRequest request = Using(assets);
  request.wait_for_assets = true;
  return request;
}

TaskRequest TrackerTest::Recreating(const std::vector<std::string>& assets) {
  TaskRequest request = Using(assets);
  request.recreate_expired_assets = true;
  return request;
}

std::string TrackerTest::AddTask(const TaskRequest& request, const std::string& tenant) {
  GenerationTask task;
  // In the order in which they were made, and before the probes of Settle, whatever is due at the same time.
  task.id = absl::StrFormat("task-%06d", ++next_id_);
  task.tenant = tenant;
  task.request = request;
  task.state = TaskState::kPending;
  task.create_time = task.update_time = clock_.Now();
  task.deadline_time = clock_.Now() + absl::Hours(2);
  model::JournalEntry call;
  call.key = {tenant, "CreateGenerationTask", task.id};
  call.state = model::JournalState::kDone;
  call.resource_name = task.name();
  call.create_time = call.update_time = clock_.Now();
  const GenerationTask stored = *store_->BeginEntry(call, &task).value().task;
  if (tracker_ != nullptr) tracker_->Track(stored);
  return stored.id;
}

std::string TrackerTest::SubmittedTask() {
  const std::string id = AddTask(Using({}));
  Settle();
  EXPECT_EQ(Stored(id).state, TaskState::kQueued);
  return id;
}

GenerationTask TrackerTest::Stored(const std::string& id) { return store_->GetTask(id).value(); }

void TrackerTest::Settle() {
  engine::VendorAccount* account = accounts_->Named("fake");
  // Twice, for a step may make its task due again.
  for (int round = 0; round < 2; ++round) {
    // The tracker hands out what was due earlier first, and forgets this one, which no store knows, when it looks at
    // it.
    const std::string asset = absl::StrCat("probe-", ++next_id_);
    GenerationTask probe;
    probe.id = absl::StrFormat("zz-%06d", next_id_);
    probe.tenant = kTenant;
    probe.request = Using({asset});
    probe.state = TaskState::kPending;
    tracker_->Track(probe);
    const std::string name = model::AssetName({"fake", asset});
    ASSERT_TRUE(Eventually([&] { return !users_.IsUsed(name); }));
    ASSERT_TRUE(Eventually([&] { return account->requests().IsIdle(); }));
  }
}

}  // namespace seedance::testing

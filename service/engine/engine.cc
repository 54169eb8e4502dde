#include "service/engine/engine.h"

#include <functional>
#include <utility>

namespace seedance::engine {
namespace {

TaskTracker::Options TrackingOptions(const Engine::Options& options) {
  TaskTracker::Options tracker = options.task_tracker;
  tracker.deadline = options.tasks.deadline;
  return tracker;
}

std::unique_ptr<TaskMetrics> MetricsOf(const Engine::Options& options) {
  if (options.metrics == nullptr) return std::make_unique<TaskMetrics>();
  return std::make_unique<TaskMetrics>(*options.metrics, options.max_tenants_measured);
}

base::Histogram ChangeLag(base::Metrics* metrics) {
  if (metrics == nullptr) return {};
  return metrics->Histogram("seedance_store_change_lag_seconds");
}

VendorAccounts::Options AccountOptions(const Engine::Options& options, RequestObserver& observer,
                                       store::Ownership& ownership, std::function<void(const std::string&)> on_news) {
  VendorAccounts::Options accounts = options.transfers;
  accounts.observer = &observer;
  accounts.part = [&ownership](size_t places) { return ownership.PartOf(places); };
  accounts.on_news = std::move(on_news);
  accounts.metrics = options.metrics;
  return accounts;
}

}  // namespace

Engine::Engine(const Options& options, store::Store& store, std::vector<VendorAccounts::Config> accounts,
               base::Clock& clock, base::Random& random)
    : store_(store),
      clock_(clock),
      links_(*this),
      tokens_(store.epoch()),
      asset_hub_("asset-fan-out",
                 [this](const std::string& asset_name, const model::Asset* asset) {
                   task_table_.OnAssetChange(asset_name);
                   if (asset == nullptr) notice_board_.OnAssetGone(asset_name);
                 }),
      task_hub_("task-fan-out",
                [this](const std::string&, const model::GenerationTask* task) {
                  // Deletions notify the feeds at the call site: only the caller knows the tenant.
                  if (task == nullptr) return;
                  task_feeds_.Changed(task->tenant);
                  const bool ended = model::IsTerminal(task->state) && task->settled_cost.currency.empty();
                  if (ended && store_.ownership().OwnsId(task->id)) usage_settler_.Ended(*task);
                }),
      task_table_(clock, asset_users_),
      task_metrics_(MetricsOf(options)),
      task_writer_(store, task_table_, task_hub_, clock, random, {task_metrics_.get(), TaskWriter::By::kAnybody}),
      tracker_writer_(store, task_table_, task_hub_, clock, random, {task_metrics_.get(), TaskWriter::By::kOwner}),
      wait_teller_(store, task_table_, tracker_writer_, clock),
      accounts_(std::move(accounts), clock,
                AccountOptions(options, wait_teller_, store.ownership(),
                               [this](const std::string& upstream) { notice_board_.OnVendorNews(upstream); })),
      journal_(store, links_, clock, random, options.metrics),
      task_feeds_({}, store, tokens_),
      asset_tracker_(options.asset_tracker, {store, store.ownership(), accounts_, asset_hub_, links_, clock, random}),
      asset_dependencies_{store, accounts_, journal_, asset_tracker_, clock, random},
      asset_recreation_(options.asset_recreation, asset_dependencies_),
      journal_reconciler_(asset_dependencies_, asset_recreation_),
      asset_keep_alive_(
          options.asset_keep_alive, store, accounts_, asset_tracker_,
          [this](const std::string& asset_name) { return asset_users_.IsUsed(asset_name); }, clock),
      task_reconciler_(options.task_reconciler, store, accounts_, task_table_, task_writer_, clock),
      usage_settler_(store, accounts_, task_reconciler_, task_writer_, clock),
      task_tracker_(TrackingOptions(options), {store, accounts_, task_table_, tracker_writer_, clock, random},
                    wait_teller_, {links_, links_, {&task_reconciler_, &usage_settler_}}),
      webhooks_(options.webhooks, accounts_, task_tracker_,
                [this](const std::string& upstream, const std::string& upstream_task_id) {
                  notice_board_.OnTaskNews(upstream, upstream_task_id);
                }),
      adoption_(store, asset_tracker_, clock),
      asset_creation_(options.asset_creation, asset_dependencies_, adoption_),
      groups_(asset_dependencies_, adoption_, asset_hub_),
      assets_(asset_dependencies_, asset_creation_, adoption_, asset_hub_, tokens_),
      tasks_(options.tasks, {store, accounts_, adoption_, task_table_, task_writer_, task_tracker_, task_reconciler_,
                             task_hub_, task_feeds_, *task_metrics_, tokens_, clock, random}),
      downloads_(store, accounts_, clock),
      retention_(
          options.retention, store,
          [this](const model::GenerationTask& task) {
            task_hub_.PublishGone(task.name());
            task_feeds_.Changed(task.tenant);
          },
          clock),
      notice_board_({store.ownership(), accounts_, task_table_, task_tracker_, task_hub_, task_feeds_, asset_hub_,
                     remote_watchers_, clock, random}),
      change_follower_(store, links_, clock, ChangeLag(options.metrics)) {
  if (options.metrics != nullptr) {
    std::vector<std::string> names;
    for (VendorAccount* account : accounts_.All()) names.push_back(account->name());
    TellOpenTasksAtScrape(*options.metrics, names, task_table_, clock);
    store_gauges_ = std::make_unique<StoreGauges>(*options.metrics, store, accounts_, journal_, clock);
  }
}

Engine::~Engine() { Stop(); }

absl::Status Engine::Start() {
  journal_.Start();
  asset_recreation_.Start();
  journal_reconciler_.Start();
  task_reconciler_.Start();
  usage_settler_.Start();
  retention_.Start();
  notice_board_.Start();
  if (absl::Status followed = change_follower_.Start(); !followed.ok()) return followed;
  const absl::Status taken = store_.ownership().Start({[this](const store::ShardSet& shards) { return TakeUp(shards); },
                                                       [this](const store::ShardSet& shards) { Drop(shards); },
                                                       [this] { change_follower_.Look(); }});
  if (!taken.ok()) return taken;
  // What was taken up is handed out from here on.
  asset_tracker_.Start();
  task_tracker_.Start();
  if (store_gauges_ != nullptr) store_gauges_->Start();
  // After the tasks, which say what is in use.
  return asset_keep_alive_.Start();
}

absl::Status Engine::TakeUp(const store::ShardSet& shards) {
  absl::Status taken = journal_.Recover();
  if (taken.ok()) taken = asset_tracker_.TakeUp(shards);
  if (taken.ok()) taken = task_tracker_.TakeUp(shards);
  // After those, which find out what is in doubt.
  if (taken.ok()) taken = journal_reconciler_.TakeUp();
  if (taken.ok()) taken = task_reconciler_.TakeUp(shards);
  if (taken.ok()) taken = usage_settler_.TakeUp(shards);
  return taken;
}

void Engine::Reconfigure(const Options& options, std::vector<VendorAccounts::Config> accounts) {
  const auto for_each = [&](auto work) {
    for (VendorAccounts::Config& config : accounts) {
      VendorAccount* const account = accounts_.Named(config.upstream->name());
      if (account != nullptr) work(*account, config);
    }
  };
  // All before any has another tenant or key: one may share its key with another.
  for_each([](VendorAccount& account, VendorAccounts::Config& config) { account.Restrict(config); });
  for_each([](VendorAccount& account, VendorAccounts::Config& config) { account.Reconfigure(std::move(config)); });
  tasks_.SetMaxOpen(options.tasks.max_open_per_tenant);
  asset_creation_.SetRightsRules(options.asset_creation);
}

void Engine::Links::OnTask(const model::GenerationTask& task) {
  engine_.task_tracker_.OnForeignChange(task);
  engine_.task_hub_.Publish(task.name(), std::make_shared<const model::GenerationTask>(task));
}

void Engine::Links::OnTaskDeleted(const std::string& tenant, const std::string& id) {
  engine_.task_hub_.PublishGone(model::GenerationTaskName(id));
  engine_.task_feeds_.Changed(tenant);
}

void Engine::Links::OnAsset(const model::Asset& asset) {
  engine_.asset_tracker_.OnForeignChange(asset);
  engine_.asset_hub_.Publish(asset.name(), std::make_shared<const model::Asset>(asset));
}

void Engine::Drop(const store::ShardSet& shards) {
  task_tracker_.Drop(shards);
  asset_tracker_.Drop(shards);
}

void Engine::Stop(absl::Duration grace) {
  if (store_gauges_ != nullptr) store_gauges_->Stop();
  retention_.Stop();
  journal_reconciler_.Stop();
  task_reconciler_.Stop();
  usage_settler_.Stop();
  asset_tracker_.Stop();
  task_tracker_.Stop();
  asset_keep_alive_.Stop();
  asset_recreation_.Stop();
  accounts_.Stop(grace);
  journal_.Stop();
  notice_board_.Stop();
  // What was under way has ended, or is in doubt: others can go on with it.
  store_.ownership().Stop();
  change_follower_.Stop();
  // Last: what the calls under way found out is still told.
  asset_hub_.Stop();
  task_hub_.Stop();
  task_feeds_.Stop();
}

}  // namespace seedance::engine

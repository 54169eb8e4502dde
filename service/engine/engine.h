#ifndef SEEDANCE_SERVICE_ENGINE_ENGINE_H_
#define SEEDANCE_SERVICE_ENGINE_ENGINE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/random.h"
#include "service/engine/assets/adoption.h"
#include "service/engine/assets/asset_creation.h"
#include "service/engine/assets/asset_dependencies.h"
#include "service/engine/assets/asset_keep_alive.h"
#include "service/engine/assets/asset_recreation.h"
#include "service/engine/assets/asset_tracker.h"
#include "service/engine/assets/assets.h"
#include "service/engine/assets/groups.h"
#include "service/engine/assets/journal_reconciler.h"
#include "service/engine/change_follower.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/journal/journal.h"
#include "service/engine/notice_board.h"
#include "service/engine/remote_watchers.h"
#include "service/engine/retention.h"
#include "service/engine/store_gauges.h"
#include "service/engine/tasks/asset_users.h"
#include "service/engine/tasks/downloads.h"
#include "service/engine/tasks/task_metrics.h"
#include "service/engine/tasks/task_observers.h"
#include "service/engine/tasks/task_reconciler.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_tracker.h"
#include "service/engine/tasks/task_writer.h"
#include "service/engine/tasks/tasks.h"
#include "service/engine/tasks/usage_settler.h"
#include "service/engine/tasks/wait_teller.h"
#include "service/engine/tasks/webhooks.h"
#include "service/engine/watch/resume_token.h"
#include "service/engine/watch/task_feeds.h"
#include "service/engine/watch/watch_hub.h"
#include "service/store/store.h"

namespace seedance::engine {

// The use cases wired together. Outlive it: store, clock, random.
class Engine {
 public:
  struct Options {
    Tasks::Options tasks;
    TaskTracker::Options task_tracker;
    TaskReconciler::Options task_reconciler;
    Retention::Options retention;
    AssetTracker::Options asset_tracker;
    VendorAccounts::Options transfers;
    AssetCreation::Options asset_creation;
    AssetKeepAlive::Options asset_keep_alive;
    AssetRecreation::Options asset_recreation;
    std::map<std::string, std::string> webhooks;  // Names of upstreams by the paths of their webhooks.
    base::Metrics* metrics = nullptr;             // Outlives the engine. Null: nothing is measured.
    size_t max_tenants_measured = 0;              // TaskMetrics.
  };

  Engine(const Options& options, store::Store& store, std::vector<VendorAccounts::Config> accounts, base::Clock& clock,
         base::Random& random);
  ~Engine();

  // Takes up what other processes left, as shards become this process's: calls in flight become doubtful, what is in
  // doubt is looked for, open tasks and processing assets are followed again. Call it once, before any other use.
  absl::Status Start();

  // Takes over, from a later configuration of the same upstreams: their credentials, connections, rates and tenants
  // (VendorAccount::Reconfigure), Tasks::Options::max_open_per_tenant, and who must give a rights note. All else stays.
  void Reconfigure(const Options& options, std::vector<VendorAccounts::Config> accounts);

  // Submits no further tasks, for a stop that is near: what is PENDING waits for the next start.
  void StopSubmitting() { task_tracker_.StopSubmitting(); }

  // Ends polling, and waits up to `grace` for the calls under way; those that have not ended then are broken off, and
  // what they may have done is in doubt. Call it once nobody calls the use cases any more. May be called twice.
  void Stop(absl::Duration grace = absl::Seconds(10));

  Groups& groups() { return groups_; }
  Assets& assets() { return assets_; }
  Tasks& tasks() { return tasks_; }
  Downloads& downloads() { return downloads_; }
  JournalReconciler& creations() { return journal_reconciler_; }
  VendorAccounts& accounts() { return accounts_; }
  // Its callers must have ended before the engine does.
  Webhooks& webhooks() { return webhooks_; }
  // For those who count what is open.
  WatchHub<model::Asset>& asset_hub() { return asset_hub_; }
  WatchHub<model::GenerationTask>& task_hub() { return task_hub_; }
  TaskFeeds& task_feeds() { return task_feeds_; }

 private:
  // Calls from objects that are made early to ones that are made later. Used from Start on.
  class Links final : public ChangeFollower::Observer,
                      public AssetObserver,
                      public AssetUseObserver,
                      public Journal::DoubtResolver,
                      public TaskAudience {
   public:
    explicit Links(Engine& engine) : engine_(engine) {}

    void OnTask(const model::GenerationTask& task) override;
    void OnTaskDeleted(const std::string& tenant, const std::string& id) override;
    void OnAsset(const model::Asset& asset) override;
    void OnNotice(const store::Notice& notice) override { engine_.notice_board_.Hear(notice); }
    void OnActive(const model::Asset& asset) override { engine_.journal_reconciler_.SeenActive(asset); }
    void OnExpiring(const model::Asset& asset) override { engine_.asset_keep_alive_.Track(asset); }
    void OnUsed(const model::Asset& asset, AssetUse use) override { engine_.asset_keep_alive_.Used(asset, use); }
    void OnNeeded(const model::Asset& asset) override { engine_.asset_recreation_.Revive(asset); }
    void Look(const model::JournalEntry& row, Journal::Looked done) override {
      engine_.journal_reconciler_.Look(row, std::move(done));
    }
    void OnDoubt(const model::JournalEntry& row) override { engine_.journal_reconciler_.OnDoubt(row); }
    void OnFound(const model::JournalEntry& row, const Journal::Found& found) override {
      engine_.journal_reconciler_.OnFound(row, found);
    }
    bool Watches(const model::GenerationTask& task) override {
      return engine_.task_hub_.Count(task.name()) > 0 || engine_.task_feeds_.IsFollowed(task.tenant, task.id) ||
             engine_.remote_watchers_.Watches(task.tenant, task.id, engine_.clock_.Now());
    }

   private:
    Engine& engine_;
  };

  absl::Status TakeUp(const store::ShardSet& shards);
  void Drop(const store::ShardSet& shards);

  store::Store& store_;
  base::Clock& clock_;
  Links links_;
  ResumeTokens tokens_;
  WatchHub<model::Asset> asset_hub_;
  WatchHub<model::GenerationTask> task_hub_;
  AssetUsers asset_users_;
  TaskTable task_table_;
  const std::unique_ptr<TaskMetrics> task_metrics_;
  TaskWriter task_writer_;     // For callers.
  TaskWriter tracker_writer_;  // For the work of this process's shards.
  WaitTeller wait_teller_;
  VendorAccounts accounts_;
  Journal journal_;
  TaskFeeds task_feeds_;
  RemoteWatchers remote_watchers_;
  AssetTracker asset_tracker_;
  const AssetDependencies asset_dependencies_;
  AssetRecreation asset_recreation_;
  JournalReconciler journal_reconciler_;
  AssetKeepAlive asset_keep_alive_;
  TaskReconciler task_reconciler_;
  UsageSettler usage_settler_;
  TaskTracker task_tracker_;
  Webhooks webhooks_;
  Adoption adoption_;
  AssetCreation asset_creation_;
  Groups groups_;
  Assets assets_;
  Tasks tasks_;
  Downloads downloads_;
  Retention retention_;
  NoticeBoard notice_board_;
  ChangeFollower change_follower_;
  std::unique_ptr<StoreGauges> store_gauges_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ENGINE_H_

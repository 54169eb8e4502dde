#ifndef SEEDANCE_SERVICE_ENGINE_NOTICE_BOARD_H_
#define SEEDANCE_SERVICE_ENGINE_NOTICE_BOARD_H_

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/base/timer.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/remote_watchers.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_tracker.h"
#include "service/engine/watch/task_feeds.h"
#include "service/engine/watch/watch_hub.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/store/ownership.h"

namespace seedance::engine {

// What processes that share a store tell each other beside it (store::Notice): cooldowns and outages of vendors, news
// of tasks that another process polls, deleted assets, and who watches which tasks. All of it is a hint: lost or late,
// it costs a request that the vendor refuses, or time. With a store of one process nothing is told.
//
// Thread-safe. What is told is written by a worker of the clock's timer, within moments; who watches, within kTick.
class NoticeBoard {
 public:
  static constexpr absl::Duration kTick = absl::Seconds(1);
  // What is watched is told in so many parts, so that a watcher that comes or goes costs one of them.
  static constexpr size_t kParts = 16;

  struct Dependencies {
    store::Ownership& ownership;
    VendorAccounts& accounts;
    TaskTable& table;
    TaskTracker& tracker;
    WatchHub<model::GenerationTask>& task_hub;
    TaskFeeds& feeds;
    WatchHub<model::Asset>& asset_hub;
    RemoteWatchers& watchers;
    base::Clock& clock;
    base::Random& random;
  };

  // All outlive it. Throws as Timer::Alarm.
  explicit NoticeBoard(const Dependencies& with);

  void Start();
  // Nothing is told any more.
  void Stop();

  // ---- What this process found out. Never block. ----

  // RequestDispatcher::TakeNews of the upstream has something.
  void OnVendorNews(const std::string& upstream);
  // The vendor says that there is news of a task that this process does not poll.
  void OnTaskNews(const std::string& upstream, const std::string& upstream_task_id);
  void OnAssetGone(const std::string& name);

  // What another one told.
  void Hear(const store::Notice& notice);

 private:
  using Parts = std::array<WatchedTasks, kParts>;

  void Put(store::Notice notice);
  void Tell();
  // Make notices of what has changed.
  void PutVendorNews();
  void PutWatchers();
  Parts Watched();
  // The next notices to tell.
  std::vector<store::Notice> Take();

  void HearCooldown(const std::string& about, const store::Notice& notice);

  const Dependencies with_;
  const std::string process_;  // Its name among those that share the store, as long as it runs.
  base::Mutex mutex_;
  std::map<std::string, store::Notice> untold_ ABSL_GUARDED_BY(mutex_);  // By key.
  std::set<std::string> changed_ ABSL_GUARDED_BY(mutex_);                // Upstreams.
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Used by the alarm.
  Parts told_watched_;
  std::array<absl::Time, kParts> watched_due_;
  base::Timer::Alarm alarm_;  // Last: it uses the others.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_NOTICE_BOARD_H_

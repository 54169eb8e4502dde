#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FEEDS_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FEEDS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"
#include "service/engine/watch/recent_changes.h"
#include "service/engine/watch/resume_token.h"
#include "service/engine/watch/task_feed_reader.h"
#include "service/engine/watch/task_filter.h"
#include "service/engine/watch/watch_readers.h"
#include "service/store/store.h"

namespace seedance::engine {

// What the readers of one tenant share: its recent changes, as far as they were read from the store.
struct TaskFeed {
  TaskFeed(std::string feed_tenant, int64_t start, size_t max_changes, size_t max_bytes)
      : tenant(std::move(feed_tenant)), recent(start, max_changes, max_bytes), read(start) {}

  const std::string tenant;
  base::Mutex mutex;  // Taken after that of TaskFeeds, and after those of readers.
  RecentChanges recent ABSL_GUARDED_BY(mutex);
  int64_t read ABSL_GUARDED_BY(mutex);          // Every change up to this revision was read.
  bool reading ABSL_GUARDED_BY(mutex) = false;  // A read of the store will begin.
  bool untold ABSL_GUARDED_BY(mutex) = false;   // Readers have to be told of the last read.
  WatchReaders readers ABSL_GUARDED_BY(mutex);
  int followers_of_all ABSL_GUARDED_BY(mutex) = 0;                           // Readers that name no tasks.
  std::unordered_map<std::string, int> followers_of ABSL_GUARDED_BY(mutex);  // The others, by the ids they name.

  // Counts `more` further readers of the filter.
  void Count(const TaskFilter& filter, int more) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
};

// Feeds of changes, one for each tenant whose tasks are watched.
//
// Revisions are committed in order (store::Store), but published by many threads in any order. So publications carry no
// data: they only make the tenant's feed read the store from its last revision, and readers follow the feed. A reader
// at a revision has seen every change up to it.
//
// Thread-safe. Outlives its readers; store and tokens outlive it.
class TaskFeeds {
 public:
  struct Options {
    // What a feed keeps for its readers; those that are further behind read the store.
    size_t max_changes = 512;
    size_t max_bytes = 2 << 20;
  };

  TaskFeeds(const Options& options, store::Store& store, const ResumeTokens& tokens);
  ~TaskFeeds();

  // A task of the tenant was created, changed or deleted, and that is committed. Never blocks, and costs next to
  // nothing when nobody watches.
  void Changed(const std::string& tenant);

  // Opens a reader of the filter's tenant. Blocks. `on_change` says that Take may say something new; it runs on the
  // feeds' thread and must not block. `connection` is equal for readers of one connection. Errors: as ResumeTokens, and
  // OUT_OF_RANGE too when deletions since the token may be forgotten; StoreUnavailable.
  absl::StatusOr<std::shared_ptr<TaskFeedReader>> Open(const TaskFilter& filter, const std::string& resume_token,
                                                       WatchReader::OnChange on_change, uint64_t connection = 0);

  // Whether a reader follows this task of the tenant: by its name, or, whatever the filter, without names. Never
  // blocks.
  bool IsFollowed(const std::string& tenant, const std::string& id);
  // All that is followed: tenants of readers that name no tasks, and the ids that others name.
  struct Followed {
    std::vector<std::string> tenants;
    std::vector<std::string> tasks;
  };
  Followed AllFollowed();

  // Numbers of feeds and of readers.
  size_t size();
  size_t readers();

  // Readers are not notified any more. Joins the thread.
  void Stop() { pool_.Stop(); }

 private:
  friend class TaskFeedReader;

  // The feed of the tenant, with `reader` in it.
  std::shared_ptr<TaskFeed> Join(TaskFeedReader& reader, const std::string& tenant, int64_t start);
  void Leave(TaskFeedReader& reader, TaskFeed& feed);
  void ReadSoon(const std::shared_ptr<TaskFeed>& feed);
  void ReadOn(TaskFeed& feed);
  // Reads what is new into the feed.
  absl::Status ReadNews(TaskFeed& feed);

  const Options options_;
  store::Store& store_;
  const ResumeTokens& tokens_;
  base::Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<TaskFeed>> feeds_ ABSL_GUARDED_BY(mutex_);
  size_t readers_ ABSL_GUARDED_BY(mutex_) = 0;
  // Last: readers that its thread lets go of look into the map.
  base::ThreadPool pool_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FEEDS_H_

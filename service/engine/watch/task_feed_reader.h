#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FEED_READER_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FEED_READER_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/engine/watch/resume_token.h"
#include "service/engine/watch/task_filter.h"
#include "service/engine/watch/watch_readers.h"
#include "service/engine/watch/watch_snapshot.h"
#include "service/model/page.h"

namespace seedance::engine {

struct SharedTaskChange;
struct TaskFeed;
class TaskFeeds;

// What a reader of many tasks gets at a time: at most 200 tasks and names, of about 48 KiB or one.
//
// Tests: tests/unit/engine/watch/task_feeds_test.cc
struct TaskBatch {
  std::vector<std::shared_ptr<const WatchSnapshot<model::GenerationTask>>> tasks;  // In the order of their revisions.
  std::vector<std::string> removed;  // Ids of tasks that do not match any more or were deleted.
  bool synced = false;               // The reader knows all that matched when it began.
  std::string resume_token;          // To go on after this batch. Empty until the reader is synced, unless it resumed.

  bool empty() const { return tasks.empty() && removed.empty(); }
};

// One reader of a tenant's tasks: first those that match, then what changes. It keeps a position and no backlog, so it
// costs the same however slow it is.
//
// Thread-safe, but Take and Read must not run at the same time.
class TaskFeedReader final : public WatchReader {
 public:
  enum class Next {
    kNothing,  // The batch is not touched; on_change will tell.
    kBatch,    // There is one.
    kRead,     // Call Read, on a thread that may block, then Take again.
  };
  // The next batch. Never blocks.
  Next Take(TaskBatch& batch);

  // Reads a page from the store. Blocks. StoreUnavailable; OUT_OF_RANGE with kResumeTokenExpired when deletions that
  // the reader has not seen yet are forgotten.
  absl::Status Read();

  // Token and word for a heartbeat: of what was taken.
  void Describe(TaskBatch& heartbeat);

  // Has the store looked at for changes that nobody made known.
  void LookAgain();

  // After it returns, on_change neither runs nor will run. Not to be called from on_change. May be called twice.
  void Close();

  ~TaskFeedReader() override { Close(); }

 private:
  friend class TaskFeeds;
  class Builder;

  // Where it begins.
  struct Start {
    TokenScope scope;  // That of the filter.
    int64_t position;  // 0: with all that match.
    int64_t newest;    // A revision of the store that was read before.
    bool again;        // It had a token: it may know tasks that do not match any more.
  };
  TaskFeedReader(TaskFeeds& feeds, const TaskFilter& filter, const Start& start, OnChange on_change,
                 uint64_t connection);

  // Where the reader stands.
  struct Position {
    bool listing = false;      // What matched at the beginning is not all listed.
    model::PageCursor listed;  // Then: the last task listed.
    // Then, by names: those that were not listed. They are told as removed in the end: whoever began anew may know one
    // that is gone, and for one of any state that matches it was deleted while the watch was opened.
    std::set<std::string> unlisted;
    int64_t revision = 0;  // Else: every change up to it was taken.
    int64_t sync_to = 0;   // The revision at which the reader is synced.
  };
  // What Read found. The reader stands where it stood until it has taken this: no token may say more than it was given.
  struct Page {
    TaskBatch batch;
    Position position;
  };

  absl::StatusOr<Page> ReadListing(Position position);
  absl::StatusOr<Page> ReadHistory(Position position);
  // Whether the batch is worth a message; completes it then.
  bool CompleteLocked(TaskBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsSyncedLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DescribeLocked(TaskBatch& batch) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  TaskFeeds& feeds_;
  const TaskFilter filter_;
  const TokenScope scope_;
  const bool resumed_;
  const int64_t start_;             // A new reader's changes begin after it.
  std::shared_ptr<TaskFeed> feed_;  // Set before anybody knows the reader.
  bool joined_ = false;             // Among the feed's readers. Guarded by the feed's mutex.
  base::Mutex mutex_;
  Position position_ ABSL_GUARDED_BY(mutex_);
  bool told_synced_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Page> page_ ABSL_GUARDED_BY(mutex_);  // By Read, for Take.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_TASK_FEED_READER_H_

#include "service/engine/watch/task_feed_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/engine/watch/recent_changes.h"
#include "service/engine/watch/task_feeds.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using TaskChange = store::Store::TaskChange;

// The API promises at most 200 and about 1 MiB. A reader that stalls holds one message, hence less.
constexpr size_t kMaxItems = 200;
constexpr size_t kMaxBytes = 48 * 1024;
// Rows of a page: about as many common tasks as fit into a message.
constexpr int kReadPage = 64;

// Whether every task that the filter names matches as long as it is there.
bool HoldsAllNamed(const TaskFilter& filter) { return filter.states.empty() && filter.labels.empty(); }

}  // namespace

// Fills a batch as long as it has room.
class TaskFeedReader::Builder {
 public:
  Builder(const TaskFilter& filter, TaskBatch& batch) : filter_(filter), batch_(batch) {}

  // False when there is no room: the change was not taken.
  bool Add(const SharedTaskChange& change) {
    if (!MayHold(filter_, change.id)) return true;
    const TaskFit fit = change.task == nullptr ? TaskFit::kLeft : FitOf(filter_, **change.task);
    if (fit == TaskFit::kForeign) return true;
    const bool full = bytes_ + change.bytes > kMaxBytes || batch_.tasks.size() + batch_.removed.size() == kMaxItems;
    if (full && !batch_.empty()) return false;
    bytes_ += change.bytes;
    if (fit == TaskFit::kMatches) {
      batch_.tasks.push_back(change.task);
    } else {
      batch_.removed.push_back(change.id);
    }
    return true;
  }

 private:
  const TaskFilter& filter_;
  TaskBatch& batch_;
  size_t bytes_ = 0;
};

TaskFeedReader::TaskFeedReader(TaskFeeds& feeds, const TaskFilter& filter, const Start& start, OnChange on_change,
                               uint64_t connection)
    : WatchReader(connection, std::move(on_change)),
      feeds_(feeds),
      filter_(filter),
      scope_(start.scope),
      resumed_(start.position > 0),
      start_(start.newest),
      position_({.listing = !resumed_,
                 .listed = {},
                 .unlisted = !resumed_ && (start.again || HoldsAllNamed(filter)) ? filter.ids : std::set<std::string>(),
                 .revision = resumed_ ? start.position : start.newest,
                 .sync_to = start.newest}) {}

TaskFeedReader::Next TaskFeedReader::Take(TaskBatch& batch) {
  base::MutexLock lock(mutex_);
  if (page_ != nullptr) {
    const std::unique_ptr<Page> page = std::move(page_);
    position_ = page->position;
    if (CompleteLocked(page->batch)) return batch = std::move(page->batch), Next::kBatch;
  }
  if (position_.listing) return Next::kRead;
  TaskBatch taken;
  {
    base::MutexLock feed_lock(feed_->mutex);
    if (position_.revision < feed_->recent.complete_after()) return Next::kRead;
    Builder builder(filter_, taken);
    int64_t revision = position_.revision;
    const bool all = feed_->recent.Visit(revision, [&](const SharedTaskChange& change) {
      if (!builder.Add(change)) return false;
      revision = change.revision;
      return true;
    });
    position_.revision = all ? std::max(revision, feed_->read) : revision;
  }
  if (!CompleteLocked(taken)) return Next::kNothing;
  batch = std::move(taken);
  return Next::kBatch;
}

absl::Status TaskFeedReader::Read() {
  Position position;
  {
    base::MutexLock lock(mutex_);
    position = position_;
  }
  absl::StatusOr<Page> page = position.listing ? ReadListing(std::move(position)) : ReadHistory(std::move(position));
  if (!page.ok()) return page.status();
  base::MutexLock lock(mutex_);
  page_ = std::make_unique<Page>(*std::move(page));
  return absl::OkStatus();
}

absl::StatusOr<TaskFeedReader::Page> TaskFeedReader::ReadListing(Position position) {
  absl::StatusOr<model::Page<GenerationTask>> tasks = feeds_.store_.ListTasks(filter_, position.listed, kReadPage);
  if (!tasks.ok()) return tasks.status();
  Page page;
  Builder builder(filter_, page.batch);
  bool all = true;
  for (GenerationTask& task : tasks->items) {
    model::PageCursor here = {absl::ToUnixMicros(task.create_time), task.id};
    position.unlisted.erase(task.id);
    const int64_t revision = task.revision;
    if (revision > start_) {
      // What changed after the beginning comes as a change, and only as that.
      position.sync_to = std::max(position.sync_to, revision);
    } else if (!builder.Add(SharedTaskChange(TaskChange{revision, task.id, std::move(task)}))) {
      all = false;
      break;
    }
    position.listed = std::move(here);
  }
  std::sort(page.batch.tasks.begin(), page.batch.tasks.end(),
            [](const auto& a, const auto& b) { return (*a)->revision < (*b)->revision; });
  all = all && tasks->next.at_start();
  while (all && !position.unlisted.empty()) {
    all = builder.Add(SharedTaskChange(TaskChange{start_, *position.unlisted.begin(), std::nullopt}));
    if (all) position.unlisted.erase(position.unlisted.begin());
  }
  position.listing = !all;
  page.position = std::move(position);
  return page;
}

absl::StatusOr<TaskFeedReader::Page> TaskFeedReader::ReadHistory(Position position) {
  // Before the changes: they hold everything up to here.
  const absl::StatusOr<store::Store::HistoryBounds> before = feeds_.store_.GetHistoryBounds();
  if (!before.ok()) return before.status();
  absl::StatusOr<std::vector<TaskChange>> changes =
      feeds_.store_.ListTaskChanges(filter_.tenant, position.revision, kReadPage);
  if (!changes.ok()) return changes.status();
  // After them: had a mark of a deletion been dropped before they were read, these bounds say so.
  const absl::StatusOr<store::Store::HistoryBounds> after = feeds_.store_.GetHistoryBounds();
  if (!after.ok()) return after.status();
  if (position.revision < after->forgotten) return feeds_.tokens_.Expired(scope_);
  Page page;
  Builder builder(filter_, page.batch);
  bool all = changes->size() < static_cast<size_t>(kReadPage);
  for (TaskChange& change : *changes) {
    const int64_t revision = change.revision;
    if (!builder.Add(SharedTaskChange(std::move(change)))) {
      all = false;
      break;
    }
    position.revision = revision;
  }
  if (all) position.revision = std::max(position.revision, before->newest);
  page.position = std::move(position);
  return page;
}

bool TaskFeedReader::CompleteLocked(TaskBatch& batch) {
  // Most changes of a tenant concern few of its readers: the rest make no token.
  if (batch.empty() && IsSyncedLocked() == told_synced_) return false;
  DescribeLocked(batch);
  told_synced_ = batch.synced;
  return true;
}

bool TaskFeedReader::IsSyncedLocked() const { return !position_.listing && position_.revision >= position_.sync_to; }

void TaskFeedReader::DescribeLocked(TaskBatch& batch) const {
  batch.synced = IsSyncedLocked();
  if (!batch.synced && !resumed_) return;
  batch.resume_token = feeds_.tokens_.Make(scope_, {position_.revision, false});
}

void TaskFeedReader::Describe(TaskBatch& heartbeat) {
  base::MutexLock lock(mutex_);
  DescribeLocked(heartbeat);
}

void TaskFeedReader::LookAgain() { feeds_.ReadSoon(feed_); }

void TaskFeedReader::Close() {
  if (feed_ != nullptr) feeds_.Leave(*this, *feed_);
  Silence();
}

}  // namespace seedance::engine

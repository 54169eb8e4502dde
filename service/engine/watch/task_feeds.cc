#include "service/engine/watch/task_feeds.h"

#include <algorithm>
#include <utility>

#include "service/base/log.h"

namespace seedance::engine {
namespace {

constexpr int kFeedPage = 256;

}  // namespace

void TaskFeed::Count(const TaskFilter& filter, int more) {
  if (filter.ids.empty()) followers_of_all += more;
  for (const std::string& id : filter.ids) {
    if ((followers_of[id] += more) == 0) followers_of.erase(id);
  }
}

TaskFeeds::TaskFeeds(const Options& options, store::Store& store, const ResumeTokens& tokens)
    : options_(options), store_(store), tokens_(tokens), pool_("task-feeds", 1, SIZE_MAX) {}

TaskFeeds::~TaskFeeds() { Stop(); }

void TaskFeeds::Changed(const std::string& tenant) {
  std::shared_ptr<TaskFeed> feed;
  {
    base::MutexLock lock(mutex_);
    const auto found = feeds_.find(tenant);
    if (found == feeds_.end()) return;
    feed = found->second;
  }
  ReadSoon(feed);
}

absl::StatusOr<std::shared_ptr<TaskFeedReader>> TaskFeeds::Open(const TaskFilter& filter,
                                                                const std::string& resume_token,
                                                                WatchReader::OnChange on_change, uint64_t connection) {
  const absl::StatusOr<store::Store::HistoryBounds> bounds = store_.GetHistoryBounds();
  if (!bounds.ok()) return bounds.status();
  const TokenScope scope(ScopeOf(filter));
  const absl::StatusOr<ResumeTokens::Position> position =
      tokens_.CheckHistory(resume_token, scope, bounds->forgotten, bounds->newest);
  if (!position.ok()) return position.status();
  const TaskFeedReader::Start start = {scope, position->revision, bounds->newest, !resume_token.empty()};
  std::shared_ptr<TaskFeedReader> reader(new TaskFeedReader(*this, filter, start, std::move(on_change), connection));
  // What was committed between the bounds and here was perhaps told to nobody: Join has the store read.
  reader->feed_ = Join(*reader, filter.tenant, bounds->newest);
  ReadSoon(reader->feed_);
  return reader;
}

std::shared_ptr<TaskFeed> TaskFeeds::Join(TaskFeedReader& reader, const std::string& tenant, int64_t start) {
  base::MutexLock lock(mutex_);
  std::shared_ptr<TaskFeed>& feed = feeds_[tenant];
  if (feed == nullptr) feed = std::make_shared<TaskFeed>(tenant, start, options_.max_changes, options_.max_bytes);
  base::MutexLock feed_lock(feed->mutex);
  feed->readers.Add(reader);
  feed->Count(reader.filter_, 1);
  feed->untold = true;  // It waits to hear that there is no news.
  reader.joined_ = true;
  ++readers_;
  return feed;
}

void TaskFeeds::Leave(TaskFeedReader& reader, TaskFeed& feed) {
  base::MutexLock lock(mutex_);
  base::MutexLock feed_lock(feed.mutex);
  if (!reader.joined_) return;
  reader.joined_ = false;
  feed.readers.Remove(reader);
  feed.Count(reader.filter_, -1);
  --readers_;
  // The reader itself still holds the feed.
  if (feed.readers.empty()) feeds_.erase(feed.tenant);
}

void TaskFeeds::ReadSoon(const std::shared_ptr<TaskFeed>& feed) {
  base::MutexLock lock(feed->mutex);
  if (feed->reading) return;
  // False only after Stop, when nobody needs to be told any more.
  feed->reading = pool_.Submit([this, feed] { ReadOn(*feed); });
}

void TaskFeeds::ReadOn(TaskFeed& feed) {
  {
    // From here on a change may be committed too late for this read, and is worth another.
    base::MutexLock lock(feed.mutex);
    feed.reading = false;
  }
  if (const absl::Status read = ReadNews(feed); !read.ok()) {
    // The next change, or a reader's next heartbeat, tries again.
    base::Log(base::LogLevel::kWarning, "task_feed_read_failed",
              {{"tenant", feed.tenant}, {"cause", std::string(read.message())}});
    return;
  }
  std::vector<std::shared_ptr<WatchReader>> readers;
  {
    base::MutexLock lock(feed.mutex);
    if (std::exchange(feed.untold, false)) readers = feed.readers.Held();
  }
  PokeInSlices(pool_, std::move(readers));
}

absl::Status TaskFeeds::ReadNews(TaskFeed& feed) {
  // Before the changes: they hold everything up to here.
  const absl::StatusOr<store::Store::HistoryBounds> bounds = store_.GetHistoryBounds();
  if (!bounds.ok()) return bounds.status();
  int64_t after = 0;
  {
    base::MutexLock lock(feed.mutex);
    after = feed.read;
  }
  for (bool all = false; !all;) {
    absl::StatusOr<std::vector<store::Store::TaskChange>> changes =
        store_.ListTaskChanges(feed.tenant, after, kFeedPage);
    if (!changes.ok()) return changes.status();
    all = changes->size() < static_cast<size_t>(kFeedPage);
    base::MutexLock lock(feed.mutex);
    feed.untold = feed.untold || !changes->empty();
    for (store::Store::TaskChange& change : *changes) {
      after = change.revision;
      feed.recent.Add(SharedTaskChange(std::move(change)));
    }
    feed.read = all ? std::max(after, bounds->newest) : after;
  }
  return absl::OkStatus();
}

bool TaskFeeds::IsFollowed(const std::string& tenant, const std::string& id) {
  base::MutexLock lock(mutex_);
  const auto found = feeds_.find(tenant);
  if (found == feeds_.end()) return false;
  TaskFeed& feed = *found->second;
  base::MutexLock feed_lock(feed.mutex);
  return feed.followers_of_all > 0 || feed.followers_of.count(id) > 0;
}

TaskFeeds::Followed TaskFeeds::AllFollowed() {
  Followed followed;
  base::MutexLock lock(mutex_);
  for (const auto& [tenant, feed] : feeds_) {
    base::MutexLock feed_lock(feed->mutex);
    if (feed->followers_of_all > 0) followed.tenants.push_back(tenant);
    for (const auto& [id, readers] : feed->followers_of) followed.tasks.push_back(id);
  }
  return followed;
}

size_t TaskFeeds::size() {
  base::MutexLock lock(mutex_);
  return feeds_.size();
}

size_t TaskFeeds::readers() {
  base::MutexLock lock(mutex_);
  return readers_;
}

}  // namespace seedance::engine

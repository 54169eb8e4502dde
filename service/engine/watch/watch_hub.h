#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_HUB_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_HUB_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "service/base/mutex.h"
#include "service/base/thread_pool.h"
#include "service/engine/watch/watch_readers.h"
#include "service/engine/watch/watch_snapshot.h"

namespace seedance::engine {

template <typename Resource>
class WatchHub;

// What all readers of one resource share: the newest snapshot. It lives as long as its readers. Thread-safe; for the
// hub and its sessions.
template <typename Resource>
struct WatchTopic {
  explicit WatchTopic(std::string topic_key) : key(std::move(topic_key)) {}

  // An older snapshot than the newest is ignored.
  void OfferLocked(const std::shared_ptr<const Resource>& snapshot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (newest != nullptr && snapshot->revision <= (*newest)->revision) return;
    newest = std::make_shared<const WatchSnapshot<Resource>>(snapshot);
  }

  const std::string key;
  base::Mutex mutex;  // Taken after the hub's.
  std::shared_ptr<const WatchSnapshot<Resource>> newest ABSL_GUARDED_BY(mutex);
  bool gone ABSL_GUARDED_BY(mutex) = false;
  bool telling ABSL_GUARDED_BY(mutex) = false;  // The hub's thread will look at the readers.
  WatchReaders readers ABSL_GUARDED_BY(mutex);
  WatchReaders direct ABSL_GUARDED_BY(mutex);  // Those of SubscribeDirect.
};

// One reader's view of one resource: always the newest snapshot, never a backlog.
//
// Thread-safe. The reader calls Take whenever it is ready for another message.
template <typename Resource>
class WatchSession final : public WatchReader {
 public:
  using Snapshot = std::shared_ptr<const WatchSnapshot<Resource>>;

  // The newest snapshot if it is newer than the last one taken, else null. One object for all readers of a revision.
  Snapshot TakeShared() {
    base::MutexLock lock(topic_->mutex);
    if (topic_->newest == nullptr || (*topic_->newest)->revision <= taken_) return nullptr;
    taken_ = (*topic_->newest)->revision;
    return topic_->newest;
  }

  // The resource of TakeShared.
  std::shared_ptr<const Resource> Take() {
    const Snapshot snapshot = TakeShared();
    return snapshot == nullptr ? nullptr : snapshot->resource();
  }

  // True once the resource was deleted: no snapshot follows.
  bool gone() {
    base::MutexLock lock(topic_->mutex);
    return topic_->gone;
  }

  // Begins behind `taken`, the revision of the last message that the reader knows, with a snapshot that was read from
  // the store after the subscription.
  void StartAfter(int64_t taken, const std::shared_ptr<const Resource>& snapshot) {
    base::MutexLock lock(topic_->mutex);
    topic_->OfferLocked(snapshot);
    taken_ = taken;
  }

  // Revision of the last snapshot taken, or that the session was started with.
  int64_t taken() {
    base::MutexLock lock(topic_->mutex);
    return taken_;
  }

  // After it returns, on_change neither runs nor will run. Not to be called from on_change. May be called twice.
  void Close() {
    Leave();
    Silence();
  }

  // The session hears of nothing more, but for a call of on_change that is under way. May be called from on_change.
  void Leave() { hub_.Remove(*this); }

  ~WatchSession() override { Close(); }

 private:
  friend class WatchHub<Resource>;

  WatchSession(WatchHub<Resource>& hub, uint64_t connection, OnChange on_change, bool direct)
      : WatchReader(connection, std::move(on_change)), hub_(hub), direct_(direct) {}

  WatchHub<Resource>& hub_;
  const bool direct_;
  std::shared_ptr<WatchTopic<Resource>> topic_;  // Set before anybody knows the session.
  int64_t taken_ = 0;                            // Guarded by topic_->mutex, like `listed_`.
  bool listed_ = false;                          // Among the topic's readers.
};

// Notifies the readers of a resource of a newer snapshot. Publishing costs the publisher one queue entry, however many
// read: they are notified on the hub's own thread, those of one connection in a row. A key is the resource's name.
// Thread-safe; outlives its sessions.
template <typename Resource>
class WatchHub {
 public:
  using Session = WatchSession<Resource>;
  using Snapshot = std::shared_ptr<const Resource>;

  // Hears of every publication, on the publisher's thread: it must not block, nor take a lock under which anybody
  // publishes. `snapshot` is null when the resource was deleted.
  using Listener = std::function<void(const std::string& key, const Resource* snapshot)>;

  explicit WatchHub(
      std::string thread_name, Listener listener = [](const std::string&, const Resource*) {})
      : listener_(std::move(listener)), fan_out_(std::move(thread_name), 1, SIZE_MAX) {}

  // Opens a session. `on_change` says that Take or gone() may say something new; it runs on the hub's thread and must
  // not block. Subscribe first, then read the store and call StartAfter, so that no change falls between the two.
  // `connection` is equal for readers of one connection.
  std::shared_ptr<Session> Subscribe(const std::string& key, WatchReader::OnChange on_change, uint64_t connection = 0) {
    return Open(std::shared_ptr<Session>(new Session(*this, connection, std::move(on_change), /*direct=*/false)), key);
  }

  // The same for one who waits for a change that is about to come: `on_change` runs on the thread that publishes it,
  // and Count does not count the session.
  std::shared_ptr<Session> SubscribeDirect(const std::string& key, WatchReader::OnChange on_change) {
    return Open(std::shared_ptr<Session>(new Session(*this, 0, std::move(on_change), /*direct=*/true)), key);
  }

  // Gives all sessions of the resource a snapshot; older ones than they have are ignored.
  void Publish(const std::string& key, const Snapshot& snapshot) {
    listener_(key, snapshot.get());
    const std::shared_ptr<Topic> topic = Find(key);
    if (topic == nullptr) return;
    std::vector<std::shared_ptr<WatchReader>> direct;
    {
      base::MutexLock lock(topic->mutex);
      topic->OfferLocked(snapshot);
      TellLocked(topic);
      direct = topic->direct.Held();
    }
    for (const std::shared_ptr<WatchReader>& reader : direct) reader->Notify();
  }

  // Tells all sessions of the resource that it was deleted. Readers of many tasks hear of it by TaskFeeds::Changed.
  void PublishGone(const std::string& key) {
    listener_(key, nullptr);
    std::shared_ptr<Topic> topic;
    {
      base::MutexLock lock(mutex_);
      const auto found = topics_.find(key);
      if (found == topics_.end()) return;
      // A resource that is created under the same name later is another topic.
      topic = std::move(found->second);
      topics_.erase(found);
    }
    std::vector<std::shared_ptr<WatchReader>> direct;
    {
      base::MutexLock lock(topic->mutex);
      topic->gone = true;
      TellLocked(topic);
      direct = topic->direct.Held();
    }
    for (const std::shared_ptr<WatchReader>& reader : direct) reader->Notify();
  }

  // Number of sessions of the resource, but for those of SubscribeDirect.
  size_t Count(const std::string& key) {
    const std::shared_ptr<Topic> topic = Find(key);
    if (topic == nullptr) return 0;
    base::MutexLock lock(topic->mutex);
    return topic->readers.size();
  }

  // Names of the resources that have sessions, but for those of SubscribeDirect.
  std::vector<std::string> Watched() {
    std::vector<std::string> names;
    base::MutexLock lock(mutex_);
    for (const auto& [name, topic] : topics_) {
      base::MutexLock topic_lock(topic->mutex);
      if (!topic->readers.empty()) names.push_back(name);
    }
    return names;
  }

  // Number of all sessions of all resources.
  size_t size() {
    base::MutexLock lock(mutex_);
    return sessions_;
  }

  // Sessions are not notified any more, but for those of SubscribeDirect. Joins the thread.
  void Stop() { fan_out_.Stop(); }

 private:
  friend class WatchSession<Resource>;
  using Topic = WatchTopic<Resource>;

  std::shared_ptr<Session> Open(std::shared_ptr<Session> session, const std::string& key) {
    base::MutexLock lock(mutex_);
    std::shared_ptr<Topic>& topic = topics_[key];
    if (topic == nullptr) topic = std::make_shared<Topic>(key);
    session->topic_ = topic;
    base::MutexLock topic_lock(topic->mutex);
    (session->direct_ ? topic->direct : topic->readers).Add(*session);
    session->listed_ = true;
    ++sessions_;
    return session;
  }

  std::shared_ptr<Topic> Find(const std::string& key) {
    base::MutexLock lock(mutex_);
    const auto topic = topics_.find(key);
    return topic == topics_.end() ? nullptr : topic->second;
  }

  void TellLocked(const std::shared_ptr<Topic>& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(topic->mutex) {
    if (topic->telling || topic->readers.empty()) return;
    // False only after Stop, when nobody needs to be told any more.
    topic->telling = fan_out_.Submit([this, topic] { Tell(*topic); });
  }

  void Tell(Topic& topic) {
    std::vector<std::shared_ptr<WatchReader>> readers;
    {
      base::MutexLock lock(topic.mutex);
      topic.telling = false;
      readers = topic.readers.Held();
    }
    PokeInSlices(fan_out_, std::move(readers));
  }

  void Remove(Session& session) {
    base::MutexLock lock(mutex_);
    Topic& topic = *session.topic_;
    bool empty = false;
    {
      base::MutexLock topic_lock(topic.mutex);
      if (!session.listed_) return;
      session.listed_ = false;
      (session.direct_ ? topic.direct : topic.readers).Remove(session);
      empty = topic.readers.empty() && topic.direct.empty();
    }
    --sessions_;
    const auto found = empty ? topics_.find(topic.key) : topics_.end();
    if (found != topics_.end() && found->second.get() == &topic) topics_.erase(found);
  }

  const Listener listener_;
  base::Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Topic>> topics_ ABSL_GUARDED_BY(mutex_);
  size_t sessions_ ABSL_GUARDED_BY(mutex_) = 0;
  // Last: sessions that its thread lets go of look into the map.
  base::ThreadPool fan_out_;
};

// Where a watch stream begins, as the use cases answer it.
template <typename Resource>
struct WatchStart {
  std::shared_ptr<WatchSession<Resource>> session;
  bool over = false;  // The reader has already read the last state: end the stream without a message.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_HUB_H_

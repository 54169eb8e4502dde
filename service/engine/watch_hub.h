#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_HUB_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_HUB_H_

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"

namespace seedance::engine {

template <typename Resource>
class WatchHub;

// One reader's view of one resource: always the newest snapshot, never a backlog.
//
// Thread-safe. The reader calls Take whenever it is ready for another message.
template <typename Resource>
class WatchSession : public std::enable_shared_from_this<WatchSession<Resource>> {
 public:
  // The newest snapshot if it is newer than the last one taken, else null.
  std::shared_ptr<const Resource> Take() {
    base::MutexLock lock(mutex_);
    if (newest_ == nullptr || newest_->revision <= taken_) return nullptr;
    taken_ = newest_->revision;
    return newest_;
  }

  // True once the resource was deleted: no snapshot follows.
  bool gone() {
    base::MutexLock lock(mutex_);
    return gone_;
  }

  // Begins behind `taken`, the revision of the last message that the reader knows, with a snapshot that was read from
  // the store after the subscription.
  void StartAfter(int64_t taken, const std::shared_ptr<const Resource>& snapshot) {
    Offer(snapshot);
    base::MutexLock lock(mutex_);
    taken_ = taken;
  }

  // Revision of the last snapshot taken, or that the session was started with.
  int64_t taken() {
    base::MutexLock lock(mutex_);
    return taken_;
  }

  // After it returns, on_change neither runs nor will run. Not to be called from on_change.
  void Close();

  ~WatchSession() { Close(); }

 private:
  friend class WatchHub<Resource>;
  using OnChange = absl::AnyInvocable<void()>;

  WatchSession(WatchHub<Resource>& hub, std::string key, OnChange on_change)
      : hub_(hub), key_(std::move(key)), on_change_(std::move(on_change)) {}

  void Offer(const std::shared_ptr<const Resource>& snapshot) {
    base::MutexLock lock(mutex_);
    if (newest_ == nullptr || snapshot->revision > newest_->revision) newest_ = snapshot;
  }

  void MarkGone() {
    base::MutexLock lock(mutex_);
    gone_ = true;
  }

  void Poke() {
    base::MutexLock lock(call_mutex_);
    if (on_change_) on_change_();
  }

  WatchHub<Resource>& hub_;
  const std::string key_;
  base::Mutex mutex_;
  std::shared_ptr<const Resource> newest_ ABSL_GUARDED_BY(mutex_);
  int64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  // Held while on_change runs, so that Close can wait for it. Taken alone.
  base::Mutex call_mutex_;
  OnChange on_change_ ABSL_GUARDED_BY(call_mutex_);
};

// Tells the readers of a resource that there is a newer snapshot. Publishing costs the publisher one queue entry:
// readers are poked on the hub's own thread. Thread-safe; outlives its sessions.
template <typename Resource>
class WatchHub {
 public:
  using Session = WatchSession<Resource>;
  using Snapshot = std::shared_ptr<const Resource>;

  explicit WatchHub(std::string thread_name) : fan_out_(std::move(thread_name), 1, SIZE_MAX) {}

  // Opens a session. `on_change` says that Take or gone() may say something new; it runs on the hub's thread and must
  // not block. Subscribe first, then read the store and call StartAfter, so that no change falls between the two.
  std::shared_ptr<Session> Subscribe(const std::string& key, absl::AnyInvocable<void()> on_change) {
    std::shared_ptr<Session> session(new Session(*this, key, std::move(on_change)));
    base::MutexLock lock(mutex_);
    topics_[key].insert(session.get());
    sessions_[session.get()] = session;
    return session;
  }

  // Calls `listener` with the key of every publication from now on, on the publisher's thread: it must not block, nor
  // take a lock under which anybody publishes. Call it before the first publication.
  void Listen(std::function<void(const std::string& key)> listener) { listeners_.push_back(std::move(listener)); }

  // Gives all sessions of the resource a snapshot; older ones than they have are ignored.
  void Publish(const std::string& key, const Snapshot& snapshot) {
    for (const auto& listener : listeners_) listener(key);
    std::vector<std::shared_ptr<Session>> readers = Readers(key);
    if (readers.empty()) return;
    for (const auto& reader : readers) reader->Offer(snapshot);
    PokeLater(std::move(readers));
  }

  // Tells all sessions of the resource that it was deleted.
  void PublishGone(const std::string& key) {
    for (const auto& listener : listeners_) listener(key);
    std::vector<std::shared_ptr<Session>> readers = Readers(key);
    for (const auto& reader : readers) reader->MarkGone();
    PokeLater(std::move(readers));
  }

  // Number of sessions of the resource.
  size_t Count(const std::string& key) {
    base::MutexLock lock(mutex_);
    const auto topic = topics_.find(key);
    return topic == topics_.end() ? 0 : topic->second.size();
  }

  void Stop() { fan_out_.Stop(); }

 private:
  friend class WatchSession<Resource>;

  std::vector<std::shared_ptr<Session>> Readers(const std::string& key) {
    std::vector<std::shared_ptr<Session>> readers;
    base::MutexLock lock(mutex_);
    const auto topic = topics_.find(key);
    if (topic == topics_.end()) return readers;
    readers.reserve(topic->second.size());
    for (Session* session : topic->second) {
      if (auto reader = sessions_[session].lock()) readers.push_back(std::move(reader));
    }
    return readers;
  }

  void PokeLater(std::vector<std::shared_ptr<Session>> readers) {
    // False only after Stop, when nobody needs to be told any more.
    (void)fan_out_.Submit([readers = std::move(readers)] {
      for (const auto& reader : readers) reader->Poke();
    });
  }

  void Remove(const std::string& key, Session* session) {
    base::MutexLock lock(mutex_);
    if (sessions_.erase(session) == 0) return;
    const auto topic = topics_.find(key);
    topic->second.erase(session);
    if (topic->second.empty()) topics_.erase(topic);
  }

  std::vector<std::function<void(const std::string& key)>> listeners_;  // Fixed once anything is published.
  base::Mutex mutex_;
  std::unordered_map<std::string, std::unordered_set<Session*>> topics_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<Session*, std::weak_ptr<Session>> sessions_ ABSL_GUARDED_BY(mutex_);
  // Last: sessions that its thread lets go of look into the maps.
  base::ThreadPool fan_out_;
};

template <typename Resource>
void WatchSession<Resource>::Close() {
  hub_.Remove(key_, this);
  base::MutexLock lock(call_mutex_);
  on_change_ = nullptr;
}

// Where a watch stream begins.
template <typename Resource>
struct WatchStart {
  std::shared_ptr<WatchSession<Resource>> session;
  bool over = false;  // The reader has already read the last state: end the stream without a message.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_HUB_H_

#ifndef SEEDANCE_TESTS_UNIT_ENGINE_FAKE_OWNERSHIP_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_FAKE_OWNERSHIP_H_

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/base/mutex.h"
#include "service/store/ownership.h"

namespace seedance::testing {

// What several FakeOwnerships tell each other: of each key the newest. Thread-safe.
class FakeBoard {
 public:
  void Post(const void* sender, const std::vector<store::Notice>& notices) {
    base::MutexLock lock(mutex_);
    for (store::Notice notice : notices) {
      std::erase_if(posted_, [&](const auto& each) { return each.second.key == notice.key; });
      notice.revision = ++revision_;
      posted_.emplace_back(sender, std::move(notice));
    }
  }
  store::Ownership::Posted PostedByOthers(const void* reader, int64_t after) {
    base::MutexLock lock(mutex_);
    store::Ownership::Posted posted{{}, revision_};
    for (const auto& [sender, notice] : posted_) {
      if (sender != reader && notice.revision > after) posted.notices.push_back(notice);
    }
    return posted;
  }

 private:
  base::Mutex mutex_;
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<const void*, store::Notice>> posted_ ABSL_GUARDED_BY(mutex_);
};

// Shards as the test gives and takes them.
class FakeOwnership final : public store::Ownership {
 public:
  explicit FakeOwnership(const store::ShardSet& owned, std::shared_ptr<FakeBoard> board = std::make_shared<FakeBoard>())
      : board_(std::move(board)), owned_(owned) {}

  bool Owns(size_t shard) override {
    base::MutexLock lock(mutex_);
    return live_ && owned_.test(shard);
  }
  size_t PartOf(size_t places) override {
    base::MutexLock lock(mutex_);
    return live_ ? store::PlacesOf(owned_, places) : 0;
  }
  int64_t number() override { return 0; }
  bool shared() override { return true; }
  absl::Status Post(const std::vector<store::Notice>& notices) override {
    if (!reachable()) {
      ++refused_;
      return base::StoreUnavailable("test");
    }
    board_->Post(this, notices);
    return absl::OkStatus();
  }
  absl::StatusOr<Posted> ReadPosted(int64_t after) override { return board_->PostedByOthers(this, after); }
  absl::StatusOr<std::vector<store::ReplicaInfo>> ListReplicas() override { return std::vector<store::ReplicaInfo>(); }
  absl::Status Start(Listener listener) override {
    listener_ = std::move(listener);
    return listener_.on_gain(owned());
  }
  void Stop() override {}

  store::ShardSet owned() {
    base::MutexLock lock(mutex_);
    return owned_;
  }
  // Whether the lease is good.
  void SetLive(bool live) {
    base::MutexLock lock(mutex_);
    live_ = live;
  }
  // Whether the board can be written.
  void SetReachable(bool reachable) {
    base::MutexLock lock(mutex_);
    reachable_ = reachable;
  }
  int refused() const { return refused_; }
  absl::Status Gain(const store::ShardSet& shards) {
    {
      base::MutexLock lock(mutex_);
      owned_ |= shards;
    }
    return listener_.on_gain(shards);
  }
  void Lose(const store::ShardSet& shards) {
    {
      base::MutexLock lock(mutex_);
      owned_ &= ~shards;
    }
    listener_.on_loss(shards);
  }
  // Another process has written.
  void Tell() { listener_.on_write(); }

 private:
  bool reachable() {
    base::MutexLock lock(mutex_);
    return reachable_;
  }

  const std::shared_ptr<FakeBoard> board_;
  std::atomic<int> refused_ = 0;
  Listener listener_;
  base::Mutex mutex_;
  bool reachable_ ABSL_GUARDED_BY(mutex_) = true;
  bool live_ ABSL_GUARDED_BY(mutex_) = true;
  store::ShardSet owned_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_FAKE_OWNERSHIP_H_

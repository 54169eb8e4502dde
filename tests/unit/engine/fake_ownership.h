#ifndef SEEDANCE_TESTS_UNIT_ENGINE_FAKE_OWNERSHIP_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_FAKE_OWNERSHIP_H_

#include <utility>

#include "service/base/mutex.h"
#include "service/store/ownership.h"

namespace seedance::testing {

// Shards as the test gives and takes them.
class FakeOwnership final : public store::Ownership {
 public:
  explicit FakeOwnership(const store::ShardSet& owned) : owned_(owned) {}

  bool Owns(size_t shard) override {
    base::MutexLock lock(mutex_);
    return live_ && owned_.test(shard);
  }
  size_t PartOf(size_t places) override {
    base::MutexLock lock(mutex_);
    return live_ ? store::PlacesOf(owned_, places) : 0;
  }
  int64_t number() override { return 0; }
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
  Listener listener_;
  base::Mutex mutex_;
  bool live_ ABSL_GUARDED_BY(mutex_) = true;
  store::ShardSet owned_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_FAKE_OWNERSHIP_H_

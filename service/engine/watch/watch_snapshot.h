#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_SNAPSHOT_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_SNAPSHOT_H_

#include <memory>
#include <utility>

#include "service/base/mutex.h"

namespace seedance::engine {

// One revision of a resource as all its readers share it, with the bytes that the edge makes of it once for all of
// them. Thread-safe.
template <typename Resource>
class WatchSnapshot {
 public:
  explicit WatchSnapshot(std::shared_ptr<const Resource> resource) : resource_(std::move(resource)) {}

  const Resource& operator*() const { return *resource_; }
  const Resource* operator->() const { return resource_.get(); }
  const std::shared_ptr<const Resource>& resource() const { return resource_; }

  // What `encode(resource)` returned when this was called first; later calls, also of other readers, get the same
  // object and do not call their `encode`. Runs under the snapshot's lock: `encode` must not call back. `Encoded` must
  // be the same type in all calls.
  template <typename Encoded, typename Encode>
  std::shared_ptr<const Encoded> EncodedOnce(Encode encode) const {
    base::MutexLock lock(mutex_);
    if (encoded_ == nullptr) encoded_ = std::make_shared<const Encoded>(encode(*resource_));
    return std::static_pointer_cast<const Encoded>(encoded_);
  }

 private:
  const std::shared_ptr<const Resource> resource_;
  mutable base::Mutex mutex_;  // Held while a resource is encoded. Taken last.
  mutable std::shared_ptr<const void> encoded_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_WATCH_SNAPSHOT_H_

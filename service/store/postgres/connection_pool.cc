#include "service/store/postgres/connection_pool.h"

namespace seedance::store::postgres {

ConnectionPool::ConnectionPool(Connector& connector, int connections, const base::Histogram& times)
    : connector_(connector), times_(times), size_(static_cast<size_t>(connections)) {
  base::MutexLock lock(mutex_);
  free_.resize(size_);
}

size_t ConnectionPool::lent() {
  base::MutexLock lock(mutex_);
  return size_ - free_.size();
}

ConnectionPool::Slot ConnectionPool::Take() {
  base::MutexLock lock(mutex_);
  while (free_.empty()) returned_.Wait(mutex_);
  Slot slot = std::move(free_.back());
  free_.pop_back();
  return slot;
}

void ConnectionPool::Return(Slot slot) {
  {
    base::MutexLock lock(mutex_);
    // Made connections at the end.
    free_.insert(slot == nullptr ? free_.begin() : free_.end(), std::move(slot));
  }
  // Without the lock: the woken thread would only wait for it.
  returned_.NotifyOne();
}

}  // namespace seedance::store::postgres

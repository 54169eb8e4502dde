#include "service/store/sqlite/read_pool.h"

namespace seedance::store::sqlite {

ReadPool::ReadPool(const std::string& path, int connections, Soundness& soundness) : soundness_(soundness) {
  base::MutexLock lock(mutex_);
  for (int i = 0; i < connections; ++i) {
    connections_.push_back(std::make_unique<Connection>(path, Connection::Use::kRead, 0));
    // Opens all files now; they may be gone at the first use.
    connections_.back()->Value("PRAGMA user_version");
    free_.push_back(connections_.back().get());
  }
}

Connection* ReadPool::Take() {
  base::MutexLock lock(mutex_);
  while (free_.empty()) returned_.Wait(mutex_);
  Connection* const connection = free_.back();
  free_.pop_back();
  return connection;
}

void ReadPool::Return(Connection* connection) {
  {
    base::MutexLock lock(mutex_);
    free_.push_back(connection);
  }
  // Without the lock: the woken thread would only wait for it.
  returned_.NotifyOne();
}

}  // namespace seedance::store::sqlite

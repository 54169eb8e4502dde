#include "service/http/connection_pool.h"

#include <utility>

namespace seedance::http {

std::unique_ptr<Connection> ConnectionPool::Take(const std::string& key, absl::Time now) {
  Row closed;
  base::MutexLock lock(mutex_);
  ExpireLocked(now, closed);
  const auto row = idle_.find(key);
  if (row == idle_.end()) return nullptr;
  while (!row->second.empty()) {
    std::unique_ptr<Connection> connection = std::move(row->second.back().connection);
    row->second.pop_back();
    if (connection->Quiet()) return connection;
    closed.push_back({std::move(connection), now});
  }
  return nullptr;
}

void ConnectionPool::Put(const std::string& key, std::unique_ptr<Connection> connection, absl::Time now) {
  Row closed;
  base::MutexLock lock(mutex_);
  ExpireLocked(now, closed);
  if (max_idle_ == 0 || !connection->Quiet()) {
    closed.push_back({std::move(connection), now});
    return;
  }
  Row& row = idle_[key];
  row.push_back({std::move(connection), now});
  if (row.size() <= max_idle_) return;
  closed.push_back(std::move(row.front()));
  row.pop_front();
}

void ConnectionPool::ExpireLocked(absl::Time now, Row& closed) {
  for (auto it = idle_.begin(); it != idle_.end();) {
    Row& row = it->second;
    while (!row.empty() && now - row.front().since > idle_limit_) {
      closed.push_back(std::move(row.front()));
      row.pop_front();
    }
    it = row.empty() ? idle_.erase(it) : std::next(it);
  }
}

}  // namespace seedance::http

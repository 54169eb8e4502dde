#ifndef SEEDANCE_SERVICE_HTTP_CONNECTION_POOL_H_
#define SEEDANCE_SERVICE_HTTP_CONNECTION_POOL_H_

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "service/http/connection.h"

namespace seedance::http {

// Connections that wait for their next request. Thread-safe.
class ConnectionPool {
 public:
  // At most `max_idle` wait per key; those that wait longer than `idle_limit` are closed, at the next call.
  ConnectionPool(size_t max_idle, absl::Duration idle_limit) : max_idle_(max_idle), idle_limit_(idle_limit) {}

  // The one used last under `key` that is quiet; null: none waits. Dead ones that are met are closed.
  std::unique_ptr<Connection> Take(const std::string& key, absl::Time now);

  // Keeps `connection` for the next Take; closes it when too many wait or it is not quiet.
  void Put(const std::string& key, std::unique_ptr<Connection> connection, absl::Time now);

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    absl::Time since;
  };
  using Row = std::deque<Idle>;  // Oldest first.

  // Moves what has waited too long to `closed`, to be closed without the lock.
  void ExpireLocked(absl::Time now, Row& closed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_idle_;
  const absl::Duration idle_limit_;
  base::Mutex mutex_;
  std::map<std::string, Row> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_CONNECTION_POOL_H_

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

// Idle connections kept for reuse. Thread-safe; closes sockets outside of its lock.
//
// Tests: tests/unit/http/http_transport_test.cc, tests/unit/http/idle_close_test.cc
class ConnectionPool {
 public:
  // Keeps at most `max_idle` per key; those idle for longer than `idle_limit` are closed at the next call.
  ConnectionPool(size_t max_idle, absl::Duration idle_limit) : max_idle_(max_idle), idle_limit_(idle_limit) {}

  // The most recently used quiet connection of `key`; null: none. Closes broken ones that it meets. `now`: wall time.
  std::unique_ptr<Connection> Take(const std::string& key, absl::Time now);

  // Keeps `connection` for a later Take; closes it when `max_idle` are kept or it is not quiet.
  void Put(const std::string& key, std::unique_ptr<Connection> connection, absl::Time now);

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    absl::Time since;
  };
  using Row = std::deque<Idle>;  // Oldest first.

  // Moves expired connections to `closed`, to be closed without the lock.
  void ExpireLocked(absl::Time now, Row& closed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_idle_;
  const absl::Duration idle_limit_;
  base::Mutex mutex_;
  std::map<std::string, Row> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_CONNECTION_POOL_H_

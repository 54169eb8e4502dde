#ifndef SEEDANCE_SERVICE_STORE_SQLITE_READ_POOL_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_READ_POOL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/base/mutex.h"
#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/sqlite_error.h"

namespace seedance::store::sqlite {

// A fixed number of read-only connections, each lent to one caller at a time. They never wait for the writer (WAL).
// Thread-safe.
//
// Tests: tests/unit/store/sqlite/sqlite_failure_test.cc
class ReadPool {
 public:
  // Opens all connections. `soundness` is told of errors of reads and must outlive the pool. Throws SQLite::Exception.
  ReadPool(const std::string& path, int connections, Soundness& soundness);

  // Runs `read` with a connection on this thread, after waiting for a free one without a limit. SQLite::Exception
  // becomes a status.
  template <typename Read>
  auto Run(Read read) -> decltype(read(std::declval<Connection&>())) {
    Lease lease(*this);
    try {
      return read(lease.connection());
    } catch (const SQLite::Exception& error) {
      return Saw(soundness_, error);
    }
  }

 private:
  // Holds a connection for a scope.
  class Lease {
   public:
    explicit Lease(ReadPool& pool) : pool_(pool), connection_(pool.Take()) {}
    ~Lease() { pool_.Return(connection_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& connection() { return *connection_; }

   private:
    ReadPool& pool_;
    Connection* const connection_;
  };

  // Blocks until a connection is free.
  Connection* Take();
  void Return(Connection* connection);

  Soundness& soundness_;
  std::vector<std::unique_ptr<Connection>> connections_;
  base::Mutex mutex_;
  base::CondVar returned_;
  std::vector<Connection*> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_READ_POOL_H_

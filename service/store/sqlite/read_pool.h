#ifndef SEEDANCE_SERVICE_STORE_SQLITE_READ_POOL_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_READ_POOL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/base/mutex.h"
#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/soundness.h"

namespace seedance::store::sqlite {

// A few connections that only read, lent to one caller each. They never wait for the writer. Thread-safe.
class ReadPool {
 public:
  // `soundness` hears of the errors of reads. Throws SQLite::Exception.
  ReadPool(const std::string& path, int connections, Soundness& soundness);

  // Runs `read` with a connection on this thread, after waiting for a free one. SQLite::Exception becomes a status.
  template <typename Read>
  auto Run(Read read) -> decltype(read(std::declval<Connection&>())) {
    Lease lease(*this);
    try {
      return read(lease.connection());
    } catch (const SQLite::Exception& error) {
      return soundness_.Saw(error);
    }
  }

 private:
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

#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTION_POOL_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTION_POOL_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/store/postgres/connector.h"

namespace seedance::store::postgres {

// A fixed number of connections for reads, made when they are needed, each lent to one caller at a time. Thread-safe.
//
// Tests: tests/unit/store/postgres/outage_test.cc
class ConnectionPool {
 public:
  // `connector` must outlive the pool. `connections` >= 1. `times`: seconds of a Run.
  ConnectionPool(Connector& connector, int connections, const base::Histogram& times = {});

  // Connections that are lent now.
  size_t lent();

  // Runs `read` with a connection on this thread, after waiting for a free one without a limit. PostgresError becomes a
  // status. When an idle connection turns out to have ended, `read` runs again with a new one.
  template <typename Read>
  auto Run(Read read) -> decltype(read(std::declval<Connection&>())) {
    const Timed timed(times_);
    Lease lease(*this);
    for (;;) {
      const bool reused = lease.slot() != nullptr;
      if (!reused) {
        absl::StatusOr<std::unique_ptr<Connection>> made = connector_.Connect();
        if (!made.ok()) return made.status();
        lease.slot() = *std::move(made);
      }
      try {
        return read(*lease.slot());
      } catch (const PostgresError& error) {
        // What is not sound any more, or in the middle of something, is not lent again.
        if (error.lost() || lease.slot()->in_transaction()) lease.slot().reset();
        const bool ended = error.lost() && error.sqlstate() != PostgresError::kNoAnswer;
        if (!reused || !ended) return StatusOf(error);
      }
    }
  }

 private:
  using Slot = std::unique_ptr<Connection>;

  // Observes how long a scope lasts.
  class Timed {
   public:
    explicit Timed(base::Histogram& times) : times_(times), begin_(base::RealClock().Now()) {}
    ~Timed() { times_.Observe(absl::ToDoubleSeconds(base::RealClock().Now() - begin_)); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

   private:
    base::Histogram& times_;
    const absl::Time begin_;
  };

  // Holds a slot for a scope.
  class Lease {
   public:
    explicit Lease(ConnectionPool& pool) : pool_(pool), slot_(pool.Take()) {}
    ~Lease() { pool_.Return(std::move(slot_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Slot& slot() { return slot_; }

   private:
    ConnectionPool& pool_;
    Slot slot_;
  };

  // Blocks until a slot is free. Null: a connection may be made.
  Slot Take();
  void Return(Slot slot);

  Connector& connector_;
  base::Histogram times_;
  const size_t size_;
  base::Mutex mutex_;
  base::CondVar returned_;
  std::vector<Slot> free_ ABSL_GUARDED_BY(mutex_);  // Those in use last are at the end, and lent first.
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTION_POOL_H_

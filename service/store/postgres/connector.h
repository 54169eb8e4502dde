#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTOR_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTOR_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/backoff.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/store/postgres/connection.h"

namespace seedance::store::postgres {

// Makes connections, with back-off: after a failed attempt further ones fail at once for a while, so that callers get
// their answer and a server that is down or full is not flooded. Thread-safe.
//
// Tests: tests/unit/store/postgres/outage_test.cc
class Connector {
 public:
  Connector(ConnectOptions options, base::Clock& clock) : options_(std::move(options)), clock_(clock) {}

  // base::StoreUnavailable, with the cause of the last attempt.
  absl::StatusOr<std::unique_ptr<Connection>> Connect();
  // When the next attempt will be made; InfinitePast: at once.
  absl::Time next_attempt();

  const ConnectOptions& options() const { return options_; }
  base::Clock& clock() { return clock_; }

 private:
  const ConnectOptions options_;
  base::Clock& clock_;
  const base::Backoff backoff_ = {absl::Milliseconds(100), absl::Seconds(2)};
  base::Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status last_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTOR_H_

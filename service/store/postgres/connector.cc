#include "service/store/postgres/connector.h"

#include "service/base/random.h"

namespace seedance::store::postgres {

absl::StatusOr<std::unique_ptr<Connection>> Connector::Connect() {
  {
    base::MutexLock lock(mutex_);
    if (clock_.Now() < next_) return last_;
  }
  try {
    auto connection = std::make_unique<Connection>(options_);
    base::MutexLock lock(mutex_);
    failures_ = 0;
    next_ = absl::InfinitePast();
    return connection;
  } catch (const PostgresError& error) {
    absl::Status status = StatusOf(error);
    base::MutexLock lock(mutex_);
    last_ = status;
    next_ = clock_.Now() + backoff_.Delay(failures_++, base::SystemRandom());
    return status;
  }
}

absl::Time Connector::next_attempt() {
  base::MutexLock lock(mutex_);
  return next_;
}

}  // namespace seedance::store::postgres

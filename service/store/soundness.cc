#include "service/store/soundness.h"

#include "service/base/error.h"
#include "service/base/log.h"

namespace seedance::store {

void Soundness::Lose(std::string_view cause) {
  {
    base::MutexLock lock(mutex_);
    if (!cause_.empty()) return;
    cause_ = std::string(cause);
    lost_ = true;
  }
  base::Log(base::LogLevel::kError, "store_unsound",
            {{"path", name_},
             {"cause", cause},
             {"hint", "writes and billed requests are refused until a restart with the right database, or a restore"}});
}

absl::Status Soundness::status() const {
  if (!lost_) return absl::OkStatus();
  base::MutexLock lock(mutex_);
  return base::StoreUnavailable(cause_);
}

}  // namespace seedance::store

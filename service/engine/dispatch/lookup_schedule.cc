#include "service/engine/dispatch/lookup_schedule.h"

#include <array>
#include <utility>

#include "absl/time/time.h"
#include "service/base/error.h"

namespace seedance::engine {
namespace {

constexpr std::array<absl::Duration, 6> kPauses = {absl::Seconds(1), absl::Seconds(4), absl::Seconds(15),
                                                   absl::Minutes(1), absl::Minutes(5), absl::Minutes(20)};
constexpr int kMostAtATime = 4;
constexpr absl::Duration kTurnPause = absl::Milliseconds(200);

}  // namespace

LookupSchedule::LookupSchedule(base::Clock& clock, std::function<void(const std::string& key)> look)
    : clock_(clock),
      look_(std::move(look)),
      due_(clock, base::Timer::Alarm::Work::kMayBlock, [this](const std::string& key) { OnDue(key); }) {}

void LookupSchedule::Add(const std::string& key, bool at_once) {
  base::MutexLock lock(mutex_);
  if (!tries_.try_emplace(key, at_once ? 0 : 1).second) return;
  due_.Schedule(key, clock_.Now() + (at_once ? absl::ZeroDuration() : kPauses[0]));
}

void LookupSchedule::OnDue(const std::string& key) {
  {
    base::MutexLock lock(mutex_);
    if (running_ >= kMostAtATime) return due_.Schedule(key, clock_.Now() + kTurnPause);
    ++running_;
  }
  look_(key);
}

void LookupSchedule::Done(const std::string& key, bool over) {
  base::MutexLock lock(mutex_);
  --running_;
  const auto found = tries_.find(key);
  if (found == tries_.end()) return;
  if (over || found->second >= kPauses.size()) {
    tries_.erase(found);
    return;
  }
  due_.Schedule(key, clock_.Now() + kPauses[found->second++]);
}

void LookupSchedule::PutOff(const std::string& key, const absl::Status& why) {
  const absl::Duration delay = base::GetErrorDetail(why).retry_delay.value_or(kPauses[0]);
  base::MutexLock lock(mutex_);
  --running_;
  if (tries_.count(key) > 0) due_.Schedule(key, clock_.Now() + delay);
}

size_t LookupSchedule::size() {
  base::MutexLock lock(mutex_);
  return tries_.size();
}

}  // namespace seedance::engine

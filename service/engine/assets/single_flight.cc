#include "service/engine/assets/single_flight.h"

#include "service/base/error.h"

namespace seedance::engine {

bool SingleFlight::Lead(const Key& key, Follower follower) {
  base::MutexLock lock(mutex_);
  const auto [flight, is_new] = flights_.try_emplace(key);
  if (!is_new) flight->second.push_back(std::move(follower));
  return is_new;
}

void SingleFlight::End(const Key& key, const absl::StatusOr<model::Asset>& outcome) {
  std::vector<Follower> followers;
  {
    base::MutexLock lock(mutex_);
    const auto flight = flights_.find(key);
    followers = std::move(flight->second);
    flights_.erase(flight);
  }
  for (Follower& follower : followers) follower(outcome);
}

size_t SingleFlight::waiting() {
  base::MutexLock lock(mutex_);
  size_t count = 0;
  for (const auto& [key, followers] : flights_) count += followers.size();
  return count;
}

FollowUp AfterFailure(const absl::Status& status) {
  switch (base::GetReason(status)) {
    case base::Reason::kOutcomeUnknown:
      return FollowUp::kGiveUp;
    case base::Reason::kCancelled:
    case base::Reason::kDeadlineExceeded:
    case base::Reason::kDisplayNameTaken:
    case base::Reason::kInvalidInput:
    case base::Reason::kRequestIdReused:
    case base::Reason::kResourceNotFound:
    case base::Reason::kSizeOutOfRange:
    case base::Reason::kUpstreamInvalidInput:  // Perhaps of the leader's URL only.
      return FollowUp::kTryItself;
    default:
      return FollowUp::kShare;
  }
}

}  // namespace seedance::engine

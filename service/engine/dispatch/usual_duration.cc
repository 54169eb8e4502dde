#include "service/engine/dispatch/usual_duration.h"

#include <algorithm>
#include <cmath>

namespace seedance::engine {
namespace {

constexpr double kBase = 1.1;
constexpr float kDecay = 0.98F;
constexpr int kEnough = 8;
constexpr double kEarlyShare = 0.1;
constexpr double kLateShare = 0.9;
// Names of models may be the callers' own where a vendor takes any.
constexpr size_t kMostMemories = 1000;

}  // namespace

void DurationMemory::Add(absl::Duration duration) {
  const double seconds = std::max(1.0, absl::ToDoubleSeconds(duration));
  const double power = std::ceil(std::log(seconds) / std::log(kBase));
  for (float& weight : weights_) weight *= kDecay;
  weights_[std::min(static_cast<size_t>(power), kBuckets - 1)] += 1;
  count_ = std::min(count_ + 1, kEnough);
}

absl::Duration DurationMemory::At(double share) const {
  double sum = 0;
  for (const float weight : weights_) sum += weight;
  double before = 0;
  size_t bucket = 0;
  while (bucket + 1 < kBuckets && before + weights_[bucket] < sum * share) before += weights_[bucket++];
  return absl::Seconds(std::pow(kBase, static_cast<double>(bucket)));
}

std::optional<UsualDuration> DurationMemory::Usual() const {
  if (count_ < kEnough) return std::nullopt;
  // Down to the begin of the bucket, and up to its end.
  return UsualDuration{At(kEarlyShare) / kBase, At(kLateShare)};
}

void UsualDurations::Add(const std::string& upstream, const std::string& model, absl::Duration duration) {
  base::MutexLock lock(mutex_);
  if (memories_.size() >= kMostMemories && memories_.count({upstream, model}) == 0) return;
  memories_[{upstream, model}].Add(duration);
}

std::optional<UsualDuration> UsualDurations::Of(const std::string& upstream, const std::string& model) {
  base::MutexLock lock(mutex_);
  const auto memory = memories_.find({upstream, model});
  return memory == memories_.end() ? std::nullopt : memory->second.Usual();
}

}  // namespace seedance::engine

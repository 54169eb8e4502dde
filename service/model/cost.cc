#include "service/model/cost.h"

#include <cmath>

namespace seedance::model {
namespace {

constexpr double kMicros = 1e6;
constexpr double kMostUnits = 9e12;  // The millionths of more do not fit into 64 bits.

double PerSecond(const Price& price, Resolution resolution) {
  const auto row = price.per_second_of.find(resolution);
  return row == price.per_second_of.end() ? price.per_second : row->second;
}

}  // namespace

Cost EstimateCost(const TaskRequest& request, const ModelProfile& profile) {
  const int seconds = request.duration_seconds.value_or(profile.default_duration_seconds);
  if (!profile.price.has_value() || seconds < 0) return {};
  const Resolution resolution =
      request.resolution == Resolution::kUnspecified ? profile.default_resolution : request.resolution;
  const double units = profile.price->per_task + PerSecond(*profile.price, resolution) * seconds;
  if (!(std::abs(units) < kMostUnits)) return {};  // Not a number, too.
  return {profile.price->currency, std::llround(units * kMicros)};
}

CostRange EstimateCostRange(const TaskRequest& request, const ModelProfile& profile) {
  if (request.duration_seconds.value_or(0) >= 0) return {};
  TaskRequest shortest = request;
  shortest.duration_seconds = profile.min_duration_seconds;
  TaskRequest longest = request;
  longest.duration_seconds = profile.max_duration_seconds;
  return {EstimateCost(shortest, profile), EstimateCost(longest, profile)};
}

}  // namespace seedance::model

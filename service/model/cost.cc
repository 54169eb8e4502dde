#include "service/model/cost.h"

#include <cmath>
#include <optional>
#include <string>

namespace seedance::model {
namespace {

constexpr double kMicros = 1e6;
constexpr double kMostUnits = 9e12;  // More would overflow 64 bits in millionths.

double PerSecond(const Price& price, Resolution resolution) {
  const auto row = price.per_second_of.find(resolution);
  return row == price.per_second_of.end() ? price.per_second : row->second;
}

CallCost CostOfCall(const std::string& billing_model, const std::optional<AssetPrice>& price) {
  CallCost cost{billing_model, {}};
  if (billing_model.empty() || !price.has_value()) return cost;
  const auto row = price->per_call.find(billing_model);
  if (row != price->per_call.end()) cost.cost = ToCost(price->currency, row->second);
  return cost;
}

}  // namespace

Cost ToCost(const std::string& currency, double units) {
  if (!(std::abs(units) < kMostUnits)) return {};  // False for NaN.
  return {currency, std::llround(units * kMicros)};
}

Cost EstimateCost(const TaskRequest& request, const ModelProfile& profile) {
  const int seconds = request.duration_seconds.value_or(profile.default_duration_seconds);
  if (!profile.price.has_value() || seconds < 0) return {};
  const Resolution resolution =
      request.resolution == Resolution::kUnspecified ? profile.default_resolution : request.resolution;
  const double units = profile.price->per_task + PerSecond(*profile.price, resolution) * seconds;
  return ToCost(profile.price->currency, units);
}

CostRange EstimateCostRange(const TaskRequest& request, const ModelProfile& profile) {
  if (request.duration_seconds.value_or(0) >= 0) return {};
  TaskRequest shortest = request;
  shortest.duration_seconds = profile.min_duration_seconds;
  TaskRequest longest = request;
  longest.duration_seconds = profile.max_duration_seconds;
  return {EstimateCost(shortest, profile), EstimateCost(longest, profile)};
}

CallCost CostOfGroup(const AssetProfile& profile) { return CostOfCall(profile.billing.group, profile.price); }

CallCost CostOfAsset(MediaType type, const AssetProfile& profile) {
  return CostOfCall(profile.billing.Of(type), profile.price);
}

}  // namespace seedance::model

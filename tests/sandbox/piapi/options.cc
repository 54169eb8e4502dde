#include "tests/sandbox/piapi/options.h"

#include <array>

namespace seedance::sandbox {
namespace {

struct PlanRow {
  int64_t quota;
  int64_t ttl_days;
};

// In the order of PiApiPlan.
constexpr std::array<PlanRow, 4> kPlans = {{{50, 3}, {200, 7}, {500, 15}, {1000, 15}}};

}  // namespace

int64_t PiApiOptions::AssetQuota() const {
  return max_assets.has_value() ? *max_assets : kPlans[static_cast<size_t>(plan)].quota;
}

absl::Duration PiApiOptions::AssetTtl() const {
  return asset_ttl.has_value() ? *asset_ttl : absl::Hours(24 * kPlans[static_cast<size_t>(plan)].ttl_days);
}

}  // namespace seedance::sandbox

#ifndef SEEDANCE_SERVICE_MODEL_COST_H_
#define SEEDANCE_SERVICE_MODEL_COST_H_

#include <string>

#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/money.h"
#include "service/model/profile.h"

namespace seedance::model {

// `units` whole units of `currency`; unknown when they are out of range or not a number.
Cost ToCost(const std::string& currency, double units);

// Cost of the task by the price of its model, for its duration and resolution (or the model's defaults), rounded to
// millionths. Unknown (no currency) when the model has no price or the vendor chooses the duration.
Cost EstimateCost(const TaskRequest& request, const ModelProfile& profile);

// Cost of the shortest and of the longest video of the model. Known only when the vendor chooses the duration.
// Bounds of a cost; both unknown, or both known.
struct CostRange {
  Cost least;
  Cost most;
};
// Bounds of the cost of `request` where EstimateCost is unknown; rounded to millionths.
CostRange EstimateCostRange(const TaskRequest& request, const ModelProfile& profile);

// Cost of creating a group, or an asset of `type`, at the upstream with this profile.
CallCost CostOfGroup(const AssetProfile& profile);
CallCost CostOfAsset(MediaType type, const AssetProfile& profile);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_COST_H_

#ifndef SEEDANCE_SERVICE_MODEL_COST_H_
#define SEEDANCE_SERVICE_MODEL_COST_H_

#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/money.h"
#include "service/model/profile.h"

namespace seedance::model {

// What the task will cost by the model's price, for its duration and resolution or the model's defaults of both,
// rounded to millionths. Unknown (no currency) where the model has no price, and where the vendor chooses the duration.
Cost EstimateCost(const TaskRequest& request, const ModelProfile& profile);

// What the shortest and the longest video of the model would cost, where the vendor chooses the duration; else unknown.
struct CostRange {
  Cost least;
  Cost most;
};
CostRange EstimateCostRange(const TaskRequest& request, const ModelProfile& profile);

// What the creation of a group, or of an asset of the type, costs there.
CallCost CostOfGroup(const AssetProfile& profile);
CallCost CostOfAsset(MediaType type, const AssetProfile& profile);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_COST_H_

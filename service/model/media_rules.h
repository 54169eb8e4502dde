#ifndef SEEDANCE_SERVICE_MODEL_MEDIA_RULES_H_
#define SEEDANCE_SERVICE_MODEL_MEDIA_RULES_H_

#include <string>
#include <vector>

#include "service/base/error.h"
#include "service/model/asset.h"
#include "service/model/profile.h"

namespace seedance::model {

// Vendors count frames and padding in their own ways: durations may be this much, and frame rates this many frames per
// second, beyond a bound.
inline constexpr absl::Duration kDurationSlack = absl::Milliseconds(60);
inline constexpr double kFrameRateSlack = 0.05;

// Every limit that the file breaks, each as a violation of `field` that names the rule, the value and the limit; empty:
// the vendor takes it. `info` holds what is known; what is unknown (zero) breaks no rule. `type` is not kUnspecified.
std::vector<base::FieldViolation> CheckMedia(const std::string& field, MediaType type, const MediaInfo& info,
                                             const AssetProfile& profile);
std::vector<base::FieldViolation> CheckMedia(const std::string& field, const MediaInfo& info,
                                             const MediaLimits& limits);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_MEDIA_RULES_H_

#ifndef SEEDANCE_SERVICE_MODEL_MEDIA_RULES_H_
#define SEEDANCE_SERVICE_MODEL_MEDIA_RULES_H_

#include <string>
#include <vector>

#include "service/base/error.h"
#include "service/model/asset.h"
#include "service/model/profile.h"

namespace seedance::model {

// Tolerance beyond a bound, because vendors count frames and padding differently: of durations, and of frame rates
// (frames per second).
// Both are added to maxima and subtracted from minima.
inline constexpr absl::Duration kDurationSlack = absl::Milliseconds(60);
inline constexpr double kFrameRateSlack = 0.05;

// Every limit that the file breaks, as violations of `field` that name the rule, the value and the limit; empty: the
// file is accepted. Unknown (zero) values of `info` break no rule. `type` must not be kUnspecified.
std::vector<base::FieldViolation> CheckMedia(const std::string& field, MediaType type, const MediaInfo& info,
                                             const AssetProfile& profile);
// The same against limits of one kind of media.
std::vector<base::FieldViolation> CheckMedia(const std::string& field, const MediaInfo& info,
                                             const MediaLimits& limits);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_MEDIA_RULES_H_

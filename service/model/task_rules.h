#ifndef SEEDANCE_SERVICE_MODEL_TASK_RULES_H_
#define SEEDANCE_SERVICE_MODEL_TASK_RULES_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/profile.h"

namespace seedance::model {

// The media type that a reference of this role must have; kImage for kUnspecified.
MediaType MediaTypeOf(ReferenceRole role);

// Every rule of the profile that the request breaks; empty: it may be sent. Paths begin with `generation_task.`. The
// prompt is judged as it is sent. A URL must have its role; an asset without one is one that could not be read, for
// which its own error speaks. `media`: what is known of the references' media, in their order; what is unknown or
// missing breaks no rule.
std::vector<base::FieldViolation> CheckTask(const TaskRequest& request, const ModelProfile& profile,
                                            const std::vector<MediaInfo>& media = {});

// Whether the model takes such references as the request has: assets, and URLs that the vendor imports. What it takes
// in full is CheckTask's.
bool TakesReferences(const TaskRequest& request, const ModelProfile& profile);

// How long before its end the retirement of a model is told.
inline constexpr absl::Duration kRetirementNotice = absl::Hours(24 * 90);

// What the caller of a task that may be sent should know of its model, each in a sentence: that it is or will soon be
// retired, and what may make the vendor refuse the task later.
std::vector<std::string> WarningsOf(const TaskRequest& request, const ModelProfile& profile, absl::Time now);

// The ratio that the vendor is told; empty: none, for its own default.
std::string SentAspectRatio(const TaskRequest& request, const ModelProfile& profile);

// Puts the references into the vendors' order (images and frames, videos, audios), stably, so that numbers per kind
// do not change.
void SortReferences(std::vector<Reference>& references);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_TASK_RULES_H_

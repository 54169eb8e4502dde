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

// Media type that a reference of this role must have; kImage for kUnspecified.
MediaType MediaTypeOf(ReferenceRole role);

// Every rule of the profile that the request breaks; empty: it may be sent. Field paths begin with `generation_task.`.
// Checks the prompt as it is sent. A URL must have a role; an asset without one could not be read, and its own error is
// reported elsewhere. `media`: known properties of the references, in their order; unknown or missing ones break no
// rule.
std::vector<base::FieldViolation> CheckTask(const TaskRequest& request, const ModelProfile& profile,
                                            const std::vector<MediaInfo>& media = {});

// Whether the model accepts the kinds of references of the request: assets, and URLs that the vendor imports. CheckTask
// covers everything else.
bool TakesReferences(const TaskRequest& request, const ModelProfile& profile);

// How long before the retirement of a model its tasks carry a warning.
inline constexpr absl::Duration kRetirementNotice = absl::Hours(24 * 90);

// Warnings for the caller of a valid task, one sentence each: that the model is retired or soon will be, and what may
// make the vendor refuse the task later.
std::vector<std::string> WarningsOf(const TaskRequest& request, const ModelProfile& profile, absl::Time now);

// The aspect ratio to send; empty: none, so that the vendor's default applies.
std::string SentAspectRatio(const TaskRequest& request, const ModelProfile& profile);

// Sorts the references into the vendors' order (images and frames, videos, audios). Stable, so numbers within a kind do
// not change.
void SortReferences(std::vector<Reference>& references);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_TASK_RULES_H_

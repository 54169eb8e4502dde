#ifndef SEEDANCE_SERVICE_MODEL_TASK_RULES_H_
#define SEEDANCE_SERVICE_MODEL_TASK_RULES_H_

#include <vector>

#include "service/base/error.h"
#include "service/model/generation_task.h"
#include "service/model/profile.h"

namespace seedance::model {

// Every rule of the profile that the request breaks; empty: it may be sent. Paths begin with `generation_task.`. A URL
// must have its role; an asset without one is one that could not be read, for which its own error speaks.
std::vector<base::FieldViolation> CheckTask(const TaskRequest& request, const ModelProfile& profile);

// Puts the references into the vendors' order (images and frames, videos, audios), stably, so that numbers per kind
// do not change.
void SortReferences(std::vector<Reference>& references);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_TASK_RULES_H_

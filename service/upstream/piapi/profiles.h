#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_PROFILES_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_PROFILES_H_

#include <string>

#include "service/model/profile.h"

namespace seedance::upstream {

// Limits as documented by PiAPI for an account of `plan` (`hobbyist`, `developer`, `premium`, `enterprise`; anything
// else counts as `developer`), which decides the size of its asset library. A model is a `task_type`; models that are
// not listed are refused. `webhooks` is false: MakePiApi sets it.
model::UpstreamProfile PiApiProfile(const std::string& plan);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_PROFILES_H_

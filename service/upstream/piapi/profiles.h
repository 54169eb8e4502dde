#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_PROFILES_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_PROFILES_H_

#include <string>

#include "service/model/profile.h"

namespace seedance::upstream {

// What PiAPI's pages say that it takes, for an account of `plan` (`hobbyist`, `developer`, `premium`, `enterprise`;
// anything else counts as `developer`), which decides on the size of its asset library. A model is a `task_type`; one
// that is not listed is refused here. `webhooks` is false: MakePiApi sets it when it has somewhere to send them.
model::UpstreamProfile PiApiProfile(const std::string& plan);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_PROFILES_H_

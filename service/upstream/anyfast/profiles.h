#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_

#include "service/model/profile.h"

namespace seedance::upstream {

// What AnyFast's pages say that it takes. A model that is not listed is refused: the vendor would take the request and
// may bill it before it finds that there is no such model.
model::UpstreamProfile AnyFastProfile();

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_

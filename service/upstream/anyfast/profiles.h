#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_

#include "service/model/profile.h"

namespace seedance::upstream {

// Limits as documented by AnyFast. Models that are not listed are refused: the vendor would accept the request, and
// might bill it, before it finds that the model does not exist.
model::UpstreamProfile AnyFastProfile();

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_

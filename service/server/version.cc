#include "service/server/version.h"

#include "seedance_version.h"

namespace seedance::server {

std::string Version() { return SEEDANCE_VERSION; }
std::string GitHash() { return SEEDANCE_GIT_HASH; }

}  // namespace seedance::server

#include "client/cpp/ctl/version.h"

#include "seedance_version.h"

namespace seedance::client::ctl {

const char* const kVersionText = "seedancectl " SEEDANCE_VERSION " (git " SEEDANCE_GIT_HASH ")";

}  // namespace seedance::client::ctl

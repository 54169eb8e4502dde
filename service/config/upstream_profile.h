#ifndef SEEDANCE_SERVICE_CONFIG_UPSTREAM_PROFILE_H_
#define SEEDANCE_SERVICE_CONFIG_UPSTREAM_PROFILE_H_

#include <string>
#include <vector>

#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/yaml_message.h"
#include "service/model/profile.h"

namespace seedance::config {

// The documented profile of the upstream's dialect, overridden by the upstream's limits, default model and notation of
// references. Never fails: appends a problem for each bad value and keeps the documented one; paths begin with `path`,
// for example `upstreams[0].`. Thread-safe.
//
// Tests: tests/unit/config/limits_config_test.cc
model::UpstreamProfile ProfileOf(const gateway::config::v1::Upstream& upstream, const std::string& path,
                                 std::vector<ConfigProblem>& problems);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_UPSTREAM_PROFILE_H_

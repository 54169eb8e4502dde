#ifndef SEEDANCE_SERVICE_CONFIG_UPSTREAM_PROFILE_H_
#define SEEDANCE_SERVICE_CONFIG_UPSTREAM_PROFILE_H_

#include <string>
#include <vector>

#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/yaml_message.h"
#include "service/model/profile.h"

namespace seedance::config {

// What the upstream's dialect documents, with the upstream's limits, its default model and its notation of references
// put over it. Adds a problem for each bad value; paths begin with `path`, for example `upstreams[0].`.
model::UpstreamProfile ProfileOf(const gateway::config::v1::Upstream& upstream, const std::string& path,
                                 std::vector<ConfigProblem>& problems);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_UPSTREAM_PROFILE_H_

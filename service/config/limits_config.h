#ifndef SEEDANCE_SERVICE_CONFIG_LIMITS_CONFIG_H_
#define SEEDANCE_SERVICE_CONFIG_LIMITS_CONFIG_H_

#include <string>
#include <vector>

#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/yaml_message.h"
#include "service/model/profile.h"

namespace seedance::config {

// The documented profile overridden by `limits`. A row of `limits.models` named like a documented model changes that
// model; other rows go in front of the documented ones, in their order, and start as a copy of the row that `like`
// names, changes included. Appends a problem for each bad value; paths begin with `path`.
model::UpstreamProfile ApplyLimits(const model::UpstreamProfile& documented, const gateway::config::v1::Limits& limits,
                                   const std::string& path, std::vector<ConfigProblem>& problems);

// Every limit of the profile as configuration. ApplyLimits of the result to the documented profile gives the same
// profile, once the rows that are not documented have a `like`.
gateway::config::v1::Limits ToProto(const model::UpstreamProfile& profile);

// Adds to `limits` the fields that it does not set, from `profile`, which was made from it.
void FillIn(const model::UpstreamProfile& profile, gateway::config::v1::Limits& limits);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_LIMITS_CONFIG_H_

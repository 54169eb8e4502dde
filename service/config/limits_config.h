#ifndef SEEDANCE_SERVICE_CONFIG_LIMITS_CONFIG_H_
#define SEEDANCE_SERVICE_CONFIG_LIMITS_CONFIG_H_

#include <string>
#include <vector>

#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/yaml_message.h"
#include "service/model/profile.h"

namespace seedance::config {

// The documented profile with what `limits` says put over it. A row of `limits.models` with the name of a documented
// model changes that one; the others stand before the documented ones, in their order, and begin as a copy of the row
// that `like` names, changes included. Adds a problem for each bad value; paths begin with `path`.
model::UpstreamProfile ApplyLimits(const model::UpstreamProfile& documented, const gateway::config::v1::Limits& limits,
                                   const std::string& path, std::vector<ConfigProblem>& problems);

// Every limit of the profile in the words of the configuration. Put over the documented profile again it gives the same
// profile, once the rows that are not documented say what they are `like`.
gateway::config::v1::Limits ToProto(const model::UpstreamProfile& profile);

// Fills `limits`, from which `profile` was made, in with what it does not say.
void FillIn(const model::UpstreamProfile& profile, gateway::config::v1::Limits& limits);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_LIMITS_CONFIG_H_

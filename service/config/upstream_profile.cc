#include "service/config/upstream_profile.h"

#include "absl/strings/str_cat.h"
#include "service/config/dialect.h"
#include "service/config/limits_config.h"

namespace seedance::config {

namespace proto = gateway::config::v1;

model::UpstreamProfile ProfileOf(const proto::Upstream& upstream, const std::string& path,
                                 std::vector<ConfigProblem>& problems) {
  const Dialect& dialect = DialectOf(upstream);
  model::UpstreamProfile profile =
      ApplyLimits(dialect.Profile(upstream), upstream.limits(), path + "limits.", problems);
  if (profile.FindModel(profile.default_model) == nullptr) {
    problems.push_back({absl::StrCat(path, dialect.name(), ".default_model"),
                        absl::StrCat("`", profile.default_model, "` is not a known model; add it to limits.models"),
                        0});
  }
  return profile;
}

}  // namespace seedance::config

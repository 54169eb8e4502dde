#include "service/config/upstream_profile.h"

#include "absl/strings/str_cat.h"
#include "service/config/limits_config.h"
#include "service/upstream/anyfast/profiles.h"
#include "service/upstream/piapi/profiles.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

constexpr char kEnglish[] = "english";
constexpr char kUsageLogOn[] = "on";

model::UpstreamProfile Documented(const proto::Upstream& upstream) {
  if (upstream.has_piapi()) {
    model::UpstreamProfile profile = upstream::PiApiProfile(upstream.piapi().plan());
    profile.default_model = upstream.piapi().default_model();
    return profile;
  }
  model::UpstreamProfile profile = upstream::AnyFastProfile();
  profile.default_model = upstream.anyfast().default_model();
  profile.usage_log = upstream.anyfast().usage_log().mode() == kUsageLogOn;
  if (upstream.anyfast().prompt_language() == kEnglish) profile.notation = {"@image", "@video", "@audio"};
  return profile;
}

}  // namespace

model::UpstreamProfile ProfileOf(const proto::Upstream& upstream, const std::string& path,
                                 std::vector<ConfigProblem>& problems) {
  model::UpstreamProfile profile = ApplyLimits(Documented(upstream), upstream.limits(), path + "limits.", problems);
  if (profile.FindModel(profile.default_model) == nullptr) {
    problems.push_back({absl::StrCat(path, upstream.has_piapi() ? "piapi" : "anyfast", ".default_model"),
                        absl::StrCat("`", profile.default_model, "` is not a known model; add it to limits.models"),
                        0});
  }
  return profile;
}

}  // namespace seedance::config

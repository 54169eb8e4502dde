#include "service/config/config_rules_upstreams.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/config/dialect.h"
#include "service/config/field_rules.h"
#include "service/config/limits_config.h"
#include "service/config/upstream_profile.h"
#include "service/model/names.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

void RateRules(proto::Rate& rate, const std::string& path, std::vector<ConfigProblem>& problems) {
  FieldRules rules(rate, path, problems);
  rules.Fraction("polls_per_second", 50, 0.1, 10000);
  rules.Fraction("submits_per_second", 10, 0.1, 10000);
  rules.Number("breaker_failures", 10, 0, 1000);
  rules.Duration("breaker_pause", 5, 0.1, 600);
  rules.Duration("max_retry_after", 300, 1, 86400);
}

void DialectRules(proto::Upstream& upstream, const proto::Admin& admin, const std::string& path,
                  std::vector<ConfigProblem>& problems) {
  const Dialect* dialect = FindDialect(upstream);
  if (dialect == nullptr) {
    const std::vector<std::string> names = DialectNames();
    problems.push_back({path + names.front(), absl::StrCat("is required: set ", absl::StrJoin(names, " or ")), 0});
    return;
  }
  dialect->ApplyRules(upstream, admin, absl::StrCat(path, dialect->name(), "."), problems);
  FillIn(ProfileOf(upstream, path, problems), *upstream.mutable_limits());
}

}  // namespace

void ApplyUpstreamRules(proto::GatewayConfig& config, const std::set<std::string>& tenants,
                        std::vector<ConfigProblem>& problems) {
  std::set<std::string> names;
  if (config.upstreams().empty()) problems.push_back({"upstreams", "must have at least one upstream", 0});
  for (int i = 0; i < config.upstreams_size(); ++i) {
    const std::string path = absl::StrCat("upstreams[", i, "].");
    proto::Upstream& upstream = *config.mutable_upstreams(i);
    FieldRules rules(upstream, path, problems);
    if (!model::IsUpstreamName(upstream.name())) {
      rules.Add("name", "must have 1-32 characters a-z, 0-9, -, starting with a letter");
    } else if (!names.insert(upstream.name()).second) {
      rules.Add("name", absl::StrCat("`", upstream.name(), "` is the name of an earlier upstream"));
    }
    for (int t = 0; t < upstream.tenants_size(); ++t) {
      if (tenants.count(upstream.tenants(t)) > 0) continue;
      rules.Add(absl::StrCat("tenants[", t, "]"), absl::StrCat("`", upstream.tenants(t), "` is not a tenant"));
    }
    DialectRules(upstream, config.admin(), path, problems);
    RateRules(*upstream.mutable_rate(), path + "rate.", problems);
  }
}

}  // namespace seedance::config

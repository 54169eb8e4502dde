#include <algorithm>

#include "service/config/dialect.h"
#include "service/config/dialect_fields.h"
#include "service/config/field_rules.h"
#include "service/config/limits_config.h"
#include "service/upstream/anyfast/anyfast.h"
#include "service/upstream/anyfast/profiles.h"

// Tests: tests/unit/config/config_upstreams_test.cc, tests/unit/config/engine_config_test.cc

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

constexpr char kEnglish[] = "english";
constexpr char kUsageLogOn[] = "on";

void UsageLogRules(proto::UsageLog& log, const std::string& path, std::vector<ConfigProblem>& problems) {
  FieldRules rules(log, path, problems);
  rules.Word("mode", kUsageLogOn, {kUsageLogOn, "off"});
  rules.Word("tag", "seed", {"seed", "none"});
  rules.Duration("read_interval", 61, 1, 3600);
  rules.Duration("lag", 60, 1, 3600);
  rules.Duration("cost_interval", 900, 1, 86400);
  rules.Number("quota_per_unit", 500'000, 1, 1'000'000'000);
  rules.Text("currency", "USD");
  if (!IsCurrency(log.currency())) rules.Add("currency", kCurrencyRule);
  rules.Duration("taken_within", 300, 1, 86400);
}

class AnyFastDialect : public Dialect {
 public:
  std::string name() const override { return "anyfast"; }

  void ApplyRules(Upstream& upstream, const proto::Admin&, const std::string& path,
                  std::vector<ConfigProblem>& problems) const override {
    proto::AnyFast& anyfast = *upstream.mutable_anyfast();
    FieldRules rules(anyfast, path, problems);
    rules.Text("base_url", "https://www.anyfast.ai");
    rules.Url("base_url", anyfast.allow_plain_http(), kNeedsPlainHttp);
    rules.Secret("api_key", true);
    rules.Text("default_model", "seedance");
    rules.Word("prompt_language", "chinese", {"chinese", kEnglish});
    ApplyHttpRules(*anyfast.mutable_http(), path + "http.", problems);
    UsageLogRules(*anyfast.mutable_usage_log(), path + "usage_log.", problems);
  }

  model::UpstreamProfile Profile(const Upstream& upstream) const override {
    const proto::AnyFast& anyfast = upstream.anyfast();
    model::UpstreamProfile profile = upstream::AnyFastProfile();
    profile.default_model = anyfast.default_model();
    profile.usage_log = anyfast.usage_log().mode() == kUsageLogOn;
    if (anyfast.prompt_language() == kEnglish) profile.notation = {"@image", "@video", "@audio"};
    return profile;
  }

  const proto::Http& http(const Upstream& upstream) const override { return upstream.anyfast().http(); }
  proto::Http& mutable_http(Upstream& upstream) const override { return *upstream.mutable_anyfast()->mutable_http(); }
  const proto::Secret& api_key(const Upstream& upstream) const override { return upstream.anyfast().api_key(); }

  engine::UsageLogOptions UsageLog(const Upstream& upstream) const override {
    const proto::UsageLog& log = upstream.anyfast().usage_log();
    engine::UsageLogOptions options;
    options.enabled = log.mode() == kUsageLogOn;
    options.exclusive_key = log.exclusive_key();
    options.tag_with_seed = log.tag() == "seed";
    options.read_interval = FromProto(log.read_interval());
    options.cost_interval = FromProto(log.cost_interval());
    options.lag = FromProto(log.lag());
    options.taken_within = std::max(FromProto(log.taken_within()), FromProto(http(upstream).submit_timeout()));
    options.quota_per_unit = log.quota_per_unit();
    options.currency = log.currency();
    return options;
  }

  absl::StatusOr<std::unique_ptr<upstream::Upstream>> Make(const Upstream& upstream, const std::string&,
                                                           base::Clock& clock) const override {
    const proto::AnyFast& anyfast = upstream.anyfast();
    upstream::AnyFastOptions options;
    if (absl::Status common = SetCommon(upstream, anyfast, options); !common.ok()) return common;
    options.usage_log_key_in_query = anyfast.usage_log().key_in_query();
    return upstream::MakeAnyFast(std::move(options), MakeTransport(anyfast.http(), anyfast.base_url()), clock);
  }
};

}  // namespace

const Dialect& AnyFastConfig() {
  static const AnyFastDialect dialect;
  return dialect;
}

}  // namespace seedance::config

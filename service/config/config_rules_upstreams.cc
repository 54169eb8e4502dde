#include "service/config/config_rules_upstreams.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/config/field_rules.h"
#include "service/config/limits_config.h"
#include "service/config/upstream_profile.h"
#include "service/model/names.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

constexpr char kNeedsPlainHttp[] = "needs allow_plain_http";

void HttpRules(proto::Http& http, const std::string& path, std::vector<ConfigProblem>& problems) {
  FieldRules rules(http, path, problems);
  rules.Duration("connect_timeout", 5, 0.1, 60);
  rules.Duration("read_timeout", 30, 0.1, 600);
  rules.Duration("submit_timeout", 300, 1, 3600);
  rules.Duration("transfer_timeout", 900, 1, 7200);
  rules.Number("max_submits", 32, 1, 1024);
  rules.Number("max_polls", 32, 1, 1024);
  rules.Number("max_transfers", 32, 1, 1024);
  if (!http.proxy().empty() && !absl::StartsWith(http.proxy(), "http://")) {
    rules.Add("proxy", "must have the form http://host:port");
  }
}

void UsageLogRules(proto::UsageLog& log, const std::string& path, std::vector<ConfigProblem>& problems) {
  FieldRules rules(log, path, problems);
  rules.Word("mode", "on", {"on", "off"});
  rules.Word("tag", "seed", {"seed", "none"});
  rules.Duration("read_interval", 61, 1, 3600);
  rules.Duration("lag", 60, 1, 3600);
  rules.Duration("cost_interval", 900, 1, 86400);
  rules.Number("quota_per_unit", 500'000, 1, 1'000'000'000);
  rules.Text("currency", "USD");
  if (!IsCurrency(log.currency())) rules.Add("currency", kCurrencyRule);
  rules.Duration("taken_within", 300, 1, 86400);
}

void AnyFastRules(proto::AnyFast& anyfast, const std::string& path, std::vector<ConfigProblem>& problems) {
  FieldRules rules(anyfast, path, problems);
  rules.Text("base_url", "https://www.anyfast.ai");
  rules.Url("base_url", anyfast.allow_plain_http(), kNeedsPlainHttp);
  rules.Secret("api_key", true);
  rules.Text("default_model", "seedance");
  rules.Word("prompt_language", "chinese", {"chinese", "english"});
  HttpRules(*anyfast.mutable_http(), path + "http.", problems);
  UsageLogRules(*anyfast.mutable_usage_log(), path + "usage_log.", problems);
}

// A path below the base URL; `with_id`: contains `{id}` once.
void PathRule(FieldRules& rules, const char* name, const std::string& value, bool with_id) {
  constexpr char kId[] = "{id}";
  std::string plain = value;
  const size_t id = plain.find(kId);
  if (id != std::string::npos) plain.erase(id, sizeof kId - 1);
  const bool clean = std::all_of(plain.begin(), plain.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!absl::StartsWith(value, "/") || !clean || plain.find_first_of("{}?#") != std::string::npos) {
    rules.Add(name, "must begin with / and be a path of visible ASCII characters, without a query");
  } else if (with_id != (id != std::string::npos)) {
    rules.Add(name, with_id ? "must contain {id} in place of the id" : "must not contain {id}");
  }
}

void PathRules(proto::PiApiPaths& paths, const std::string& path, std::vector<ConfigProblem>& problems) {
  FieldRules rules(paths, path, problems);
  rules.Text("asset_upload", "/api/v1/asset/upload");
  rules.Text("asset_list", "/api/v1/asset/list");
  rules.Text("asset_get", "/api/v1/asset/{id}");
  rules.Text("asset_delete", "/api/v1/asset/{id}");
  rules.Text("task_create", "/api/v1/task");
  rules.Text("task_get", "/api/v1/task/{id}");
  rules.Text("task_list", "/api/open/tasks/histories");
  rules.Text("task_cancel", kNoPath);
  PathRule(rules, "asset_upload", paths.asset_upload(), false);
  PathRule(rules, "asset_list", paths.asset_list(), false);
  PathRule(rules, "asset_get", paths.asset_get(), true);
  PathRule(rules, "asset_delete", paths.asset_delete(), true);
  PathRule(rules, "task_create", paths.task_create(), false);
  PathRule(rules, "task_get", paths.task_get(), true);
  if (paths.task_list() != kNoPath) PathRule(rules, "task_list", paths.task_list(), false);
  if (paths.task_cancel() != kNoPath) PathRule(rules, "task_cancel", paths.task_cancel(), true);
}

void PiApiRules(proto::PiApi& piapi, const proto::Admin& admin, const std::string& path,
                std::vector<ConfigProblem>& problems) {
  FieldRules rules(piapi, path, problems);
  rules.Text("base_url", "https://api.piapi.ai");
  rules.Url("base_url", piapi.allow_plain_http(), kNeedsPlainHttp);
  rules.Secret("api_key", true);
  rules.Text("default_model", "seedance-2");
  rules.Word("plan", "developer", {"hobbyist", "developer", "premium", "enterprise"});
  rules.Text("upload_url", "https://upload.theapi.app/api/ephemeral_resource");
  if (piapi.upload_url() != kNoUploadUrl) rules.Url("upload_url", piapi.allow_plain_http(), kNeedsPlainHttp);
  rules.Word("service_mode", "", {"public", "private"});
  rules.Secret("webhook_secret", false);
  if (piapi.has_webhook_secret() && (admin.listen().empty() || admin.public_base_url().empty())) {
    rules.Add("webhook_secret", "needs admin.listen and admin.public_base_url, where webhooks arrive");
  }
  PathRules(*piapi.mutable_paths(), path + "paths.", problems);
  HttpRules(*piapi.mutable_http(), path + "http.", problems);
}

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
  switch (upstream.dialect_case()) {
    case proto::Upstream::kAnyfast:
      AnyFastRules(*upstream.mutable_anyfast(), path + "anyfast.", problems);
      break;
    case proto::Upstream::kPiapi:
      PiApiRules(*upstream.mutable_piapi(), admin, path + "piapi.", problems);
      break;
    case proto::Upstream::DIALECT_NOT_SET:
      problems.push_back({path + "anyfast", "is required: set anyfast or piapi", 0});
      return;
  }
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

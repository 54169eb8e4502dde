#include <algorithm>

#include "absl/strings/match.h"
#include "service/config/dialect.h"
#include "service/config/dialect_fields.h"
#include "service/config/field_rules.h"
#include "service/config/webhook_path.h"
#include "service/upstream/piapi/piapi.h"
#include "service/upstream/piapi/profiles.h"

// Tests: tests/unit/config/config_upstreams_test.cc, tests/unit/config/engine_config_test.cc

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

// Value of `upload_url` that disables it.
constexpr char kNoUploadUrl[] = "none";
// Value of optional paths that disables them: the vendor has no such endpoint.
constexpr char kNoPath[] = "none";

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

std::string PathOrNone(const std::string& path) { return path == kNoPath ? "" : path; }

upstream::PiApiPaths PathsOf(const proto::PiApiPaths& paths) {
  return {.asset_upload = paths.asset_upload(),
          .asset_list = paths.asset_list(),
          .asset_get = paths.asset_get(),
          .asset_delete = paths.asset_delete(),
          .task_create = paths.task_create(),
          .task_get = paths.task_get(),
          .task_list = PathOrNone(paths.task_list()),
          .task_cancel = PathOrNone(paths.task_cancel())};
}

class PiApiDialect : public Dialect {
 public:
  std::string name() const override { return "piapi"; }

  void ApplyRules(Upstream& upstream, const proto::Admin& admin, const std::string& path,
                  std::vector<ConfigProblem>& problems) const override {
    proto::PiApi& piapi = *upstream.mutable_piapi();
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
    ApplyHttpRules(*piapi.mutable_http(), path + "http.", problems);
  }

  model::UpstreamProfile Profile(const Upstream& upstream) const override {
    model::UpstreamProfile profile = upstream::PiApiProfile(upstream.piapi().plan());
    profile.default_model = upstream.piapi().default_model();
    return profile;
  }

  const proto::Http& http(const Upstream& upstream) const override { return upstream.piapi().http(); }
  proto::Http& mutable_http(Upstream& upstream) const override { return *upstream.mutable_piapi()->mutable_http(); }
  const proto::Secret& api_key(const Upstream& upstream) const override { return upstream.piapi().api_key(); }
  const proto::Secret* webhook_secret(const Upstream& upstream) const override {
    return upstream.piapi().has_webhook_secret() ? &upstream.piapi().webhook_secret() : nullptr;
  }

  absl::StatusOr<std::unique_ptr<upstream::Upstream>> Make(const Upstream& upstream, const std::string& public_base_url,
                                                           base::Clock& clock) const override {
    const proto::PiApi& piapi = upstream.piapi();
    upstream::PiApiOptions options;
    if (absl::Status common = SetCommon(upstream, piapi, options); !common.ok()) return common;
    if (piapi.upload_url() != kNoUploadUrl) options.upload_url = piapi.upload_url();
    options.paths = PathsOf(piapi.paths());
    options.service_mode = piapi.service_mode();
    if (piapi.has_webhook_secret()) {
      absl::StatusOr<base::Secret> secret = ReadSecret(piapi.webhook_secret());
      if (!secret.ok()) return secret.status();
      options.webhook_endpoint = WebhookUrl(public_base_url, WebhookPath(name(), upstream.name(), *secret));
      options.webhook_secret = *std::move(secret);
    }
    return upstream::MakePiApi(std::move(options), MakeTransport(piapi.http(), piapi.base_url()), clock);
  }
};

}  // namespace

const Dialect& PiApiConfig() {
  static const PiApiDialect dialect;
  return dialect;
}

}  // namespace seedance::config

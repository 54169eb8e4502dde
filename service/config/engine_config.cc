#include "service/config/engine_config.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "service/config/client_certificate.h"
#include "service/config/dialect.h"
#include "service/config/webhook_path.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

std::string KeyOf(const proto::Upstream& upstream) {
  const auto key = ReadSecret(DialectOf(upstream).api_key(upstream));
  return key.ok() ? key->Reveal() : "";
}

// A tenant has dedicated credentials when it is the only one that may use an upstream with this key.
bool IsDedicated(const proto::Upstream& upstream, const GatewayConfig& config) {
  const std::string key = KeyOf(upstream);
  std::set<std::string> tenants;
  for (const proto::Upstream& other : config.upstreams()) {
    if (&other != &upstream && KeyOf(other) != key) continue;
    if (other.tenants().empty()) {
      for (const proto::Tenant& tenant : config.tenants()) tenants.insert(tenant.name());
    } else {
      tenants.insert(other.tenants().begin(), other.tenants().end());
    }
  }
  return tenants.size() <= 1;
}

// Whether another upstream has the same key: its tasks would be in the same usage log.
bool SharesKey(const proto::Upstream& upstream, const GatewayConfig& config) {
  return std::any_of(config.upstreams().begin(), config.upstreams().end(), [&](const proto::Upstream& other) {
    return other.name() != upstream.name() && KeyOf(other) == KeyOf(upstream);
  });
}

engine::UsageLogOptions UsageLogOf(const proto::Upstream& upstream, const GatewayConfig& config) {
  engine::UsageLogOptions options = DialectOf(upstream).UsageLog(upstream);
  options.exclusive_key = options.exclusive_key && !SharesKey(upstream, config);
  return options;
}

// Upstream names by the paths of their webhooks.
absl::StatusOr<std::map<std::string, std::string>> WebhookPaths(const GatewayConfig& config) {
  std::map<std::string, std::string> paths;
  for (const proto::Upstream& each : config.upstreams()) {
    const Dialect& dialect = DialectOf(each);
    const proto::Secret* configured = dialect.webhook_secret(each);
    if (configured == nullptr) continue;
    const absl::StatusOr<base::Secret> secret = ReadSecret(*configured);
    if (!secret.ok()) return secret.status();
    paths[WebhookPath(dialect.name(), each.name(), *secret)] = each.name();
  }
  return paths;
}

}  // namespace

absl::StatusOr<engine::Engine::Options> EngineOptions(const GatewayConfig& config) {
  const proto::Tasks& tasks = config.tasks();
  engine::Engine::Options options;
  options.tasks.deadline = FromProto(tasks.deadline());
  options.tasks.max_open_per_tenant = tasks.max_open_per_tenant();
  options.task_tracker.poll_interval_queued = FromProto(tasks.poll_interval_queued());
  options.task_tracker.poll_interval_running = FromProto(tasks.poll_interval_running());
  options.task_tracker.poll_interval_unwatched = FromProto(tasks.poll_interval_unwatched());
  options.task_tracker.poll_interval_watched = FromProto(tasks.poll_interval_watched());
  options.task_tracker.poll_interval_with_webhooks = FromProto(tasks.poll_interval_with_webhooks());
  options.task_tracker.submit_unknown_deadline = FromProto(tasks.submit_unknown_deadline());
  options.task_tracker.result_patience = FromProto(tasks.result_patience());
  options.retention.retention = FromProto(tasks.retention());
  options.task_reconciler.deadline = FromProto(tasks.deadline());
  options.task_tracker.lost = {tasks.lost_after_count(), FromProto(tasks.lost_after_time())};
  options.asset_tracker.poll_interval = FromProto(tasks.poll_interval_asset());
  options.transfers.max_fetches = static_cast<size_t>(config.media_fetch().max_fetches());
  options.transfers.least_rate = {config.transfers().least_bytes_per_second(), FromProto(config.transfers().window())};
  options.asset_creation.media_fetch.allow_private_network = config.media_fetch().allow_private_network();
  options.asset_creation.media_fetch.timeout = FromProto(config.media_fetch().timeout());
  options.asset_creation.media_fetch.ca_file = config.media_fetch().ca_file();
  options.asset_creation.require_rights_note = config.assets().require_rights_note();
  for (const proto::Tenant& tenant : config.tenants()) {
    if (!tenant.has_require_rights_note()) continue;
    options.asset_creation.tenants_require_rights_note[tenant.name()] = tenant.require_rights_note();
  }
  absl::StatusOr<std::map<std::string, std::string>> webhooks = WebhookPaths(config);
  if (!webhooks.ok()) return webhooks.status();
  options.webhooks = *std::move(webhooks);
  options.max_tenants_measured = static_cast<size_t>(config.admin().max_tenants_in_metrics());
  return options;
}

std::optional<engine::StagingDirectory::Options> StagingOptions(const proto::Admin& admin) {
  if (!admin.has_staging()) return std::nullopt;
  engine::StagingDirectory::Options options;
  options.directory = admin.staging().directory();
  options.lifetime = FromProto(admin.staging().lifetime());
  options.max_total_bytes = admin.staging().max_total_bytes();
  options.public_base_url = admin.public_base_url();
  return options;
}

rpc::RpcContext::Options RpcContextOptions(const GatewayConfig& config) {
  rpc::RpcContext::Options options;
  for (const proto::Tenant& tenant : config.tenants()) {
    for (const std::string& hash : tenant.token_sha256()) options.tokens.push_back({hash, tenant.name()});
    for (const proto::ClientCertificate& certificate : tenant.client_certificate()) {
      options.certificates.push_back({PeerNameOf(certificate), tenant.name()});
    }
  }
  options.heartbeat_interval = FromProto(config.server().heartbeat_interval());
  options.create_wait = FromProto(config.server().create_wait());
  options.streams.limit = static_cast<size_t>(config.server().max_watch_streams());
  options.streams.limit_per_tenant = static_cast<size_t>(config.server().max_watch_streams_per_tenant());
  if (const absl::Duration age = FromProto(config.server().max_connection_age()); age > absl::ZeroDuration()) {
    options.streams.age = {age, FromProto(config.server().max_connection_age_grace())};
  }
  options.call_threads = static_cast<size_t>(config.server().call_threads());
  const proto::CallLimits& limits = config.server().call_limits();
  options.limits.max_calls = static_cast<size_t>(limits.max_calls());
  options.limits.max_calls_per_tenant = static_cast<size_t>(limits.max_calls_per_tenant());
  options.limits.max_streams_per_connection = static_cast<size_t>(limits.max_streams_per_connection());
  options.limits.max_answer_bytes = static_cast<size_t>(limits.max_answer_bytes());
  options.limits.max_answer_bytes_per_tenant = static_cast<size_t>(limits.max_answer_bytes_per_tenant());
  options.limits.max_health_calls = static_cast<size_t>(limits.max_health_calls());
  options.limits.max_reflection_streams = static_cast<size_t>(limits.max_reflection_streams());
  options.receive_timeout = FromProto(limits.receive_timeout());
  options.answer_timeout = FromProto(limits.answer_timeout());
  options.max_receiving = static_cast<size_t>(limits.max_receiving());
  return options;
}

absl::StatusOr<std::vector<engine::VendorAccounts::Config>> MakeVendorAccounts(const GatewayConfig& config,
                                                                               base::Clock& clock) {
  std::vector<engine::VendorAccounts::Config> upstreams;
  for (const proto::Upstream& each : config.upstreams()) {
    absl::StatusOr<std::unique_ptr<upstream::Upstream>> made =
        DialectOf(each).Make(each, config.admin().public_base_url(), clock);
    if (!made.ok()) return made.status();
    const proto::Http& http = DialectOf(each).http(each);
    engine::VendorAccounts::Config entry;
    entry.upstream = *std::move(made);
    entry.tenants = {each.tenants().begin(), each.tenants().end()};
    entry.dedicated = IsDedicated(each, config);
    entry.max_submits = static_cast<size_t>(http.max_submits());
    entry.max_polls = static_cast<size_t>(http.max_polls());
    entry.max_transfers = static_cast<size_t>(http.max_transfers());
    entry.polls_per_second = each.rate().polls_per_second();
    entry.submits_per_second = each.rate().submits_per_second();
    entry.breaker = {each.rate().breaker_failures(), FromProto(each.rate().breaker_pause())};
    entry.usage_log = UsageLogOf(each, config);
    upstreams.push_back(std::move(entry));
  }
  return upstreams;
}

}  // namespace seedance::config

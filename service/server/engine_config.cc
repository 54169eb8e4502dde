#include "service/server/engine_config.h"

#include <memory>
#include <utility>

#include "service/upstream/anyfast/anyfast.h"
#include "service/upstream/http_transport.h"

namespace seedance::server {
namespace {

namespace proto = gateway::config::v1;

// A tenant has an upstream for itself when it is the only one named, or the only one there is.
bool IsDedicated(const proto::Upstream& upstream, const GatewayConfig& config) {
  if (!upstream.tenants().empty()) return upstream.tenants_size() == 1;
  return config.tenants_size() <= 1;
}

absl::StatusOr<std::unique_ptr<upstream::Upstream>> MakeUpstream(const proto::Upstream& config, base::Clock& clock) {
  const proto::AnyFast& anyfast = config.anyfast();
  absl::StatusOr<base::Secret> key = ReadSecret(anyfast.api_key());
  if (!key.ok()) return key.status();
  upstream::HttpOptions http;
  http.connect_timeout = FromProto(anyfast.http().connect_timeout());
  http.ca_file = anyfast.http().ca_file();
  http.proxy = anyfast.http().proxy();
  upstream::AnyFastOptions options;
  options.name = config.name();
  options.base_url = anyfast.base_url();
  options.api_key = *std::move(key);
  options.default_model = anyfast.default_model();
  options.read_timeout = FromProto(anyfast.http().read_timeout());
  options.submit_timeout = FromProto(anyfast.http().submit_timeout());
  options.transfer_timeout = FromProto(anyfast.http().transfer_timeout());
  options.allow_plain_http = anyfast.allow_plain_http();
  return upstream::MakeAnyFast(std::move(options), upstream::MakeHttpTransport(http), clock);
}

}  // namespace

engine::Engine::Options EngineOptions(const proto::Tasks& tasks) {
  engine::Engine::Options options;
  options.tasks.deadline = FromProto(tasks.deadline());
  options.task_tracker.poll_interval_queued = FromProto(tasks.poll_interval_queued());
  options.task_tracker.poll_interval_running = FromProto(tasks.poll_interval_running());
  options.task_tracker.submit_unknown_deadline = FromProto(tasks.submit_unknown_deadline());
  options.task_tracker.lost = {tasks.lost_after_count(), FromProto(tasks.lost_after_time())};
  options.asset_tracker.poll_interval = FromProto(tasks.poll_interval_asset());
  return options;
}

rpc::Edge::Options EdgeOptions(const GatewayConfig& config) {
  rpc::Edge::Options options;
  for (const proto::Tenant& tenant : config.tenants()) {
    for (const std::string& hash : tenant.token_sha256()) options.tokens.push_back({hash, tenant.name()});
  }
  options.heartbeat_interval = FromProto(config.server().heartbeat_interval());
  options.create_wait = FromProto(config.server().create_wait());
  options.max_watch_streams = static_cast<size_t>(config.server().max_watch_streams());
  options.call_threads = static_cast<size_t>(config.server().call_threads());
  return options;
}

absl::StatusOr<std::vector<engine::Upstreams::Config>> MakeUpstreams(const GatewayConfig& config, base::Clock& clock) {
  std::vector<engine::Upstreams::Config> upstreams;
  for (const proto::Upstream& each : config.upstreams()) {
    absl::StatusOr<std::unique_ptr<upstream::Upstream>> made = MakeUpstream(each, clock);
    if (!made.ok()) return made.status();
    engine::Upstreams::Config entry;
    entry.upstream = *std::move(made);
    entry.tenants = {each.tenants().begin(), each.tenants().end()};
    entry.dedicated = IsDedicated(each, config);
    entry.max_submits = static_cast<size_t>(each.anyfast().http().max_submits());
    entry.max_polls = static_cast<size_t>(each.anyfast().http().max_polls());
    entry.max_transfers = static_cast<size_t>(each.anyfast().http().max_transfers());
    upstreams.push_back(std::move(entry));
  }
  return upstreams;
}

}  // namespace seedance::server

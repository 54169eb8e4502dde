#include "service/config/config_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/host/host_port.h"
#include "service/base/host/process_limits.h"
#include "service/config/client_certificate.h"
#include "service/config/config_rules_upstreams.h"
#include "service/config/field_rules.h"
#include "service/http/url.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

double SecondsOf(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + 1e-9 * static_cast<double>(duration.nanos());
}

void RolloutRules(proto::Server& server, FieldRules& rules) {
  rules.Duration("drain_delay", 0, 0, 300);
  if (SecondsOf(server.drain_delay()) > SecondsOf(server.drain_grace()) / 2) {
    rules.Add("drain_delay", "must be at most half of drain_grace");
  }
  rules.Duration("max_connection_age", 1800, 0, 86400);
  rules.Duration("max_connection_age_grace", 600, 1, 86400);
  const double age = SecondsOf(server.max_connection_age());
  if (age == 0) return;
  if (age < 1) rules.Add("max_connection_age", "must be 0 s (never) or at least 1 s");
  // The age varies by a tenth either way; otherwise streams could not end between the two.
  if (SecondsOf(server.max_connection_age_grace()) < age / 4) {
    rules.Add("max_connection_age_grace", "must be at least a quarter of max_connection_age");
  }
}

void TlsRules(proto::Tls& tls, FieldRules& server, std::vector<ConfigProblem>& problems) {
  if (tls.certificate_file().empty() || tls.private_key_file().empty()) {
    server.Add("tls", "needs certificate_file and private_key_file");
  }
  FieldRules(tls, "server.tls.", problems).Duration("refresh_interval", 10, 0.05, 3600);
}

// Default share of one tenant in a total.
int64_t ShareOf(int64_t total, bool several) { return std::max<int64_t>(1, several ? total / 2 : total); }

// Unread answers and gRPC's memory are fractions of the process's memory limit.
int64_t DefaultAnswerBytes() { return std::clamp(base::MemoryLimit() / 8, int64_t{16} << 20, int64_t{512} << 20); }

void CallLimitRules(proto::CallLimits& limits, bool several, std::vector<ConfigProblem>& problems) {
  FieldRules rules(limits, "server.call_limits.", problems);
  rules.Number("max_calls", 20000, 1, 1000000);
  rules.Number("max_calls_per_tenant", ShareOf(limits.max_calls(), several), 1, 1000000);
  rules.Number("max_streams_per_connection", 500, 1, 1000000);
  rules.Number("max_answer_bytes", DefaultAnswerBytes(), int64_t{1} << 20, int64_t{1} << 40);
  const int64_t half = std::max(limits.max_answer_bytes() / 2, int64_t{1} << 20);
  rules.Number("max_answer_bytes_per_tenant", half, int64_t{1} << 20, int64_t{1} << 40);
  rules.Duration("receive_timeout", 10, 0.1, 600);
  rules.Duration("answer_timeout", 60, 0.1, 3600);
  rules.Number("max_receiving", 64, 2, 10000);
  rules.Number("max_health_calls", 1000, 1, 1000000);
  rules.Number("max_reflection_streams", 32, 0, 10000);
  rules.Number("max_grpc_memory_bytes", 0, int64_t{16} << 20, int64_t{1} << 40);
}

void ServerRules(proto::Server& server, int tenants, std::vector<ConfigProblem>& problems) {
  FieldRules rules(server, "server.", problems);
  rules.Text("listen", "127.0.0.1:8443");
  rules.Duration("drain_grace", 20, 0, 600);
  rules.Duration("heartbeat_interval", 20, 0.1, 60);
  rules.Duration("create_wait", 10, 0, 60);
  rules.Number("max_watch_streams", 20000, 1, 1000000);
  rules.Number("call_threads", 8, 1, 256);
  rules.Number("max_connections", 20000, 1, 1000000);
  rules.Number("max_connections_per_peer", ShareOf(server.max_connections(), false), 1, 1000000);
  const bool several = tenants > 1;
  rules.Number("max_watch_streams_per_tenant", ShareOf(server.max_watch_streams(), several), 1, 1000000);
  RolloutRules(server, rules);
  CallLimitRules(*server.mutable_call_limits(), several, problems);
  if (!absl::StartsWith(server.listen(), "unix:")) rules.Listen("listen");
  if (server.has_tls()) TlsRules(*server.mutable_tls(), rules, problems);
  if (IsLoopback(server.listen()) || server.allow_insecure_listen()) return;
  if (!server.has_tls()) rules.Add("listen", "is not loopback: set tls, or allow_insecure_listen");
  if (tenants == 0) rules.Add("listen", "is not loopback: set tenants, or allow_insecure_listen");
}

bool IsTenantName(const std::string& name) {
  if (name.empty() || name.size() > 63 || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool IsSha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

// `identities`: those of earlier tenants.
void ClientCertificateRules(const proto::GatewayConfig& config, const proto::Tenant& tenant,
                            std::set<std::string>& identities, FieldRules& rules) {
  if (tenant.client_certificate().empty()) return;
  if (config.server().tls().client_ca_file().empty()) {
    rules.Add("client_certificate", "needs server.tls.client_ca_file");
  }
  for (int i = 0; i < tenant.client_certificate_size(); ++i) {
    const std::string field = absl::StrCat("client_certificate[", i, "]");
    const std::string name = PeerNameOf(tenant.client_certificate(i));
    if (name.empty()) {
      rules.Add(field, "must be one of common_name, subject, dns, uri, email, and not empty");
    } else if (!identities.insert(name).second) {
      rules.Add(field, "is given twice");
    }
  }
}

// Returns the names; `default` when the file has none.
std::set<std::string> TenantRules(proto::GatewayConfig& config, std::vector<ConfigProblem>& problems) {
  std::set<std::string> names;
  std::set<std::string> hashes;
  std::set<std::string> identities;
  for (int i = 0; i < config.tenants_size(); ++i) {
    proto::Tenant& tenant = *config.mutable_tenants(i);
    FieldRules rules(tenant, absl::StrCat("tenants[", i, "]."), problems);
    if (!IsTenantName(tenant.name())) {
      rules.Add("name", "must have 1-63 characters a-z, 0-9, -, starting with a letter");
    } else if (!names.insert(tenant.name()).second) {
      rules.Add("name", absl::StrCat("`", tenant.name(), "` is the name of an earlier tenant"));
    }
    if (tenant.token_sha256().empty() && tenant.client_certificate().empty()) {
      rules.Add("token_sha256", "must have at least one hash, unless client_certificate is set");
    }
    ClientCertificateRules(config, tenant, identities, rules);
    for (int t = 0; t < tenant.token_sha256_size(); ++t) {
      const std::string field = absl::StrCat("token_sha256[", t, "]");
      if (!IsSha256(tenant.token_sha256(t))) {
        rules.Add(field, "must be 64 hex digits: printf %s \"$TOKEN\" | sha256sum");
      } else if (!hashes.insert(absl::AsciiStrToLower(tenant.token_sha256(t))).second) {
        rules.Add(field, "is given twice (upper and lower case are the same)");
      }
    }
  }
  if (names.empty()) names.insert("default");
  return names;
}

void TaskRules(proto::Tasks& tasks, std::vector<ConfigProblem>& problems) {
  FieldRules rules(tasks, "tasks.", problems);
  rules.Duration("poll_interval_queued", 15, 0.05, 600);
  rules.Duration("poll_interval_running", 10, 0.05, 600);
  rules.Duration("poll_interval_asset", 3, 0.05, 600);
  rules.Duration("deadline", 7200, 1, 604800);
  rules.Duration("submit_unknown_deadline", 86400, 1, 604800);
  rules.Number("lost_after_count", 5, 2, 100);
  rules.Duration("result_patience", 300, 1, 86400);
  rules.Duration("lost_after_time", 120, 0, 86400);
  rules.Duration("poll_interval_with_webhooks", 120, 0.05, 3600);
  rules.Duration("poll_interval_unwatched", 30, 0.05, 600);
  rules.Duration("poll_interval_watched", 5, 0.05, 600);
  rules.Number("max_open_per_tenant", 100000, 1, 10000000);
  rules.Duration("retention", 2592000, 0, 315360000);
  const int64_t retention = tasks.retention().seconds();
  if (retention < 60 && (retention != 0 || tasks.retention().nanos() != 0)) {
    rules.Add("retention", "must be 0 s, which means never, or at least 60 s");
  }
}

// A name that merely looks like an address of this machine may resolve to another one.
bool IsLoopbackHost(const std::string& host) {
  if (absl::EqualsIgnoreCase(host, "localhost")) return true;
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

void StagingRules(proto::Admin& admin, std::vector<ConfigProblem>& problems) {
  FieldRules rules(*admin.mutable_staging(), "admin.staging.", problems);
  if (admin.staging().directory().empty()) rules.Add("directory", "is required");
  rules.Duration("lifetime", 93600, 60, 604800);
  rules.Number("max_total_bytes", int64_t{10} << 30, int64_t{1} << 20, int64_t{1} << 50);
  FieldRules around(admin, "admin.", problems);
  if (admin.listen().empty()) around.Add("listen", "is required with staging");
  if (admin.public_base_url().empty()) around.Add("public_base_url", "is required with staging");
}

void AdminRules(proto::Admin& admin, std::vector<ConfigProblem>& problems) {
  FieldRules rules(admin, "admin.", problems);
  if (!admin.listen().empty()) rules.Listen("listen");
  if (!admin.port_file().empty() && admin.listen().empty()) rules.Add("listen", "is required with port_file");
  if (!admin.probe_listen().empty()) rules.Listen("probe_listen");
  if (!admin.probe_port_file().empty() && admin.probe_listen().empty()) {
    rules.Add("probe_listen", "is required with probe_port_file");
  }
  rules.Number("max_tenants_in_metrics", 0, 0, 1000);
  if (!admin.public_base_url().empty()) {
    const std::optional<http::Url> url = http::ParseUrl(admin.public_base_url());
    rules.Url("public_base_url", url.has_value() && IsLoopbackHost(url->host), "is for this machine only");
  }
  if (admin.has_staging()) StagingRules(admin, problems);
}

void TracingRules(proto::Tracing& tracing, std::vector<ConfigProblem>& problems) {
  FieldRules rules(tracing, "tracing.", problems);
  if (tracing.otlp_endpoint().empty()) {
    rules.Add("otlp_endpoint", "is required, for example http://collector:4318");
  } else {
    rules.Url("otlp_endpoint", /*plain_http=*/true, "");
    const std::optional<http::Url> url = http::ParseUrl(tracing.otlp_endpoint());
    const bool open = url.has_value() && absl::StartsWith(tracing.otlp_endpoint(), "http://");
    if (open && !IsLoopbackHost(url->host) && tracing.has_authorization()) {
      rules.Add("authorization", "goes over https:// only, or to this machine");
    }
  }
  rules.Secret("authorization", /*required=*/false);
  rules.Fraction("sample_ratio", 1, 0, 1);
  rules.Text("service_name", "seedance-gateway");
}

void TransfersRules(proto::Transfers& transfers, std::vector<ConfigProblem>& problems) {
  FieldRules rules(transfers, "transfers.", problems);
  rules.Number("least_bytes_per_second", 16 << 10, 0, int64_t{1} << 30);
  rules.Duration("window", 10, 1, 600);
}

void MediaFetchRules(proto::MediaFetch& fetch, std::vector<ConfigProblem>& problems) {
  FieldRules rules(fetch, "media_fetch.", problems);
  rules.Duration("timeout", 60, 1, 600);
  rules.Number("max_fetches", 16, 1, 256);
}

void LogRules(proto::Log& log, std::vector<ConfigProblem>& problems) {
  FieldRules rules(log, "log.", problems);
  rules.Word("level", "info", {"debug", "info", "warning", "error"});
  rules.Number("max_lines_per_second", 10000, 1, 1000000);
  rules.Number("max_public_lines_per_second", 20, 1, 1000000);
}

void SqliteRules(proto::Sqlite& sqlite, std::vector<ConfigProblem>& problems) {
  FieldRules rules(sqlite, "store.sqlite.", problems);
  rules.Text("path", "seedance-gateway.db");
  rules.Duration("wait_for_lock", 0, 0, 86400);
  rules.Duration("check_time", 2, 0, 3600);
}

// A password in it would be printed and logged. Spaces may surround the equals sign.
bool HasPassword(const std::string& connection) {
  std::string text = absl::AsciiStrToLower(connection);
  text.erase(std::remove_if(text.begin(), text.end(), [](unsigned char letter) { return absl::ascii_isspace(letter); }),
             text.end());
  return absl::StrContains(text, "password=");
}

bool IsSchema(const std::string& name) {
  return !name.empty() && name.size() <= 63 && absl::ascii_islower(static_cast<unsigned char>(name[0])) &&
         !absl::StartsWith(name, "pg_") && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
}

void PostgresRules(proto::Postgres& postgres, std::vector<ConfigProblem>& problems) {
  FieldRules rules(postgres, "store.postgres.", problems);
  const std::string& connection = postgres.connection();
  if (connection.empty()) {
    rules.Add("connection", "is required, for example `host=db.internal dbname=gateway user=gateway`");
  } else if (absl::StrContains(connection, "://")) {
    rules.Add("connection", "must be keywords and values (`host=db.internal dbname=gateway`), not a URI");
  } else if (HasPassword(connection)) {
    rules.Add("connection", "must not hold a password: set store.postgres.password");
  }
  rules.Secret("password", /*required=*/false);
  rules.Text("schema", "seedance");
  if (!IsSchema(postgres.schema())) {
    rules.Add("schema",
              "must have 1-63 lower-case ASCII letters, digits and _, a letter first, and not begin with pg_");
  }
  rules.Number("read_connections", 4, 1, 256);
  rules.Duration("statement_timeout", 10, 1, 600);
  rules.Duration("lock_timeout", 5, 0.1, 600);
  rules.Duration("wait_for_lock", 0, 0, 86400);
  if (!postgres.has_replicas()) return;
  if (SecondsOf(postgres.wait_for_lock()) > 0) {
    rules.Add("wait_for_lock",
              "must not be set with store.postgres.replicas: gateways that share a schema do not wait");
  }
  FieldRules(*postgres.mutable_replicas(), "store.postgres.replicas.", problems).Duration("lease", 6, 2, 60);
}

void StoreRules(proto::Store& store, std::vector<ConfigProblem>& problems) {
  FieldRules(store, "store.", problems).Duration("probe_interval", 2, 0.1, 60);
  if (store.has_postgres()) {
    PostgresRules(*store.mutable_postgres(), problems);
  } else {
    SqliteRules(*store.mutable_sqlite(), problems);
  }
}

}  // namespace

bool IsLoopback(const std::string& listen) {
  if (absl::StartsWith(listen, "unix:")) return true;
  const std::optional<base::HostPort> split = base::SplitHostPort(listen);
  return IsLoopbackHost(split.has_value() ? split->host : listen);
}

void ApplyConfigRules(proto::GatewayConfig& config, std::vector<ConfigProblem>& problems) {
  ServerRules(*config.mutable_server(), config.tenants_size(), problems);
  StoreRules(*config.mutable_store(), problems);
  // Before the upstreams, whose webhooks depend on it.
  if (config.has_admin()) AdminRules(*config.mutable_admin(), problems);
  ApplyUpstreamRules(config, TenantRules(config, problems), problems);
  TaskRules(*config.mutable_tasks(), problems);
  MediaFetchRules(*config.mutable_media_fetch(), problems);
  TransfersRules(*config.mutable_transfers(), problems);
  LogRules(*config.mutable_log(), problems);
  config.mutable_assets();  // For --print-config.
  if (config.has_tracing()) TracingRules(*config.mutable_tracing(), problems);
}

}  // namespace seedance::config

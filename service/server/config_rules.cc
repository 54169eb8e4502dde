#include "service/server/config_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/model/names.h"

namespace seedance::server {
namespace {

namespace proto = gateway::config::v1;

// Defaults and ranges of one message's fields, by name; paths of problems begin with `prefix`.
class Rules {
 public:
  Rules(google::protobuf::Message& message, std::string prefix, std::vector<ConfigProblem>& problems)
      : message_(message), reflection_(*message.GetReflection()), prefix_(std::move(prefix)), problems_(problems) {}

  void Add(const std::string& field, const std::string& what) {
    problems_.push_back({absl::StrCat(prefix_, field), what, 0});
  }

  void Text(const char* name, const char* otherwise) {
    if (reflection_.GetString(message_, Field(name)).empty()) reflection_.SetString(&message_, Field(name), otherwise);
  }

  // All in seconds.
  void Duration(const char* name, int64_t otherwise, double least, double most) {
    const bool given = reflection_.HasField(message_, Field(name));
    auto& value = *google::protobuf::DynamicCastToGenerated<google::protobuf::Duration>(
        reflection_.MutableMessage(&message_, Field(name)));
    if (!given) return value.set_seconds(otherwise);
    const double seconds = static_cast<double>(value.seconds()) + value.nanos() / 1e9;
    if (seconds < least || seconds > most) {
      Add(name, absl::StrCat("must be ", least, " to ", most, " s, is ", seconds, " s"));
    }
  }

  // 0 counts as not given.
  void Number(const char* name, int32_t otherwise, int32_t least, int32_t most) {
    const int32_t value = reflection_.GetInt32(message_, Field(name));
    if (value == 0) {
      reflection_.SetInt32(&message_, Field(name), otherwise);
    } else if (value < least || value > most) {
      Add(name, absl::StrCat("must be ", least, " to ", most, ", is ", value));
    }
  }

 private:
  const google::protobuf::FieldDescriptor* Field(const char* name) const {
    return message_.GetDescriptor()->FindFieldByName(name);
  }

  google::protobuf::Message& message_;
  const google::protobuf::Reflection& reflection_;
  const std::string prefix_;
  std::vector<ConfigProblem>& problems_;
};

void ServerRules(proto::Server& server, bool tenants, std::vector<ConfigProblem>& problems) {
  Rules rules(server, "server.", problems);
  rules.Text("listen", "127.0.0.1:8443");
  rules.Duration("drain_grace", 20, 0, 600);
  rules.Duration("heartbeat_interval", 20, 0.1, 60);
  rules.Duration("create_wait", 10, 0, 60);
  rules.Number("max_watch_streams", 20000, 1, 1000000);
  rules.Number("call_threads", 8, 1, 256);
  rules.Number("max_connections", 20000, 1, 1000000);
  rules.Number("max_connections_per_peer", 20000, 1, 1000000);
  const size_t colon = server.listen().rfind(':');
  int port = 0;
  const bool socket = absl::StartsWith(server.listen(), "unix:");
  if (!socket && (colon == std::string::npos || !absl::SimpleAtoi(server.listen().substr(colon + 1), &port) ||
                  port < 0 || port > 65535)) {
    rules.Add("listen", absl::StrCat("must have the form host:port, is `", server.listen(), "`"));
  }
  if (server.has_tls() && (server.tls().certificate_file().empty() || server.tls().private_key_file().empty())) {
    rules.Add("tls", "needs certificate_file and private_key_file");
  }
  if (IsLoopback(server.listen()) || server.allow_insecure_listen()) return;
  if (!server.has_tls()) rules.Add("listen", "is not loopback: set tls, or allow_insecure_listen");
  if (!tenants) rules.Add("listen", "is not loopback: set tenants, or allow_insecure_listen");
}

void HttpRules(proto::Http& http, const std::string& path, std::vector<ConfigProblem>& problems) {
  Rules rules(http, path, problems);
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

void AnyFastRules(proto::AnyFast& anyfast, const std::string& path, std::vector<ConfigProblem>& problems) {
  Rules rules(anyfast, path, problems);
  rules.Text("base_url", "https://www.anyfast.ai");
  rules.Text("default_model", "seedance");
  while (absl::EndsWith(anyfast.base_url(), "/")) anyfast.mutable_base_url()->pop_back();
  const bool plain = anyfast.allow_plain_http() && absl::StartsWith(anyfast.base_url(), "http://");
  if (!plain && !absl::StartsWith(anyfast.base_url(), "https://")) {
    rules.Add("base_url", "must begin with https:// (http:// needs allow_plain_http)");
  }
  const proto::Secret& key = anyfast.api_key();
  if (key.file().empty() && key.env().empty()) rules.Add("api_key", "is required: file or env");
  HttpRules(*anyfast.mutable_http(), path + "http.", problems);
}

void UpstreamRules(proto::GatewayConfig& config, const std::set<std::string>& tenants,
                   std::vector<ConfigProblem>& problems) {
  std::set<std::string> names;
  if (config.upstreams().empty()) problems.push_back({"upstreams", "must hold at least one upstream", 0});
  for (int i = 0; i < config.upstreams_size(); ++i) {
    const std::string path = absl::StrCat("upstreams[", i, "].");
    proto::Upstream& upstream = *config.mutable_upstreams(i);
    Rules rules(upstream, path, problems);
    if (!model::IsUpstreamName(upstream.name())) {
      rules.Add("name", "must have 1-32 characters a-z, 0-9, -, starting with a letter");
    } else if (!names.insert(upstream.name()).second) {
      rules.Add("name", absl::StrCat("`", upstream.name(), "` is the name of an earlier upstream"));
    }
    for (int t = 0; t < upstream.tenants_size(); ++t) {
      if (tenants.count(upstream.tenants(t)) > 0) continue;
      rules.Add(absl::StrCat("tenants[", t, "]"), absl::StrCat("`", upstream.tenants(t), "` is not a tenant"));
    }
    if (upstream.dialect_case() == proto::Upstream::DIALECT_NOT_SET) {
      rules.Add("anyfast", "is required: the dialect");
    } else {
      AnyFastRules(*upstream.mutable_anyfast(), path + "anyfast.", problems);
    }
  }
}

bool IsTenantName(const std::string& name) {
  if (name.empty() || name.size() > 63 || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool IsSha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

// Returns the names; `default` when the file has none.
std::set<std::string> TenantRules(proto::GatewayConfig& config, std::vector<ConfigProblem>& problems) {
  std::set<std::string> names;
  std::set<std::string> hashes;
  for (int i = 0; i < config.tenants_size(); ++i) {
    proto::Tenant& tenant = *config.mutable_tenants(i);
    Rules rules(tenant, absl::StrCat("tenants[", i, "]."), problems);
    if (!IsTenantName(tenant.name())) {
      rules.Add("name", "must have 1-63 characters a-z, 0-9, -, starting with a letter");
    } else if (!names.insert(tenant.name()).second) {
      rules.Add("name", absl::StrCat("`", tenant.name(), "` is the name of an earlier tenant"));
    }
    if (tenant.token_sha256().empty()) rules.Add("token_sha256", "must hold at least one hash");
    for (int t = 0; t < tenant.token_sha256_size(); ++t) {
      const std::string field = absl::StrCat("token_sha256[", t, "]");
      if (!IsSha256(tenant.token_sha256(t))) {
        rules.Add(field, "must be 64 hex digits: printf %s \"$TOKEN\" | sha256sum");
      } else if (!hashes.insert(tenant.token_sha256(t)).second) {
        rules.Add(field, "is given twice");
      }
    }
  }
  if (names.empty()) names.insert("default");
  return names;
}

void TaskRules(proto::Tasks& tasks, std::vector<ConfigProblem>& problems) {
  Rules rules(tasks, "tasks.", problems);
  rules.Duration("poll_interval_queued", 15, 0.05, 600);
  rules.Duration("poll_interval_running", 10, 0.05, 600);
  rules.Duration("poll_interval_asset", 3, 0.05, 600);
  rules.Duration("deadline", 7200, 1, 604800);
  rules.Duration("submit_unknown_deadline", 86400, 1, 604800);
  rules.Number("lost_after_count", 5, 2, 100);
  rules.Duration("lost_after_time", 120, 0, 86400);
}

}  // namespace

bool IsLoopback(const std::string& listen) {
  if (absl::StartsWith(listen, "unix:")) return true;
  const std::string host = listen.substr(0, listen.rfind(':'));
  int last = 0;
  return host == "localhost" || host == "[::1]" ||
         (absl::StartsWith(host, "127.") && absl::SimpleAtoi(host.substr(host.rfind('.') + 1), &last));
}

void ApplyConfigRules(proto::GatewayConfig& config, std::vector<ConfigProblem>& problems) {
  ServerRules(*config.mutable_server(), !config.tenants().empty(), problems);
  proto::Sqlite& sqlite = *config.mutable_store()->mutable_sqlite();
  if (sqlite.path().empty()) sqlite.set_path("seedance-gateway.db");
  UpstreamRules(config, TenantRules(config, problems), problems);
  TaskRules(*config.mutable_tasks(), problems);
  proto::Log& log = *config.mutable_log();
  if (log.level().empty()) log.set_level("info");
  const std::set<std::string> levels = {"debug", "info", "warning", "error"};
  if (levels.count(log.level()) == 0) {
    problems.push_back({"log.level", absl::StrCat("must be debug, info, warning or error, is `", log.level(), "`"), 0});
  }
}

}  // namespace seedance::server

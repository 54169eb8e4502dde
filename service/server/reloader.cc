#include "service/server/reloader.h"

#include <utility>

#include "absl/strings/str_join.h"
#include "service/base/log.h"
#include "service/base/sha256.h"
#include "service/config/dialect.h"
#include "service/config/engine_config.h"
#include "service/config/live_fields.h"
#include "service/server/run.h"

namespace seedance::server {

Reloader::Reloader(const config::GatewayConfig& config, std::vector<std::string> used_keys, engine::Engine& engine,
                   rpc::RpcContext& rpc_context, base::Clock& clock)
    : engine_(engine),
      rpc_context_(rpc_context),
      clock_(clock),
      config_(config),
      used_keys_(std::move(used_keys)),
      keys_(clock) {}

void Reloader::Start() {
  keys_.Start(kKeyInterval, [this] {
    CheckKeys();
    return kKeyInterval;
  });
}

absl::StatusOr<std::vector<std::string>> Reloader::ReadKeys(const config::GatewayConfig& config) {
  std::vector<std::string> keys;
  for (const gateway::config::v1::Upstream& upstream : config.upstreams()) {
    const absl::StatusOr<base::Secret> key = config::ReadSecret(config::DialectOf(upstream).api_key(upstream));
    if (!key.ok()) return key.status();
    keys.push_back(base::Sha256Hex(key->Reveal()));
  }
  return keys;
}

absl::Status Reloader::TakeLocked(const config::GatewayConfig& config) {
  // First: one that is replaced meanwhile counts as another at the next look.
  absl::StatusOr<std::vector<std::string>> keys = ReadKeys(config);
  if (!keys.ok()) return keys.status();
  auto accounts = config::MakeVendorAccounts(config, clock_);
  if (!accounts.ok()) return accounts.status();
  const absl::StatusOr<engine::Engine::Options> options = config::EngineOptions(config);
  if (!options.ok()) return options.status();
  engine_.Reconfigure(*options, *std::move(accounts));
  rpc_context_.Reconfigure(config::RpcContextOptions(config));
  SetLogging(config.log());
  used_keys_ = *std::move(keys);
  refused_.clear();
  return absl::OkStatus();
}

absl::Status Reloader::Reload(const config::GatewayConfig& config) {
  base::MutexLock lock(mutex_);
  const config::ConfigChange change = config::CompareConfigs(config_, config);
  absl::StatusOr<config::GatewayConfig> next = config::WithLiveFields(config_, config);
  if (!next.ok()) return next.status();
  if (absl::Status taken = TakeLocked(*next); !taken.ok()) return taken;
  config_ = *std::move(next);
  base::Log(change.restart.empty() ? base::LogLevel::kInfo : base::LogLevel::kWarning, "config_reloaded",
            {{"changed", absl::StrJoin(change.live, " ")}, {"needs_restart", absl::StrJoin(change.restart, " ")}});
  return absl::OkStatus();
}

void Reloader::CheckKeys() {
  base::MutexLock lock(mutex_);
  const absl::StatusOr<std::vector<std::string>> keys = ReadKeys(config_);
  absl::Status failed = keys.status();
  if (keys.ok() && *keys == used_keys_) {
    refused_.clear();
    return;
  }
  if (failed.ok()) failed = TakeLocked(config_);
  if (failed.ok()) return base::Log(base::LogLevel::kInfo, "vendor_keys_taken", {});
  // A file that is being replaced may be missing for a moment; the next look tells.
  const std::string cause(failed.message());
  if (std::exchange(refused_, cause) == cause) return;
  base::Log(base::LogLevel::kWarning, "vendor_keys_refused",
            {{"cause", cause}, {"hint", "requests to the vendors use the previous keys"}});
}

}  // namespace seedance::server

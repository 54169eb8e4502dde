#ifndef SEEDANCE_SERVICE_SERVER_RELOADER_H_
#define SEEDANCE_SERVICE_SERVER_RELOADER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/repeated_work.h"
#include "service/config/config.h"
#include "service/engine/engine.h"
#include "service/rpc/calls/rpc_context.h"

namespace seedance::server {

// Changes a running gateway's configuration: at an operator's word, and when a vendor's key behind the configuration is
// another one (a rotated file). Thread-safe.
//
// Tests: tests/e2e/reload_test.cc
class Reloader {
 public:
  // Between two looks at the vendors' keys.
  static constexpr absl::Duration kKeyInterval = absl::Seconds(10);

  // What tells the keys of all vendors, as they are now, from others. FAILED_PRECONDITION: one cannot be read.
  static absl::StatusOr<std::vector<std::string>> ReadKeys(const config::GatewayConfig& config);

  // All outlive it. `config` is what they were made of, and `used_keys` ReadKeys from before that.
  Reloader(const config::GatewayConfig& config, std::vector<std::string> used_keys, engine::Engine& engine,
           rpc::RpcContext& rpc_context, base::Clock& clock);

  // Begins to look at the keys.
  void Start();
  void Stop() { keys_.Stop(); }

  // Takes over what may change at run time (config/live_fields.h), all or nothing, and logs what was taken and what
  // needs a restart. An error: nothing has changed.
  absl::Status Reload(const config::GatewayConfig& config);

 private:
  absl::Status TakeLocked(const config::GatewayConfig& config) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CheckKeys();

  engine::Engine& engine_;
  rpc::RpcContext& rpc_context_;
  base::Clock& clock_;
  base::Mutex mutex_;
  config::GatewayConfig config_ ABSL_GUARDED_BY(mutex_);        // In use, but for what needs a restart.
  std::vector<std::string> used_keys_ ABSL_GUARDED_BY(mutex_);  // SHA-256 of the values.
  std::string refused_ ABSL_GUARDED_BY(mutex_);                 // Why the keys cannot be read, as it was logged.
  base::RepeatedWork keys_;                                     // Last: it uses the others.
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_RELOADER_H_

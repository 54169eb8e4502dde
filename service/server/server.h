#ifndef SEEDANCE_SERVICE_SERVER_SERVER_H_
#define SEEDANCE_SERVICE_SERVER_SERVER_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/trace.h"
#include "service/config/config.h"
#include "service/engine/engine.h"
#include "service/engine/uploads/staging_directory.h"
#include "service/rpc/asset_group_service.h"
#include "service/rpc/asset_service.h"
#include "service/rpc/calls/dispatcher.h"
#include "service/rpc/calls/method.h"
#include "service/rpc/calls/rpc_context.h"
#include "service/rpc/calls/rpc_server.h"
#include "service/rpc/creation_service.h"
#include "service/rpc/generation_task_service.h"
#include "service/rpc/health_service.h"
#include "service/rpc/upstream_service.h"
#include "service/server/acceptor.h"
#include "service/server/admin_server.h"
#include "service/server/memory_trim.h"
#include "service/server/reloader.h"
#include "service/server/tls_reloader.h"
#include "service/store/store.h"

namespace seedance::server {

// The whole gateway: store, upstreams, engine, gRPC server with health and reflection, admin HTTP server.
class Server {
 public:
  // Opens the store, resumes the work of an earlier process, and listens. `config` must be checked. While it waits for
  // another process's store (`wait_for_lock`) the admin server answers already: alive, not ready. Errors
  // are texts for the operator: the store cannot be opened, a secret is missing, the address is taken, a thread cannot
  // be started. CANCELLED: `stop` (may be null) ended the wait. `accept_data_loss`: continue with a store that lost
  // data (store::sqlite::SqliteOptions). `clock` and `random` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const config::GatewayConfig& config, base::Clock& clock,
                                                       base::Random& random,
                                                       std::shared_ptr<base::CancelToken> stop = nullptr,
                                                       bool accept_data_loss = false);
  // Calls Shutdown if that was not done.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The bound `host:port`.
  const std::string& address() const { return address_; }

  // Registry behind `/metrics` of the admin server.
  base::Metrics& metrics() { return metrics_; }

  // The bound `host:port` of the admin server and of the probe server; empty without one.
  std::string admin_address() const { return admin_ == nullptr ? "" : admin_->address(); }
  std::string probe_address() const { return probes_ == nullptr ? "" : probes_->address(); }

  // As Reloader::Reload.
  absl::Status Reload(const config::GatewayConfig& config) { return reloader_->Reload(config); }

  // Graceful shutdown. Reports health NOT_SERVING and `/readyz` 503, and serves everything for `server.drain_delay`.
  // Then ends watch streams with their resume token, accepts no connection, closes connections without calls and sends
  // GOAWAY to the others. Calls have until `server.drain_grace` and are cancelled then. Finally brings the work towards
  // the vendors to a safe point; webhooks and staged files are served until then. Blocks. May be called twice.
  void Shutdown();

 private:
  Server(const config::GatewayConfig& config, base::Clock& clock, bool accept_data_loss);

  absl::Status OpenAndListen(base::Random& random, std::shared_ptr<base::CancelToken> stop);
  absl::Status Open(base::Random& random, std::shared_ptr<base::CancelToken> stop);
  absl::Status OpenStore(std::shared_ptr<base::CancelToken> stop);
  // Starts the admin servers, unless they run.
  absl::Status StartAdmin();
  AdminHooks MakeProbeHooks();
  AdminHooks MakeAdminHooks();
  // `used_keys`: Reloader.
  void MakeServices(base::Random& random, std::vector<std::string> used_keys);
  absl::Status Listen();
  // Waits for calls, until `end` at the latest.
  void DrainCalls(absl::Time begin, absl::Time end);
  void EndStreamsAndRefuse(absl::Time end);
  void StopGrpc(absl::Time end);
  void AddStoreMetrics();
  // Why the gateway is not ready; empty: it is. The check of the store is at most `store.probe_interval` old.
  std::string NotReady() const;

  enum class Phase { kStarting, kWaitingForStore, kServing, kDraining };

  const config::GatewayConfig config_;
  base::Clock& clock_;
  const bool accept_data_loss_;
  std::string address_;
  std::atomic<Phase> phase_ = Phase::kStarting;
  mutable std::atomic<bool> had_shard_ = false;  // Of the store, if it is shared.
  std::atomic<bool> opened_ = false;             // Store, staging and engine exist. The admin server starts before.
  // In order of construction: each may use those above it.
  base::Metrics metrics_;
  std::unique_ptr<base::Tracer> tracer_;  // Null without `tracing`.
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<engine::StagingDirectory> staging_;  // Null without `admin.staging`.
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<AdminServer> admin_;   // Null without `admin.listen`.
  std::unique_ptr<AdminServer> probes_;  // Null without `admin.probe_listen`.
  std::unique_ptr<rpc::RpcContext> rpc_context_;
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<rpc::AssetGroupService> groups_;
  std::unique_ptr<rpc::CreationService> creations_;
  std::unique_ptr<rpc::UpstreamService> upstreams_;
  std::unique_ptr<rpc::AssetService> assets_;
  std::unique_ptr<rpc::GenerationTaskService> tasks_;
  std::unique_ptr<TlsReloader> tls_;  // Null without `server.tls`.
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  rpc::Methods methods_;
  rpc::HealthService health_{methods_};
  std::unique_ptr<rpc::Dispatcher> dispatcher_;
  std::unique_ptr<rpc::RpcServer> rpc_server_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<Acceptor> acceptor_;  // Null with a Unix socket.
  std::unique_ptr<MemoryTrim> memory_trim_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_SERVER_H_

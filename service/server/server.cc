#include "service/server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/server/credentials.h"
#include "service/server/engine_config.h"
#include "service/server/port_file.h"
#include "service/store/sqlite/sqlite_store.h"

namespace seedance::server {
namespace {

// Inline data of 3 MiB and room for the rest of the message.
constexpr int kMaxReceiveBytes = 5 << 20;
// What a caller may send ahead of an upload's reader. Fixed: gRPC's own estimate grows to several megabytes per upload
// on a fast network, and this much is 20 MB/s over 50 ms.
constexpr int kStreamWindowBytes = 1 << 20;
// What gRPC takes over for a stream whose reader does not read. With its own 64 KiB a stalled watcher costs 105 kB,
// with this 31 kB.
constexpr int kWriteBufferBytes = 4 << 10;
// Time for statuses to leave and for work towards the vendors to end, however short the drain grace is.
constexpr absl::Duration kLeastGrace = absl::Seconds(1);

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kWriteBufferBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamWindowBytes);
  // Clients may ping every 10 s, also without calls; peers that do not answer ours for 20 s are dropped.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
}

void SetServing(grpc::Server& server) {
  grpc::HealthCheckServiceInterface& health = *server.GetHealthCheckService();
  health.SetServingStatus("", true);
  health.SetServingStatus(gateway::v1::AssetGroupService::service_full_name(), true);
  health.SetServingStatus(gateway::v1::AssetService::service_full_name(), true);
  health.SetServingStatus(gateway::v1::GenerationTaskService::service_full_name(), true);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const GatewayConfig& config, base::Clock& clock,
                                                      base::Random& random) {
  std::unique_ptr<Server> server(new Server(config, clock));
  if (absl::Status opened = server->Open(random); !opened.ok()) return opened;
  if (absl::Status listening = server->Listen(); !listening.ok()) return listening;
  server->phase_ = Phase::kServing;
  base::Log(base::LogLevel::kInfo, "server_listening",
            {{"address", server->address_}, {"tls", config.server().has_tls()}});
  return server;
}

Server::Server(const GatewayConfig& config, base::Clock& clock) : config_(config), clock_(clock) {}

Server::~Server() { Shutdown(); }

absl::Status Server::Open(base::Random& random) {
  store::sqlite::SqliteOptions store_options;
  store_options.path = config_.store().sqlite().path();
  absl::StatusOr<std::unique_ptr<store::Store>> store = store::sqlite::OpenSqliteStore(store_options);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  auto upstreams = MakeUpstreams(config_, clock_);
  if (!upstreams.ok()) return upstreams.status();
  absl::StatusOr<engine::Engine::Options> options = EngineOptions(config_);
  if (!options.ok()) return options.status();
  if (const auto staging = StagingOptions(config_.admin()); staging.has_value()) {
    staging_ = std::make_unique<engine::Staging>(*staging, clock_, random);
    options->asset_creation.staging = staging_.get();
  }
  // Before the engine, which sends tasks as soon as it starts: a taken address must be known by then.
  if (absl::Status listening = ListenAdmin(); !listening.ok()) return listening;
  engine_ = std::make_unique<engine::Engine>(*std::move(options), *store_, *std::move(upstreams), clock_, random);
  if (absl::Status started = engine_->Start(); !started.ok()) return started;
  StartAdmin();
  edge_ = std::make_unique<rpc::Edge>(EdgeOptions(config_), clock_, random);
  groups_ = std::make_unique<rpc::AssetGroupService>(*edge_, engine_->groups());
  assets_ = std::make_unique<rpc::AssetService>(*edge_, engine_->assets());
  tasks_ = std::make_unique<rpc::GenerationTaskService>(*edge_, engine_->tasks(), engine_->downloads());
  return absl::OkStatus();
}

absl::Status Server::ListenAdmin() {
  const gateway::config::v1::Admin& admin = config_.admin();
  if (admin.listen().empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<AdminServer>> listening = AdminServer::Listen(admin.listen(), {});
  if (!listening.ok()) {
    return absl::Status(listening.status().code(),
                        absl::StrCat("admin.listen: ", std::string(listening.status().message())));
  }
  admin_ = *std::move(listening);
  base::Log(base::LogLevel::kInfo, "admin_listening", {{"address", admin_->address()}});
  return WritePortFile("admin.port_file", admin.port_file(), admin_->address());
}

void Server::StartAdmin() {
  if (admin_ == nullptr) return;
  AdminHooks hooks;
  hooks.not_ready = [this] { return NotReady(); };
  hooks.webhook = [this](std::string_view token, std::string_view secret, std::string_view body) {
    return engine_->webhooks().Receive(token, secret, body);
  };
  if (staging_ != nullptr) {
    hooks.staged_file = [this](std::string_view token) -> std::optional<AdminHooks::File> {
      std::optional<engine::StagedFile> file = staging_->Find(token);
      if (!file.has_value()) return std::nullopt;
      return AdminHooks::File{std::move(file->path), file->size, std::move(file->content_type)};
    };
  }
  admin_->Start(std::move(hooks));
}

std::string Server::NotReady() const {
  if (phase_ == Phase::kStarting) return "starting";
  if (phase_ == Phase::kDraining) return "stopping";
  // There is no such task: NOT_FOUND is the answer of a store that works.
  const absl::Status looked = store_->GetTask("readyz").status();
  return absl::IsNotFound(looked) ? "" : "the store does not answer";
}

absl::Status Server::Listen() {
  auto credentials = MakeCredentials(config_.server());
  if (!credentials.ok()) return credentials.status();
  grpc::EnableDefaultHealthCheckService(true);
  // It is a synchronous service: its thread keeps gRPC polling, without it sparse calls may wait 100 ms.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetLimits(builder);
  const std::string& listen = config_.server().listen();
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> entrance;
  if (listen.rfind("unix:", 0) == 0) {
    builder.AddListeningPort(listen, *credentials);
    address_ = listen;
  } else {
    auto acceptor = Acceptor::Listen({listen, static_cast<size_t>(config_.server().max_connections()),
                                      static_cast<size_t>(config_.server().max_connections_per_peer())});
    if (!acceptor.ok()) return acceptor.status();
    acceptor_ = *std::move(acceptor);
    address_ = acceptor_->address();
    entrance = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, *credentials);
  }
  builder.RegisterService(groups_.get());
  builder.RegisterService(assets_.get());
  builder.RegisterService(tasks_.get());
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", listen, ": the address is taken, or not ours"));
  }
  SetServing(*grpc_);
  if (acceptor_ != nullptr) {
    acceptor_->Start([entrance = std::move(entrance)](int fd) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.fd = fd;
      entrance->HandleNewConnection(&connection);
    });
  }
  return WritePortFile("server.port_file", config_.server().port_file(), address_);
}

void Server::Shutdown() {
  const absl::Time end = clock_.Now() + std::max(FromProto(config_.server().drain_grace()), kLeastGrace);
  phase_ = Phase::kDraining;
  if (grpc_ != nullptr) {
    base::Log(base::LogLevel::kInfo, "server_draining", {{"address", address_}});
    grpc_->GetHealthCheckService()->Shutdown();
    engine_->StopSubmitting();
    edge_->Drain();
    if (acceptor_ != nullptr) acceptor_->Stop();
    edge_->active().AwaitNone(clock_, end);
    // What is left are statuses on their way, and watches of the health service, which nobody ends but their clients.
    grpc_->Shutdown(absl::ToChronoTime(std::min(end, clock_.Now() + kLeastGrace)));
    grpc_.reset();
    acceptor_.reset();
  }
  if (edge_ != nullptr) edge_->StopCalls();
  if (engine_ != nullptr) engine_->Stop(std::max(end - clock_.Now(), kLeastGrace));
  // After the vendors' calls under way: a vendor may be fetching a staged file for one of them.
  if (admin_ != nullptr) admin_->Stop();
  if (edge_ != nullptr) edge_->StopHeartbeats();
  tasks_.reset();
  assets_.reset();
  groups_.reset();
  edge_.reset();
  admin_.reset();
  engine_.reset();
  staging_.reset();
  store_.reset();
}

}  // namespace seedance::server

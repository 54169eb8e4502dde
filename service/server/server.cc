#include "service/server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/server/credentials.h"
#include "service/server/engine_config.h"
#include "service/store/sqlite/sqlite_store.h"

namespace seedance::server {
namespace {

// Inline data of 3 MiB and room for the rest of the message.
constexpr int kMaxReceiveBytes = 5 << 20;
// What a caller may send ahead of an upload's reader. Fixed: gRPC's own estimate grows to several megabytes per upload
// on a fast network, and this much is 20 MB/s over 50 ms.
constexpr int kStreamWindowBytes = 1 << 20;
// Time for statuses to leave and for work towards the vendors to end, however short the drain grace is.
constexpr absl::Duration kLeastGrace = absl::Seconds(1);

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
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
  engine_ =
      std::make_unique<engine::Engine>(EngineOptions(config_.tasks()), *store_, *std::move(upstreams), clock_, random);
  if (absl::Status started = engine_->Start(); !started.ok()) return started;
  edge_ = std::make_unique<rpc::Edge>(EdgeOptions(config_), clock_, random);
  groups_ = std::make_unique<rpc::AssetGroupService>(*edge_, engine_->groups());
  assets_ = std::make_unique<rpc::AssetService>(*edge_, engine_->assets());
  tasks_ = std::make_unique<rpc::GenerationTaskService>(*edge_, engine_->tasks(), engine_->downloads());
  return absl::OkStatus();
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
  return WritePortFile();
}

absl::Status Server::WritePortFile() const {
  const std::string& path = config_.server().port_file();
  if (path.empty()) return absl::OkStatus();
  const std::string draft = path + ".tmp";
  std::ofstream file(draft, std::ios::trunc);
  file << address_ << "\n";
  file.close();
  // Renamed, so that nobody reads half a line.
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("server.port_file: ", path, " cannot be written"));
  }
  return absl::OkStatus();
}

void Server::Shutdown() {
  const absl::Time end = clock_.Now() + std::max(FromProto(config_.server().drain_grace()), kLeastGrace);
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
  if (edge_ != nullptr) edge_->StopHeartbeats();
  tasks_.reset();
  assets_.reset();
  groups_.reset();
  edge_.reset();
  engine_.reset();
  store_.reset();
}

}  // namespace seedance::server

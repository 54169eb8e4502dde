#include "service/server/server.h"

#include <grpc/grpc.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/mutex.h"
#include "service/base/thread.h"
#include "service/config/engine_config.h"
#include "service/rpc/calls/machine_time.h"
#include "service/rpc/reflection_service.h"
#include "service/server/credentials.h"
#include "service/server/grpc_settings.h"
#include "service/server/log_metrics.h"
#include "service/server/make_tracer.h"
#include "service/server/open_store.h"
#include "service/server/port_file.h"
#include "service/server/process_metrics.h"
#include "service/server/replicas_text.h"
#include "service/server/version.h"

namespace seedance::server {
namespace {

// Time for statuses to leave and for work towards the vendors to end, however short the drain grace is.
constexpr absl::Duration kLeastGrace = absl::Seconds(1);

// Bounds of the steps of a stop; each takes a quarter of the time that is left at most.
constexpr absl::Duration kStreamsEnd = absl::Seconds(5);
// Together shorter than the minimum delay of rpc::DrainingError, so that no call returns before its connection has
// ended: for calls in flight to end, and from their end to the last byte on the wire.
constexpr absl::Duration kRefusal = absl::Milliseconds(450);
constexpr absl::Duration kStatusLeaves = absl::Milliseconds(200);

// At least two: one receives while the other answers.
size_t RpcThreads() { return std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 2, 16); }

// `field`: common prefix of the configuration fields.
absl::StatusOr<std::unique_ptr<AdminServer>> ListenAdmin(const std::string& field, const std::string& listen,
                                                         const std::string& port_file) {
  absl::StatusOr<std::unique_ptr<AdminServer>> listening = AdminServer::Listen(listen, {});
  if (!listening.ok()) {
    return absl::Status(listening.status().code(),
                        absl::StrCat(field, "listen: ", std::string(listening.status().message())));
  }
  base::Log(base::LogLevel::kInfo, "admin_listening",
            {{"address", (*listening)->address()}, {"setting", field + "listen"}});
  if (absl::Status written = WritePortFile(field + "port_file", port_file, (*listening)->address()); !written.ok()) {
    return written;
  }
  return listening;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const config::GatewayConfig& config, base::Clock& clock,
                                                      base::Random& random, std::shared_ptr<base::CancelToken> stop,
                                                      bool accept_data_loss) {
  std::unique_ptr<Server> server(new Server(config, clock, accept_data_loss));
  try {
    if (absl::Status started = server->OpenAndListen(random, std::move(stop)); !started.ok()) return started;
  } catch (const base::ThreadStartError& error) {
    return absl::ResourceExhaustedError(error.what());
  }
  server->phase_ = Phase::kServing;
  base::Log(base::LogLevel::kInfo, "server_listening",
            {{"address", server->address_}, {"tls", config.server().has_tls()}});
  return server;
}

absl::Status Server::OpenAndListen(base::Random& random, std::shared_ptr<base::CancelToken> stop) {
  if (absl::Status opened = Open(random, std::move(stop)); !opened.ok()) return opened;
  return Listen();
}

Server::Server(const config::GatewayConfig& config, base::Clock& clock, bool accept_data_loss)
    : config_(config), clock_(clock), accept_data_loss_(accept_data_loss) {
  metrics_.Gauge("seedance_build_info", {{"version", Version()}, {"revision", GitHash()}}).Set(1);
  ExportDroppedLogLines(metrics_);
  ExportProcess(metrics_, clock);
  metrics_.GaugeAtScrape("seedance_draining", {}, [this] { return phase_ == Phase::kDraining ? 1.0 : 0.0; });
}

Server::~Server() { Shutdown(); }

absl::Status Server::Open(base::Random& random, std::shared_ptr<base::CancelToken> stop) {
  if (config_.server().has_tls()) {
    auto tls = TlsReloader::Start(config_.server().tls(), metrics_, clock_);
    if (!tls.ok()) return tls.status();
    tls_ = *std::move(tls);
  }
  if (config_.has_tracing()) {
    auto tracer = MakeTracer(config_.tracing(), metrics_, random);
    if (!tracer.ok()) return tracer.status();
    tracer_ = *std::move(tracer);
    base::SetTracer(tracer_.get());
  }
  // A fault shows before the store is waited for.
  if (absl::Status makes = config::MakeVendorAccounts(config_, clock_).status(); !makes.ok()) return makes;
  absl::StatusOr<engine::Engine::Options> options = config::EngineOptions(config_);
  if (!options.ok()) return options.status();
  options->metrics = &metrics_;
  // First, so that a long start is visibly alive.
  const bool patient = StoreWait(config_.store()) > absl::ZeroDuration();
  if (absl::Status listening = StartAdmin(); !listening.ok() && !patient) return listening;
  if (absl::Status opened = OpenStore(std::move(stop)); !opened.ok()) return opened;
  AddStoreMetrics();
  if (const auto staging = config::StagingOptions(config_.admin()); staging.has_value()) {
    staging_ = std::make_unique<engine::StagingDirectory>(*staging, clock_, random);
    options->asset_creation.staging = staging_.get();
  }
  // The previous process has released the store, so its address is free. Before the engine, which sends tasks as soon
  // as it starts: a taken address must be known by then.
  if (absl::Status listening = StartAdmin(); !listening.ok()) return listening;
  // Keys may have been replaced in that time. They are read first: one that is replaced meanwhile is noticed later.
  absl::StatusOr<std::vector<std::string>> keys = Reloader::ReadKeys(config_);
  if (!keys.ok()) return keys.status();
  auto upstreams = config::MakeVendorAccounts(config_, clock_);
  if (!upstreams.ok()) return upstreams.status();
  engine_ = std::make_unique<engine::Engine>(*std::move(options), *store_, *std::move(upstreams), clock_, random);
  if (absl::Status started = engine_->Start(); !started.ok()) return started;
  opened_ = true;
  MakeServices(random, *std::move(keys));
  return absl::OkStatus();
}

void Server::MakeServices(base::Random& random, std::vector<std::string> used_keys) {
  rpc::RpcContext::Options options = config::RpcContextOptions(config_);
  options.streams.connected_at = [this](std::string_view peer) {
    return acceptor_ == nullptr ? std::nullopt : acceptor_->AcceptedAt(peer);
  };
  options.limits.end_connection = [this](const std::string& peer) {
    if (acceptor_ != nullptr) acceptor_->End(peer);
  };
  options.limits.metrics = &metrics_;
  rpc_context_ = std::make_unique<rpc::RpcContext>(std::move(options), clock_, random);
  reloader_ = std::make_unique<Reloader>(config_, std::move(used_keys), *engine_, *rpc_context_, clock_);
  reloader_->Start();
  metrics_.GaugeAtScrape("seedance_watch_streams", {},
                         [this] { return static_cast<double>(rpc_context_->streams().size()); });
  metrics_.GaugeAtScrape("seedance_open_calls", {},
                         [this] { return static_cast<double>(rpc_context_->limits().open()); });
  metrics_.GaugeAtScrape("seedance_unread_answer_bytes", {},
                         [this] { return static_cast<double>(rpc_context_->limits().answer_bytes()); });
  groups_ = std::make_unique<rpc::AssetGroupService>(engine_->groups());
  creations_ = std::make_unique<rpc::CreationService>(engine_->creations());
  assets_ = std::make_unique<rpc::AssetService>(*rpc_context_, engine_->assets());
  tasks_ = std::make_unique<rpc::GenerationTaskService>(*rpc_context_, engine_->tasks(), engine_->downloads());
  upstreams_ = std::make_unique<rpc::UpstreamService>(engine_->accounts());
  groups_->AddTo(methods_);
  upstreams_->AddTo(methods_);
  creations_->AddTo(methods_);
  assets_->AddTo(methods_);
  tasks_->AddTo(methods_);
  health_.AddTo(methods_);
  if (config_.server().call_limits().max_reflection_streams() > 0) rpc::AddReflection(methods_);
  dispatcher_ = std::make_unique<rpc::Dispatcher>(*rpc_context_, methods_);
  rpc_server_ = std::make_unique<rpc::RpcServer>(RpcThreads(), rpc_context_->limits(),
                                                 [this](rpc::RpcStream& stream) { dispatcher_->OnCall(stream); });
}

absl::Status Server::OpenStore(std::shared_ptr<base::CancelToken> stop) {
  const std::string name = StoreName(config_.store());
  store::LockWait wait;
  wait.clock = &clock_;
  wait.cancel = std::move(stop);
  const absl::Time begin = clock_.Now();
  bool waited = false;
  absl::Status admin;
  wait.on_wait = [&] {
    phase_ = Phase::kWaitingForStore;
    if (!std::exchange(waited, true)) {
      base::Log(base::LogLevel::kInfo, "store_waiting", {{"store", name}});
    }
    // The process that holds the store may hold the admin address too, on this machine: it will release both.
    const absl::Status failed = std::exchange(admin, StartAdmin());
    if (failed.ok() && !admin.ok()) {
      base::Log(base::LogLevel::kWarning, "admin_waiting", {{"cause", std::string(admin.message())}});
    }
  };
  absl::StatusOr<std::unique_ptr<store::Store>> store =
      OpenConfiguredStore(config_.store(), std::move(wait), accept_data_loss_, metrics_);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  if (waited) {
    phase_ = Phase::kStarting;
    base::Log(base::LogLevel::kInfo, "store_taken_over",
              {{"store", name}, {"waited_ms", absl::ToDoubleMilliseconds(clock_.Now() - begin)}});
  }
  return absl::OkStatus();
}

absl::Status Server::StartAdmin() {
  const gateway::config::v1::Admin& admin = config_.admin();
  if (!admin.probe_listen().empty() && probes_ == nullptr) {
    auto listening = ListenAdmin("admin.probe_", admin.probe_listen(), admin.probe_port_file());
    if (!listening.ok()) return listening.status();
    probes_ = *std::move(listening);
    probes_->Start(MakeProbeHooks());
  }
  if (!admin.listen().empty() && admin_ == nullptr) {
    auto listening = ListenAdmin("admin.", admin.listen(), admin.port_file());
    if (!listening.ok()) return listening.status();
    admin_ = *std::move(listening);
    admin_->Start(MakeAdminHooks());
  }
  return absl::OkStatus();
}

AdminHooks Server::MakeProbeHooks() {
  AdminHooks hooks;
  hooks.not_ready = [this] { return NotReady(); };
  hooks.metrics = [this] { return metrics_.Scrape(); };
  return hooks;
}

AdminHooks Server::MakeAdminHooks() {
  AdminHooks hooks = MakeProbeHooks();
  hooks.started = [this] { return opened_.load(); };
  if (config_.store().postgres().has_replicas()) {
    hooks.replicas = [this] { return ReplicasText(store_->ownership().ListReplicas()); };
  }
  hooks.webhook = [this](std::string_view path, const upstream::WebhookHeaders& headers, std::string_view body) {
    return engine_->webhooks().Receive(path, headers, body);
  };
  if (config_.admin().has_staging()) {
    hooks.staged_file = [this](std::string_view token) -> std::optional<AdminHooks::File> {
      std::optional<engine::StagedFile> file = staging_->Find(token);
      if (!file.has_value()) return std::nullopt;
      return AdminHooks::File{std::move(file->path), file->size, std::move(file->content_type)};
    };
  }
  return hooks;
}

std::string Server::NotReady() const {
  if (phase_ == Phase::kStarting) return "starting";
  if (phase_ == Phase::kWaitingForStore) return "waiting for the store";
  if (phase_ == Phase::kDraining) return "stopping";
  // Tasks could not be created here. Later the store says whether it works.
  if (!had_shard_ && store_->ownership().PartOf(store::kShards) == 0) return "no shard of the store yet";
  had_shard_ = true;
  const absl::Time now = clock_.Now();
  const store::Store::Health health = store_->Probe(now, config::FromProto(config_.store().probe_interval()));
  if (health.status.ok()) return "";
  return absl::StrCat("store writes fail: ", base::GetErrorDetail(health.status).metadata["cause"], " (checked ",
                      absl::ToInt64Seconds(now - health.checked), " s ago)");
}

void Server::AddStoreMetrics() {
  // The last result, whatever its age: a scrape must not write.
  const auto last = [this] { return store_->Probe(clock_.Now(), absl::InfiniteDuration()); };
  metrics_.GaugeAtScrape("seedance_store_sound", {}, [last] { return last().status.ok() ? 1.0 : 0.0; });
  metrics_.GaugeAtScrape("seedance_store_probe_age_seconds", {},
                         [this, last] { return absl::ToDoubleSeconds(clock_.Now() - last().checked); });
}

absl::Status Server::Listen() {
  credentials_ = tls_ == nullptr ? grpc::InsecureServerCredentials() : MakeTlsCredentials(*tls_);
  grpc::ServerBuilder builder;
  ApplyGrpcSettings(config_.server(), builder);
  const std::string& listen = config_.server().listen();
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> entrance;
  if (listen.rfind("unix:", 0) == 0) {
    builder.AddListeningPort(listen, credentials_);
    address_ = listen;
  } else {
    auto acceptor = Acceptor::Listen({listen, static_cast<size_t>(config_.server().max_connections()),
                                      static_cast<size_t>(config_.server().max_connections_per_peer()), &clock_});
    if (!acceptor.ok()) return acceptor.status();
    acceptor_ = *std::move(acceptor);
    address_ = acceptor_->address();
    entrance = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials_);
  }
  rpc_server_->AddTo(builder);
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", listen, ": the address is in use or not local"));
  }
  if (absl::Status started = rpc_server_->Start(); !started.ok()) return started;
  memory_trim_ = std::make_unique<MemoryTrim>(clock_);
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
  const absl::Time begin = clock_.Now();
  const absl::Time end = begin + std::max(config::FromProto(config_.server().drain_grace()), kLeastGrace);
  phase_ = Phase::kDraining;
  if (grpc_ != nullptr) DrainCalls(begin, end);
  reloader_.reset();
  if (rpc_context_ != nullptr) rpc_context_->StopCalls();
  if (engine_ != nullptr) engine_->Stop(std::max(end - clock_.Now(), kLeastGrace));
  // After requests in flight: a vendor may be fetching a staged file for one of them.
  if (admin_ != nullptr) admin_->Stop();
  if (probes_ != nullptr) probes_->Stop();
  if (rpc_context_ != nullptr) rpc_context_->StopTimers();
  memory_trim_.reset();
  rpc_server_.reset();
  dispatcher_.reset();
  tasks_.reset();
  assets_.reset();
  groups_.reset();
  creations_.reset();
  upstreams_.reset();
  rpc_context_.reset();
  admin_.reset();
  probes_.reset();
  engine_.reset();
  staging_.reset();
  store_.reset();
  // Last: spans of all the others end in it.
  if (tracer_ != nullptr) base::SetTracer(nullptr);
  tracer_.reset();
}

void Server::DrainCalls(absl::Time begin, absl::Time end) {
  base::Log(base::LogLevel::kInfo, "server_draining", {{"address", address_}});
  health_.Shutdown();
  base::SleepUntil(clock_, begin + config::FromProto(config_.server().drain_delay()));
  // Calls are cancelled a little earlier, so that the rest of the stop is inside the grace too.
  const absl::Time calls_end = end - std::min(kLeastGrace, (end - begin) / 10);
  EndStreamsAndRefuse(calls_end);
  StopGrpc(calls_end);
  rpc_server_->Stop();
  grpc_.reset();
  acceptor_.reset();
}

// gRPC's own shutdown loses calls: those that arrive between its start and the client's reading of GOAWAY are answered
// CANCELLED, which clients do not retry. So no call should arrive when it starts: for a moment new calls are refused
// such that clients' retry policies wait, and idle connections are closed.
void Server::EndStreamsAndRefuse(absl::Time end) {
  const auto within = [&](absl::Duration limit) {
    const absl::Time now = clock_.Now();
    return now + std::min(limit, (end - now) / 4);
  };
  const absl::Time begin = clock_.Now();
  rpc_context_->streams().AwaitNone(rpc_context_->streams().Drain(within(kStreamsEnd)));
  const absl::Time streams_ended = clock_.Now();
  if (acceptor_ != nullptr) acceptor_->Stop();
  rpc_context_->inflight().Close();
  rpc_context_->inflight().AwaitNone(clock_, within(kRefusal));
  // Not earlier: creates wait for their submission.
  engine_->StopSubmitting();
  base::SleepUntil(clock_, within(kStatusLeaves));
  if (acceptor_ == nullptr) return;
  const size_t ended = acceptor_->EndOthers(rpc_context_->inflight().Peers());
  base::Log(base::LogLevel::kInfo, "connections_ended",
            {{"ended", static_cast<int64_t>(ended)},
             {"calls_left", static_cast<int64_t>(rpc_context_->inflight().count())},
             {"streams_ms", absl::ToDoubleMilliseconds(streams_ended - begin)},
             {"refusal_ms", absl::ToDoubleMilliseconds(clock_.Now() - streams_ended)}});
}

void Server::StopGrpc(absl::Time end) {
  base::Mutex mutex;
  base::CondVar changed;
  bool stopped = false;
  absl::StatusOr<std::thread> stop = base::TryStartThread("grpc-stop", [&] {
    // Sends GOAWAY to the remaining connections; returns when their calls have ended, or cancels them at `end`.
    grpc_->Shutdown(rpc::ToMachineTime(end, clock_));
    base::MutexLock lock(mutex);
    stopped = true;
    changed.NotifyAll();
  });
  rpc_context_->inflight().AwaitNone(clock_, end);
  // Left are statuses in transit, and health watches, which only their clients end.
  const absl::Time last = std::min(end, clock_.Now() + kLeastGrace);
  // Without a thread, GOAWAY comes after the calls, and cancels the rest at its deadline.
  if (!stop.ok()) return grpc_->Shutdown(rpc::ToMachineTime(last, clock_));
  {
    base::MutexLock lock(mutex);
    while (!stopped && clock_.Now() < last) clock_.WaitUntil(changed, mutex, last);
    if (!stopped) grpc_server_cancel_all_calls(grpc_->c_server());
  }
  stop->join();
}

}  // namespace seedance::server

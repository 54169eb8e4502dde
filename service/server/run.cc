#include "service/server/run.h"

#include <google/protobuf/stubs/logging.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <thread>

#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/log.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/server/server.h"

namespace seedance::server {
namespace {

// How much longer than its grace a stop may take before the process ends anyway.
constexpr absl::Duration kOverrun = absl::Seconds(10);

// What the signal thread tells the main thread. Lives for ever, like that thread.
struct StopRequest {
  base::Mutex mutex;
  base::CondVar changed;
  bool stop ABSL_GUARDED_BY(mutex) = false;
  // For a start that waits.
  const std::shared_ptr<base::CancelToken> token = std::make_shared<base::CancelToken>();

  void Wait() {
    base::MutexLock lock(mutex);
    while (!stop) changed.Wait(mutex);
  }
};

sigset_t WatchedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

void AwaitStopSignal(const sigset_t& signals) {
  for (int number = 0;;) {
    sigwait(&signals, &number);
    if (number != SIGHUP) return;
    // What asks other servers to read their configuration, or a terminal that was closed, must not end this one.
    base::Log(base::LogLevel::kWarning, "signal_ignored",
              {{"signal", "SIGHUP"}, {"hint", "the configuration is read at the start only"}});
  }
}

// Blocks the signals for this and all later threads; one thread waits for them.
StopRequest& WatchSignals() {
  static auto* request = new StopRequest;
  const sigset_t signals = WatchedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  std::thread([signals] {
    AwaitStopSignal(signals);
    {
      base::MutexLock lock(request->mutex);
      request->stop = true;
      request->changed.NotifyAll();
    }
    request->token->Cancel();
    AwaitStopSignal(signals);
    _exit(1);
  }).detach();
  return *request;
}

// The last resort of a stop that hangs: the store survives it, and what is under way towards vendors is journalled.
void ExitAfter(absl::Duration limit) {
  std::thread([limit] {
    base::Mutex mutex;
    base::CondVar never;
    const absl::Time end = base::RealClock().Now() + limit;
    {
      base::MutexLock lock(mutex);
      while (base::RealClock().Now() < end) base::RealClock().WaitUntil(never, mutex, end);
    }
    base::Log(base::LogLevel::kError, "server_stop_hangs", {{"limit_s", absl::ToDoubleSeconds(limit)}});
    _exit(1);
  }).detach();
}

// Each connection is an open file; the soft limit is often 1024 while the hard one is far higher.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

base::LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return base::LogLevel::kDebug;
  if (name == "warning") return base::LogLevel::kWarning;
  if (name == "error") return base::LogLevel::kError;
  return base::LogLevel::kInfo;
}

constexpr int kHeaps = 4;

}  // namespace

int Run(const GatewayConfig& config) {
  base::SetLogLevel(LevelOf(config.log().level()));
  StopRequest& request = WatchSignals();
  RaiseFileLimit();
  // glibc makes up to eight heaps for each processor, of 64 MiB of address space each, and each keeps its own free
  // memory.
  mallopt(M_ARENA_MAX, kHeaps);
  // Its lines are no JSON, and callers could make it write: whatever does not parse is logged as a call.
  google::protobuf::SetLogHandler(nullptr);
  auto server = Server::Start(config, base::RealClock(), base::SystemRandom(), request.token);
  if (absl::IsCancelled(server.status())) {
    base::Log(base::LogLevel::kInfo, "server_stopped", {{"cause", std::string(server.status().message())}});
    return 0;
  }
  if (!server.ok()) {
    std::cerr << "seedance-gateway: " << std::string(server.status().message()) << "\n";
    return 1;
  }
  request.Wait();
  ExitAfter(FromProto(config.server().drain_grace()) + kOverrun);
  (*server)->Shutdown();
  base::Log(base::LogLevel::kInfo, "server_stopped", {});
  return 0;
}

}  // namespace seedance::server

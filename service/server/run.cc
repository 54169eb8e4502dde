#include "service/server/run.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include "service/base/clock.h"
#include "service/base/log.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/server/server.h"

namespace seedance::server {
namespace {

// What the signal thread tells the main thread. Lives for ever, like that thread.
struct StopRequest {
  base::Mutex mutex;
  base::CondVar changed;
  bool stop ABSL_GUARDED_BY(mutex) = false;

  void Wait() {
    base::MutexLock lock(mutex);
    while (!stop) changed.Wait(mutex);
  }
};

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Blocks the signals for this and all later threads; one thread waits for them.
StopRequest& WatchSignals() {
  static auto* request = new StopRequest;
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  std::thread([signals] {
    int number = 0;
    sigwait(&signals, &number);
    {
      base::MutexLock lock(request->mutex);
      request->stop = true;
      request->changed.NotifyAll();
    }
    sigwait(&signals, &number);
    _exit(1);
  }).detach();
  return *request;
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

}  // namespace

int Run(const GatewayConfig& config) {
  base::SetLogLevel(LevelOf(config.log().level()));
  StopRequest& request = WatchSignals();
  RaiseFileLimit();
  auto server = Server::Start(config, base::RealClock(), base::SystemRandom());
  if (!server.ok()) {
    std::cerr << "seedance-gateway: " << std::string(server.status().message()) << "\n";
    return 1;
  }
  request.Wait();
  (*server)->Shutdown();
  base::Log(base::LogLevel::kInfo, "server_stopped", {});
  return 0;
}

}  // namespace seedance::server

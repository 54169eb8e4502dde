#include "service/server/run.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "absl/functional/function_ref.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/log.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/base/thread.h"
#include "service/server/library_logs.h"
#include "service/server/server.h"

namespace seedance::server {
namespace {

// A stop that exceeds its grace by more ends the process.
constexpr absl::Duration kOverrun = absl::Seconds(10);
constexpr absl::Duration kLongestWait = absl::Hours(1);

// From the signal thread to the main thread. Never destroyed, like that thread.
struct SignalRequests {
  base::Mutex mutex;
  base::CondVar changed;
  bool stop ABSL_GUARDED_BY(mutex) = false;
  bool reload ABSL_GUARDED_BY(mutex) = false;
  // For a start that waits.
  const std::shared_ptr<base::CancelToken> token = std::make_shared<base::CancelToken>();

  // False: it is to stop; true: to read its configuration again.
  bool AwaitReload() {
    base::MutexLock lock(mutex);
    while (!stop && !reload) changed.Wait(mutex);
    reload = false;
    return !stop;
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

// False: no signal to stop within `limit`. `on_hangup` is called for each SIGHUP.
bool AwaitStopSignal(const sigset_t& signals, absl::Duration limit, absl::FunctionRef<void()> on_hangup) {
  const absl::Time end = base::RealClock().Now() + limit;
  for (;;) {
    const timespec left =
        absl::ToTimespec(std::clamp(end - base::RealClock().Now(), absl::ZeroDuration(), kLongestWait));
    const int number = sigtimedwait(&signals, nullptr, &left);
    if (number < 0 && base::RealClock().Now() >= end) return false;
    if (number == SIGTERM || number == SIGINT) return true;
    if (number == SIGHUP) on_hangup();
  }
}

// Blocks the signals for this and all later threads; one thread waits for them. After the first signal it guards
// against a hanging stop: the process ends after `limit` or with a second signal. That is safe: the store survives it,
// and requests in flight are journalled.
SignalRequests& WatchSignals(absl::Duration limit) {
  static auto* requests = new SignalRequests;
  const sigset_t signals = WatchedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  base::StartThread("signals", [signals, limit] {
    AwaitStopSignal(signals, absl::InfiniteDuration(), [] {
      base::MutexLock lock(requests->mutex);
      requests->reload = true;
      requests->changed.NotifyAll();
    });
    {
      base::MutexLock lock(requests->mutex);
      requests->stop = true;
      requests->changed.NotifyAll();
    }
    requests->token->Cancel();
    if (!AwaitStopSignal(signals, limit, [] {})) {
      base::Log(base::LogLevel::kError, "server_stop_hangs", {{"limit_s", absl::ToDoubleSeconds(limit)}});
    }
    _exit(1);
  }).detach();
  return *requests;
}

void ReloadFile(const std::string& path, Server& server) {
  const absl::StatusOr<config::GatewayConfig> config = config::LoadConfig(path);
  absl::Status reloaded = config.status();
  if (reloaded.ok()) reloaded = server.Reload(*config);
  if (reloaded.ok()) return;
  base::Log(base::LogLevel::kError, "config_refused",
            {{"file", path},
             {"cause", std::string(reloaded.message())},
             {"hint", "nothing of it was taken over; the previous configuration stays in use"}});
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

// glibc creates up to eight heaps per processor, each with 64 MiB of address space and its own free memory.
constexpr int kHeaps = 4;

}  // namespace

void SetLogging(const gateway::config::v1::Log& log) {
  base::SetLogLevel(LevelOf(log.level()));
  base::SetLogRates(
      {static_cast<double>(log.max_lines_per_second()), static_cast<double>(log.max_public_lines_per_second())});
}

int Run(const std::string& path, const config::GatewayConfig& config, bool accept_data_loss) {
  mallopt(M_ARENA_MAX, kHeaps);  // Before the first thread.
  SetLogging(config.log());
  RedirectLibraryLogs(config.log().level() == "debug");
  SignalRequests* requests = nullptr;
  try {
    requests = &WatchSignals(config::FromProto(config.server().drain_grace()) + kOverrun);
  } catch (const base::ThreadStartError& error) {
    std::cerr << "seedance-gateway: " << error.what() << "\n";
    return 1;
  }
  RaiseFileLimit();
  auto server = Server::Start(config, base::RealClock(), base::SystemRandom(), requests->token, accept_data_loss);
  if (absl::IsCancelled(server.status())) {
    base::Log(base::LogLevel::kInfo, "server_stopped", {{"cause", std::string(server.status().message())}});
    return 0;
  }
  if (!server.ok()) {
    // Both after the lines that explain it: the first for the log, the second for a person at a terminal.
    base::Log(base::LogLevel::kError, "server_start_failed", {{"cause", std::string(server.status().message())}});
    std::cerr << "seedance-gateway: " << std::string(server.status().message()) << "\n";
    return 1;
  }
  while (requests->AwaitReload()) ReloadFile(path, **server);
  (*server)->Shutdown();
  base::Log(base::LogLevel::kInfo, "server_stopped", {});
  return 0;
}

}  // namespace seedance::server

#ifndef SEEDANCE_SERVICE_RPC_CALLS_RPC_CONTEXT_H_
#define SEEDANCE_SERVICE_RPC_CALLS_RPC_CONTEXT_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/rpc/calls/call_limits.h"
#include "service/rpc/calls/call_metrics.h"
#include "service/rpc/calls/call_pool.h"
#include "service/rpc/calls/deadline_queue.h"
#include "service/rpc/calls/inflight_calls.h"
#include "service/rpc/calls/receive_gate.h"
#include "service/rpc/calls/stream_registry.h"
#include "service/rpc/calls/tenants.h"
#include "service/rpc/calls/timer_wheel.h"

namespace seedance::rpc {

// What all RPCs share. Outlives the gRPC server; what the services call in the engine must outlive it. Thread-safe,
// except construction and the Stop methods.
class RpcContext {
 public:
  struct Options {
    std::vector<Tenants::Token> tokens;              // With `certificates` empty too: no authentication.
    std::vector<Tenants::Certificate> certificates;  // Of tenants that use client certificates.
    absl::Duration heartbeat_interval = absl::Seconds(20);
    absl::Duration create_wait = absl::Seconds(10);
    absl::Duration stall_limit = absl::Minutes(2);  // Time without progress that ends an upload or download.
    StreamRegistry::Options streams;
    size_t call_threads = 8;
    size_t max_waiting_calls = 20000;  // For a thread; CallPool shares them between tenants.
    CallLimits::Options limits;
    absl::Duration receive_timeout = absl::Seconds(10);  // For the first message of a call.
    absl::Duration answer_timeout = absl::Seconds(60);   // For the peer to take a message or status.
    size_t max_receiving = 64;                           // Concurrent first messages of calls with a tenant.
  };

  RpcContext(Options options, base::Clock& clock, base::Random& random)
      : options_(std::move(options)),
        clock_(clock),
        random_(random),
        tenants_(std::make_shared<const Tenants>(options_.tokens, options_.certificates)),
        streams_(options_.streams, clock, random),
        limits_(options_.limits),
        metrics_(options_.limits.metrics),
        receiving_(options_.max_receiving, SIZE_MAX, ReceiveGate::Order::kOldestFirst),
        receiving_open_(std::max<size_t>(2, std::min(options_.max_receiving, options_.limits.max_health_calls / 8)),
                        std::max<size_t>(1, options_.limits.max_health_calls / 4), ReceiveGate::Order::kNewestFirst),
        deadlines_(clock),
        timers_(clock),
        calls_(options_.call_threads, options_.max_waiting_calls) {
    if (options_.streams.age.limited()) {
      timers_.Add(clock.Now() + options_.streams.age.Tick(), [this] { return streams_.EndAged(); });
    }
    timers_.Add(clock.Now() + kSweep, [this] {
      deadlines_.Sweep();
      return clock_.Now() + kSweep;
    });
  }

  // Joins the threads that call the engine. Call it when no RPC is in flight, before Engine::Stop.
  void StopCalls() { calls_.Stop(); }

  // No callback of timers() runs afterwards. Call it after Engine::Stop.
  void StopTimers() { timers_.Stop(); }

  const Options& options() const { return options_; }
  base::Clock& clock() { return clock_; }
  base::Random& random() { return random_; }
  std::shared_ptr<const Tenants> tenants() {
    base::MutexLock lock(mutex_);
    return tenants_;
  }
  // Takes over who may call, and the limits of calls and streams that CallLimits and StreamRegistry can change.
  void Reconfigure(const Options& options) {
    limits_.SetLevels(options.limits);
    streams_.SetLimits(options.streams.limit, options.streams.limit_per_tenant);
    auto tenants = std::make_shared<const Tenants>(options.tokens, options.certificates);
    base::MutexLock lock(mutex_);
    tenants_ = std::move(tenants);
  }
  StreamRegistry& streams() { return streams_; }
  InflightCalls& inflight() { return inflight_; }
  CallLimits& limits() { return limits_; }
  CallMetrics& metrics() { return metrics_; }
  // The gate for calls with a tenant, or for those without (`open`).
  ReceiveGate& receiving(bool open) { return open ? receiving_open_ : receiving_; }
  // Time for the first message; less for calls that anyone can make.
  absl::Duration receive_patience(bool open) const {
    return open ? std::min(options_.receive_timeout, kOpenPatience) : options_.receive_timeout;
  }
  DeadlineQueue& deadlines() { return deadlines_; }  // Of first messages and unread answers.
  TimerWheel& timers() { return timers_; }
  CallPool& calls() { return calls_; }  // For all work that may block: RPC server threads must not.

 private:
  // Maximum delay after a deadline.
  static constexpr absl::Duration kSweep = absl::Milliseconds(500);
  static constexpr absl::Duration kOpenPatience = absl::Seconds(1);

  const Options options_;
  base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  std::shared_ptr<const Tenants> tenants_ ABSL_GUARDED_BY(mutex_);
  StreamRegistry streams_;
  InflightCalls inflight_;
  CallLimits limits_;
  CallMetrics metrics_;
  ReceiveGate receiving_;
  ReceiveGate receiving_open_;
  DeadlineQueue deadlines_;
  TimerWheel timers_;
  CallPool calls_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_RPC_CONTEXT_H_

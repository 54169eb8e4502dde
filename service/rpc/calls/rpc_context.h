#ifndef SEEDANCE_SERVICE_RPC_CALLS_RPC_CONTEXT_H_
#define SEEDANCE_SERVICE_RPC_CALLS_RPC_CONTEXT_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/rpc/calls/call_limits.h"
#include "service/rpc/calls/call_pool.h"
#include "service/rpc/calls/deadline_queue.h"
#include "service/rpc/calls/inflight_calls.h"
#include "service/rpc/calls/receive_gate.h"
#include "service/rpc/calls/stream_registry.h"
#include "service/rpc/calls/tenants.h"
#include "service/rpc/calls/timer_wheel.h"

namespace seedance::rpc {

// What all calls share. Outlives the gRPC server; the engine's use cases outlive it.
class RpcContext {
 public:
  struct Options {
    std::vector<Tenants::Token> tokens;              // With `certificates` empty too: everyone may call.
    std::vector<Tenants::Certificate> certificates;  // Of tenants that call with a client certificate.
    absl::Duration heartbeat_interval = absl::Seconds(20);
    absl::Duration create_wait = absl::Seconds(10);
    absl::Duration stall_limit = absl::Minutes(2);  // Uploads and downloads whose peer does nothing are broken off.
    StreamRegistry::Options streams;
    size_t call_threads = 8;
    size_t max_waiting_calls = 20000;  // For a thread; CallPool says how tenants share them.
    CallLimits::Options limits;
    absl::Duration receive_timeout = absl::Seconds(10);  // For the first message of a call.
    absl::Duration answer_timeout = absl::Seconds(60);   // For a message or status that the peer does not take.
    size_t max_receiving = 64;  // Calls whose first message is received at the same time, of those with a tenant.
  };

  RpcContext(Options options, base::Clock& clock, base::Random& random)
      : options_(std::move(options)),
        clock_(clock),
        random_(random),
        tenants_(options_.tokens, options_.certificates),
        streams_(options_.streams, clock, random),
        limits_(options_.limits),
        receiving_(options_.max_receiving, SIZE_MAX, ReceiveGate::Order::kOldestFirst),
        receiving_open_(std::max<size_t>(2, std::min(options_.max_receiving, options_.limits.max_health_calls / 8)),
                        std::max<size_t>(1, options_.limits.max_health_calls / 4), ReceiveGate::Order::kNewestFirst),
        deadlines_(clock),
        heartbeats_(clock),
        calls_(options_.call_threads, options_.max_waiting_calls) {
    if (options_.streams.age.limited()) {
      heartbeats_.Add(clock.Now() + options_.streams.age.Tick(), [this] { return streams_.EndAged(); });
    }
    heartbeats_.Add(clock.Now() + kSweep, [this] {
      deadlines_.Sweep();
      return clock_.Now() + kSweep;
    });
  }

  // Joins the threads that call the engine: call it when no RPC is under way any more, before Engine::Stop.
  void StopCalls() { calls_.Stop(); }

  // Joins the other thread: call it after Engine::Stop.
  void StopHeartbeats() { heartbeats_.Stop(); }

  const Options& options() const { return options_; }
  base::Clock& clock() { return clock_; }
  base::Random& random() { return random_; }
  const Tenants& tenants() const { return tenants_; }
  StreamRegistry& streams() { return streams_; }
  InflightCalls& active() { return active_; }
  CallLimits& limits() { return limits_; }
  // For calls with a tenant, and for those that need none (`open`).
  ReceiveGate& receiving(bool open) { return open ? receiving_open_ : receiving_; }
  // Anyone can make a call that needs no tenant, so its message has less time.
  absl::Duration receive_patience(bool open) const {
    return open ? std::min(options_.receive_timeout, kOpenPatience) : options_.receive_timeout;
  }
  DeadlineQueue& deadlines() { return deadlines_; }  // Of first messages, and of answers that are to be taken.
  TimerWheel& heartbeats() { return heartbeats_; }
  CallPool& calls() { return calls_; }  // For all that may block: the threads of the RPC server must not.

 private:
  // How much later than its deadline a call may be ended.
  static constexpr absl::Duration kSweep = absl::Milliseconds(500);
  static constexpr absl::Duration kOpenPatience = absl::Seconds(1);

  const Options options_;
  base::Clock& clock_;
  base::Random& random_;
  const Tenants tenants_;
  StreamRegistry streams_;
  InflightCalls active_;
  CallLimits limits_;
  ReceiveGate receiving_;
  ReceiveGate receiving_open_;
  DeadlineQueue deadlines_;
  TimerWheel heartbeats_;
  CallPool calls_;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_RPC_CONTEXT_H_

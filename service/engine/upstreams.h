#ifndef SEEDANCE_SERVICE_ENGINE_UPSTREAMS_H_
#define SEEDANCE_SERVICE_ENGINE_UPSTREAMS_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/thread_pool.h"
#include "service/engine/call_context.h"
#include "service/engine/call_turns.h"
#include "service/engine/upstream_metrics.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// The configured vendors, who may use them, and the threads that call them. Fixed after construction.
class Upstreams {
 public:
  struct Config {
    std::unique_ptr<upstream::Upstream> upstream;
    std::vector<std::string> tenants;  // Empty: all.
    bool dedicated = false;            // Exactly one tenant may use it.
    size_t max_submits = 32;           // Threads for submits and other changes.
    size_t max_polls = 32;             // Threads for polls and other reads.
    size_t max_transfers = 32;         // Threads for uploads and downloads.
    double polls_per_second = 0;       // Of the gateway's own polls. 0: no limit, here and below.
    double submits_per_second = 0;     // Of tasks.
    Breaker::Options breaker;
  };

  // One vendor account with its three pools, separate so that none starves another.
  struct Entry {
    Entry(Config config, base::Clock& clock);
    ~Entry();
    std::unique_ptr<upstream::Upstream> upstream;
    std::vector<std::string> tenants;
    bool dedicated;
    base::ThreadPool submits;
    base::ThreadPool polls;
    base::ThreadPool transfers;
    CallTurns calls;  // The gateway's own polls and submissions of tasks, on the pools.
    UpstreamMetrics metrics;

    bool Allows(const std::string& tenant) const;
    std::array<base::ThreadPool*, 3> Pools() { return {&polls, &transfers, &submits}; }
  };

  Upstreams(std::vector<Config> configs, base::Clock& clock);

  // Tells of the calls to the vendors. Call it before they are used.
  void Instrument(base::Metrics& metrics);

  // The upstream of that name, or, for an empty name, the first one that the tenant may use. INVALID_ARGUMENT on
  // `field` when there is none.
  absl::StatusOr<Entry*> Choose(const std::string& tenant, const std::string& name, const std::string& field);

  // The upstream of that name if the tenant may use it, else null.
  Entry* Find(const std::string& tenant, const std::string& name);

  // The upstream of that name whoever may use it, else null.
  Entry* Named(const std::string& name);

  // All that the tenant may use, in the order of the configuration.
  std::vector<Entry*> Of(const std::string& tenant);

  // All, in the order of the configuration.
  std::vector<Entry*> All();

  // For calls that nobody waits for (polls): cancelled as soon as the process stops.
  upstream::CallOptions BackgroundRead() const;

  // For calls that may be billed: they outlive their caller, and are broken off only at the end of the stop's grace.
  upstream::CallOptions Billed(const std::string& traceparent) const;

  // Breaks polls off, waits up to `grace` for the other calls, then breaks these off too.
  void Stop(absl::Duration grace);

 private:
  std::vector<std::unique_ptr<Entry>> entries_;
  std::shared_ptr<base::CancelToken> stop_reads_ = std::make_shared<base::CancelToken>();
  std::shared_ptr<base::CancelToken> stop_billed_ = std::make_shared<base::CancelToken>();
};

// Facts of `context` for a read that the caller waits for.
upstream::CallOptions ToCallOptions(const CallContext& context);

// RESOURCE_EXHAUSTED: a pool's queue is full, or the process stops.
absl::Status PoolFull(const Upstreams::Entry& entry);

// Runs `work` on `pool`, or answers `done` with PoolFull. `work` gets `done` when it runs.
template <typename T, typename Work>
void RunOn(base::ThreadPool& pool, const Upstreams::Entry& entry, Done<T> done, Work work) {
  // Shared, because a refused submission drops what it was given.
  auto shared = std::make_shared<Done<T>>(std::move(done));
  if (!pool.Submit([shared, work = std::move(work)]() mutable { work(std::move(*shared)); })) {
    (*shared)(PoolFull(entry));
  }
}

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPSTREAMS_H_

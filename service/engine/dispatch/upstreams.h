#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_UPSTREAMS_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_UPSTREAMS_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/metrics.h"
#include "service/base/thread_pool.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/engine/dispatch/transfer_queue.h"
#include "service/engine/dispatch/upstream_metrics.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// What is made of a vendor's log of what its key was billed (Upstream::ReadUsage).
//
// Tests: tests/unit/engine/engine_test.cc
struct UsageLogOptions {
  bool enabled = false;
  // Nobody but this gateway uses the key: what the log shows and nobody here asked for can only be what is in doubt.
  bool exclusive_key = false;
  bool tag_with_seed = true;  // Tasks without a seed get one at random, by which they are known at the vendor.
  absl::Duration read_interval = absl::Seconds(61);  // Between reads, at least.
  absl::Duration cost_interval = absl::Minutes(15);  // From the end of a task to the read that tells its cost, at most.
  absl::Duration lag = absl::Minutes(1);             // Until the log shows what was billed.
  absl::Duration taken_within =
      absl::Seconds(300);            // From a lost answer until the vendor has taken the request or never will.
  int64_t quota_per_unit = 500'000;  // Of the log, for one unit of `currency`.
  std::string currency = "USD";
};

// The configured vendors, who may use them, and the threads that call them. Fixed after construction.
class Upstreams {
 public:
  struct Config {
    std::unique_ptr<upstream::Upstream> upstream;
    std::vector<std::string> tenants;  // Empty: all.
    bool dedicated = false;            // Exactly one tenant may use it.
    size_t max_submits = 32;           // Threads for submits and other changes.
    size_t max_polls = 32;             // Threads for polls and other reads.
    size_t max_transfers = 32;         // Uploads and downloads at the same time.
    double polls_per_second = 0;       // Of the gateway's own polls. 0: no limit, here and below.
    double submits_per_second = 0;     // Of tasks.
    Breaker::Options breaker;
    UsageLogOptions usage_log;
  };

  // One vendor account with its three pools, separate so that none starves another.
  struct Entry {
    Entry(Config config, const LeastRate::Options& least_rate, base::Clock& clock,
          std::function<void(absl::Time)> check_transfers_at);
    ~Entry();
    std::unique_ptr<upstream::Upstream> upstream;
    std::vector<std::string> tenants;
    bool dedicated;
    const UsageLogOptions usage_log;
    base::ThreadPool submits;
    base::ThreadPool polls;
    TransferQueue transfers;
    RequestDispatcher calls;  // The gateway's own polls and submissions of tasks, on the pools.
    UpstreamMetrics metrics;

    bool Allows(const std::string& tenant) const;
  };

  struct Options {
    size_t max_fetches = 16;  // Files behind callers' URLs that are read at the same time, for all upstreams together.
    LeastRate::Options least_rate;  // Of transfers and fetches, while others wait.
  };

  Upstreams(std::vector<Config> configs, base::Clock& clock, const Options& options);
  Upstreams(std::vector<Config> configs, base::Clock& clock) : Upstreams(std::move(configs), clock, Options()) {}
  // Waits for what the pools run.
  ~Upstreams();

  // Where files behind callers' URLs are read.
  TransferQueue& fetches() { return fetches_; }

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
  void CheckTransfers(const std::string& name);
  std::function<void(absl::Time)> CheckLater(const std::string& name);

  base::DueQueue transfer_checks_;  // By the names of upstreams; empty: of the fetches.
  TransferQueue fetches_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::shared_ptr<base::CancelToken> stop_reads_ = std::make_shared<base::CancelToken>();
  std::shared_ptr<base::CancelToken> stop_billed_ = std::make_shared<base::CancelToken>();
};

// Facts of `context` for a read that the caller waits for.
upstream::CallOptions ToCallOptions(const CallContext& context);

// Why a call whose token was cancelled ended: DEADLINE_EXCEEDED if the deadline has passed by the machine's clock, else
// CANCELLED.
absl::Status CallerGone(absl::Time deadline);

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

// Runs `work(turn, done)` when `context`'s tenant has a place in `transfers`; answers `done` with PoolFull, or with
// CANCELLED or DEADLINE_EXCEEDED when the caller goes away before. `end` is cancelled when the transfer is ended as too
// slow.
template <typename T, typename Work>
void RunTransfer(TransferQueue& transfers, const Upstreams::Entry& entry, const CallContext& context,
                 std::shared_ptr<base::CancelToken> end, Done<T> done, Work work) {
  auto shared = std::make_shared<Done<T>>(std::move(done));
  TransferQueue::Transfer transfer;
  transfer.tenant = context.tenant;
  transfer.cancel = context.cancel;
  transfer.end = std::move(end);
  transfer.work = [shared, work = std::move(work)](const std::shared_ptr<TransferSlot>& turn) mutable {
    work(turn, std::move(*shared));
  };
  transfer.dropped = [shared, deadline = context.deadline] { (*shared)(CallerGone(deadline)); };
  if (!transfers.Submit(std::move(transfer))) (*shared)(PoolFull(entry));
}

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_UPSTREAMS_H_

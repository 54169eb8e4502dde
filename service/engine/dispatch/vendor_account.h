#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_VENDOR_ACCOUNT_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_VENDOR_ACCOUNT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"
#include "service/base/trace.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/gated_upstream.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/engine/dispatch/transfer_queue.h"
#include "service/engine/dispatch/upstream_metrics.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// What is made of a vendor's log of what its key was billed (UsageLogApi::ReadUsage).
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

// Why a call whose token was cancelled ended: DEADLINE_EXCEEDED if the deadline has passed by the machine's clock, else
// CANCELLED.
absl::Status CallerGone(absl::Time deadline);

// One vendor account: who may use it, the threads for its requests, and the rules under which they leave (requests()).
// Every request goes through upstream(). The pools are separate so that none starves another. Thread-safe.
//
// Tests: tests/unit/engine/engine_test.cc, tests/e2e/rate_test.cc
class VendorAccount {
 public:
  struct Config {
    std::unique_ptr<upstream::Upstream> upstream;
    std::vector<std::string> tenants;  // Empty: all.
    bool dedicated = false;            // Exactly one tenant may use it.
    size_t max_submits = 32;           // Threads for submissions of tasks and other changes.
    size_t max_polls = 32;             // Threads for polls and other reads.
    size_t max_transfers = 32;         // Uploads and downloads at the same time.
    double polls_per_second = 0;       // Of requests that only read. 0: no limit, here and below.
    double submits_per_second = 0;     // Of all others.
    Breaker::Options breaker;
    UsageLogOptions usage_log;
    // Set by VendorAccounts. Of the rates; null: all.
    SlidingWindowLimiter::Part part = nullptr;
    // Set by VendorAccounts; they outlive the account. Null: nobody follows its requests.
    RequestObserver* observer = nullptr;
    std::function<void(const std::string& upstream)> on_news;  // RequestDispatcher::Account.
    base::Metrics* metrics = nullptr;
  };

  // `check_transfers_at` has TransferQueue::Check called at a time.
  VendorAccount(Config config, const LeastRate::Options& least_rate, base::Clock& clock,
                std::function<void(absl::Time)> check_transfers_at);
  // Waits for what the pools run.
  ~VendorAccount();

  const std::string& name() const { return upstream_.name(); }
  const model::UpstreamProfile& profile() const { return upstream_.profile(); }
  upstream::Upstream& upstream() { return upstream_; }
  bool Allows(const std::string& tenant);
  // Takes over who may use it, rates, credentials and connections; all else of `config` must be as before. Call
  // Restrict first on all accounts.
  void Reconfigure(Config config);
  // Others share the account or its key from now on, if `config` says so. That ends only with the process: what one who
  // leaves has begun goes on.
  void Restrict(const Config& config);
  bool dedicated() const { return dedicated_; }
  // UsageLogOptions::exclusive_key, as long as it is true.
  bool exclusive_key() const { return exclusive_key_; }
  const UsageLogOptions& usage_log() const { return usage_log_; }
  RequestDispatcher& requests() { return requests_; }
  TransferQueue& transfers() { return transfers_; }
  UpstreamMetrics& metrics() { return metrics_; }

  // For callers: runs `work(done)` on a thread for reads, and for changes, when its turn has come to send a request of
  // that kind; of `work`, the first such request waits no more. Else `done` gets Busy(), or why it may not be sent
  // (RequestDispatcher::AddCaller).
  template <typename T, typename Work>
  void Read(const CallContext& context, Done<T> done, Work work) {
    RunOn(RequestKind::kRead, context, std::move(done), std::move(work));
  }
  template <typename T, typename Work>
  void Change(const CallContext& context, Done<T> done, Work work) {
    RunOn(RequestKind::kChange, context, std::move(done), std::move(work));
  }
  // For reads and changes that the gateway makes for a tenant's sake. `patient`: as CallerWork::patient.
  bool TryRead(const std::string& tenant, RequestDispatcher::Work work, RequestDispatcher::Refused refused,
               bool patient) {
    return requests_.AddCaller(RequestKind::kRead, tenant, {std::move(work), std::move(refused), patient});
  }
  bool TryChange(const std::string& tenant, RequestDispatcher::Work work, RequestDispatcher::Refused refused,
                 bool patient) {
    return requests_.AddCaller(RequestKind::kChange, tenant, {std::move(work), std::move(refused), patient});
  }

  // Runs the work of a slot that requests().TryTake gave on a thread for changes. False: none is free.
  bool TryChangeAtOnce(base::ThreadPool::Work work) { return changes_.SubmitAtOnce(std::move(work)); }

  // Runs `work(slot, done)` when `context`'s tenant has a place among the transfers; answers `done` with Busy(), or
  // with CANCELLED or DEADLINE_EXCEEDED when the caller goes away before. `end` is cancelled when the transfer is ended
  // as too slow.
  template <typename T, typename Work>
  void Transfer(const CallContext& context, std::shared_ptr<base::CancelToken> end, Done<T> done, Work work) {
    TransferOn(transfers_, context, std::move(end), std::move(done), std::move(work));
  }
  // The same in `transfers`, which may be those of all accounts.
  template <typename T, typename Work>
  void TransferOn(TransferQueue& transfers, const CallContext& context, std::shared_ptr<base::CancelToken> end,
                  Done<T> done, Work work);

  // RESOURCE_EXHAUSTED: too much waits, or the process stops.
  absl::Status Busy() const;

  // For a stop, in this order: no further work begins; the reads end, the others end; waits are cut.
  void CloseRequests() { requests_.Close(); }
  void FinishReads(absl::Time deadline) { reads_.Finish(deadline); }
  void FinishOthers(absl::Time deadline);
  void Stop();

 private:
  template <typename T, typename Work>
  void RunOn(RequestKind kind, const CallContext& context, Done<T> done, Work work);

  std::atomic<bool> dedicated_;
  base::Clock& clock_;
  const UsageLogOptions usage_log_;
  std::atomic<bool> exclusive_key_;
  base::ThreadPool changes_;
  base::ThreadPool reads_;
  TransferQueue transfers_;
  RequestDispatcher requests_;
  UpstreamMetrics metrics_;
  GatedUpstream upstream_;
  base::Mutex mutex_;
  std::vector<std::string> tenants_ ABSL_GUARDED_BY(mutex_);  // Empty: all.
};

template <typename T, typename Work>
void VendorAccount::RunOn(RequestKind kind, const CallContext& context, Done<T> done, Work work) {
  // Shared, because one of three calls it.
  auto shared = std::make_shared<Done<T>>(std::move(done));
  RequestDispatcher::CallerWork caller;
  caller.work = [this, shared, context, work = std::move(work), asked = clock_.Now()](RequestSlot&) mutable {
    const bool left = context.cancel != nullptr && context.cancel->cancelled();
    base::Span waited("wait for turn", base::SpanData::Kind::kInternal, context.traceparent, asked);
    waited.End(absl::OkStatus(), clock_.Now());
    if (left) return (*shared)(CallerGone(context.deadline));
    work(std::move(*shared));
  };
  caller.refused = [shared](const absl::Status& why) { (*shared)(why); };
  if (!requests_.AddCaller(kind, context.tenant, std::move(caller))) (*shared)(Busy());
}

template <typename T, typename Work>
void VendorAccount::TransferOn(TransferQueue& transfers, const CallContext& context,
                               std::shared_ptr<base::CancelToken> end, Done<T> done, Work work) {
  auto shared = std::make_shared<Done<T>>(std::move(done));
  TransferQueue::Transfer transfer;
  transfer.tenant = context.tenant;
  transfer.cancel = context.cancel;
  transfer.end = std::move(end);
  transfer.work = [shared, work = std::move(work)](const std::shared_ptr<TransferSlot>& slot) mutable {
    work(slot, std::move(*shared));
  };
  transfer.dropped = [shared, deadline = context.deadline] { (*shared)(CallerGone(deadline)); };
  if (!transfers.Submit(std::move(transfer))) (*shared)(Busy());
}

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_VENDOR_ACCOUNT_H_

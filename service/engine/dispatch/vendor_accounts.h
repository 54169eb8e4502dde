#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_VENDOR_ACCOUNTS_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_VENDOR_ACCOUNTS_H_

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
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/transfer_queue.h"
#include "service/engine/dispatch/vendor_account.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// The configured vendors, who may use them, and the threads that call them. Fixed after construction.
//
// Tests: tests/unit/engine/engine_test.cc
class VendorAccounts {
 public:
  using Config = VendorAccount::Config;

  struct Options {
    size_t max_fetches = 16;  // Files behind callers' URLs that are read at the same time, for all upstreams together.
    LeastRate::Options least_rate;  // Of transfers and fetches, while others wait.
    // Who follows the requests to all vendors. They outlive VendorAccounts. Null: nobody.
    RequestObserver* observer = nullptr;
    base::Metrics* metrics = nullptr;
    // Which part of the vendors' rates is this process's. Null: all.
    SlidingWindowLimiter::Part part = nullptr;
    // RequestDispatcher::TakeNews of a vendor has something. Must not block. Null: nobody wants to know.
    std::function<void(const std::string& upstream)> on_news = nullptr;
  };

  VendorAccounts(std::vector<Config> configs, base::Clock& clock, const Options& options);
  VendorAccounts(std::vector<Config> configs, base::Clock& clock)
      : VendorAccounts(std::move(configs), clock, Options()) {}
  // Waits for what the pools run.
  ~VendorAccounts();

  // Where files behind callers' URLs are read.
  TransferQueue& fetches() { return fetches_; }

  // The upstream of that name, or, for an empty name, the first one that the tenant may use. INVALID_ARGUMENT on
  // `field` when there is none.
  absl::StatusOr<VendorAccount*> Choose(const std::string& tenant, const std::string& name, const std::string& field);

  // The upstream of that name if the tenant may use it, else null. For what begins: who may use it changes at run time
  // (VendorAccount::Reconfigure).
  VendorAccount* Find(const std::string& tenant, const std::string& name);

  // The upstream of that name whoever may use it, else null. For what has begun: it is paid for, and goes on. The same
  // answer as long as the process lives.
  VendorAccount* Named(const std::string& name);

  // All that the tenant may use, in the order of the configuration.
  std::vector<VendorAccount*> Of(const std::string& tenant);

  // All, in the order of the configuration.
  std::vector<VendorAccount*> All();

  // For calls that nobody waits for: cancelled as soon as the process stops. `slot`: of the work that makes them, if
  // the dispatcher started it. `traceparent`: for whose sake.
  upstream::CallOptions BackgroundRead(RequestSlot* slot = nullptr, const std::string& traceparent = "") const;

  // For calls that may be billed: they outlive their caller, and are broken off only at the end of the stop's grace.
  upstream::CallOptions Billed(const CallContext& context = {}) const;

  // Breaks polls off, waits up to `grace` for the other calls, then breaks these off too.
  void Stop(absl::Duration grace);

 private:
  void CheckTransfers(const std::string& name);
  std::function<void(absl::Time)> CheckLater(const std::string& name);

  base::DueQueue transfer_checks_;  // By the names of upstreams; empty: of the fetches.
  TransferQueue fetches_;
  std::vector<std::unique_ptr<VendorAccount>> accounts_;
  std::shared_ptr<base::CancelToken> stop_reads_ = std::make_shared<base::CancelToken>();
  std::shared_ptr<base::CancelToken> stop_billed_ = std::make_shared<base::CancelToken>();
};

// Facts of `context` for a read that the caller waits for.
upstream::CallOptions ToCallOptions(const CallContext& context);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_VENDOR_ACCOUNTS_H_

#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_OBSERVED_PERMIT_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_OBSERVED_PERMIT_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/trace.h"
#include "service/engine/dispatch/upstream_metrics.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// The permit of one operation at a vendor, which measures, logs (at debug, without bodies) and traces each of its
// requests, from the moment when it may be sent to the next one or the end of the operation. Used by one thread.
//
// Tests: tests/unit/engine/dispatch/gated_upstream_test.cc
class ObservedPermit : public upstream::RequestPermit {
 public:
  // `operation` is one of few words. All outlive it. `permit` null: the operation needs none, and is one request.
  ObservedPermit(upstream::RequestPermit* permit, UpstreamMetrics& metrics, const char* operation, base::Clock& clock,
                 const upstream::CallOptions& call);

  // The options with which the vendor is to be called.
  const upstream::CallOptions& call() const { return call_; }

  absl::Status BeforeSend(const upstream::CallOptions& call) override;
  void Answered(const upstream::RequestOutcome& outcome) override;

  // The operation has ended; without a request that was sent, nothing is told.
  void End(const absl::Status& status);

 private:
  void Sending();

  upstream::RequestPermit* const permit_;
  UpstreamMetrics& metrics_;
  const char* const operation_;
  base::Clock& clock_;
  base::Span span_;
  upstream::CallOptions call_;
  std::optional<absl::Time> sent_;  // The request that is under way.
  int64_t requests_ = 0;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_OBSERVED_PERMIT_H_

#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_UPSTREAM_METRICS_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_UPSTREAM_METRICS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/metrics.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/engine/dispatch/transfer_queue.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// What operators see of the gateway's own calls to one vendor. Thread-safe.
//
// Tests: tests/unit/engine/tasks/task_turns_test.cc
class UpstreamMetrics {
 public:
  // `metrics` null: nothing is measured.
  UpstreamMetrics(base::Metrics* metrics, std::string upstream);

  const std::string& upstream() const { return upstream_; }

  // A request of `operation` (one of few words) was answered after so long, or broke off. Also a log line at debug.
  void Requested(const char* operation, const absl::Status& outcome, absl::Duration took,
                 const upstream::CallOptions& call);

  // A poll of a task or an asset (`resource`) ended; the reason of its error is the outcome.
  void Polled(const char* resource, const absl::Status& outcome);
  void Submitted(upstream::Acceptance acceptance);
  // The end of a task was seen so long after it came.
  void Discovered(absl::Duration lag);
  // A webhook poked a task, which is open or not.
  void Poked(bool open);
  // An entry of a list of the vendor (`resource`) was skipped, for its id cannot be part of a name.
  void Skipped(const char* resource);

 private:
  base::Metrics* const metrics_;
  const std::string upstream_;
  base::Histogram lag_;
};

// The metrics of an upstream's requests, and the gauges that stand for its facts.
RequestDispatcher::Metrics DispatcherMetrics(base::Metrics& metrics, const std::string& upstream);
void TellRequestsAtScrape(base::Metrics& metrics, const std::string& upstream, RequestDispatcher& requests);
// The same for its transfers. `upstream` is empty for the files behind URLs, which all upstreams share.
void TellTransfersAtScrape(base::Metrics& metrics, const std::string& upstream, TransferQueue& transfers);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_UPSTREAM_METRICS_H_

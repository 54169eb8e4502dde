#ifndef SEEDANCE_SERVICE_RPC_CALLS_CALL_METRICS_H_
#define SEEDANCE_SERVICE_RPC_CALLS_CALL_METRICS_H_

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

// What operators see of the calls of one method. Thread-safe.
class MethodMetrics {
 public:
  // Null: nothing is measured.
  MethodMetrics(base::Metrics* metrics, const std::string& method);

  void Received(size_t bytes) {
    received_.Add();
    received_bytes_.Add(static_cast<double>(bytes));
  }
  void Sent(size_t bytes) {
    sent_.Add();
    sent_bytes_.Add(static_cast<double>(bytes));
  }
  void Ended(absl::StatusCode code, absl::Duration after);

 private:
  base::Metrics* const metrics_;
  const std::string method_;
  base::Counter received_;
  base::Counter received_bytes_;
  base::Counter sent_;
  base::Counter sent_bytes_;
  base::Histogram seconds_;
  base::Counter ok_;
};

// Those of all methods. Thread-safe.
//
// Tests: tests/unit/rpc/calls/call_facts_test.cc
class CallMetrics {
 public:
  explicit CallMetrics(base::Metrics* metrics) : metrics_(metrics) {}

  // `method` is one of the server's, or a word for all others. Lives as long as this object.
  MethodMetrics& Of(std::string_view method);

 private:
  base::Metrics* const metrics_;
  base::Mutex mutex_;
  std::map<std::string, std::unique_ptr<MethodMetrics>, std::less<>> methods_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_CALL_METRICS_H_

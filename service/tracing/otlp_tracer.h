#ifndef SEEDANCE_SERVICE_TRACING_OTLP_TRACER_H_
#define SEEDANCE_SERVICE_TRACING_OTLP_TRACER_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "service/base/trace.h"
#include "service/http/http_transport.h"
#include "service/tracing/otlp_spans.h"

namespace seedance::tracing {

// Sends spans to a collector by OTLP over HTTP, in batches, on a thread of its own. Whatever the collector does, no
// caller waits: spans beyond a bound are dropped and counted (`seedance_trace_spans_total`). Thread-safe.
//
// Tests: tests/unit/tracing/otlp_tracer_test.cc
class OtlpTracer : public base::Tracer {
 public:
  struct Options {
    std::string url;             // Of the collector's `/v1/traces`.
    base::Secret authorization;  // Header `authorization`. Empty: none.
    double sample_ratio = 1;     // Of the traces that begin here, 0 to 1.
    Resource resource;
    size_t max_queued = 8192;  // Spans that wait.
    size_t batch = 512;        // Spans of one request, at most.
    absl::Duration interval = absl::Seconds(2);
    absl::Duration timeout = absl::Seconds(10);    // Of a request.
    int tries = 3;                                 // Of a batch that the collector could not take just now.
    absl::Duration last_words = absl::Seconds(2);  // For what is left at the end.
  };

  // `metrics` and `random` outlive it. Throws ThreadStartError.
  OtlpTracer(Options options, std::unique_ptr<http::HttpTransport> transport, base::Metrics& metrics,
             base::Random& random);
  // Sends what is left, and drops what that takes too long for.
  ~OtlpTracer() override;

  bool SamplesNew() override;
  void OnEnd(base::SpanData span) override;

 private:
  // What became of a batch.
  enum class Sent { kYes, kLater, kNever };

  void Loop();
  // The next batch, when it is full or its time has come. Empty: the end.
  std::vector<base::SpanData> NextBatch();
  void Export(const std::vector<base::SpanData>& batch);
  Sent Try(const std::string& body, size_t spans);
  // Waits before the next try. False: there is no time for one.
  bool AwaitInterval();

  const Options options_;
  const std::unique_ptr<http::HttpTransport> transport_;
  base::Random& random_;
  base::Counter exported_;
  base::Counter dropped_;
  const std::shared_ptr<base::CancelToken> abandon_ = std::make_shared<base::CancelToken>();
  base::Mutex mutex_;
  base::CondVar changed_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;  // The thread has sent what it could.
  std::deque<base::SpanData> queue_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last member: it uses the others.
};

}  // namespace seedance::tracing

#endif  // SEEDANCE_SERVICE_TRACING_OTLP_TRACER_H_

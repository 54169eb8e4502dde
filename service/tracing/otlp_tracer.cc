#include "service/tracing/otlp_tracer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "service/base/clock.h"
#include "service/base/log.h"
#include "service/base/thread.h"

namespace seedance::tracing {
namespace {

std::chrono::nanoseconds Chrono(absl::Duration duration) { return absl::ToChronoNanoseconds(duration); }

// By OTLP's table of answers after which a request may be repeated.
bool MayRepeat(const http::HttpReply& reply) {
  if (reply.outcome != http::HttpOutcome::kReply) return reply.outcome != http::HttpOutcome::kCancelled;
  return reply.status == 429 || reply.status == 502 || reply.status == 503 || reply.status == 504;
}

}  // namespace

OtlpTracer::OtlpTracer(Options options, std::unique_ptr<http::HttpTransport> transport, base::Metrics& metrics,
                       base::Random& random)
    : options_(std::move(options)),
      transport_(std::move(transport)),
      random_(random),
      exported_(metrics.Counter("seedance_trace_spans_total", {{"result", "exported"}})),
      dropped_(metrics.Counter("seedance_trace_spans_total", {{"result", "dropped"}})),
      thread_(base::StartThread("otlp-export", [this] { Loop(); })) {}

OtlpTracer::~OtlpTracer() {
  {
    base::MutexLock lock(mutex_);
    ended_ = true;
    changed_.NotifyAll();
    const absl::Time until = base::RealClock().Now() + options_.last_words;
    for (absl::Duration left; !done_ && (left = until - base::RealClock().Now()) > absl::ZeroDuration();) {
      changed_.WaitFor(mutex_, Chrono(left));
    }
  }
  abandon_->Cancel();
  thread_.join();
}

bool OtlpTracer::SamplesNew() { return random_.Unit() < options_.sample_ratio; }

void OtlpTracer::OnEnd(base::SpanData span) {
  base::MutexLock lock(mutex_);
  if (queue_.size() >= options_.max_queued) return dropped_.Add();
  queue_.push_back(std::move(span));
  if (queue_.size() == options_.batch) changed_.NotifyAll();
}

void OtlpTracer::Loop() {
  for (;;) {
    const std::vector<base::SpanData> batch = NextBatch();
    if (batch.empty()) break;
    Export(batch);
  }
  base::MutexLock lock(mutex_);
  done_ = true;
  changed_.NotifyAll();
}

std::vector<base::SpanData> OtlpTracer::NextBatch() {
  base::MutexLock lock(mutex_);
  while (!ended_ && queue_.empty()) changed_.WaitFor(mutex_, Chrono(options_.interval));
  const absl::Time full = base::RealClock().Now() + options_.interval;
  for (absl::Duration left;
       !ended_ && queue_.size() < options_.batch && (left = full - base::RealClock().Now()) > absl::ZeroDuration();) {
    changed_.WaitFor(mutex_, Chrono(left));
  }
  const auto end = queue_.begin() + static_cast<ptrdiff_t>(std::min(queue_.size(), options_.batch));
  std::vector<base::SpanData> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return batch;
}

void OtlpTracer::Export(const std::vector<base::SpanData>& batch) {
  const std::string body = EncodeSpans(options_.resource, batch);
  for (int tried = 1;; ++tried) {
    const Sent sent = Try(body, batch.size());
    if (sent == Sent::kYes) return;
    if (sent == Sent::kLater && tried < options_.tries && AwaitInterval()) continue;
    return dropped_.Add(static_cast<double>(batch.size()));
  }
}

bool OtlpTracer::AwaitInterval() {
  base::MutexLock lock(mutex_);
  const absl::Time until = base::RealClock().Now() + options_.interval;
  for (absl::Duration left; !ended_ && (left = until - base::RealClock().Now()) > absl::ZeroDuration();) {
    changed_.WaitFor(mutex_, Chrono(left));
  }
  return !ended_;
}

OtlpTracer::Sent OtlpTracer::Try(const std::string& body, size_t spans) {
  http::HttpRequest request;
  request.method = "POST";
  request.url = options_.url;
  request.content_type = "application/x-protobuf";
  request.body = body;
  request.timeout = options_.timeout;
  request.cancel = abandon_;
  const std::string authorization = options_.authorization.Reveal();
  if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
  const http::HttpReply reply = transport_->Send(request);
  if (reply.outcome == http::HttpOutcome::kReply && reply.status >= 200 && reply.status < 300) {
    const size_t rejected = std::min(spans, static_cast<size_t>(std::max<int64_t>(0, RejectedSpans(reply.body))));
    exported_.Add(static_cast<double>(spans - rejected));
    dropped_.Add(static_cast<double>(rejected));
    return Sent::kYes;
  }
  base::Log(base::LogLevel::kWarning, "trace_export_failed",
            {{"status", reply.status}, {"cause", reply.error}, {"spans", static_cast<int64_t>(spans)}});
  return MayRepeat(reply) ? Sent::kLater : Sent::kNever;
}

}  // namespace seedance::tracing

#include "service/engine/dispatch/upstream_metrics.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/trace.h"

namespace seedance::engine {
namespace {

constexpr std::array<const char*, 2> kKindWords = {"poll", "submit"};

std::string OutcomeWord(const absl::Status& outcome) {
  return std::string(outcome.ok() ? "OK" : base::ReasonName(base::GetReason(outcome)));
}

const char* WordOf(upstream::Acceptance acceptance) {
  switch (acceptance) {
    case upstream::Acceptance::kAccepted:
      return "accepted";
    case upstream::Acceptance::kRefused:
      return "refused";
    case upstream::Acceptance::kNotAccepted:
      return "not_accepted";
    case upstream::Acceptance::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace

UpstreamMetrics::UpstreamMetrics(base::Metrics* metrics, std::string upstream)
    : metrics_(metrics), upstream_(std::move(upstream)) {
  if (metrics == nullptr) return;
  lag_ = metrics->Histogram("seedance_discovery_lag_seconds", {{"upstream", upstream_}});
}

void UpstreamMetrics::Requested(const char* operation, const absl::Status& outcome, absl::Duration took,
                                const upstream::CallOptions& call) {
  const std::string word = OutcomeWord(outcome);
  if (base::IsLogged(base::LogLevel::kDebug)) {
    base::Log(base::LogLevel::kDebug, "vendor_request",
              {{"upstream", upstream_},
               {"operation", operation},
               {"outcome", word},
               {"duration_ms", absl::ToDoubleMilliseconds(took)},
               {"tenant", call.tenant},
               {"trace_id", base::TraceId(call.traceparent)}});
  }
  if (metrics_ == nullptr) return;
  metrics_
      ->Counter("seedance_vendor_requests_total",
                {{"upstream", upstream_}, {"operation", operation}, {"outcome", word}})
      .Add();
  metrics_->Histogram("seedance_vendor_request_seconds", {{"upstream", upstream_}, {"operation", operation}})
      .Observe(absl::ToDoubleSeconds(took));
}

void UpstreamMetrics::Polled(const char* resource, const absl::Status& outcome) {
  if (metrics_ == nullptr) return;
  const std::string word = OutcomeWord(outcome);
  metrics_->Counter("seedance_polls_total", {{"upstream", upstream_}, {"resource", resource}, {"outcome", word}}).Add();
}

void UpstreamMetrics::Submitted(upstream::Acceptance acceptance) {
  if (metrics_ == nullptr) return;
  metrics_->Counter("seedance_submits_total", {{"upstream", upstream_}, {"acceptance", WordOf(acceptance)}}).Add();
}

void UpstreamMetrics::Discovered(absl::Duration lag) {
  lag_.Observe(std::max(0.0, absl::ToDoubleSeconds(lag)));  // The vendor's clock may be ahead.
}

void UpstreamMetrics::Poked(bool open) {
  if (metrics_ == nullptr) return;
  metrics_->Counter("seedance_webhook_pokes_total", {{"upstream", upstream_}, {"open", open ? "true" : "false"}}).Add();
}

void UpstreamMetrics::Skipped(const char* resource) {
  if (metrics_ == nullptr) return;
  metrics_->Counter("seedance_vendor_entries_skipped_total", {{"upstream", upstream_}, {"resource", resource}}).Add();
}

RequestDispatcher::Metrics DispatcherMetrics(base::Metrics& metrics, const std::string& upstream) {
  RequestDispatcher::Metrics made;
  for (const RequestKind kind : kRequestKinds) {
    const auto i = static_cast<size_t>(kind);
    const base::Metrics::Labels labels = {{"upstream", upstream}, {"kind", kKindWords[i]}};
    made.delay[i] = metrics.Histogram("seedance_vendor_request_delay_seconds", labels);
    made.cooldowns[i] = metrics.Counter("seedance_vendor_cooldowns_total", labels);
  }
  made.openings = metrics.Counter("seedance_breaker_openings_total", {{"upstream", upstream}});
  return made;
}

void TellRequestsAtScrape(base::Metrics& metrics, const std::string& upstream, RequestDispatcher& requests) {
  std::array<base::Gauge, 2> waiting;
  std::array<base::Gauge, 2> cooldown;
  std::array<base::Gauge, 2> rate;
  for (const RequestKind kind : kRequestKinds) {
    const auto i = static_cast<size_t>(kind);
    const base::Metrics::Labels labels = {{"upstream", upstream}, {"kind", kKindWords[i]}};
    rate[i] = metrics.Gauge("seedance_vendor_max_requests_per_second", labels);
    waiting[i] = metrics.Gauge("seedance_vendor_requests_waiting", labels);
    cooldown[i] = metrics.Gauge("seedance_vendor_cooldown_seconds", labels);
  }
  base::Gauge down = metrics.Gauge("seedance_breaker_open", {{"upstream", upstream}});
  metrics.AtScrape([&requests, waiting, cooldown, rate, down]() mutable {
    const RequestDispatcher::Facts facts = requests.facts();
    for (size_t i = 0; i < waiting.size(); ++i) {
      waiting[i].Set(static_cast<double>(facts.waiting[i]));
      cooldown[i].Set(absl::ToDoubleSeconds(facts.cooldown[i]));
      rate[i].Set(facts.per_second[i]);
    }
    down.Set(facts.is_down ? 1 : 0);
  });
}

void TellTransfersAtScrape(base::Metrics& metrics, const std::string& upstream, TransferQueue& transfers) {
  const base::Metrics::Labels labels = {{"upstream", upstream}};
  base::Gauge running = metrics.Gauge("seedance_transfers_running", labels);
  base::Gauge waiting = metrics.Gauge("seedance_transfers_waiting", labels);
  base::Counter ended = metrics.Counter("seedance_transfers_too_slow_total", labels);
  transfers.CountEnded(ended);
  metrics.AtScrape([&transfers, running, waiting]() mutable {
    const TransferQueue::Facts facts = transfers.facts();
    running.Set(static_cast<double>(facts.running));
    waiting.Set(static_cast<double>(facts.waiting));
  });
}

}  // namespace seedance::engine

#include "service/engine/dispatch/upstream_metrics.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "service/base/error.h"

namespace seedance::engine {
namespace {

constexpr std::array<const char*, 2> kKindWords = {"poll", "submit"};

const std::vector<double>& Delays() {
  static const auto* bounds = new std::vector<double>{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900};
  return *bounds;
}

const std::vector<double>& Lags() {
  static const auto* bounds = new std::vector<double>{0.5, 1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 30, 60, 120, 300, 900};
  return *bounds;
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

UpstreamMetrics::UpstreamMetrics(base::Metrics& metrics, std::string upstream)
    : metrics_(&metrics), upstream_(std::move(upstream)) {
  lag_ = metrics.Histogram("seedance_discovery_lag_seconds",
                           "Time from the end of a task, as reported by the vendor, until the gateway saw it.", Lags(),
                           {{"upstream", upstream_}});
}

void UpstreamMetrics::Polled(const char* resource, const absl::Status& outcome) {
  if (metrics_ == nullptr) return;
  const std::string word(outcome.ok() ? "OK" : base::ReasonName(base::GetReason(outcome)));
  metrics_
      ->Counter("seedance_polls_total", "Polls of tasks and assets by result: OK, or the reason of the error.",
                {{"upstream", upstream_}, {"resource", resource}, {"outcome", word}})
      .Add();
}

void UpstreamMetrics::Submitted(upstream::Acceptance acceptance) {
  if (metrics_ == nullptr) return;
  metrics_
      ->Counter("seedance_submits_total", "Submissions of tasks by whether the vendor accepted them.",
                {{"upstream", upstream_}, {"acceptance", WordOf(acceptance)}})
      .Add();
}

void UpstreamMetrics::Discovered(absl::Duration lag) {
  lag_.Observe(std::max(0.0, absl::ToDoubleSeconds(lag)));  // The vendor's clock may be ahead.
}

void UpstreamMetrics::Poked(bool open) {
  if (metrics_ == nullptr) return;
  metrics_
      ->Counter("seedance_webhook_pokes_total", "Webhooks of vendors by whether their task is open here.",
                {{"upstream", upstream_}, {"open", open ? "true" : "false"}})
      .Add();
}

void UpstreamMetrics::Skipped(const char* resource) {
  if (metrics_ == nullptr) return;
  metrics_
      ->Counter("seedance_vendor_entries_skipped_total",
                "Entries of a vendor's lists that were skipped, because their ids cannot be used.",
                {{"upstream", upstream_}, {"resource", resource}})
      .Add();
}

RequestDispatcher::Metrics DispatcherMetrics(base::Metrics& metrics, const std::string& upstream) {
  RequestDispatcher::Metrics made;
  for (const RequestKind kind : kRequestKinds) {
    const auto i = static_cast<size_t>(kind);
    const base::Metrics::Labels labels = {{"upstream", upstream}, {"call", kKindWords[i]}};
    made.delay[i] =
        metrics.Histogram("seedance_call_delay_seconds",
                          "How late polls and submissions begin, counted from when they were due.", Delays(), labels);
    made.cooldowns[i] = metrics.Counter(
        "seedance_call_rests_total",
        "Answers that required a cooldown, of one request or of all of the kind (429, Retry-After).", labels);
  }
  made.openings = metrics.Counter("seedance_breaker_openings_total", "How often the circuit breaker opened.",
                                  {{"upstream", upstream}});
  return made;
}

void TellRequestsAtScrape(base::Metrics& metrics, const std::string& upstream, RequestDispatcher& requests) {
  std::array<base::Gauge, 2> waiting;
  std::array<base::Gauge, 2> cooldown;
  for (const RequestKind kind : kRequestKinds) {
    const auto i = static_cast<size_t>(kind);
    const base::Metrics::Labels labels = {{"upstream", upstream}, {"call", kKindWords[i]}};
    waiting[i] = metrics.Gauge("seedance_calls_waiting", "Polls and submissions that are due and queued.", labels);
    cooldown[i] =
        metrics.Gauge("seedance_call_rest_seconds", "Remaining cooldown of all requests of the kind; 0: none.", labels);
  }
  base::Gauge down =
      metrics.Gauge("seedance_breaker_open", "1 while the circuit breaker is open and admits one probe at a time.",
                    {{"upstream", upstream}});
  metrics.AtScrape([&requests, waiting, cooldown, down]() mutable {
    const RequestDispatcher::Facts facts = requests.facts();
    for (size_t i = 0; i < waiting.size(); ++i) {
      waiting[i].Set(static_cast<double>(facts.waiting[i]));
      cooldown[i].Set(absl::ToDoubleSeconds(facts.cooldown[i]));
    }
    down.Set(facts.is_down ? 1 : 0);
  });
}

void TellTransfersAtScrape(base::Metrics& metrics, const std::string& upstream, TransferQueue& transfers) {
  const base::Metrics::Labels labels = {{"upstream", upstream}};
  base::Gauge running = metrics.Gauge("seedance_transfers_running",
                                      "Uploads, downloads and staged files under way; without an upstream: files "
                                      "behind URLs that are read.",
                                      labels);
  base::Gauge waiting = metrics.Gauge("seedance_transfers_waiting", "Transfers that wait for a place.", labels);
  base::Counter ended = metrics.Counter(
      "seedance_transfers_too_slow_total",
      "Transfers ended with TRANSFER_TOO_SLOW because others waited and their peer was too slow.", labels);
  transfers.CountEnded(ended);
  metrics.AtScrape([&transfers, running, waiting]() mutable {
    const TransferQueue::Facts facts = transfers.facts();
    running.Set(static_cast<double>(facts.running));
    waiting.Set(static_cast<double>(facts.waiting));
  });
}

}  // namespace seedance::engine

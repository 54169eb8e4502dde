#include "service/rpc/calls/call_metrics.h"

namespace seedance::rpc {

MethodMetrics::MethodMetrics(base::Metrics* metrics, const std::string& method) : metrics_(metrics), method_(method) {
  if (metrics == nullptr) return;
  const base::Metrics::Labels received = {{"method", method}, {"direction", "received"}};
  const base::Metrics::Labels sent = {{"method", method}, {"direction", "sent"}};
  received_ = metrics->Counter("seedance_messages_total", received);
  received_bytes_ = metrics->Counter("seedance_message_bytes_total", received);
  sent_ = metrics->Counter("seedance_messages_total", sent);
  sent_bytes_ = metrics->Counter("seedance_message_bytes_total", sent);
  seconds_ = metrics->Histogram("seedance_call_seconds", {{"method", method}});
  ok_ = metrics->Counter("seedance_calls_total", {{"method", method}, {"code", "OK"}});
}

void MethodMetrics::Ended(absl::StatusCode code, absl::Duration after) {
  if (metrics_ == nullptr) return;
  seconds_.Observe(absl::ToDoubleSeconds(after));
  if (code == absl::StatusCode::kOk) return ok_.Add();
  metrics_->Counter("seedance_calls_total", {{"method", method_}, {"code", absl::StatusCodeToString(code)}}).Add();
}

MethodMetrics& CallMetrics::Of(std::string_view method) {
  base::MutexLock lock(mutex_);
  const auto found = methods_.find(method);
  if (found != methods_.end()) return *found->second;
  const std::string name(method);
  return *methods_.emplace(name, std::make_unique<MethodMetrics>(metrics_, name)).first->second;
}

}  // namespace seedance::rpc

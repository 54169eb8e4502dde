#include "service/engine/dispatch/observed_permit.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace seedance::engine {

ObservedPermit::ObservedPermit(upstream::RequestPermit* permit, UpstreamMetrics& metrics, const char* operation,
                               base::Clock& clock, const upstream::CallOptions& call)
    : permit_(permit),
      metrics_(metrics),
      operation_(operation),
      clock_(clock),
      span_(absl::StrCat("vendor ", operation), base::SpanData::Kind::kClient, call.traceparent, clock.Now()),
      call_(call) {
  call_.traceparent = span_.traceparent();
  if (permit_ == nullptr) {
    Sending();
  } else {
    call_.permit = this;
  }
}

absl::Status ObservedPermit::BeforeSend(const upstream::CallOptions& call) {
  if (sent_.has_value())
    metrics_.Requested(operation_, absl::OkStatus(), clock_.Now() - *std::exchange(sent_, {}), call_);
  if (absl::Status may = permit_->BeforeSend(call); !may.ok()) return may;
  Sending();
  return absl::OkStatus();
}

void ObservedPermit::Answered(const upstream::RequestOutcome& outcome) { permit_->Answered(outcome); }

void ObservedPermit::Sending() {
  sent_ = clock_.Now();
  ++requests_;
}

void ObservedPermit::End(const absl::Status& status) {
  const absl::Time now = clock_.Now();
  if (sent_.has_value()) metrics_.Requested(operation_, status, now - *std::exchange(sent_, {}), call_);
  if (requests_ == 0) return;
  span_.Add("seedance.upstream", metrics_.upstream());
  span_.Add("seedance.requests", requests_);
  span_.End(status, now);
}

}  // namespace seedance::engine

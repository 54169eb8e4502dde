#include "service/engine/dispatch/caller_permit.h"

#include "absl/status/statusor.h"
#include "service/engine/dispatch/request_dispatcher.h"

namespace seedance::engine {

CallerPermit::~CallerPermit() {
  if (last_.has_value()) dispatcher_.End(*last_);
}

absl::Status CallerPermit::BeforeSend(const upstream::CallOptions& call) {
  if (last_.has_value()) dispatcher_.Returned(*last_);
  absl::StatusOr<AdmissionControl::Call> next = dispatcher_.SendForCaller(kind_, patience_, call);
  refused_ = !next.ok();
  if (refused_) return next.status();
  if (last_.has_value()) dispatcher_.End(*last_);
  last_ = *next;
  return absl::OkStatus();
}

void CallerPermit::Answered(const RequestOutcome& outcome) {
  if (last_.has_value() && !last_->answered) dispatcher_.Answered(*last_, refused_ ? RequestOutcome() : outcome);
}

}  // namespace seedance::engine

#include "service/engine/dispatch/request_slot.h"

#include "absl/status/statusor.h"
#include "service/engine/dispatch/request_dispatcher.h"

namespace seedance::engine {

RequestSlot::~RequestSlot() {
  if (further_.has_value()) dispatcher_.End(*further_);
  dispatcher_.End(first_);
}

absl::Status RequestSlot::BeforeSend(const upstream::CallOptions& call) {
  if (!first_.sent_mark.has_value()) {
    dispatcher_.Sent(first_);
    return absl::OkStatus();
  }
  absl::StatusOr<AdmissionControl::Call> further =
      dispatcher_.SendFurther(further_.has_value() ? *further_ : first_, call);
  refused_ = !further.ok();
  if (refused_) return further.status();
  if (further_.has_value()) dispatcher_.End(*further_);
  further_ = *further;
  return absl::OkStatus();
}

void RequestSlot::Answered(const RequestOutcome& outcome_of_work) {
  if (!first_.sent_mark.has_value()) return;
  const RequestOutcome outcome = refused_ ? RequestOutcome() : outcome_of_work;
  if (!further_.has_value()) {
    if (!first_.answered) dispatcher_.Answered(first_, outcome);
    return;
  }
  // Whether the vendor is up is told once for a search, and the cooldown with the request that met it.
  RequestOutcome of_first;
  of_first.usable = outcome.usable;
  if (!first_.answered) dispatcher_.Answered(first_, of_first);
  if (!further_->answered) dispatcher_.Answered(*further_, outcome);
}

}  // namespace seedance::engine

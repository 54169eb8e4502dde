#include "service/engine/dispatch/request_slot.h"

#include "absl/status/statusor.h"
#include "service/engine/dispatch/request_dispatcher.h"

namespace seedance::engine {
namespace {

thread_local RequestSlot* current = nullptr;

}  // namespace

RequestSlot::Scope::Scope(RequestSlot& slot) { current = &slot; }
RequestSlot::Scope::~Scope() { current = nullptr; }

RequestSlot* RequestSlot::Current(const RequestDispatcher& dispatcher) {
  return current != nullptr && &current->dispatcher_ == &dispatcher ? current : nullptr;
}

RequestSlot::~RequestSlot() {
  if (further_.has_value()) dispatcher_.End(*further_);
  if (first_.has_value()) dispatcher_.End(*first_);
}

absl::Status RequestSlot::BeforeSend(const upstream::CallOptions& call) {
  if (absl::Status gone = dispatcher_.GoneBy(call); !gone.ok()) {
    refused_ = true;
    return gone;
  }
  refused_ = false;
  if (MaySendFirst()) {
    dispatcher_.Sent(*first_);
    first_is_last_ = true;
    return absl::OkStatus();
  }
  if (further_.has_value()) dispatcher_.Returned(*further_);
  if (first_is_last_) dispatcher_.Returned(*first_);
  absl::StatusOr<AdmissionControl::Call> further = dispatcher_.SendFurther(kind_, caller_, call);
  refused_ = !further.ok();
  if (refused_) return further.status();
  if (further_.has_value()) dispatcher_.End(*further_);
  further_ = *further;
  first_is_last_ = false;
  return absl::OkStatus();
}

void RequestSlot::Answered(const RequestOutcome& outcome_of_work) {
  const RequestOutcome outcome = refused_ ? RequestOutcome() : outcome_of_work;
  refused_ = false;
  const bool first_open = first_.has_value() && first_->sent_mark.has_value() && !first_->answered;
  if (first_is_last_) {
    if (first_open) dispatcher_.Answered(*first_, outcome);
    return;
  }
  // Whether the vendor is up is told once for a search, and the cooldown with the request that met it.
  RequestOutcome of_first;
  of_first.usable = outcome.usable;
  if (first_open) dispatcher_.Answered(*first_, of_first);
  if (further_.has_value() && !further_->answered) dispatcher_.Answered(*further_, outcome);
}

}  // namespace seedance::engine

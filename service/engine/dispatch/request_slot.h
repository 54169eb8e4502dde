#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_SLOT_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_SLOT_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "service/engine/dispatch/admission_control.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

class RequestDispatcher;

// The leave of one piece of work to send requests to a vendor account, one at a time. Used by the thread that does the
// work; ends with the object.
//
// Tests: tests/unit/engine/dispatch/request_dispatcher_waits_test.cc
class RequestSlot : public upstream::RequestPermit {
 public:
  // Of work that has `first` for its first request. A slot of which no request left costs nothing.
  RequestSlot(RequestDispatcher& dispatcher, const AdmissionControl::Call& first)
      : dispatcher_(dispatcher), first_(first) {}
  ~RequestSlot() override;
  RequestSlot(const RequestSlot&) = delete;
  RequestSlot& operator=(const RequestSlot&) = delete;

  // Never waits, and never fails, for the first request. Further ones wait on their thread as long as the rate
  // wants it. Errors: kRateLimited (a cooldown of more than RequestDispatcher::kShortRest), kDeadlineExceeded,
  // kCancelled (by the call's tokens, or a stop).
  absl::Status BeforeSend(const upstream::CallOptions& call) override;

  void Answered(const RequestOutcome& outcome) override;

  // Grows each time that the vendor goes down. Answers of different epochs have an outage between them.
  int64_t outage_epoch() const { return first_.era; }

 private:
  RequestDispatcher& dispatcher_;
  AdmissionControl::Call first_;
  std::optional<AdmissionControl::Call> further_;  // The last one.
  bool refused_ = false;  // The next request did not get leave: what the work came to is not the vendor's answer.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_SLOT_H_

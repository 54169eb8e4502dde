#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_CALLER_PERMIT_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_CALLER_PERMIT_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/engine/dispatch/admission_control.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

class RequestDispatcher;

// The leave of a call that the dispatcher did not start, such as one of a caller, to send its requests. Used by the
// thread that makes the call; ends with the object.
//
// Tests: tests/unit/engine/dispatch/caller_permit_test.cc
class CallerPermit : public upstream::RequestPermit {
 public:
  // How long a request waits, unless the rate is below one request a second.
  static constexpr absl::Duration kPatience = absl::Seconds(2);

  // Each request of the call waits for at most `patience`.
  CallerPermit(RequestDispatcher& dispatcher, RequestKind kind, absl::Duration patience = absl::InfiniteDuration())
      : dispatcher_(dispatcher), kind_(kind), patience_(patience) {}
  ~CallerPermit() override;
  CallerPermit(const CallerPermit&) = delete;
  CallerPermit& operator=(const CallerPermit&) = delete;

  // Waits on its thread as long as the rate wants it. Errors: kRateLimited (the vendor asked for a cooldown, the wait
  // would be longer than the patience, or too many wait), kDeadlineExceeded, kCancelled (by the call's tokens or a
  // stop).
  absl::Status BeforeSend(const upstream::CallOptions& call) override;
  void Answered(const RequestOutcome& outcome) override;

 private:
  RequestDispatcher& dispatcher_;
  const RequestKind kind_;
  const absl::Duration patience_;
  std::optional<AdmissionControl::Call> last_;
  bool refused_ = false;  // The next request did not get leave: what the call came to is not the vendor's answer.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_CALLER_PERMIT_H_

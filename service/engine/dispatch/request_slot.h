#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_SLOT_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_SLOT_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "service/engine/dispatch/admission_control.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

class RequestDispatcher;

// The permit of one piece of work for requests to a vendor account, one at a time. Used by the thread that does the
// work; ends with the object.
//
// Tests: tests/unit/engine/dispatch/request_dispatcher_waits_test.cc, tests/unit/engine/dispatch/caller_work_test.cc
class RequestSlot : public upstream::RequestPermit {
 public:
  // Of work that the dispatcher gave its turn to send `first`. A slot of which no request left costs nothing.
  RequestSlot(RequestDispatcher& dispatcher, const AdmissionControl::Call& first)
      : dispatcher_(dispatcher), caller_(first.caller), kind_(first.kind), first_(first) {}
  // Of a call that runs without the dispatcher, such as a transfer: all its requests wait on their thread.
  explicit RequestSlot(RequestDispatcher& dispatcher) : dispatcher_(dispatcher), caller_(true) {}
  ~RequestSlot() override;
  RequestSlot(const RequestSlot&) = delete;
  RequestSlot& operator=(const RequestSlot&) = delete;

  // While it lives, `slot` is that of the thread's work.
  class Scope {
   public:
    explicit Scope(RequestSlot& slot);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
  // The slot of this thread's work at the dispatcher; null: it has none.
  static RequestSlot* Current(const RequestDispatcher& dispatcher);

  // Of which kind the next requests are; before it is called, that of the first one.
  void SetKind(RequestKind kind) { kind_ = kind; }

  // Never waits for the first request of the kind that the dispatcher gave the slot for. Others wait on their thread as
  // long as the rate wants it. Errors, with upstream::kNotSentKey: kRateLimited (a cooldown of more than
  // RequestDispatcher::kShortRest), kDeadlineExceeded, kCancelled (by the call's tokens, or a stop).
  absl::Status BeforeSend(const upstream::CallOptions& call) override;

  void Answered(const RequestOutcome& outcome) override;

  // Grows each time that the vendor goes down. Answers of different epochs have an outage between them.
  int64_t outage_epoch() const { return first_.has_value() ? first_->outage_epoch : 0; }

 private:
  bool MaySendFirst() const { return first_.has_value() && !first_->sent_mark.has_value() && first_->kind == kind_; }

  RequestDispatcher& dispatcher_;
  const bool caller_;
  RequestKind kind_ = RequestKind::kRead;
  std::optional<AdmissionControl::Call> first_;
  std::optional<AdmissionControl::Call> further_;  // The last one.
  bool first_is_last_ = false;                     // No further request was sent after it.
  bool refused_ = false;  // The next request got no permit: what the work came to is not the vendor's answer.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_SLOT_H_

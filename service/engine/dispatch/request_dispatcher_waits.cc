// The requests of RequestDispatcher that wait on their threads, and what RequestSlot says.
#include <algorithm>
#include <utility>

#include "service/base/error.h"
#include "service/engine/dispatch/request_dispatcher.h"

namespace seedance::engine {
namespace {

size_t Index(RequestKind kind) { return static_cast<size_t>(kind); }

absl::Status Ended(base::Reason reason, std::string_view text) {
  base::ErrorDetail detail;
  detail.reason = reason;
  return base::MakeError(text, detail);
}

}  // namespace

absl::StatusOr<AdmissionControl::Call> RequestDispatcher::SendFurther(AdmissionControl::Call& before,
                                                                      const upstream::CallOptions& call) {
  const RequestKind kind = before.kind;
  Waiter waiter;
  {
    base::MutexLock lock(mutex_);
    gate_.Returned(before, clock_.Now());
    if (stopped_) return Stopping();
    waiters_[Index(kind)].push_back(&waiter);
  }
  HandOut();
  AwaitGrant(kind, waiter, call);
  if (waiter.granted.has_value()) return *waiter.granted;
  if (!waiter.ended.ok()) return waiter.ended;
  return Ended(base::Reason::kDeadlineExceeded, "the call's deadline has passed");
}

void RequestDispatcher::AwaitGrant(RequestKind kind, Waiter& waiter, const upstream::CallOptions& call) {
  const auto cancel = [this, &waiter] {
    base::MutexLock lock(mutex_);
    if (waiter.ended.ok()) waiter.ended = Ended(base::Reason::kCancelled, "the call was cancelled");
    changed_.NotifyAll();
  };
  const std::array<std::shared_ptr<base::CancelToken>, 2> tokens = {call.cancel, call.abandon};
  std::array<uint64_t, 2> ids = {0, 0};
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] != nullptr) ids[i] = tokens[i]->OnCancel(cancel);
  }
  {
    base::MutexLock lock(mutex_);
    while (!waiter.granted.has_value() && waiter.ended.ok() && clock_.Now() < call.deadline) {
      clock_.WaitUntil(changed_, mutex_, call.deadline);
    }
    waiters_[Index(kind)].remove(&waiter);
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] != nullptr) tokens[i]->Remove(ids[i]);
  }
}

void RequestDispatcher::GrantLocked(RequestKind kind, absl::Time now) {
  std::list<Waiter*>& waiters = waiters_[Index(kind)];
  waiters.front()->granted = gate_.TakeFurther(kind, now);
  // Nothing stands between it and its sending.
  gate_.Sent(*waiters.front()->granted, now);
  waiters.pop_front();
  changed_.NotifyAll();
}

void RequestDispatcher::EndWaitsLocked() {
  for (std::list<Waiter*>& waiters : waiters_) {
    for (Waiter* waiter : waiters) waiter->ended = Stopping();
    waiters.clear();
  }
  changed_.NotifyAll();
}

absl::Status RequestDispatcher::Stopping() { return Ended(base::Reason::kCancelled, "the gateway stops"); }

void RequestDispatcher::Sent(AdmissionControl::Call& call) {
  base::MutexLock lock(mutex_);
  gate_.Sent(call, clock_.Now());
  if (waiters_[Index(call.kind)].empty()) return;
  // When the next may go is known only now.
  wake_ = absl::InfinitePast();
  changed_.NotifyAll();
}

void RequestDispatcher::Answered(AdmissionControl::Call& call, const RequestOutcome& outcome) {
  bool went_down = false;
  {
    base::MutexLock lock(mutex_);
    const int64_t before = gate_.times_down();
    gate_.Answered(call, outcome, clock_.Now());
    went_down = gate_.times_down() > before;
  }
  if (outcome.cooldown.has_value()) metrics_.cooldowns[Index(call.kind)].Add();
  if (went_down) metrics_.openings.Add();
}

}  // namespace seedance::engine

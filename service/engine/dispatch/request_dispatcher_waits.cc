// The requests of RequestDispatcher that wait on their threads, and what permits say.
#include <algorithm>
#include <utility>

#include "service/base/error.h"
#include "service/engine/dispatch/caller_permit.h"
#include "service/engine/dispatch/request_dispatcher.h"

namespace seedance::engine {
namespace {

size_t Index(RequestKind kind) { return static_cast<size_t>(kind); }

absl::Status Ended(base::Reason reason, std::string_view text) {
  base::ErrorDetail detail;
  detail.reason = reason;
  return base::MakeError(text, detail);
}

absl::Status Stopping() { return Ended(base::Reason::kCancelled, "the gateway stops"); }

// RATE_LIMITED, although it may be trouble of the vendor that holds requests back: nothing was sent.
absl::Status PutOff(absl::Duration delay, std::string_view why) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.retry_delay = std::max(delay, absl::Seconds(1));
  return base::MakeError(why, detail);
}

absl::Status PutOffByCooldown(absl::Duration left) {
  return PutOff(left, "the vendor asked for a pause; the request was not sent");
}

}  // namespace

absl::StatusOr<AdmissionControl::Call> RequestDispatcher::SendFurther(AdmissionControl::Call& before,
                                                                      const upstream::CallOptions& call) {
  Returned(before);
  return Send(before.kind, Origin::kFurther, call.deadline, call);
}

absl::StatusOr<AdmissionControl::Call> RequestDispatcher::SendForCaller(RequestKind kind, absl::Duration patience,
                                                                        const upstream::CallOptions& call) {
  const double rate = RateOf(kind);
  const absl::Duration longest =
      rate > 0 ? std::max(CallerPermit::kPatience, absl::Seconds(2 / rate)) : CallerPermit::kPatience;
  return Send(kind, Origin::kCaller, std::min(call.deadline, clock_.Now() + std::min(patience, longest)), call);
}

absl::StatusOr<AdmissionControl::Call> RequestDispatcher::Send(RequestKind kind, Origin origin, absl::Time until,
                                                               const upstream::CallOptions& call) {
  Waiter waiter;
  waiter.tenant = call.tenant;
  {
    base::MutexLock lock(mutex_);
    if (absl::Status may = MayWaitLocked(kind, origin, call.tenant, clock_.Now()); !may.ok()) return may;
    WaitersLocked(kind, origin).push_back(&waiter);
  }
  HandOut();
  AwaitGrant(kind, origin, waiter, until, call);
  if (waiter.granted.has_value()) return *waiter.granted;
  if (!waiter.ended.ok()) return waiter.ended;
  if (until == call.deadline) return Ended(base::Reason::kDeadlineExceeded, "the call's deadline has passed");
  return PutOff(absl::ZeroDuration(), "too many requests wait for the vendor's rate; the request was not sent");
}

absl::Status RequestDispatcher::MayWaitLocked(RequestKind kind, Origin origin, const std::string& tenant,
                                              absl::Time now) {
  if (stopped_) return Stopping();
  if (const absl::Duration left = CooldownLocked(kind, origin, now); left > kShortRest) return PutOffByCooldown(left);
  if (origin != Origin::kCaller || gate_.OtherAt(kind, origin, now) <= now) return absl::OkStatus();
  const std::list<Waiter*>& callers = LineOf(kind).callers;
  const size_t places =
      std::max<size_t>((kind == RequestKind::kPoll ? options_.max_polls : options_.max_submits) * 3 / 4, 1);
  const auto of_tenant = static_cast<size_t>(std::count_if(
      callers.begin(), callers.end(), [&tenant](const Waiter* waiter) { return waiter->tenant == tenant; }));
  if (callers.size() + of_tenant < places) return absl::OkStatus();
  const double rate = std::max(RateOf(kind), 1.0);
  return PutOff(absl::Seconds(static_cast<double>(callers.size()) / rate),
                "too many requests wait for the vendor's rate; the request was not sent");
}

absl::Duration RequestDispatcher::CooldownLocked(RequestKind kind, Origin origin, absl::Time now) {
  const absl::Time until =
      origin == Origin::kCaller ? gate_.CallersCooldownUntil(kind, now) : gate_.HeldUntil(kind, now);
  return std::max(until - now, absl::ZeroDuration());
}

void RequestDispatcher::AwaitGrant(RequestKind kind, Origin origin, Waiter& waiter, absl::Time until,
                                   const upstream::CallOptions& call) {
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
    while (!waiter.granted.has_value() && waiter.ended.ok() && clock_.Now() < until) {
      clock_.WaitUntil(changed_, mutex_, until);
    }
    WaitersLocked(kind, origin).remove(&waiter);
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] != nullptr) tokens[i]->Remove(ids[i]);
  }
}

std::list<RequestDispatcher::Waiter*>& RequestDispatcher::WaitersLocked(RequestKind kind, Origin origin) {
  return origin == Origin::kCaller ? LineOf(kind).callers : LineOf(kind).further;
}

size_t RequestDispatcher::WaitersLocked(RequestKind kind) {
  return LineOf(kind).further.size() + LineOf(kind).callers.size();
}

void RequestDispatcher::GrantLocked(RequestKind kind, Origin origin, absl::Time now) {
  std::list<Waiter*>& waiters = WaitersLocked(kind, origin);
  waiters.front()->granted = gate_.TakeOther(kind, origin, now);
  // Nothing stands between it and its sending.
  gate_.Sent(*waiters.front()->granted, now);
  waiters.pop_front();
  changed_.NotifyAll();
}

void RequestDispatcher::EndLongWaitsLocked(RequestKind kind, absl::Time now) {
  for (const Origin origin : {Origin::kFurther, Origin::kCaller}) {
    std::list<Waiter*>& waiters = WaitersLocked(kind, origin);
    const absl::Duration left = CooldownLocked(kind, origin, now);
    if (waiters.empty() || left <= kShortRest) continue;
    for (Waiter* waiter : waiters) waiter->ended = PutOffByCooldown(left);
    waiters.clear();
    changed_.NotifyAll();
  }
}

void RequestDispatcher::EndWaitsLocked() {
  for (Line& line : lines_) {
    for (std::list<Waiter*>* waiters : {&line.further, &line.callers}) {
      for (Waiter* waiter : *waiters) waiter->ended = Stopping();
      waiters->clear();
    }
  }
  changed_.NotifyAll();
}

void RequestDispatcher::Sent(AdmissionControl::Call& call) {
  base::MutexLock lock(mutex_);
  gate_.Sent(call, clock_.Now());
  if (WaitersLocked(call.kind) == 0) return;
  // When the next may go is known only now.
  wake_ = absl::InfinitePast();
  changed_.NotifyAll();
}

void RequestDispatcher::Returned(AdmissionControl::Call& call) {
  base::MutexLock lock(mutex_);
  gate_.Returned(call, clock_.Now());
}

void RequestDispatcher::Answered(AdmissionControl::Call& call, const RequestOutcome& outcome) {
  bool went_down = false;
  {
    base::MutexLock lock(mutex_);
    const int64_t before = gate_.times_down();
    gate_.Answered(call, outcome, clock_.Now());
    went_down = gate_.times_down() > before;
    if (outcome.cooldown.has_value() && WaitersLocked(call.kind) > 0) {
      // It may have made their waits too long.
      wake_ = absl::InfinitePast();
      changed_.NotifyAll();
    }
  }
  if (outcome.cooldown.has_value()) metrics_.cooldowns[Index(call.kind)].Add();
  if (went_down) metrics_.openings.Add();
}

}  // namespace seedance::engine

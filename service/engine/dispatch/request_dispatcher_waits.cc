// The requests of RequestDispatcher that wait on their threads, and what permits say.
#include <algorithm>
#include <utility>

#include "service/base/error.h"
#include "service/engine/dispatch/refusals.h"
#include "service/engine/dispatch/request_dispatcher.h"

namespace seedance::engine {

absl::Status RequestDispatcher::GoneBy(const upstream::CallOptions& call) const {
  const auto cancelled = [](const auto& token) { return token != nullptr && token->cancelled(); };
  if (clock_.Now() >= call.deadline)
    return NotPermitted(base::Reason::kDeadlineExceeded, "the call's deadline has passed");
  if (cancelled(call.cancel) || cancelled(call.abandon)) {
    return NotPermitted(base::Reason::kCancelled, "the call was cancelled");
  }
  return absl::OkStatus();
}

absl::StatusOr<AdmissionControl::Call> RequestDispatcher::SendFurther(RequestKind kind, bool caller,
                                                                      const upstream::CallOptions& call) {
  Waiter waiter;
  waiter.caller = caller;
  waiter.tenant = call.tenant;
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return Stopping();
    LineOf(kind).threads.push_back(&waiter);
  }
  HandOut();
  AwaitGrant(kind, waiter, call);
  if (waiter.granted.has_value()) return *waiter.granted;
  if (!waiter.ended.ok()) return waiter.ended;
  return NotPermitted(base::Reason::kDeadlineExceeded, "the call's deadline has passed");
}

void RequestDispatcher::AwaitGrant(RequestKind kind, Waiter& waiter, const upstream::CallOptions& call) {
  const auto cancel = [this, &waiter] {
    base::MutexLock lock(mutex_);
    if (waiter.ended.ok()) waiter.ended = NotPermitted(base::Reason::kCancelled, "the call was cancelled");
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
    LineOf(kind).threads.remove(&waiter);
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] != nullptr) tokens[i]->Remove(ids[i]);
  }
}

// The longest waiting one that may go, of another tenant than the last one if there is any.
void RequestDispatcher::GrantLocked(RequestKind kind, absl::Time now) {
  Line& line = LineOf(kind);
  auto next = line.threads.end();
  for (auto waiter = line.threads.begin(); waiter != line.threads.end(); ++waiter) {
    if (gate_.FurtherAt(kind, (*waiter)->caller, now) > now) continue;
    if (next == line.threads.end()) next = waiter;
    if ((*waiter)->tenant == line.last_tenant) continue;
    next = waiter;
    break;
  }
  Waiter& waiter = **next;
  line.threads.erase(next);
  line.last_tenant = waiter.tenant;
  waiter.granted = gate_.TakeFurther(kind, waiter.caller, now);
  // Nothing stands between it and its sending.
  gate_.Sent(*waiter.granted, now);
  changed_.NotifyAll();
}

absl::Duration RequestDispatcher::CooldownLocked(RequestKind kind, bool caller, absl::Time now) {
  const absl::Time until = caller ? gate_.CallersCooldownUntil(kind, now) : gate_.HeldUntil(kind, now);
  return std::max(until - now, absl::ZeroDuration());
}

void RequestDispatcher::EndLongWaitsLocked(RequestKind kind, absl::Time now, HandedOut& out) {
  Line& line = LineOf(kind);
  const absl::Duration own = CooldownLocked(kind, /*caller=*/false, now);
  const absl::Duration callers = CooldownLocked(kind, /*caller=*/true, now);
  for (auto waiter = line.threads.begin(); waiter != line.threads.end();) {
    const absl::Duration left = (*waiter)->caller ? callers : own;
    if (left <= kShortRest) {
      ++waiter;
      continue;
    }
    if ((*waiter)->ended.ok()) (*waiter)->ended = PutOffByCooldown(left);
    waiter = line.threads.erase(waiter);
    changed_.NotifyAll();
  }
  if (callers <= kShortRest || line.impatient == 0) return;
  line.impatient = 0;
  CallerQueue kept;
  while (std::optional<CallerQueue::Item> item = line.callers.Next()) {
    if (item->payload.patient) {
      kept.Add(*std::move(item));
    } else {
      out.refused.push_back({kind, std::move(item->payload.refused), PutOffByCooldown(callers)});
    }
  }
  line.callers = std::move(kept);
}

void RequestDispatcher::Sent(AdmissionControl::Call& call) {
  base::MutexLock lock(mutex_);
  gate_.Sent(call, clock_.Now());
  if (WaitLocked(call.kind) == 0) return;
  // When the next may go is known only now.
  WakeAtLocked(absl::InfinitePast());
}

void RequestDispatcher::Returned(AdmissionControl::Call& call) {
  base::MutexLock lock(mutex_);
  gate_.Returned(call, clock_.Now());
}

void RequestDispatcher::Answered(AdmissionControl::Call& call, const RequestOutcome& outcome) {
  bool went_down = false;
  bool news = false;
  {
    base::MutexLock lock(mutex_);
    const int64_t before = gate_.times_down();
    gate_.Answered(call, outcome, clock_.Now());
    went_down = gate_.times_down() > before;
    news = gate_.has_news();
    if (outcome.cooldown.has_value() && WaitLocked(call.kind) > 0) {
      // It may have made their waits too long.
      WakeAtLocked(absl::InfinitePast());
    }
  }
  if (outcome.cooldown.has_value()) metrics_.cooldowns[static_cast<size_t>(call.kind)].Add();
  if (went_down) metrics_.openings.Add();
  if (news && on_news_) on_news_(upstream_);
}

VendorNews RequestDispatcher::TakeNews() {
  base::MutexLock lock(mutex_);
  return gate_.TakeNews(clock_.Now());
}

void RequestDispatcher::HearCooldown(RequestKind kind, const VendorNews::Cooldown& cooldown) {
  {
    base::MutexLock lock(mutex_);
    gate_.HearCooldown(kind, cooldown, clock_.Now());
  }
  HandOut();
}

void RequestDispatcher::HearDown(bool down) {
  {
    base::MutexLock lock(mutex_);
    gate_.HearDown(down, clock_.Now());
  }
  HandOut();
}

}  // namespace seedance::engine

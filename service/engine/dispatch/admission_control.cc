#include "service/engine/dispatch/admission_control.h"

#include <algorithm>

namespace seedance::engine {
namespace {

constexpr double kBusy = 0.75;
// How long a submission leaves it to polls to try a vendor that is down: it may have none that is ever sent.
constexpr absl::Duration kPollsFirst = absl::Minutes(1);

}  // namespace

AdmissionControl::AdmissionControl(const Options& options)
    : lanes_{Lane(options.polls_per_second, options.max_polls), Lane(options.submits_per_second, options.max_submits)},
      breaker_(options.breaker) {}

absl::Time AdmissionControl::CooldownUntil(RequestKind kind, absl::Time now) {
  Lane& lane = Of(kind);
  // Further away than it was set: the clock was set back.
  lane.cooldown_until = std::min(lane.cooldown_until, now + lane.cooldown);
  if (lane.next_trial < absl::InfiniteFuture()) lane.next_trial = std::min(lane.next_trial, now + kTrialPause);
  return lane.cooldown_until > now ? lane.cooldown_until : absl::InfinitePast();
}

absl::Time AdmissionControl::HeldUntil(RequestKind kind, absl::Time now) {
  return std::min(CooldownUntil(kind, now), Of(kind).next_trial);
}

absl::Time AdmissionControl::FurtherAt(RequestKind kind, absl::Time now) {
  return std::max(HeldUntil(kind, now), Of(kind).rate.NextAt(now));
}

absl::Time AdmissionControl::NextAt(RequestKind kind, bool to_poll, absl::Time now) {
  Lane& lane = Of(kind);
  if (lane.running >= lane.most) return absl::InfiniteFuture();
  absl::Time next = std::max(breaker_.NextAt(now), HeldUntil(kind, now));
  if (breaker_.open() && kind == RequestKind::kSubmit && to_poll) {
    // Unless polls must rest for longer.
    const absl::Time polls_rest = CooldownUntil(RequestKind::kPoll, now);
    if (polls_rest <= next) next = std::max(next, breaker_.due() + kPollsFirst);
  }
  return std::max(next, lane.rate.NextAt(now));
}

bool AdmissionControl::IsBusy(RequestKind kind, absl::Time now) {
  Lane& lane = Of(kind);
  const double running = static_cast<double>(lane.running) / static_cast<double>(lane.most);
  return std::max(running, lane.rate.Use(now)) > kBusy;
}

AdmissionControl::Call AdmissionControl::Begin(Lane& lane, RequestKind kind, absl::Time now) {
  lane.rate.Take(now);
  if (lane.cooldown_until > now) lane.next_trial = now + kTrialPause;
  Call call;
  call.kind = kind;
  call.era = breaker_.openings();
  return call;
}

AdmissionControl::Call AdmissionControl::Take(RequestKind kind, absl::Time now) {
  Lane& lane = Of(kind);
  ++lane.running;
  Call call = Begin(lane, kind, now);
  call.probe = breaker_.Begin();
  return call;
}

AdmissionControl::Call AdmissionControl::TakeFurther(RequestKind kind, absl::Time now) {
  Call call = Begin(Of(kind), kind, now);
  call.further = true;
  return call;
}

void AdmissionControl::Sent(Call& call, absl::Time now) {
  call.sent_mark = Of(call.kind).rate.Sent(now);
  call.sent_time = now;
}

void AdmissionControl::Returned(Call& call, absl::Time now) {
  if (call.sent_mark.has_value() && !call.returned) Of(call.kind).rate.Answered(*call.sent_mark, now);
  call.returned = true;
}

void AdmissionControl::Answered(Call& call, const RequestOutcome& answer, absl::Time now) {
  Lane& lane = Of(call.kind);
  call.answered = true;
  Returned(call, now);
  if (!call.further) breaker_.Answered(answer.usable, call.probe, now);
  if (answer.cooldown.has_value()) {
    Limited(lane, answer, now);
  } else if (answer.usable) {
    Succeeded(lane, call);
  }
}

void AdmissionControl::Limited(Lane& lane, const RequestOutcome& answer, absl::Time now) {
  if (now > lane.limited_until) lane.limited = 0;
  ++lane.limited;
  // Behind a rest they count on: what comes then is not the first.
  lane.limited_until = std::max(now, lane.cooldown_until) + kLimitedWindow;
  if (lane.limited < kLimitedAnswers && !answer.account) return;
  if (now + *answer.cooldown <= lane.cooldown_until) return;
  if (lane.cooldown_until <= now) {
    lane.cooldown_began = now;
    lane.next_trial = now + kTrialPause;
  }
  if (answer.account) lane.next_trial = absl::InfiniteFuture();
  lane.cooldown = *answer.cooldown;
  lane.cause = answer.cause;
  lane.cooldown_until = now + lane.cooldown;
  lane.limited_until = lane.cooldown_until + kLimitedWindow;
}

void AdmissionControl::Succeeded(Lane& lane, const Call& call) {
  lane.limited = 0;
  // What was sent before the rest began may have been within the limit still.
  if (call.sent_time > lane.cooldown_began) lane.cooldown_until = absl::InfinitePast();
}

void AdmissionControl::Ended(Call& call) {
  Lane& lane = Of(call.kind);
  if (!call.further) --lane.running;
  if (!call.sent_mark.has_value()) lane.rate.GiveBack();
  if (!call.answered && !call.further) breaker_.Ended(call.probe);
}

}  // namespace seedance::engine

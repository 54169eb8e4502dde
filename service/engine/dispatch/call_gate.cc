#include "service/engine/dispatch/call_gate.h"

#include <algorithm>

namespace seedance::engine {
namespace {

constexpr double kBusy = 0.75;
// How long a submission leaves it to polls to try a vendor that is down: it may have none that is ever sent.
constexpr absl::Duration kPollsFirst = absl::Minutes(1);

}  // namespace

CallGate::CallGate(const Options& options)
    : lanes_{Lane(options.polls_per_second, options.max_polls), Lane(options.submits_per_second, options.max_submits)},
      breaker_(options.breaker) {}

absl::Time CallGate::RestsUntil(CallKind kind, absl::Time now) {
  Lane& lane = Of(kind);
  // Further away than it was set: the clock was set back.
  lane.rests_until = std::min(lane.rests_until, now + lane.rest);
  if (lane.next_trial < absl::InfiniteFuture()) lane.next_trial = std::min(lane.next_trial, now + kTrialPause);
  return lane.rests_until > now ? lane.rests_until : absl::InfinitePast();
}

absl::Time CallGate::NextAt(CallKind kind, bool to_poll, absl::Time now) {
  Lane& lane = Of(kind);
  if (lane.running >= lane.most) return absl::InfiniteFuture();
  absl::Time next = std::max(breaker_.NextAt(now), std::min(RestsUntil(kind, now), lane.next_trial));
  if (breaker_.open() && kind == CallKind::kSubmit && to_poll) {
    // Unless polls must rest for longer.
    const absl::Time polls_rest = RestsUntil(CallKind::kPoll, now);
    if (polls_rest <= next) next = std::max(next, breaker_.due() + kPollsFirst);
  }
  return std::max(next, lane.rate.NextAt(now));
}

bool CallGate::IsBusy(CallKind kind, absl::Time now) {
  Lane& lane = Of(kind);
  const double running = static_cast<double>(lane.running) / static_cast<double>(lane.most);
  return std::max(running, lane.rate.Use(now)) > kBusy;
}

CallGate::Call CallGate::Take(CallKind kind, absl::Time now) {
  Lane& lane = Of(kind);
  ++lane.running;
  lane.rate.Take(now);
  if (lane.rests_until > now) lane.next_trial = now + kTrialPause;
  Call call;
  call.kind = kind;
  call.probe = breaker_.Begin();
  call.era = breaker_.openings();
  return call;
}

void CallGate::Sent(Call& call, absl::Time now) {
  call.sent_mark = Of(call.kind).rate.Sent(now);
  call.sent_time = now;
}

void CallGate::Answered(Call& call, const CallAnswer& answer, absl::Time now) {
  Lane& lane = Of(call.kind);
  call.answered = true;
  if (call.sent_mark.has_value()) lane.rate.Answered(*call.sent_mark, now);
  breaker_.Answered(answer.usable, call.probe, now);
  if (answer.rest.has_value()) {
    Limited(lane, answer, now);
  } else if (answer.usable) {
    Succeeded(lane, call);
  }
}

void CallGate::Limited(Lane& lane, const CallAnswer& answer, absl::Time now) {
  if (now > lane.limited_until) lane.limited = 0;
  ++lane.limited;
  // Behind a rest they count on: what comes then is not the first.
  lane.limited_until = std::max(now, lane.rests_until) + kLimitedWindow;
  if (lane.limited < kLimitedAnswers && !answer.account) return;
  if (now + *answer.rest <= lane.rests_until) return;
  if (lane.rests_until <= now) {
    lane.rest_began = now;
    lane.next_trial = now + kTrialPause;
  }
  if (answer.account) lane.next_trial = absl::InfiniteFuture();
  lane.rest = *answer.rest;
  lane.cause = answer.cause;
  lane.rests_until = now + lane.rest;
  lane.limited_until = lane.rests_until + kLimitedWindow;
}

void CallGate::Succeeded(Lane& lane, const Call& call) {
  lane.limited = 0;
  // What was sent before the rest began may have been within the limit still.
  if (call.sent_time > lane.rest_began) lane.rests_until = absl::InfinitePast();
}

void CallGate::Ended(Call& call) {
  Lane& lane = Of(call.kind);
  --lane.running;
  if (!call.sent_mark.has_value()) lane.rate.GiveBack();
  if (!call.answered) breaker_.Ended(call.probe);
}

}  // namespace seedance::engine

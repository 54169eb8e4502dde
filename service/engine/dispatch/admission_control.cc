#include "service/engine/dispatch/admission_control.h"

#include <algorithm>
#include <utility>

namespace seedance::engine {
namespace {

constexpr double kBusy = 0.75;
// How long a submission leaves it to polls to try a vendor that is down: it may have none that is ever sent.
constexpr absl::Duration kPollsFirst = absl::Minutes(1);

}  // namespace

AdmissionControl::AdmissionControl(const Options& options)
    : lanes_{Lane(options.polls_per_second, options.part, options.max_polls),
             Lane(options.submits_per_second, options.part, options.max_submits)},
      breaker_(options.breaker) {}

void AdmissionControl::SetRates(double polls_per_second, double submits_per_second, absl::Time now) {
  Of(RequestKind::kRead).rate.SetRate(polls_per_second, now);
  Of(RequestKind::kChange).rate.SetRate(submits_per_second, now);
}

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

absl::Time AdmissionControl::CallersCooldownUntil(RequestKind kind, absl::Time now) {
  Lane& lane = Of(kind);
  lane.callers_until = std::min(lane.callers_until, CooldownUntil(kind, now));
  return lane.callers_until > now ? lane.callers_until : absl::InfinitePast();
}

absl::Time AdmissionControl::FurtherAt(RequestKind kind, bool caller, absl::Time now) {
  const absl::Time held = caller ? CallersCooldownUntil(kind, now) : HeldUntil(kind, now);
  return std::max(held, Of(kind).rate.NextAt(now));
}

absl::Time AdmissionControl::CallerAt(RequestKind kind, absl::Time now) {
  const Lane& lane = Of(kind);
  if (is_full(kind) || lane.callers_running >= std::max<size_t>(lane.most * 3 / 4, 1)) return absl::InfiniteFuture();
  return FurtherAt(kind, /*caller=*/true, now);
}

absl::Time AdmissionControl::NextAt(RequestKind kind, bool to_poll, absl::Time now) {
  Lane& lane = Of(kind);
  if (lane.running >= lane.most) return absl::InfiniteFuture();
  absl::Time next = std::max(breaker_.NextAt(now), HeldUntil(kind, now));
  if (breaker_.open() && kind == RequestKind::kChange && to_poll) {
    // Unless polls must rest for longer.
    const absl::Time polls_rest = CooldownUntil(RequestKind::kRead, now);
    if (polls_rest <= next) next = std::max(next, breaker_.due() + kPollsFirst);
  }
  return std::max(next, lane.rate.NextAt(now));
}

bool AdmissionControl::IsBusy(RequestKind kind, absl::Time now) {
  Lane& lane = Of(kind);
  const double running = static_cast<double>(lane.running) / static_cast<double>(lane.most);
  return std::max(running, lane.rate.Use(now)) > kBusy;
}

AdmissionControl::Call AdmissionControl::Begin(RequestKind kind, bool caller, bool further, absl::Time now) {
  Lane& lane = Of(kind);
  lane.rate.Take(now);
  if (!further) ++lane.running;
  if (!further && caller) ++lane.callers_running;
  if (lane.cooldown_until > now && !caller) lane.next_trial = now + kTrialPause;
  Call call;
  call.kind = kind;
  call.caller = caller;
  call.further = further;
  call.begin_time = now;
  call.outage_epoch = breaker_.openings();
  call.probe = !caller && !further && breaker_.Begin();
  return call;
}

void AdmissionControl::Sent(Call& call, absl::Time now) { call.sent_mark = Of(call.kind).rate.Sent(now); }

void AdmissionControl::Returned(Call& call, absl::Time now) {
  if (call.sent_mark.has_value() && !call.returned) Of(call.kind).rate.Answered(*call.sent_mark, now);
  call.returned = true;
}

void AdmissionControl::Answered(Call& call, const RequestOutcome& answer, absl::Time now) {
  Lane& lane = Of(call.kind);
  call.answered = true;
  Returned(call, now);
  if (!call.caller && !call.further) {
    const bool was_open = breaker_.open();
    breaker_.Answered(answer.usable, call.probe, now);
    if (breaker_.open() != was_open) breaker_changed_ = true;
  }
  Wishes& wishes = call.caller ? lane.callers : lane.own;
  if (answer.cooldown.has_value()) {
    // What a caller does is not what the limit on tasks is about.
    const bool of_tasks = call.caller && answer.scope == LimitScope::kTasks;
    Limited(lane, wishes, of_tasks ? LimitScope::kRequest : answer.scope, answer, now);
  } else if (answer.usable) {
    wishes.count = 0;
    if (!call.caller) Succeeded(lane, call, now);
  }
}

void AdmissionControl::Limited(Lane& lane, Wishes& wishes, LimitScope scope, const RequestOutcome& answer,
                               absl::Time now) {
  if (now > wishes.until) wishes.count = 0;
  ++wishes.count;
  // Behind a rest they count on: what comes then is not the first.
  wishes.until = std::max(now, lane.cooldown_until) + kLimitedWindow;
  if (wishes.count < kLimitedAnswers && scope == LimitScope::kRequest) return;
  const absl::Time until = now + *answer.cooldown;
  if (scope != LimitScope::kTasks) lane.callers_until = std::max(lane.callers_until, until);
  if (until <= lane.cooldown_until) return;
  if (lane.cooldown_until <= now) {
    lane.cooldown_began = now;
    lane.next_trial = now + kTrialPause;
  }
  if (scope != LimitScope::kRequest) lane.next_trial = absl::InfiniteFuture();
  lane.cooldown = *answer.cooldown;
  lane.cause = answer.cause;
  lane.cooldown_until = until;
  lane.began = true;
  wishes.until = until + kLimitedWindow;
}

void AdmissionControl::Succeeded(Lane& lane, const Call& call, absl::Time now) {
  // What got its turn before the rest began is no trial, however late it was sent: it may be within another limit.
  if (call.begin_time <= lane.cooldown_began) return;
  if (lane.cooldown_until > now) {
    lane.ended = lane.cooldown_until;
    lane.began = false;
  }
  lane.cooldown_until = absl::InfinitePast();
  lane.callers_until = absl::InfinitePast();
}

VendorNews AdmissionControl::TakeNews(absl::Time now) {
  VendorNews news;
  for (const RequestKind kind : kRequestKinds) {
    Lane& lane = Of(kind);
    std::optional<VendorNews::Cooldown>& cooldown = news.cooldowns[static_cast<size_t>(kind)];
    if (lane.ended > now) {
      cooldown = {.until = lane.ended, .callers_until = lane.ended, .over = true};
    }
    // What began after that counts.
    if (lane.began && lane.cooldown_until > now) {
      cooldown = {lane.cooldown_until, lane.callers_until, lane.cause, lane.next_trial < absl::InfiniteFuture(), false};
    }
    lane.began = false;
    lane.ended = absl::InfinitePast();
  }
  if (std::exchange(breaker_changed_, false)) news.down = breaker_.open();
  return news;
}

bool AdmissionControl::has_news() const {
  return breaker_changed_ || std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
           return lane.began || lane.ended > absl::InfinitePast();
         });
}

void AdmissionControl::HearCooldown(RequestKind kind, const VendorNews::Cooldown& cooldown, absl::Time now) {
  Lane& lane = Of(kind);
  if (cooldown.over) {
    // By another host's clock, in microseconds.
    if (absl::ToUnixMicros(lane.cooldown_until) != absl::ToUnixMicros(cooldown.until)) return;
    lane.cooldown_until = lane.callers_until = absl::InfinitePast();
    return;
  }
  lane.callers_until = std::max(lane.callers_until, cooldown.callers_until);
  if (cooldown.until <= std::max(lane.cooldown_until, now)) return;
  if (lane.cooldown_until <= now) lane.cooldown_began = now;
  lane.cooldown = cooldown.until - now;
  lane.cooldown_until = cooldown.until;
  lane.cause = cooldown.cause;
  lane.next_trial = cooldown.trials ? now + kTrialPause : absl::InfiniteFuture();
}

void AdmissionControl::Ended(Call& call) {
  Lane& lane = Of(call.kind);
  if (!call.further) --lane.running;
  if (!call.further && call.caller) --lane.callers_running;
  if (!call.sent_mark.has_value()) lane.rate.GiveBack();
  if (!call.answered && !call.caller && !call.further) breaker_.Ended(call.probe);
}

}  // namespace seedance::engine

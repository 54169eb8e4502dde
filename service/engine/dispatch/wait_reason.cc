#include "service/engine/dispatch/wait_reason.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace seedance::engine {
namespace {

constexpr absl::Duration kLeastDrift = absl::Seconds(10);
constexpr int kDriftPart = 4;
constexpr absl::Duration kLeastAgain = absl::Minutes(1);

std::string TurnText(const WaitReason& reason) {
  std::string text = absl::StrCat("waits for its turn: ", reason.before, " tasks before it at ", UtcText(reason.found));
  if (reason.until == absl::InfiniteFuture()) {
    absl::StrAppend(&text, "; all of the ", reason.at_a_time, " concurrent submissions are in flight");
  } else {
    absl::StrAppend(&text, "; the upstream's rate is ", reason.per_second, " submissions per second; expected at ",
                    UtcText(reason.until));
  }
  return text;
}

std::string RestText(CooldownCause cause, absl::Time until) {
  switch (cause) {
    case CooldownCause::kRate:
      return absl::StrCat("rate limited by the vendor until ", UtcText(until));
    case CooldownCause::kQuota:
      return absl::StrCat("the vendor's quota is exhausted; next attempt at ", UtcText(until));
    case CooldownCause::kTrouble:
      return absl::StrCat("vendor unavailable; it asked to wait until ", UtcText(until));
  }
  return "";
}

}  // namespace

std::string UtcText(absl::Time time) {
  const absl::Time whole = absl::UnixEpoch() + absl::Ceil(time - absl::UnixEpoch(), absl::Seconds(1));
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", whole, absl::UTCTimeZone());
}

WaitReason WaitsForTurn(size_t before, double per_second, size_t at_a_time, absl::Time until, absl::Time now) {
  WaitReason reason{WaitReason::Kind::kTurn, until, now};
  reason.before = before;
  reason.per_second = per_second;
  reason.at_a_time = at_a_time;
  return reason;
}

WaitReason WaitsForCooldown(CooldownCause cause, absl::Time until) {
  WaitReason reason{WaitReason::Kind::kRest, until};
  reason.cause = cause;
  return reason;
}

WaitReason WaitsForVendor(absl::Time next_try, absl::Time now) {
  return {WaitReason::Kind::kUnreachable, next_try, now};
}

std::string WaitReason::Text() const {
  switch (kind) {
    case Kind::kTurn:
      return TurnText(*this);
    case Kind::kRest:
      return RestText(cause, until);
    case Kind::kUnreachable:
      return until > found ? absl::StrCat("vendor unreachable; next attempt at ", UtcText(until))
                           : "vendor unreachable; an attempt is in progress";
  }
  return "";
}

bool IsNews(const WaitReason& told, const WaitReason& fresh, absl::Time now) {
  if (told.kind != fresh.kind) return true;
  if (told.until == fresh.until) return false;
  if (told.until <= now || std::max(told.until, fresh.until) == absl::InfiniteFuture()) return true;
  const absl::Duration drift = absl::AbsDuration(told.until - fresh.until);
  return drift > std::max(kLeastDrift, (fresh.until - now) / kDriftPart);
}

absl::Duration TellBudget::Again(size_t waiting) {
  return std::max(kLeastAgain, absl::Seconds(static_cast<int64_t>(waiting) / kPerSecond));
}

bool TellBudget::Take(absl::Time now) {
  // Nothing is earned while the clock is set back.
  if (now > filled_) {
    left_ = std::min<double>(kBurst, left_ + absl::ToDoubleSeconds(now - filled_) * kPerSecond);
  }
  filled_ = now;
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

}  // namespace seedance::engine

#include "service/engine/dispatch/request_dispatcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/thread.h"

namespace seedance::engine {
namespace {

constexpr absl::Duration kFullPoolPause = absl::Milliseconds(100);
// Shorter waits are not worth telling.
constexpr absl::Duration kShortWait = absl::Seconds(2);

size_t Index(RequestKind kind) { return static_cast<size_t>(kind); }

}  // namespace

RequestDispatcher::RequestDispatcher(const AdmissionControl::Options& options, base::ThreadPool& polls,
                                     base::ThreadPool& submits, base::Clock& clock, const Account& account)
    : options_(options),
      polls_(polls),
      submits_(submits),
      clock_(clock),
      upstream_(account.upstream),
      observer_(account.observer),
      metrics_(account.metrics),
      gate_(options) {
  timer_ = base::StartThread("call-turns", [this] { RunTimer(); });
}

RequestDispatcher::~RequestDispatcher() { Stop(); }

void RequestDispatcher::Add(RequestKind kind, const std::string& tenant, const std::string& key, absl::Time due,
                            Work work) {
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    Of(kind).Add({tenant, key, due, {std::move(work), due}});
  }
  HandOut();
}

std::unique_ptr<RequestSlot> RequestDispatcher::TryTake(RequestKind kind) {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  const bool others = !Of(kind).empty() || WaitersLocked(kind) > 0;
  if (stopped_ || others || NextAtLocked(kind, now) > now) return nullptr;
  auto turn = std::make_unique<RequestSlot>(*this, gate_.Take(kind, now));
  metrics_.delay[Index(kind)].Observe(0);
  return turn;
}

bool RequestDispatcher::Remove(RequestKind kind, const std::string& key) {
  base::MutexLock lock(mutex_);
  return Of(kind).Remove(key);
}

bool RequestDispatcher::Hasten(RequestKind kind, const std::string& key) {
  base::MutexLock lock(mutex_);
  return Of(kind).Hasten(key, absl::InfinitePast());
}

bool RequestDispatcher::IsHeldUp(RequestKind kind) {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  return gate_.is_down() || gate_.CooldownUntil(kind, now) > now + kShortRest;
}

std::optional<WaitReason> RequestDispatcher::WhyItWaits(const std::string& key) {
  base::MutexLock lock(mutex_);
  const std::optional<size_t> before = Of(RequestKind::kSubmit).Before(key);
  return before.has_value() ? ReasonOf(*before, SubmitsLocked()) : std::nullopt;
}

std::vector<std::pair<std::string, WaitReason>> RequestDispatcher::WhyAllWait() {
  std::vector<std::pair<std::string, size_t>> places;
  Submits submits;
  {
    base::MutexLock lock(mutex_);
    submits = SubmitsLocked();
    places.reserve(Of(RequestKind::kSubmit).size());
    Of(RequestKind::kSubmit).VisitAll([&](const std::string& key, size_t before) { places.emplace_back(key, before); });
  }
  std::vector<std::pair<std::string, WaitReason>> waits;
  waits.reserve(places.size());
  for (auto& [key, before] : places) {
    if (const std::optional<WaitReason> reason = ReasonOf(before, submits)) waits.emplace_back(std::move(key), *reason);
  }
  return waits;
}

RequestDispatcher::Submits RequestDispatcher::SubmitsLocked() {
  const absl::Time now = clock_.Now();
  return {now, HoldupLocked(now), gate_.cooldown_cause(RequestKind::kSubmit), gate_.is_full(RequestKind::kSubmit)};
}

// Of what holds a submission up, the one that lasts longest.
std::optional<WaitReason> RequestDispatcher::ReasonOf(size_t before, const Submits& submits) const {
  const auto& [now, holdup, cooldown_cause, is_full] = submits;
  if (holdup.try_due != absl::InfinitePast()) return WaitsForVendor(holdup.try_due, now);
  const double rate = options_.submits_per_second;
  const absl::Duration queue = rate > 0 ? absl::Seconds(static_cast<double>(before) / rate) : absl::ZeroDuration();
  const absl::Time rest_end = std::max(holdup.cooldown_until, now);
  if (holdup.cooldown_until > now + kShortWait && rest_end - now >= queue)
    return WaitsForCooldown(cooldown_cause, rest_end);
  // Full and without a rate that is slower: the end of a call under way is not known.
  const bool full = is_full && queue < kShortWait;
  const absl::Time until = full ? absl::InfiniteFuture() : rest_end + queue;
  if (until <= now + kShortWait) return std::nullopt;
  return WaitsForTurn(before, rate, options_.max_submits, until, now);
}

RequestDispatcher::Holdup RequestDispatcher::HoldupLocked(absl::Time now) {
  Holdup holdup;
  if (gate_.is_down()) holdup.try_due = gate_.try_due();
  holdup.cooldown_until = gate_.CooldownUntil(RequestKind::kSubmit, now);
  return holdup;
}

bool RequestDispatcher::TellsLocked(absl::Time now) {
  const Holdup holdup = HoldupLocked(now);
  const bool changed = holdup != told_;
  told_ = holdup;
  next_tell_ = std::min(next_tell_, now + kTellPause);  // Unless the clock was set back.
  if (Of(RequestKind::kSubmit).empty() || (!changed && now < next_tell_)) return false;
  next_tell_ = now + kTellPause;
  return true;
}

RequestDispatcher::Facts RequestDispatcher::facts() {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  Facts facts;
  for (const RequestKind kind : kRequestKinds) {
    facts.waiting[Index(kind)] = Of(kind).size();
    facts.threads_waiting[Index(kind)] = WaitersLocked(kind);
    facts.cooldown[Index(kind)] = std::max(gate_.CooldownUntil(kind, now) - now, absl::ZeroDuration());
  }
  facts.is_down = gate_.is_down();
  return facts;
}

absl::Duration RequestDispatcher::TimeForPolls(int64_t polls) const {
  const double rate = options_.polls_per_second;
  return rate > 0 ? absl::Seconds(static_cast<double>(polls) / rate) : absl::ZeroDuration();
}

bool RequestDispatcher::IsCrowded(RequestKind kind) {
  base::MutexLock lock(mutex_);
  return !Of(kind).empty() || WaitersLocked(kind) > 0 || gate_.IsBusy(kind, clock_.Now());
}

bool RequestDispatcher::IsIdle() {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  for (const RequestKind kind : kRequestKinds) {
    if (gate_.running(kind) > 0) return false;
    if (!Of(kind).empty() && NextAtLocked(kind, now) <= now) return false;
  }
  return true;
}

absl::Time RequestDispatcher::NextAtLocked(RequestKind kind, absl::Time now) {
  // While the vendor is down the first call tries; a poll, if there is one.
  const bool to_poll = gate_.is_down() && kind == RequestKind::kSubmit &&
                       (!Of(RequestKind::kPoll).empty() || (observer_ != nullptr && observer_->HasToPoll(upstream_)));
  pools_full_until_ = std::min(pools_full_until_, now + kFullPoolPause);  // Unless the clock was set back.
  return std::max(gate_.NextAt(kind, to_poll, now), pools_full_until_);
}

absl::Time RequestDispatcher::NextAtLocked(RequestKind kind, Origin origin, absl::Time now) {
  if (origin == Origin::kFirst) return Of(kind).empty() ? absl::InfiniteFuture() : NextAtLocked(kind, now);
  return WaitersLocked(kind, origin).empty() ? absl::InfiniteFuture() : gate_.OtherAt(kind, origin, now);
}

std::vector<RequestDispatcher::Ready> RequestDispatcher::TakeReadyLocked() {
  std::vector<Ready> ready;
  wake_ = absl::InfiniteFuture();
  const absl::Time now = clock_.Now();
  for (const RequestKind kind : kRequestKinds) {
    TakeReadyLocked(kind, now, ready);
  }
  return ready;
}

void RequestDispatcher::TakeReadyLocked(RequestKind kind, absl::Time now, std::vector<Ready>& ready) {
  EndLongWaitsLocked(kind, now);
  constexpr std::array<Origin, 3> kOrigins = {Origin::kFirst, Origin::kFurther, Origin::kCaller};
  Origin& last = LineOf(kind).last;
  for (;;) {
    absl::Time earliest = absl::InfiniteFuture();
    std::optional<Origin> next;
    for (size_t i = 1; i <= kOrigins.size() && !next.has_value(); ++i) {
      const Origin origin = kOrigins[(static_cast<size_t>(last) + i) % kOrigins.size()];
      const absl::Time at = NextAtLocked(kind, origin, now);
      earliest = std::min(earliest, at);
      if (at <= now) next = origin;
    }
    if (!next.has_value()) {
      wake_ = std::min(wake_, earliest);
      return;
    }
    last = *next;
    if (*next == Origin::kFirst) {
      ready.push_back({*Of(kind).Next(), gate_.Take(kind, now)});
    } else {
      GrantLocked(kind, *next, now);
    }
  }
}

void RequestDispatcher::HandOut() {
  std::vector<Ready> all;
  bool tells = false;
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    all = TakeReadyLocked();
    tells = observer_ != nullptr && TellsLocked(clock_.Now());
    if (observer_ != nullptr && !Of(RequestKind::kSubmit).empty()) wake_ = std::min(wake_, next_tell_);
    if (wake_ < absl::InfiniteFuture()) changed_.NotifyAll();
  }
  if (tells) observer_->OnWaits(*this);
  for (Ready& ready : all) Dispatch(std::move(ready));
}

void RequestDispatcher::Dispatch(Ready ready) {
  const RequestKind kind = ready.call.kind;
  base::ThreadPool& pool = kind == RequestKind::kPoll ? polls_ : submits_;
  // Shared, because a refused submission drops what it was given.
  auto shared = std::make_shared<Ready>(std::move(ready));
  const bool taken = pool.Submit([this, shared] {
    RequestSlot turn(*this, shared->call);
    // An extra poll may begin before its place in the order.
    const absl::Duration delay = std::max(clock_.Now() - shared->item.payload.due, absl::ZeroDuration());
    metrics_.delay[Index(shared->call.kind)].Observe(absl::ToDoubleSeconds(delay));
    shared->item.payload.work(turn);
  });
  if (!taken) PutBack(std::move(*shared));
}

void RequestDispatcher::PutBack(Ready ready) {
  base::MutexLock lock(mutex_);
  gate_.Ended(ready.call);
  if (stopped_) return;
  Of(ready.call.kind).Add(std::move(ready.item));
  pools_full_until_ = clock_.Now() + kFullPoolPause;
  wake_ = std::min(wake_, pools_full_until_);
  changed_.NotifyAll();
}

void RequestDispatcher::End(AdmissionControl::Call& call) {
  {
    base::MutexLock lock(mutex_);
    gate_.Ended(call);
  }
  HandOut();
}

void RequestDispatcher::RunTimer() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      while (!stopped_ && clock_.Now() < wake_) clock_.WaitUntil(changed_, mutex_, wake_);
      if (stopped_) return;
    }
    HandOut();
  }
}

void RequestDispatcher::Stop() {
  std::array<Queue, 2> dropped;
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    EndWaitsLocked();
    for (const RequestKind kind : kRequestKinds) dropped[Index(kind)] = std::exchange(Of(kind), Queue());
    changed_.NotifyAll();
  }
  if (timer_.joinable()) timer_.join();
}

}  // namespace seedance::engine

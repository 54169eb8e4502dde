#include "service/engine/dispatch/call_turns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/thread.h"

namespace seedance::engine {
namespace {

constexpr absl::Duration kFullPoolPause = absl::Milliseconds(100);
constexpr absl::Duration kShortRest = absl::Seconds(1);
// Shorter waits are not worth telling.
constexpr absl::Duration kShortWait = absl::Seconds(2);

size_t Index(CallKind kind) { return static_cast<size_t>(kind); }

}  // namespace

CallTurn::~CallTurn() { turns_.End(call_); }

void CallTurn::Sends() {
  base::MutexLock lock(turns_.mutex_);
  turns_.gate_.Sent(call_, turns_.clock_.Now());
}

void CallTurn::Answered(const CallAnswer& answer) {
  bool went_down = false;
  {
    base::MutexLock lock(turns_.mutex_);
    const int64_t before = turns_.gate_.times_down();
    turns_.gate_.Answered(call_, answer, turns_.clock_.Now());
    went_down = turns_.gate_.times_down() > before;
  }
  if (answer.rest.has_value()) turns_.metrics_.rests[Index(call_.kind)].Add();
  if (went_down) turns_.metrics_.openings.Add();
}

CallTurns::CallTurns(const CallGate::Options& options, base::ThreadPool& polls, base::ThreadPool& submits,
                     base::Clock& clock)
    : options_(options), polls_(polls), submits_(submits), clock_(clock), gate_(options) {
  timer_ = base::StartThread("call-turns", [this] { RunTimer(); });
}

CallTurns::~CallTurns() { Stop(); }

void CallTurns::SetHooks(std::function<bool()> anything_to_poll, std::function<void()> on_waits) {
  anything_to_poll_ = std::move(anything_to_poll);
  on_waits_ = std::move(on_waits);
}

void CallTurns::Add(CallKind kind, const std::string& tenant, const std::string& key, absl::Time due, Work work) {
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    Of(kind).Add({tenant, key, due, {std::move(work), due}});
  }
  HandOut();
}

std::unique_ptr<CallTurn> CallTurns::TryTake(CallKind kind) {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  if (stopped_ || !Of(kind).empty() || NextAtLocked(kind, now) > now) return nullptr;
  std::unique_ptr<CallTurn> turn(new CallTurn(*this, gate_.Take(kind, now)));
  metrics_.delay[Index(kind)].Observe(0);
  return turn;
}

bool CallTurns::Remove(CallKind kind, const std::string& key) {
  base::MutexLock lock(mutex_);
  return Of(kind).Remove(key);
}

bool CallTurns::Hasten(CallKind kind, const std::string& key) {
  base::MutexLock lock(mutex_);
  return Of(kind).Hasten(key, absl::InfinitePast());
}

bool CallTurns::IsHeldUp(CallKind kind) {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  return gate_.is_down() || gate_.RestsUntil(kind, now) > now + kShortRest;
}

std::optional<WaitReason> CallTurns::WhyItWaits(const std::string& key) {
  base::MutexLock lock(mutex_);
  const std::optional<size_t> before = Of(CallKind::kSubmit).Before(key);
  return before.has_value() ? ReasonOf(*before, SubmitsLocked()) : std::nullopt;
}

std::vector<std::pair<std::string, WaitReason>> CallTurns::WhyAllWait() {
  std::vector<std::pair<std::string, size_t>> places;
  Submits submits;
  {
    base::MutexLock lock(mutex_);
    submits = SubmitsLocked();
    places.reserve(Of(CallKind::kSubmit).size());
    Of(CallKind::kSubmit).VisitAll([&](const std::string& key, size_t before) { places.emplace_back(key, before); });
  }
  std::vector<std::pair<std::string, WaitReason>> waits;
  waits.reserve(places.size());
  for (auto& [key, before] : places) {
    if (const std::optional<WaitReason> reason = ReasonOf(before, submits)) waits.emplace_back(std::move(key), *reason);
  }
  return waits;
}

CallTurns::Submits CallTurns::SubmitsLocked() {
  const absl::Time now = clock_.Now();
  return {now, HoldupLocked(now), gate_.rest_cause(CallKind::kSubmit), gate_.is_full(CallKind::kSubmit)};
}

// Of what holds a submission up, the one that lasts longest.
std::optional<WaitReason> CallTurns::ReasonOf(size_t before, const Submits& submits) const {
  const auto& [now, holdup, rest_cause, is_full] = submits;
  if (holdup.try_due != absl::InfinitePast()) return WaitsForVendor(holdup.try_due, now);
  const double rate = options_.submits_per_second;
  const absl::Duration queue = rate > 0 ? absl::Seconds(static_cast<double>(before) / rate) : absl::ZeroDuration();
  const absl::Time rest_end = std::max(holdup.rests_until, now);
  if (holdup.rests_until > now + kShortWait && rest_end - now >= queue) return WaitsForRest(rest_cause, rest_end);
  // Full and without a rate that is slower: the end of a call under way is not known.
  const bool full = is_full && queue < kShortWait;
  const absl::Time until = full ? absl::InfiniteFuture() : rest_end + queue;
  if (until <= now + kShortWait) return std::nullopt;
  return WaitsForTurn(before, rate, options_.max_submits, until, now);
}

CallTurns::Holdup CallTurns::HoldupLocked(absl::Time now) {
  Holdup holdup;
  if (gate_.is_down()) holdup.try_due = gate_.try_due();
  holdup.rests_until = gate_.RestsUntil(CallKind::kSubmit, now);
  return holdup;
}

bool CallTurns::TellsLocked(absl::Time now) {
  const Holdup holdup = HoldupLocked(now);
  const bool changed = holdup != told_;
  told_ = holdup;
  next_tell_ = std::min(next_tell_, now + kTellPause);  // Unless the clock was set back.
  if (Of(CallKind::kSubmit).empty() || (!changed && now < next_tell_)) return false;
  next_tell_ = now + kTellPause;
  return true;
}

CallTurns::Facts CallTurns::facts() {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  Facts facts;
  for (const CallKind kind : kCallKinds) {
    facts.waiting[Index(kind)] = Of(kind).size();
    facts.rest[Index(kind)] = std::max(gate_.RestsUntil(kind, now) - now, absl::ZeroDuration());
  }
  facts.is_down = gate_.is_down();
  return facts;
}

absl::Duration CallTurns::TimeForPolls(int64_t polls) const {
  const double rate = options_.polls_per_second;
  return rate > 0 ? absl::Seconds(static_cast<double>(polls) / rate) : absl::ZeroDuration();
}

bool CallTurns::IsCrowded(CallKind kind) {
  base::MutexLock lock(mutex_);
  return !Of(kind).empty() || gate_.IsBusy(kind, clock_.Now());
}

bool CallTurns::IsIdle() {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  for (const CallKind kind : kCallKinds) {
    if (gate_.running(kind) > 0) return false;
    if (!Of(kind).empty() && NextAtLocked(kind, now) <= now) return false;
  }
  return true;
}

absl::Time CallTurns::NextAtLocked(CallKind kind, absl::Time now) {
  // While the vendor is down the first call tries; a poll, if there is one.
  const bool to_poll = gate_.is_down() && kind == CallKind::kSubmit &&
                       (!Of(CallKind::kPoll).empty() || (anything_to_poll_ && anything_to_poll_()));
  pools_full_until_ = std::min(pools_full_until_, now + kFullPoolPause);  // Unless the clock was set back.
  return std::max(gate_.NextAt(kind, to_poll, now), pools_full_until_);
}

std::vector<CallTurns::Ready> CallTurns::TakeReadyLocked() {
  std::vector<Ready> ready;
  wake_ = absl::InfiniteFuture();
  const absl::Time now = clock_.Now();
  for (const CallKind kind : kCallKinds) {
    Queue& queue = Of(kind);
    while (!queue.empty()) {
      const absl::Time next = NextAtLocked(kind, now);
      if (next > now) {
        wake_ = std::min(wake_, next);
        break;
      }
      ready.push_back({*queue.Next(), gate_.Take(kind, now)});
    }
  }
  return ready;
}

void CallTurns::HandOut() {
  std::vector<Ready> all;
  bool tells = false;
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    all = TakeReadyLocked();
    tells = on_waits_ && TellsLocked(clock_.Now());
    if (on_waits_ && !Of(CallKind::kSubmit).empty()) wake_ = std::min(wake_, next_tell_);
    if (wake_ < absl::InfiniteFuture()) changed_.NotifyAll();
  }
  if (tells) on_waits_();
  for (Ready& ready : all) Dispatch(std::move(ready));
}

void CallTurns::Dispatch(Ready ready) {
  const CallKind kind = ready.call.kind;
  base::ThreadPool& pool = kind == CallKind::kPoll ? polls_ : submits_;
  // Shared, because a refused submission drops what it was given.
  auto shared = std::make_shared<Ready>(std::move(ready));
  const bool taken = pool.Submit([this, shared] {
    CallTurn turn(*this, shared->call);
    // An extra poll may begin before its place in the order.
    const absl::Duration delay = std::max(clock_.Now() - shared->item.payload.due, absl::ZeroDuration());
    metrics_.delay[Index(shared->call.kind)].Observe(absl::ToDoubleSeconds(delay));
    shared->item.payload.work(turn);
  });
  if (!taken) PutBack(std::move(*shared));
}

void CallTurns::PutBack(Ready ready) {
  base::MutexLock lock(mutex_);
  gate_.Ended(ready.call);
  if (stopped_) return;
  Of(ready.call.kind).Add(std::move(ready.item));
  pools_full_until_ = clock_.Now() + kFullPoolPause;
  wake_ = std::min(wake_, pools_full_until_);
  changed_.NotifyAll();
}

void CallTurns::End(CallGate::Call& call) {
  {
    base::MutexLock lock(mutex_);
    gate_.Ended(call);
  }
  HandOut();
}

void CallTurns::RunTimer() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      while (!stopped_ && clock_.Now() < wake_) clock_.WaitUntil(changed_, mutex_, wake_);
      if (stopped_) return;
    }
    HandOut();
  }
}

void CallTurns::Stop() {
  std::array<Queue, 2> dropped;
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(queues_);
    changed_.NotifyAll();
  }
  if (timer_.joinable()) timer_.join();
}

}  // namespace seedance::engine

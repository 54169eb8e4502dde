#include "service/engine/call_turns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/thread.h"

namespace seedance::engine {
namespace {

constexpr absl::Duration kFullPoolPause = absl::Milliseconds(100);
// Shorter waits are not worth telling.
constexpr absl::Duration kShortRest = absl::Seconds(1);

size_t Index(CallKind kind) { return static_cast<size_t>(kind); }

}  // namespace

CallTurn::~CallTurn() { turns_.End(call_); }

void CallTurn::Sends() {
  base::MutexLock lock(turns_.mutex_);
  turns_.gate_.Sent(call_, turns_.clock_.Now());
}

void CallTurn::Answered(const CallAnswer& answer) {
  std::vector<std::string> stalled;
  bool went_down = false;
  {
    base::MutexLock lock(turns_.mutex_);
    const int64_t before = turns_.gate_.times_down();
    turns_.gate_.Answered(call_, answer, turns_.clock_.Now());
    went_down = turns_.gate_.times_down() > before;
    if (went_down) stalled = turns_.Of(CallKind::kSubmit).Keys();
  }
  if (answer.rest.has_value()) turns_.metrics_.rests[Index(call_.kind)].Add();
  if (!went_down) return;
  turns_.metrics_.openings.Add();
  if (turns_.on_down_) turns_.on_down_(std::move(stalled));
}

CallTurns::CallTurns(const CallGate::Options& options, base::ThreadPool& polls, base::ThreadPool& submits,
                     base::Clock& clock)
    : polls_(polls), submits_(submits), clock_(clock), gate_(options) {
  timer_ = base::StartThread("call-turns", [this] { RunTimer(); });
}

CallTurns::~CallTurns() { Stop(); }

void CallTurns::SetHooks(std::function<bool()> anything_to_poll,
                         std::function<void(std::vector<std::string>)> on_down) {
  anything_to_poll_ = std::move(anything_to_poll);
  on_down_ = std::move(on_down);
}

void CallTurns::Add(CallKind kind, const std::string& tenant, const std::string& key, absl::Time due, Work work) {
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    Of(kind).Add({tenant, key, due, {std::move(work), due}});
  }
  HandOut();
}

bool CallTurns::Remove(CallKind kind, const std::string& key) {
  base::MutexLock lock(mutex_);
  return Of(kind).Remove(key);
}

bool CallTurns::Hasten(CallKind kind, const std::string& key) {
  base::MutexLock lock(mutex_);
  return Of(kind).Hasten(key, absl::InfinitePast());
}

std::string CallTurns::WhyNot(CallKind kind) {
  base::MutexLock lock(mutex_);
  if (gate_.is_down()) return "the vendor does not answer; it is tried again soon";
  const absl::Time now = clock_.Now();
  if (gate_.RestsUntil(kind, now) > now + kShortRest) return "the vendor asked for fewer calls; it is tried again soon";
  return "";
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
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    all = TakeReadyLocked();
    if (wake_ < absl::InfiniteFuture()) changed_.NotifyAll();
  }
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

#include "service/engine/dispatch/request_dispatcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/engine/dispatch/refusals.h"

namespace seedance::engine {
namespace {

constexpr absl::Duration kFullPoolPause = absl::Milliseconds(100);
// Shorter waits are not worth telling.
constexpr absl::Duration kShortWait = absl::Seconds(2);

// Work of callers that waits for its turn: far more than a vendor lets run, few enough to stay small in memory.
constexpr size_t kMostCallers = 20'000;

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
      on_news_(account.on_news),
      metrics_(account.metrics),
      polls_per_second_(options.polls_per_second),
      submits_per_second_(options.submits_per_second),
      gate_(options),
      alarm_(clock, base::Timer::Alarm::Work::kQuick, [this] { HandOut(); }) {}

RequestDispatcher::~RequestDispatcher() { Stop(); }

void RequestDispatcher::SetRates(double polls_per_second, double submits_per_second) {
  {
    base::MutexLock lock(mutex_);
    polls_per_second_ = polls_per_second;
    submits_per_second_ = submits_per_second;
    gate_.SetRates(polls_per_second, submits_per_second, clock_.Now());
  }
  HandOut();
}

void RequestDispatcher::Add(RequestKind kind, const std::string& tenant, const std::string& key, absl::Time due,
                            Work work) {
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    Of(kind).Add({tenant, key, due, {std::move(work), due}});
  }
  HandOut();
}

std::unique_ptr<RequestSlot> RequestDispatcher::TryTake(RequestKind kind) {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  if (closed_ || WaitLocked(kind) > 0 || NextAtLocked(kind, now) > now) return nullptr;
  auto slot = std::make_unique<RequestSlot>(*this, gate_.Take(kind, now));
  metrics_.delay[Index(kind)].Observe(0);
  return slot;
}

bool RequestDispatcher::AddCaller(RequestKind kind, const std::string& tenant, CallerWork work) {
  absl::Status refusal;
  {
    base::MutexLock lock(mutex_);
    const absl::Time now = clock_.Now();
    const absl::Duration left = CooldownLocked(kind, /*caller=*/true, now);
    CallerQueue& callers = LineOf(kind).callers;
    if (closed_ || callers.size() >= kMostCallers) return false;
    if (left > kShortRest && !work.patient) {
      refusal = PutOffByCooldown(left);
    } else {
      if (!work.patient) ++LineOf(kind).impatient;
      callers.Add({tenant, absl::StrCat(++caller_works_), now, std::move(work)});
    }
  }
  if (!refusal.ok()) {
    work.refused(refusal);
  } else {
    HandOut();
  }
  return true;
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
  const std::optional<size_t> before = Of(RequestKind::kChange).Before(key);
  return before.has_value() ? ReasonOf(*before, SubmitsLocked()) : std::nullopt;
}

std::vector<std::pair<std::string, WaitReason>> RequestDispatcher::WhyAllWait() {
  std::vector<std::pair<std::string, size_t>> places;
  Submits submits;
  {
    base::MutexLock lock(mutex_);
    submits = SubmitsLocked();
    places.reserve(Of(RequestKind::kChange).size());
    Of(RequestKind::kChange).VisitAll([&](const std::string& key, size_t before) { places.emplace_back(key, before); });
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
  return {now, HoldupLocked(now), gate_.cooldown_cause(RequestKind::kChange), gate_.is_full(RequestKind::kChange)};
}

// Of what holds a submission up, the one that lasts longest.
std::optional<WaitReason> RequestDispatcher::ReasonOf(size_t before, const Submits& submits) const {
  const auto& [now, holdup, cooldown_cause, is_full] = submits;
  if (holdup.try_due != absl::InfinitePast()) return WaitsForVendor(holdup.try_due, now);
  const double rate = submits_per_second_;
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
  holdup.cooldown_until = gate_.CooldownUntil(RequestKind::kChange, now);
  return holdup;
}

bool RequestDispatcher::TellsLocked(absl::Time now) {
  const Holdup holdup = HoldupLocked(now);
  const bool changed = holdup != told_;
  told_ = holdup;
  next_tell_ = std::min(next_tell_, now + kTellPause);  // Unless the clock was set back.
  if (Of(RequestKind::kChange).empty() || (!changed && now < next_tell_)) return false;
  next_tell_ = now + kTellPause;
  return true;
}

RequestDispatcher::Facts RequestDispatcher::facts() {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  Facts facts;
  for (const RequestKind kind : kRequestKinds) {
    facts.waiting[Index(kind)] = Of(kind).size() + LineOf(kind).callers.size();
    facts.threads_waiting[Index(kind)] = LineOf(kind).threads.size();
    facts.cooldown[Index(kind)] = std::max(gate_.CooldownUntil(kind, now) - now, absl::ZeroDuration());
  }
  facts.is_down = gate_.is_down();
  facts.per_second = {polls_per_second_, submits_per_second_};
  return facts;
}

absl::Duration RequestDispatcher::TimeForPolls(int64_t polls) const {
  double rate = polls_per_second_;
  if (rate >= 1 && options_.part != nullptr) {
    const size_t places = static_cast<size_t>(rate);
    rate *= static_cast<double>(std::max<size_t>(options_.part(places), 1)) / static_cast<double>(places);
  }
  return rate > 0 ? absl::Seconds(static_cast<double>(polls) / rate) : absl::ZeroDuration();
}

bool RequestDispatcher::IsCrowded(RequestKind kind) {
  base::MutexLock lock(mutex_);
  return WaitLocked(kind) > 0 || gate_.IsBusy(kind, clock_.Now());
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
  const bool to_poll = gate_.is_down() && kind == RequestKind::kChange &&
                       (!Of(RequestKind::kRead).empty() || (observer_ != nullptr && observer_->HasToPoll(upstream_)));
  pools_full_until_ = std::min(pools_full_until_, now + kFullPoolPause);  // Unless the clock was set back.
  return std::max(gate_.NextAt(kind, to_poll, now), pools_full_until_);
}

size_t RequestDispatcher::WaitLocked(RequestKind kind) {
  const Line& line = LineOf(kind);
  return line.own.size() + line.callers.size() + line.threads.size();
}

absl::Time RequestDispatcher::NextAtLocked(RequestKind kind, Source source, absl::Time now) {
  const Line& line = LineOf(kind);
  switch (source) {
    case Source::kOwn:
      return line.own.empty() ? absl::InfiniteFuture() : NextAtLocked(kind, now);
    case Source::kCallers:
      return line.callers.empty() ? absl::InfiniteFuture() : gate_.CallerAt(kind, now);
    default:
      break;
  }
  absl::Time next = absl::InfiniteFuture();
  for (const Waiter* waiter : line.threads) next = std::min(next, gate_.FurtherAt(kind, waiter->caller, now));
  return next;
}

RequestDispatcher::HandedOut RequestDispatcher::TakeReadyLocked() {
  HandedOut out;
  wake_ = absl::InfiniteFuture();
  const absl::Time now = clock_.Now();
  for (const RequestKind kind : kRequestKinds) {
    EndLongWaitsLocked(kind, now, out);
    TakeReadyLocked(kind, now, out);
  }
  return out;
}

void RequestDispatcher::TakeReadyLocked(RequestKind kind, absl::Time now, HandedOut& out) {
  constexpr std::array<Source, 3> kSources = {Source::kOwn, Source::kCallers, Source::kThreads};
  Line& line = LineOf(kind);
  for (;;) {
    absl::Time earliest = absl::InfiniteFuture();
    std::optional<Source> next;
    for (size_t i = 1; i <= kSources.size() && !next.has_value(); ++i) {
      const Source source = kSources[(static_cast<size_t>(line.last) + i) % kSources.size()];
      const absl::Time at = NextAtLocked(kind, source, now);
      earliest = std::min(earliest, at);
      if (at <= now) next = source;
    }
    if (!next.has_value()) {
      wake_ = std::min(wake_, earliest);
      return;
    }
    line.last = *next;
    if (*next == Source::kThreads) {
      GrantLocked(kind, now);
    } else if (*next == Source::kCallers) {
      CallerQueue::Item item = *line.callers.Next();
      CallerWork& work = item.payload;
      if (!work.patient) --line.impatient;
      out.ready.push_back(
          {std::move(work.work), item.due, gate_.TakeCaller(kind, now), std::nullopt, std::move(work.refused)});
    } else {
      Queue::Item item = *line.own.Next();
      const absl::Time due = item.payload.due;
      out.ready.push_back({nullptr, due, gate_.Take(kind, now), std::move(item), nullptr});
    }
  }
}

void RequestDispatcher::HandOut() {
  HandedOut out;
  bool tells = false;
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    out = TakeReadyLocked();
    tells = observer_ != nullptr && TellsLocked(clock_.Now());
    if (observer_ != nullptr && !Of(RequestKind::kChange).empty()) wake_ = std::min(wake_, next_tell_);
    alarm_.Set(wake_);
  }
  if (tells) observer_->OnWaits(*this);
  for (Ready& ready : out.ready) Dispatch(std::move(ready));
  for (Refusal& refusal : out.refused) Refuse(std::move(refusal));
}

void RequestDispatcher::Refuse(Refusal refusal) {
  base::ThreadPool& pool = refusal.kind == RequestKind::kRead ? polls_ : submits_;
  // Shared, because a refused submission drops what it was given.
  auto shared = std::make_shared<Refusal>(std::move(refusal));
  if (!pool.Submit([shared] { shared->refused(shared->why); })) shared->refused(shared->why);
}

void RequestDispatcher::Dispatch(Ready ready) {
  base::ThreadPool& pool = ready.call.kind == RequestKind::kRead ? polls_ : submits_;
  // Shared, because a refused submission drops what it was given.
  auto shared = std::make_shared<Ready>(std::move(ready));
  const bool taken = pool.Submit([this, shared] {
    RequestSlot slot(*this, shared->call);
    const RequestSlot::Scope scope(slot);
    // An extra poll may begin before its place in the order.
    const absl::Duration delay = std::max(clock_.Now() - shared->due, absl::ZeroDuration());
    metrics_.delay[Index(shared->call.kind)].Observe(absl::ToDoubleSeconds(delay));
    Work& work = shared->back.has_value() ? shared->back->payload.work : shared->work;
    work(slot);
  });
  if (!taken) NotTaken(std::move(*shared));
}

// Memory is short, or the process stops.
void RequestDispatcher::NotTaken(Ready ready) {
  bool stopped = false;
  {
    base::MutexLock lock(mutex_);
    gate_.Ended(ready.call);
    stopped = closed_;
    if (!stopped && ready.back.has_value()) Of(ready.call.kind).Add(*std::move(ready.back));
    pools_full_until_ = clock_.Now() + kFullPoolPause;
    WakeAtLocked(pools_full_until_);
  }
  if (ready.refused) ready.refused(stopped ? Stopping() : PutOff(absl::ZeroDuration(), "no thread is free"));
}

void RequestDispatcher::WakeAtLocked(absl::Time time) {
  wake_ = std::min(wake_, time);
  alarm_.Set(wake_);
}

void RequestDispatcher::End(AdmissionControl::Call& call) {
  {
    base::MutexLock lock(mutex_);
    gate_.Ended(call);
  }
  HandOut();
}

void RequestDispatcher::Close() {
  std::array<Queue, 2> dropped;
  std::vector<Refusal> refused;
  {
    base::MutexLock lock(mutex_);
    closed_ = true;
    for (const RequestKind kind : kRequestKinds) {
      Line& line = LineOf(kind);
      dropped[Index(kind)] = std::exchange(line.own, Queue());
      while (std::optional<CallerQueue::Item> item = line.callers.Next()) {
        refused.push_back({kind, std::move(item->payload.refused), Stopping()});
      }
    }
  }
  for (Refusal& refusal : refused) Refuse(std::move(refusal));
}

void RequestDispatcher::Stop() {
  Close();
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    for (Line& line : lines_) {
      for (Waiter* waiter : line.threads) waiter->ended = Stopping();
      line.threads.clear();
    }
    changed_.NotifyAll();
  }
  alarm_.Stop();
}

}  // namespace seedance::engine

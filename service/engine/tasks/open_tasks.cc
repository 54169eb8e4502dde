#include "service/engine/tasks/open_tasks.h"

#include <algorithm>
#include <utility>

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

// So many pokes of a task are acted on at once, further ones once per pause.
constexpr int kPokesAtOnce = 5;
constexpr absl::Duration kPokePause = absl::Seconds(1);
constexpr absl::Duration kEarlyPokeLife = absl::Minutes(1);
constexpr size_t kMostEarlyPokes = 1000;

}  // namespace

OpenTasks::OpenTasks(std::string thread_name, base::Clock& clock,
                     absl::AnyInvocable<void(const std::string& id)> on_due)
    : clock_(clock),
      on_due_(std::move(on_due)),
      due_(std::move(thread_name), clock, [this](const std::string& id) { HandOut(id); }) {}

void OpenTasks::HandOut(const std::string& id) {
  {
    base::MutexLock lock(mutex_);
    Tracked* tracked = FindLocked(id);
    if (tracked == nullptr || tracked->phase == Phase::kHandedOut) return;
    // Since the queue let go of it, it had its turn and rests again.
    if (due_.Contains(id)) return;
    tracked->owner.missed_turn = tracked->phase == Phase::kAwaitsTurn;
    tracked->phase = Phase::kHandedOut;
  }
  on_due_(id);
}

void OpenTasks::Add(const GenerationTask& task, absl::Time due) {
  base::MutexLock lock(mutex_);
  Tracked& tracked = TakeUpLocked(task);
  tracked.owner.due = tracked.owner.rank = due;
  tracked.phase = Phase::kResting;
  due_.Schedule(task.id, due);
}

void OpenTasks::AddHandedOut(const GenerationTask& task) {
  base::MutexLock lock(mutex_);
  Tracked& tracked = TakeUpLocked(task);
  tracked.owner.due = tracked.owner.rank = clock_.Now();
  tracked.phase = Phase::kHandedOut;
}

OpenTasks::Tracked& OpenTasks::TakeUpLocked(const GenerationTask& task) {
  const auto [entry, is_new] = tracked_.try_emplace(task.id);
  Tracked& tracked = entry->second;
  tracked.owner.tenant = task.tenant;
  tracked.owner.upstream = task.request.upstream;
  tracked.answered = clock_.Now();
  tracked.assets = AssetNames(task.request);
  for (const std::string& asset : tracked.assets) by_asset_[asset].insert(task.id);
  if (is_new) {
    tracked.counted = true;
    ++open_of_[task.tenant];
  }
  NoteLocked(task, tracked);
  return tracked;
}

void OpenTasks::Note(const GenerationTask& task) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(task.id);
  if (tracked != nullptr) NoteLocked(task, *tracked);
}

void OpenTasks::NoteLocked(const GenerationTask& task, Tracked& tracked) {
  SetSubmittedLocked(task.id, task.state == TaskState::kQueued || task.state == TaskState::kRunning, tracked);
  tracked.state = task.state;
  tracked.deadline = task.deadline_time;
  if (tracked.told.has_value() && tracked.told->text != task.state_message) tracked.told.reset();
  if (model::IsTerminal(task.state)) return ForgetIndexesLocked(task.id, tracked);
  if (task.upstream_task_id.empty() || !tracked.upstream_task_id.empty()) return;
  tracked.upstream_task_id = task.upstream_task_id;
  const VendorId vendor_id(tracked.owner.upstream, task.upstream_task_id);
  by_vendor_id_[vendor_id] = task.id;
  const auto early = early_pokes_.find(vendor_id);
  if (early == early_pokes_.end()) return;
  const absl::Time now = clock_.Now();
  if (now < early->second + kEarlyPokeLife) tracked.poke = now;
  early_pokes_.erase(early);
}

void OpenTasks::SetSubmittedLocked(const std::string& id, bool submitted, Tracked& tracked) {
  if (tracked.owner.submitted == submitted) return;
  tracked.owner.submitted = submitted;
  submitted_of_[tracked.owner.upstream] += submitted ? 1 : -1;
  std::set<std::string>& of_tenant = submitted_by_tenant_[tracked.owner.tenant];
  if (submitted) {
    of_tenant.insert(id);
    tracked.answered = clock_.Now();
  } else if (of_tenant.erase(id); of_tenant.empty()) {
    submitted_by_tenant_.erase(tracked.owner.tenant);
  }
}

void OpenTasks::Remove(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return;
  ForgetIndexesLocked(id, *tracked);
  due_.Remove(id);
  tracked_.erase(id);
}

void OpenTasks::ForgetIndexesLocked(const std::string& id, Tracked& tracked) {
  for (const std::string& asset : tracked.assets) {
    const auto users = by_asset_.find(asset);
    users->second.erase(id);
    if (users->second.empty()) by_asset_.erase(users);
  }
  tracked.assets.clear();
  if (!tracked.upstream_task_id.empty()) by_vendor_id_.erase({tracked.owner.upstream, tracked.upstream_task_id});
  tracked.upstream_task_id.clear();
  SetSubmittedLocked(id, false, tracked);
  if (!std::exchange(tracked.counted, false)) return;
  const auto open = open_of_.find(tracked.owner.tenant);
  if (--open->second == 0) open_of_.erase(open);
}

std::optional<OpenTasks::Owner> OpenTasks::Find(const std::string& id) {
  base::MutexLock lock(mutex_);
  const Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return std::nullopt;
  Owner owner = tracked->owner;
  owner.ready = tracked->state == TaskState::kPending && tracked->assets.empty() && clock_.Now() < tracked->deadline;
  return owner;
}

// Under the lock to the end, so that no change or poke falls between the look at what has come and the queue.
void OpenTasks::Rest(const std::string& id, absl::Time due, WokenBy woken_by, absl::Time not_before,
                     absl::Time if_watched, absl::Time rank) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return;
  tracked->phase = Phase::kResting;
  tracked->woken_by = woken_by;
  tracked->not_before = not_before;
  tracked->if_watched = if_watched;
  const absl::Time planned = due;
  const bool watcher_came = std::exchange(tracked->watcher_came, false);
  if (woken_by == WokenBy::kAssets && tracked->asset_changed) due = std::min(due, clock_.Now());
  if (woken_by == WokenBy::kPokes) {
    if (tracked->poke.has_value()) due = std::min(due, std::max(*tracked->poke, not_before));
    if (watcher_came) due = std::min(due, std::max(if_watched, not_before));
  }
  // What was brought forward is no extra.
  tracked->owner.rank = due < planned ? due : std::max(due, rank);
  tracked->owner.due = due;
  due_.Schedule(id, due);
}

void OpenTasks::HastenLocked(const std::string& id, absl::Time due, Tracked& tracked) {
  tracked.owner.due = std::min(tracked.owner.due, due);
  tracked.owner.rank = tracked.owner.due;
  due_.Hasten(id, due);
}

void OpenTasks::AwaitTurn(const std::string& id, absl::Duration last_word) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return;
  tracked->phase = Phase::kAwaitsTurn;
  tracked->woken_by = WokenBy::kNothing;
  const absl::Time deadline = std::max(tracked->deadline, clock_.Now());
  due_.Schedule(id, tracked->owner.submitted ? deadline + last_word : deadline);
}

bool OpenTasks::BeginTurn(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr || tracked->phase != Phase::kAwaitsTurn) return false;
  tracked->phase = Phase::kHandedOut;
  due_.Remove(id);
  return true;
}

bool OpenTasks::IsToBeTold(const std::string& id, const WaitReason& reason, absl::Duration again) {
  base::MutexLock lock(mutex_);
  const Tracked* tracked = FindLocked(id);
  if (tracked == nullptr || tracked->phase != Phase::kAwaitsTurn) return false;
  if (!tracked->told.has_value()) return true;
  const absl::Time now = clock_.Now();
  const absl::Time last = tracked->told->at[static_cast<size_t>(reason.kind)];
  // A time ahead: the clock was set back.
  if (last <= now && now - last < again) return false;
  return IsNews(tracked->told->reason, reason, now);
}

void OpenTasks::NoteTold(const std::string& id, const WaitReason& reason, const std::string& message) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return;
  if (!tracked->told.has_value()) tracked->told = Told();
  tracked->told->reason = reason;
  tracked->told->text = message;
  tracked->told->at[static_cast<size_t>(reason.kind)] = clock_.Now();
}

bool OpenTasks::UsesAsset(const std::string& asset_name) {
  base::MutexLock lock(mutex_);
  return by_asset_.count(asset_name) > 0;
}

void OpenTasks::AssetChanged(const std::string& asset_name) {
  base::MutexLock lock(mutex_);
  const auto users = by_asset_.find(asset_name);
  if (users == by_asset_.end()) return;
  for (const std::string& id : users->second) {
    Tracked* tracked = FindLocked(id);
    tracked->asset_changed = true;
    if (tracked->phase == Phase::kResting && tracked->woken_by == WokenBy::kAssets)
      HastenLocked(id, clock_.Now(), *tracked);
  }
}

void OpenTasks::BeginCheck(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked != nullptr) tracked->asset_changed = false;
}

bool OpenTasks::BeginWait(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  return tracked != nullptr && !std::exchange(tracked->waited, true);
}

Revivals OpenTasks::RevivalsOf(const std::string& id) {
  base::MutexLock lock(mutex_);
  const Tracked* tracked = FindLocked(id);
  return tracked == nullptr ? Revivals() : tracked->revivals;
}

void OpenTasks::AddRevival(const std::string& id, const model::Asset& asset) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked != nullptr) tracked->revivals[asset.name()] = asset.revision;
}

bool OpenTasks::Notify(const std::string& upstream, const std::string& upstream_task_id) {
  base::MutexLock lock(mutex_);
  const auto known = by_vendor_id_.find({upstream, upstream_task_id});
  if (known == by_vendor_id_.end()) {
    // It may be of a task whose create is on its way back.
    if (early_pokes_.size() >= kMostEarlyPokes) early_pokes_.clear();
    early_pokes_[{upstream, upstream_task_id}] = clock_.Now();
    return false;
  }
  Tracked* tracked = FindLocked(known->second);
  // One that is still to be answered by a poll answers this one too.
  if (!tracked->poke.has_value()) {
    const absl::Time now = clock_.Now();
    tracked->poke = std::max(now, tracked->next_poke - kPokePause * (kPokesAtOnce - 1));
    tracked->next_poke = std::max(now, tracked->next_poke) + kPokePause;
  }
  // Not while it is handed out: then Rest, or the poll that is about to begin, sees the poke.
  if (tracked->phase == Phase::kResting && tracked->woken_by == WokenBy::kPokes) {
    HastenLocked(known->second, std::max(*tracked->poke, tracked->not_before), *tracked);
  }
  return true;
}

std::optional<std::string> OpenTasks::PokedAwaitingTurn(const std::string& upstream,
                                                        const std::string& upstream_task_id) {
  base::MutexLock lock(mutex_);
  const auto known = by_vendor_id_.find({upstream, upstream_task_id});
  if (known == by_vendor_id_.end()) return std::nullopt;
  const Tracked* tracked = FindLocked(known->second);
  const bool due = tracked->poke.has_value() && *tracked->poke <= clock_.Now();
  if (tracked->phase != Phase::kAwaitsTurn || !due) return std::nullopt;
  return known->second;
}

void OpenTasks::WatcherArrived(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return;
  tracked->watcher_came = tracked->phase == Phase::kHandedOut;
  if (tracked->phase != Phase::kResting || tracked->woken_by != WokenBy::kPokes) return;
  // If the watched pace is over already, now.
  const absl::Time due = std::max(tracked->if_watched, tracked->not_before);
  if (due < absl::InfiniteFuture()) HastenLocked(id, std::max(due, clock_.Now()), *tracked);
}

std::vector<std::string> OpenTasks::SubmittedOf(const std::string& tenant, const std::set<std::string>& among,
                                                size_t most) {
  base::MutexLock lock(mutex_);
  std::vector<std::string> ids;
  const auto submitted = submitted_by_tenant_.find(tenant);
  if (submitted == submitted_by_tenant_.end()) return ids;
  for (const std::string& id : among.empty() ? submitted->second : among) {
    if (ids.size() == most) break;
    if (among.empty() || submitted->second.count(id) > 0) ids.push_back(id);
  }
  return ids;
}

bool OpenTasks::BeginPoll(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return false;
  const bool poked = tracked->poke.has_value();
  tracked->poke.reset();
  return poked;
}

bool OpenTasks::IsPoked(const std::string& id) {
  base::MutexLock lock(mutex_);
  const Tracked* tracked = FindLocked(id);
  return tracked != nullptr && tracked->poke.has_value();
}

int OpenTasks::CountSubmitTry(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  return tracked == nullptr ? 0 : tracked->submit_tries++;
}

bool OpenTasks::CountNotFound(const std::string& id, bool not_found, const NotFoundPatience& patience, int64_t era) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return false;
  tracked->polled = true;
  if (std::exchange(tracked->era, era) != era) tracked->unknown.Reset();
  if (not_found) return tracked->unknown.Add(clock_.Now(), patience);
  tracked->unknown.Reset();
  return false;
}

void OpenTasks::NoteAnswer(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked != nullptr) tracked->answered = clock_.Now();
}

absl::Time OpenTasks::NoteResult(const std::string& id, bool missing) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return absl::InfiniteFuture();
  absl::Time& since = tracked->result_missing_since;
  since = missing ? std::min(since, clock_.Now()) : absl::InfiniteFuture();
  return since;
}

bool OpenTasks::IsPolled(const std::string& id) {
  base::MutexLock lock(mutex_);
  const Tracked* tracked = FindLocked(id);
  return tracked != nullptr && tracked->polled;
}

bool OpenTasks::AwaitsLastWord(const std::string& id, absl::Duration last_word) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return false;
  tracked->overdue_since = std::min(tracked->overdue_since, clock_.Now());
  return clock_.Now() < tracked->overdue_since + last_word;
}

int64_t OpenTasks::CountSubmitted(const std::string& upstream) {
  base::MutexLock lock(mutex_);
  const auto submitted = submitted_of_.find(upstream);
  return submitted == submitted_of_.end() ? 0 : submitted->second;
}

std::map<std::string, OpenTasks::UpstreamSurvey> OpenTasks::Survey() {
  base::MutexLock lock(mutex_);
  std::map<std::string, UpstreamSurvey> all;
  for (const auto& [id, tracked] : tracked_) {
    if (!tracked.counted) continue;
    UpstreamSurvey& survey = all[tracked.owner.upstream];
    ++survey.by_state[tracked.state];
    if (tracked.owner.submitted) survey.oldest_answer = std::min(survey.oldest_answer, tracked.answered);
  }
  return all;
}

bool OpenTasks::Reserve(const std::string& tenant, int64_t most) {
  base::MutexLock lock(mutex_);
  int64_t& open = open_of_[tenant];
  if (open >= most) return false;
  ++open;
  return true;
}

void OpenTasks::Unreserve(const std::string& tenant) {
  base::MutexLock lock(mutex_);
  const auto open = open_of_.find(tenant);
  if (open != open_of_.end() && --open->second == 0) open_of_.erase(open);
}

OpenTasks::Tracked* OpenTasks::FindLocked(const std::string& id) {
  const auto found = tracked_.find(id);
  return found == tracked_.end() ? nullptr : &found->second;
}

}  // namespace seedance::engine

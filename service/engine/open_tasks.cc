#include "service/engine/open_tasks.h"

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
    : clock_(clock), due_(std::move(thread_name), clock, std::move(on_due)) {}

void OpenTasks::Add(const GenerationTask& task, absl::Time due) {
  base::MutexLock lock(mutex_);
  Tracked& tracked = tracked_[task.id];
  tracked.owner.tenant = task.tenant;
  tracked.owner.upstream = task.request.upstream;
  tracked.assets = AssetNames(task.request);
  for (const std::string& asset : tracked.assets) by_asset_[asset].insert(task.id);
  NoteLocked(task, tracked);
  due_.Schedule(task.id, due);
}

void OpenTasks::Note(const GenerationTask& task) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(task.id);
  if (tracked != nullptr) NoteLocked(task, *tracked);
}

void OpenTasks::NoteLocked(const GenerationTask& task, Tracked& tracked) {
  tracked.owner.submitted = task.state == TaskState::kQueued || task.state == TaskState::kRunning;
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

void OpenTasks::Remove(const std::string& id) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return;
  ForgetIndexesLocked(id, *tracked);
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
}

std::optional<OpenTasks::Owner> OpenTasks::Find(const std::string& id) {
  base::MutexLock lock(mutex_);
  const Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return std::nullopt;
  return tracked->owner;
}

// Under the lock to the end, so that no change or poke falls between the look at what has come and the queue.
void OpenTasks::Rest(const std::string& id, absl::Time due, WokenBy woken_by, absl::Time not_before) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return;
  tracked->woken_by = woken_by;
  tracked->not_before = not_before;
  if (woken_by == WokenBy::kAssets && tracked->asset_changed) due = std::min(due, clock_.Now());
  if (woken_by == WokenBy::kPokes && tracked->poke.has_value())
    due = std::min(due, std::max(*tracked->poke, not_before));
  due_.Schedule(id, due);
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
    if (tracked->woken_by == WokenBy::kAssets) due_.Hasten(id, clock_.Now());
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

bool OpenTasks::Poke(const std::string& upstream, const std::string& upstream_task_id) {
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
  if (tracked->woken_by == WokenBy::kPokes) {
    due_.Hasten(known->second, std::max(*tracked->poke, tracked->not_before));
  }
  return true;
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

bool OpenTasks::CountNotFound(const std::string& id, bool not_found, const NotFoundPatience& patience) {
  base::MutexLock lock(mutex_);
  Tracked* tracked = FindLocked(id);
  if (tracked == nullptr) return false;
  tracked->polled = true;
  if (not_found) return tracked->unknown.Add(clock_.Now(), patience);
  tracked->unknown.Reset();
  return false;
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

OpenTasks::Tracked* OpenTasks::FindLocked(const std::string& id) {
  const auto found = tracked_.find(id);
  return found == tracked_.end() ? nullptr : &found->second;
}

}  // namespace seedance::engine

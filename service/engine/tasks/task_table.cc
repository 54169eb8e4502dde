#include "service/engine/tasks/task_table.h"

#include <algorithm>
#include <utility>

namespace seedance::engine {
namespace {

using model::GenerationTask;

constexpr absl::Duration kEarlyNoticeLife = absl::Minutes(1);
constexpr size_t kMostEarlyNotices = 1000;

}  // namespace

TaskTable::TaskTable(base::Clock& clock, AssetUsers& users)
    : clock_(clock),
      users_(users),
      due_(clock, base::Timer::Alarm::Work::kQuick, [this](const std::string& id) { HandOut(id); }) {}

void TaskTable::Start(OnDue on_due) {
  on_due_ = std::move(on_due);
  due_.Start();
}

void TaskTable::HandOut(const std::string& id) {
  OpenTask::Due due;
  {
    base::MutexLock lock(mutex_);
    OpenTask* task = FindLocked(id);
    if (task == nullptr || task->handed_out()) return;
    // Since the queue let go of it, it had its turn and was scheduled again.
    if (due_.Contains(id)) return;
    due = task->OnDue(clock_.Now());
  }
  on_due_(id, due);
}

void TaskTable::Add(const GenerationTask& task, absl::Time due) {
  base::MutexLock lock(mutex_);
  due_.Schedule(task.id, TakeUpLocked(task).Schedule({.due = due}, clock_.Now()));
}

void TaskTable::AddDisowned(const GenerationTask& task) {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  due_.Schedule(task.id, TakeUpLocked(task, /*disowned=*/true).Schedule({.due = now}, now));
}

void TaskTable::AddHandedOut(const GenerationTask& task) {
  base::MutexLock lock(mutex_);
  (void)TakeUpLocked(task);
}

OpenTask& TaskTable::TakeUpLocked(const GenerationTask& task, bool disowned) {
  if (const OpenTask* former = FindLocked(task.id); former != nullptr) {
    if (!former->ended()) UnindexLocked(task.id, *former);
    tasks_.erase(task.id);
  }
  OpenTask& open = tasks_.try_emplace(task.id, task, clock_.Now(), disowned).first->second;
  users_.Add(task.id, open.assets());
  ++open_of_[open.tenant()];
  if (open.submitted()) IndexSubmittedLocked(task.id, open, true);
  if (!open.upstream_task_id().empty()) IndexVendorIdLocked(task.id, open);
  return open;
}

TaskTable::News TaskTable::OnChange(const GenerationTask& task) {
  base::MutexLock lock(mutex_);
  OpenTask* open = FindLocked(task.id);
  if (open == nullptr) return News::kUnknown;
  // One that was read before the last change.
  if (open->ended() || task.revision < open->revision()) return News::kNone;
  const News news = open->state() == task.state ? News::kNone : News::kState;
  const bool submitted = open->submitted();
  const bool nameless = open->upstream_task_id().empty();
  if (model::IsTerminal(task.state)) UnindexLocked(task.id, *open);
  open->OnChange(task, clock_.Now());
  if (open->ended()) return news;
  if (open->submitted() != submitted) IndexSubmittedLocked(task.id, *open, !submitted);
  if (nameless && !open->upstream_task_id().empty()) IndexVendorIdLocked(task.id, *open);
  return news;
}

void TaskTable::IndexVendorIdLocked(const std::string& id, OpenTask& task) {
  const VendorId vendor_id(task.upstream(), task.upstream_task_id());
  by_vendor_id_[vendor_id] = id;
  const auto early = early_notices_.find(vendor_id);
  if (early == early_notices_.end()) return;
  const absl::Time now = clock_.Now();
  if (now < early->second + kEarlyNoticeLife) task.OnEarlyNotify(now);
  early_notices_.erase(early);
}

void TaskTable::IndexSubmittedLocked(const std::string& id, const OpenTask& task, bool submitted) {
  submitted_of_[task.upstream()] += submitted ? 1 : -1;
  std::set<std::string>& of_tenant = submitted_by_tenant_[task.tenant()];
  if (submitted) {
    of_tenant.insert(id);
  } else if (of_tenant.erase(id); of_tenant.empty()) {
    submitted_by_tenant_.erase(task.tenant());
  }
}

void TaskTable::UnindexLocked(const std::string& id, const OpenTask& task) {
  users_.Remove(id, task.assets());
  if (!task.upstream_task_id().empty()) by_vendor_id_.erase({task.upstream(), task.upstream_task_id()});
  if (task.submitted()) IndexSubmittedLocked(id, task, false);
  UncountLocked(task.tenant());
}

void TaskTable::UncountLocked(const std::string& tenant) {
  const auto open = open_of_.find(tenant);
  if (open != open_of_.end() && --open->second == 0) open_of_.erase(open);
}

void TaskTable::Remove(const std::string& id) {
  base::MutexLock lock(mutex_);
  const OpenTask* task = FindLocked(id);
  if (task == nullptr) return;
  if (!task->ended()) UnindexLocked(id, *task);
  due_.Remove(id);
  tasks_.erase(id);
}

void TaskTable::RemoveAll(absl::FunctionRef<bool(const std::string& id)> fits) {
  std::vector<std::string> ids;
  {
    base::MutexLock lock(mutex_);
    for (const auto& [id, task] : tasks_) {
      if (fits(id)) ids.push_back(id);
    }
  }
  for (const std::string& id : ids) Remove(id);
}

std::optional<OpenTask::Place> TaskTable::AwaitTurn(const std::string& id, absl::Duration last_word) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  if (task == nullptr) return std::nullopt;
  OpenTask::Place place = task->AwaitTurn(clock_.Now(), last_word);
  due_.Schedule(id, place.until);
  return place;
}

bool TaskTable::OnTurn(const std::string& id) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  if (task == nullptr || !task->OnTurn()) return false;
  due_.Remove(id);
  return true;
}

std::pair<OpenTask::Verdict, TaskTable::Standing> TaskTable::OnReport(const std::string& id,
                                                                      const OpenTask::Answer& answer,
                                                                      const OpenTask::Patience& patience) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  if (task == nullptr) return {};
  const OpenTask::Verdict verdict = task->OnReport(answer, patience, clock_.Now());
  return {verdict, StandingOfLocked(*task)};
}

// Under the lock to the end, so that no change or notification falls between the look at what has come and the queue.
void TaskTable::Schedule(const std::string& id, const OpenTask::Plan& plan) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  if (task != nullptr) due_.Schedule(id, task->Schedule(plan, clock_.Now()));
}

int TaskTable::CountSubmission(const std::string& id) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  return task == nullptr ? 0 : task->CountSubmission();
}

TaskTable::Notified TaskTable::OnNotify(const std::string& upstream, const std::string& upstream_task_id) {
  base::MutexLock lock(mutex_);
  const absl::Time now = clock_.Now();
  const auto known = by_vendor_id_.find({upstream, upstream_task_id});
  if (known == by_vendor_id_.end()) {
    if (early_notices_.size() >= kMostEarlyNotices) early_notices_.clear();
    early_notices_[{upstream, upstream_task_id}] = now;
    return {};
  }
  const std::string& id = known->second;
  OpenTask& task = *FindLocked(id);
  if (const std::optional<absl::Time> due = task.OnNotify(now)) due_.Hasten(id, *due);
  return {true, task.IsNotifiedAwaitingTurn(now) ? id : ""};
}

void TaskTable::OnWatcher(const std::string& id) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  if (task == nullptr) return;
  if (const std::optional<absl::Time> due = task->OnWatcher(clock_.Now())) due_.Hasten(id, *due);
}

void TaskTable::OnAssetChange(const std::string& asset_name) {
  // A task that is added from here on reads its assets after this change.
  const std::vector<std::string> ids = users_.TasksOf(asset_name);
  if (ids.empty()) return;
  base::MutexLock lock(mutex_);
  for (const std::string& id : ids) {
    OpenTask* task = FindLocked(id);
    if (task == nullptr) continue;
    if (const std::optional<absl::Time> due = task->OnAssetChange(clock_.Now())) due_.Hasten(id, *due);
  }
}

Revivals TaskTable::BeginCheck(const std::string& id) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  return task == nullptr ? Revivals() : task->BeginCheck();
}

bool TaskTable::BeginWait(const std::string& id, const std::vector<model::Asset>& to_revive) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  return task != nullptr && task->BeginWait(to_revive);
}

bool TaskTable::IsToBeTold(const std::string& id, const WaitReason& reason, absl::Duration again) {
  base::MutexLock lock(mutex_);
  const OpenTask* task = FindLocked(id);
  return task != nullptr && task->IsToBeTold(reason, again, clock_.Now());
}

void TaskTable::OnTold(const std::string& id, const WaitReason& reason, const std::string& message) {
  base::MutexLock lock(mutex_);
  OpenTask* task = FindLocked(id);
  if (task != nullptr) task->OnTold(reason, message, clock_.Now());
}

bool TaskTable::Contains(const std::string& id) {
  base::MutexLock lock(mutex_);
  return FindLocked(id) != nullptr;
}

TaskTable::Standing TaskTable::StandingOf(const std::string& id) {
  base::MutexLock lock(mutex_);
  const OpenTask* task = FindLocked(id);
  return task == nullptr ? Standing() : StandingOfLocked(*task);
}

TaskTable::Standing TaskTable::StandingOfLocked(const OpenTask& task) {
  const auto submitted = submitted_of_.find(task.upstream());
  return {task.polled(), submitted == submitted_of_.end() ? 0 : submitted->second};
}

int64_t TaskTable::CountSubmitted(const std::string& upstream) {
  base::MutexLock lock(mutex_);
  const auto submitted = submitted_of_.find(upstream);
  return submitted == submitted_of_.end() ? 0 : submitted->second;
}

std::vector<std::string> TaskTable::SubmittedOf(const std::string& tenant, const std::set<std::string>& among,
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

std::map<std::string, TaskTable::UpstreamSurvey> TaskTable::Survey() {
  base::MutexLock lock(mutex_);
  std::map<std::string, UpstreamSurvey> all;
  for (const auto& [id, task] : tasks_) {
    if (task.ended()) continue;
    UpstreamSurvey& survey = all[task.upstream()];
    ++survey.by_state[task.state()];
    if (task.submitted()) survey.oldest_answer = std::min(survey.oldest_answer, task.answered());
    survey.oldest_doubt = std::min(survey.oldest_doubt, task.doubt_since());
  }
  return all;
}

bool TaskTable::Reserve(const std::string& tenant, int64_t most) {
  base::MutexLock lock(mutex_);
  int64_t& open = open_of_[tenant];
  if (open >= most) return false;
  ++open;
  return true;
}

void TaskTable::Unreserve(const std::string& tenant) {
  base::MutexLock lock(mutex_);
  UncountLocked(tenant);
}

OpenTask* TaskTable::FindLocked(const std::string& id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

std::optional<TaskPlace> TaskPlace::Reserve(TaskTable& table, const std::string& tenant, int64_t most) {
  if (!table.Reserve(tenant, most)) return std::nullopt;
  return TaskPlace(table, tenant);
}

}  // namespace seedance::engine

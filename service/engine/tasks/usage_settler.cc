#include "service/engine/tasks/usage_settler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/dispatch/request_outcome.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

constexpr char kBy[] = "usage_log";
// The log is written a moment after the vendor took the task, and several doubts of one outage share a read.
constexpr absl::Duration kFirstPause = absl::Seconds(10);
// A doubt that was not settled for so long is looked for rarely.
constexpr absl::Duration kYoung = absl::Minutes(30);
constexpr absl::Duration kRarely = absl::Minutes(20);
constexpr absl::Duration kLongestPause = absl::Hours(1);
// Doubts that are rivals of later ones when they have ended, and tasks whose costs are awaited.
constexpr absl::Duration kRemembered = absl::Hours(24);
// Ids that are asked for after one read; the others wait for the next.
constexpr size_t kMostAsked = 500;
// Reads of a log that is complete for a task's end, until its cost is taken for what it shows.
constexpr int kMostCostReads = 4;
constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kMostUnits = 1'000'000'000'000;  // That a task can cost: its micros fit.

}  // namespace

UsageSettler::UsageSettler(store::Store& store, Upstreams& upstreams, TaskReconciler& reconciler, TaskTracker& tracker,
                           base::Clock& clock)
    : store_(store),
      upstreams_(upstreams),
      reconciler_(reconciler),
      tracker_(tracker),
      clock_(clock),
      due_("usage-logs", clock, [this](const std::string& name) { OnDue(name); }) {
  reconciler_.OnDoubt([this](const GenerationTask& task) { Arose(task); });
}

absl::Status UsageSettler::Start() {
  const absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
  if (!open.ok()) return open.status();
  for (const GenerationTask& task : *open) {
    if (task.state == TaskState::kSubmitUnknown) Arose(task);
  }
  due_.Start();
  return absl::OkStatus();
}

void UsageSettler::Arose(const GenerationTask& task) {
  const Upstreams::Entry* entry = upstreams_.Find(task.tenant, task.request.upstream);
  if (entry == nullptr || !entry->usage_log.enabled) return;
  Want(*entry, clock_.Now() + std::min(kFirstPause, entry->usage_log.read_interval));
}

void UsageSettler::Ended(const GenerationTask& task) {
  const Upstreams::Entry* entry = upstreams_.Find(task.tenant, task.request.upstream);
  if (entry == nullptr || !entry->usage_log.enabled || task.upstream_task_id.empty()) return;
  {
    base::MutexLock lock(mutex_);
    accounts_[entry->upstream->name()].costs[task.id] = {clock_.Now()};
  }
  Want(*entry, clock_.Now() + entry->usage_log.cost_interval);
}

void UsageSettler::Want(const Upstreams::Entry& entry, absl::Time time) {
  const std::string& name = entry.upstream->name();
  base::MutexLock lock(mutex_);
  Account& account = accounts_[name];
  const absl::Time due = std::max(time, account.last_read + entry.usage_log.read_interval);
  if (due >= account.due) return;
  account.due = due;
  due_.Schedule(name, due);
}

void UsageSettler::OnDue(const std::string& name) {
  Upstreams::Entry* entry = upstreams_.Named(name);
  if (entry == nullptr) return;
  // In its turn with the polls, and not while the vendor is down.
  entry->calls.Add(RequestKind::kPoll, "", "usage log", clock_.Now(),
                   [this, entry](RequestSlot& turn) { Read(*entry, turn); });
}

void UsageSettler::Read(Upstreams::Entry& entry, RequestSlot& turn) {
  bool costs = false;
  {
    base::MutexLock lock(mutex_);
    Account& account = accounts_[entry.upstream->name()];
    account.last_read = clock_.Now();
    account.due = absl::InfiniteFuture();
    costs = !account.costs.empty();
  }
  auto round = std::make_shared<Round>();
  const absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
  const bool doubts =
      open.ok() && std::any_of(open->begin(), open->end(), [&](const GenerationTask& task) {
        return task.state == TaskState::kSubmitUnknown && task.request.upstream == entry.upstream->name();
      });
  // Settled meanwhile, by a person perhaps.
  if (open.ok() && !doubts && !costs) return;
  round->facts.now = clock_.Now();
  turn.MarkSent();
  absl::StatusOr<upstream::UsageLog> log = entry.upstream->ReadUsage(upstreams_.BackgroundRead());
  if (absl::IsCancelled(log.status())) return;
  // What it says when it fails is about the log, which has a rate of its own, and no reason to let polls rest.
  if (log.ok()) turn.Answered(OutcomeOf(log.status()));
  absl::Status read = log.status();
  if (log.ok()) {
    round->facts.log = *std::move(log);
    read = Complete(entry, round->facts);
  }
  if (!read.ok()) return ReadFailed(entry, read);
  AskAll(entry, round);
}

void UsageSettler::ReadFailed(Upstreams::Entry& entry, const absl::Status& error) {
  int failures = 0;
  {
    base::MutexLock lock(mutex_);
    Account& account = accounts_[entry.upstream->name()];
    failures = ++account.failures;
    // A log that cannot be read for so long has lost them.
    std::erase_if(account.costs, [&](const auto& each) { return each.second.ended < clock_.Now() - kRemembered; });
  }
  if (failures == 1) {
    base::Log(base::LogLevel::kWarning, "usage_log_not_readable",
              {{"upstream", entry.upstream->name()}, {"cause", std::string(error.message())}});
  }
  const absl::Duration wish = base::GetErrorDetail(error).retry_delay.value_or(absl::ZeroDuration());
  const absl::Duration pause = std::min(
      entry.usage_log.read_interval * static_cast<double>(int64_t{1} << std::min(failures, 10)), kLongestPause);
  Want(entry, clock_.Now() + std::max(pause, wish));
}

absl::Status UsageSettler::Complete(const Upstreams::Entry& entry, UsageFacts& facts) {
  const std::string& name = entry.upstream->name();
  facts.taken_within = entry.usage_log.taken_within;
  facts.lag = entry.usage_log.lag;
  facts.exclusive_key = entry.usage_log.exclusive_key;
  // In this order: a task that was accepted after the log had been read is known below.
  absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
  if (!open.ok()) return open.status();
  for (GenerationTask& task : *open) {
    if (task.request.upstream != name) continue;
    if (task.state == TaskState::kSubmitUnknown) {
      facts.doubts.push_back(std::move(task));
    } else if (task.state == TaskState::kSubmitting) {
      facts.sent.push_back(std::move(task));
    } else if (!task.upstream_task_id.empty()) {
      facts.accepted.push_back(std::move(task));
    }
  }
  for (const upstream::UsageRow& row : facts.log.rows) {
    if (row.task_id.empty() || facts.known.count(row.task_id) > 0) continue;
    absl::StatusOr<std::optional<GenerationTask>> known = store_.FindTaskByUpstreamId(name, row.task_id);
    if (!known.ok()) return known.status();
    if (known->has_value()) {
      facts.known.emplace(row.task_id, **std::move(known));
      continue;
    }
    const absl::StatusOr<bool> deleted = store_.IsDeletedTaskOf(name, row.task_id);
    if (!deleted.ok()) return deleted.status();
    if (*deleted) facts.deleted.insert(row.task_id);
  }
  absl::StatusOr<std::vector<GenerationTask>> former = Former(name, facts);
  if (!former.ok()) return former.status();
  facts.former = *std::move(former);
  base::MutexLock lock(mutex_);
  Account& account = accounts_[name];
  account.failures = 0;
  facts.shown = account.shown;
  facts.listed_running = account.listed_running;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<GenerationTask>> UsageSettler::Former(const std::string& upstream, const UsageFacts& facts) {
  // Only there is anything bound by what else it may be.
  if (!facts.exclusive_key) return std::vector<GenerationTask>();
  std::map<std::string, GenerationTask> past;
  {
    base::MutexLock lock(mutex_);
    std::map<std::string, GenerationTask>& all = accounts_[upstream].past;
    std::erase_if(all, [&](const auto& entry) { return entry.second.create_time < facts.now - kRemembered; });
    past = all;
    for (const GenerationTask& doubt : facts.doubts) {
      GenerationTask& kept = all[doubt.id];
      kept.create_time = doubt.create_time;
      kept.update_time = doubt.update_time;
    }
  }
  for (const GenerationTask& doubt : facts.doubts) past.erase(doubt.id);
  std::vector<GenerationTask> former;
  for (auto& [id, task] : past) {
    const absl::StatusOr<GenerationTask> now = store_.GetTask(id);
    if (!now.ok() && !absl::IsNotFound(now.status())) return now.status();
    if (!now.ok() || now->upstream_task_id.empty()) former.push_back(std::move(task));
  }
  return former;
}

std::vector<std::string> UsageSettler::Chosen(const std::string& upstream, const UsageFacts& facts,
                                              std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  base::MutexLock lock(mutex_);
  std::string& last = accounts_[upstream].last_asked;
  // Some of them may never be answered: without turns they would keep the others from being asked for.
  std::rotate(ids.begin(), std::upper_bound(ids.begin(), ids.end(), last), ids.end());
  // Without the known ones no answer about the others proves anything.
  std::stable_partition(ids.begin(), ids.end(), [&](const std::string& id) { return facts.known.count(id) > 0; });
  ids.resize(kMostAsked);
  last = ids.back();
  return ids;
}

void UsageSettler::AskAll(Upstreams::Entry& entry, const std::shared_ptr<Round>& round) {
  const std::vector<GenerationTask>& doubts = round->facts.doubts;
  std::vector<std::string> ids = doubts.empty() ? std::vector<std::string>() : IdsToAsk(round->facts);
  if (ids.size() > kMostAsked) ids = Chosen(entry.upstream->name(), round->facts, std::move(ids));
  {
    base::MutexLock lock(round->mutex);
    round->unanswered = ids.size();
  }
  // Planned before the answers: they may never come. A read that finds no doubt left is not made.
  const auto youngest = std::max_element(doubts.begin(), doubts.end(), [](const auto& left, const auto& right) {
    return left.update_time < right.update_time;
  });
  if (youngest != doubts.end()) {
    const absl::Duration interval = entry.usage_log.read_interval;
    const bool young = round->facts.now - youngest->update_time < kYoung;
    Want(entry, clock_.Now() + (young ? interval : std::max(kRarely, interval)));
  }
  if (ids.empty()) return Conclude(entry, *round);
  for (const std::string& id : ids) {
    entry.calls.Add(RequestKind::kPoll, "", absl::StrCat("usage ", id), clock_.Now(),
                    [this, &entry, id, round](RequestSlot& turn) { AskOne(entry, id, turn, round); });
  }
}

void UsageSettler::AskOne(Upstreams::Entry& entry, const std::string& id, RequestSlot& turn,
                          const std::shared_ptr<Round>& round) {
  turn.MarkSent();
  const absl::StatusOr<upstream::TaskReport> report = entry.upstream->GetTask(upstreams_.BackgroundRead(), id);
  // The process stops.
  if (absl::IsCancelled(report.status())) return;
  turn.Answered(OutcomeOf(report.status()));
  bool last = false;
  {
    base::MutexLock lock(round->mutex);
    if (report.ok()) {
      round->shown[id] = {report->facts, model::IsTerminal(report->state), report->state == TaskState::kSucceeded};
    }
    last = --round->unanswered == 0;
  }
  if (last) Conclude(entry, *round);
}

void UsageSettler::Conclude(Upstreams::Entry& entry, Round& round) {
  UsageFacts& facts = round.facts;
  {
    base::MutexLock lock(round.mutex);
    for (const auto& [id, shown] : round.shown) facts.shown[id] = shown;
  }
  size_t settled = 0;
  for (const UsageDecision& decision : DecideByUsage(facts)) {
    if (decision.kind == UsageDecision::Kind::kOpen) continue;
    Settle(entry, decision);
    ++settled;
  }
  AwaitCosts(entry, facts, SettleCosts(entry, facts));
  {
    base::MutexLock lock(mutex_);
    Account& account = accounts_[entry.upstream->name()];
    account.listed_running = facts.listed_running || ListsRunning(facts);
    account.shown.clear();
    for (const upstream::UsageRow& row : facts.log.rows) {
      const auto shown = facts.shown.find(row.task_id);
      if (shown != facts.shown.end() && shown->second.ended) account.shown.insert(*shown);
    }
  }
  if (!facts.doubts.empty()) {
    base::Log(base::LogLevel::kInfo, "usage_log_read",
              {{"upstream", entry.upstream->name()},
               {"rows", std::ssize(facts.log.rows)},
               {"known", std::ssize(facts.known)},
               {"doubts", std::ssize(facts.doubts)},
               {"settled", static_cast<int64_t>(settled)}});
  }
}

void UsageSettler::Settle(const Upstreams::Entry& entry, const UsageDecision& decision) {
  const absl::Status settled =
      decision.kind == UsageDecision::Kind::kBound
          ? reconciler_.BindProven(decision.task, decision.upstream_task_id, decision.time, kBy).status()
          : reconciler_.NotTakenProven(decision.task, kBy).status();
  // Settled meanwhile, or the store failed: then the next read sees it again.
  if (settled.ok()) return;
  base::Log(base::LogLevel::kInfo, "usage_log_verdict_not_taken",
            {{"upstream", entry.upstream->name()},
             {"task", model::GenerationTaskName(decision.task)},
             {"cause", std::string(settled.message())}});
}

std::set<std::string> UsageSettler::SettleCosts(const Upstreams::Entry& entry, const UsageFacts& facts) {
  std::set<std::string> told;
  for (const auto& [id, task] : facts.known) {
    if (!model::IsTerminal(task.state)) continue;
    const std::optional<int64_t> quota = QuotaOf(facts.log, id);
    if (!quota.has_value()) continue;
    const int64_t per_unit = entry.usage_log.quota_per_unit;
    const int64_t units = std::min(*quota / per_unit, kMostUnits);
    const model::Cost cost = {entry.usage_log.currency, units * kMicros + *quota % per_unit * kMicros / per_unit};
    // What cannot be written now is read again.
    if (task.settled_cost != cost && !tracker_.SettleCost(task.id, cost).ok()) continue;
    if (task.state == TaskState::kSucceeded || *quota == 0) told.insert(task.id);
  }
  return told;
}

void UsageSettler::AwaitCosts(const Upstreams::Entry& entry, const UsageFacts& facts,
                              const std::set<std::string>& told) {
  {
    base::MutexLock lock(mutex_);
    std::map<std::string, AwaitedCost>& costs = accounts_[entry.upstream->name()].costs;
    for (auto& [id, awaited] : costs) {
      const bool complete = facts.now - awaited.ended >= facts.lag;
      if (complete) awaited.reads = told.count(id) > 0 ? kMostCostReads : awaited.reads + 1;
    }
    std::erase_if(costs, [](const auto& each) { return each.second.reads >= kMostCostReads; });
    if (costs.empty()) return;
  }
  Want(entry, clock_.Now() + entry.usage_log.cost_interval);
}

}  // namespace seedance::engine

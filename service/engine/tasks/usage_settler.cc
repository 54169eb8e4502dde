#include "service/engine/tasks/usage_settler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"

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

UsageSettler::UsageSettler(store::TaskStore& store, VendorAccounts& accounts, TaskReconciler& reconciler,
                           TaskWriter& writer, base::Clock& clock)
    : store_(store),
      accounts_(accounts),
      reconciler_(reconciler),
      writer_(writer),
      clock_(clock),
      due_(clock, base::Timer::Alarm::Work::kQuick, [this](const std::string& name) { OnDue(name); }) {}

absl::Status UsageSettler::TakeUp(const store::ShardSet& shards) {
  const absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
  if (!open.ok()) return open.status();
  for (const GenerationTask& task : *open) {
    const bool own = shards.test(store::ShardOf(task.id));
    if (own && task.state == TaskState::kSubmitUnknown) OnInDoubt(task);
  }
  return absl::OkStatus();
}

void UsageSettler::OnInDoubt(const GenerationTask& task) {
  const VendorAccount* account = accounts_.Named(task.request.upstream);
  if (account == nullptr || !account->usage_log().enabled) return;
  Want(*account, clock_.Now() + std::min(kFirstPause, account->usage_log().read_interval));
}

void UsageSettler::Ended(const GenerationTask& task) {
  const VendorAccount* account = accounts_.Named(task.request.upstream);
  if (account == nullptr || !account->usage_log().enabled || task.upstream_task_id.empty()) return;
  {
    base::MutexLock lock(mutex_);
    of_account_[account->name()].costs[task.id] = {clock_.Now()};
  }
  Want(*account, clock_.Now() + account->usage_log().cost_interval);
}

void UsageSettler::Want(const VendorAccount& account, absl::Time time) {
  const std::string& name = account.name();
  base::MutexLock lock(mutex_);
  Account& state = of_account_[name];
  const absl::Time due = std::max(time, state.last_read + account.usage_log().read_interval);
  if (due >= state.due) return;
  state.due = due;
  due_.Schedule(name, due);
}

void UsageSettler::OnDue(const std::string& name) {
  VendorAccount* account = accounts_.Named(name);
  if (account == nullptr) return;
  // In its turn with the polls, and not while the vendor is down.
  account->requests().Add(RequestKind::kRead, "", "usage log", clock_.Now(),
                          [this, account](RequestSlot& slot) { Read(*account, slot); });
}

void UsageSettler::Read(VendorAccount& account, RequestSlot& slot) {
  bool costs = false;
  {
    base::MutexLock lock(mutex_);
    Account& state = of_account_[account.name()];
    state.last_read = clock_.Now();
    state.due = absl::InfiniteFuture();
    costs = !state.costs.empty();
  }
  auto round = std::make_shared<Round>();
  const absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
  const bool doubts = open.ok() && std::any_of(open->begin(), open->end(), [&](const GenerationTask& task) {
                        return task.state == TaskState::kSubmitUnknown && task.request.upstream == account.name();
                      });
  // Settled meanwhile, by a person perhaps.
  if (open.ok() && !doubts && !costs) return;
  round->facts.now = clock_.Now();
  absl::StatusOr<upstream::UsageLog> log = account.upstream().usage_log()->ReadUsage(accounts_.BackgroundRead(&slot));
  if (absl::IsCancelled(log.status())) return;
  absl::Status read = log.status();
  if (log.ok()) {
    round->facts.log = *std::move(log);
    read = Complete(account, round->facts);
  }
  if (!read.ok()) return ReadFailed(account, read);
  AskAll(account, round);
}

void UsageSettler::ReadFailed(VendorAccount& account, const absl::Status& error) {
  int failures = 0;
  {
    base::MutexLock lock(mutex_);
    Account& state = of_account_[account.name()];
    failures = ++state.failures;
    // A log that cannot be read for so long has lost them.
    std::erase_if(state.costs, [&](const auto& each) { return each.second.ended < clock_.Now() - kRemembered; });
  }
  if (failures == 1) {
    base::Log(base::LogLevel::kWarning, "usage_log_not_readable",
              {{"upstream", account.name()}, {"cause", std::string(error.message())}});
  }
  const absl::Duration wish = base::GetErrorDetail(error).retry_delay.value_or(absl::ZeroDuration());
  const absl::Duration pause = std::min(
      account.usage_log().read_interval * static_cast<double>(int64_t{1} << std::min(failures, 10)), kLongestPause);
  Want(account, clock_.Now() + std::max(pause, wish));
}

absl::Status UsageSettler::Complete(const VendorAccount& account, UsageFacts& facts) {
  const std::string& name = account.name();
  facts.taken_within = account.usage_log().taken_within;
  facts.lag = account.usage_log().lag;
  facts.exclusive_key = account.exclusive_key();
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
  Account& state = of_account_[name];
  state.failures = 0;
  facts.shown = state.shown;
  facts.listed_running = state.listed_running;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<GenerationTask>> UsageSettler::Former(const std::string& upstream, const UsageFacts& facts) {
  // Only there is anything bound by what else it may be.
  if (!facts.exclusive_key) return std::vector<GenerationTask>();
  std::map<std::string, GenerationTask> past;
  {
    base::MutexLock lock(mutex_);
    std::map<std::string, GenerationTask>& all = of_account_[upstream].past;
    std::erase_if(all, [&](const auto& account) { return account.second.create_time < facts.now - kRemembered; });
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
  std::string& last = of_account_[upstream].last_asked;
  // Some of them may never be answered: without turns they would keep the others from being asked for.
  std::rotate(ids.begin(), std::upper_bound(ids.begin(), ids.end(), last), ids.end());
  // Without the known ones no answer about the others proves anything.
  std::stable_partition(ids.begin(), ids.end(), [&](const std::string& id) { return facts.known.count(id) > 0; });
  ids.resize(kMostAsked);
  last = ids.back();
  return ids;
}

void UsageSettler::AskAll(VendorAccount& account, const std::shared_ptr<Round>& round) {
  const std::vector<GenerationTask>& doubts = round->facts.doubts;
  std::vector<std::string> ids = doubts.empty() ? std::vector<std::string>() : IdsToAsk(round->facts);
  if (ids.size() > kMostAsked) ids = Chosen(account.name(), round->facts, std::move(ids));
  {
    base::MutexLock lock(round->mutex);
    round->unanswered = ids.size();
  }
  // Planned before the answers: they may never come. A read that finds no doubt left is not made.
  const auto youngest = std::max_element(doubts.begin(), doubts.end(), [](const auto& left, const auto& right) {
    return left.update_time < right.update_time;
  });
  if (youngest != doubts.end()) {
    const absl::Duration interval = account.usage_log().read_interval;
    const bool young = round->facts.now - youngest->update_time < kYoung;
    Want(account, clock_.Now() + (young ? interval : std::max(kRarely, interval)));
  }
  if (ids.empty()) return Conclude(account, *round);
  for (const std::string& id : ids) {
    account.requests().Add(RequestKind::kRead, "", absl::StrCat("usage ", id), clock_.Now(),
                           [this, &account, id, round](RequestSlot& slot) { AskOne(account, id, slot, round); });
  }
}

void UsageSettler::AskOne(VendorAccount& account, const std::string& id, RequestSlot& slot,
                          const std::shared_ptr<Round>& round) {
  const absl::StatusOr<upstream::TaskReport> report =
      account.upstream().tasks().GetTask(accounts_.BackgroundRead(&slot), id);
  // The process stops.
  if (absl::IsCancelled(report.status())) return;
  bool last = false;
  {
    base::MutexLock lock(round->mutex);
    if (report.ok()) {
      round->shown[id] = {report->facts, model::IsTerminal(report->state), report->state == TaskState::kSucceeded};
    }
    last = --round->unanswered == 0;
  }
  if (last) Conclude(account, *round);
}

void UsageSettler::Conclude(VendorAccount& account, Round& round) {
  UsageFacts& facts = round.facts;
  {
    base::MutexLock lock(round.mutex);
    for (const auto& [id, shown] : round.shown) facts.shown[id] = shown;
  }
  size_t settled = 0;
  for (const UsageDecision& decision : DecideByUsage(facts)) {
    if (decision.kind == UsageDecision::Kind::kOpen) continue;
    Settle(account, decision);
    ++settled;
  }
  AwaitCosts(account, facts, SettleCosts(account, facts));
  {
    base::MutexLock lock(mutex_);
    Account& state = of_account_[account.name()];
    state.listed_running = facts.listed_running || ListsRunning(facts);
    state.shown.clear();
    for (const upstream::UsageRow& row : facts.log.rows) {
      const auto shown = facts.shown.find(row.task_id);
      if (shown != facts.shown.end() && shown->second.ended) state.shown.insert(*shown);
    }
  }
  if (!facts.doubts.empty()) {
    base::Log(base::LogLevel::kInfo, "usage_log_read",
              {{"upstream", account.name()},
               {"rows", std::ssize(facts.log.rows)},
               {"known", std::ssize(facts.known)},
               {"doubts", std::ssize(facts.doubts)},
               {"settled", static_cast<int64_t>(settled)}});
  }
}

void UsageSettler::Settle(const VendorAccount& account, const UsageDecision& decision) {
  const absl::Status settled =
      decision.kind == UsageDecision::Kind::kBound
          ? reconciler_.BindProven(decision.task, decision.upstream_task_id, decision.time, kBy).status()
          : reconciler_.NotTakenProven(decision.task, kBy).status();
  // Settled meanwhile, or the store failed: then the next read sees it again.
  if (settled.ok()) return;
  base::Log(base::LogLevel::kInfo, "usage_log_verdict_not_taken",
            {{"upstream", account.name()},
             {"task", model::GenerationTaskName(decision.task)},
             {"cause", std::string(settled.message())}});
}

std::set<std::string> UsageSettler::SettleCosts(const VendorAccount& account, const UsageFacts& facts) {
  std::set<std::string> told;
  for (const auto& [id, task] : facts.known) {
    if (!model::IsTerminal(task.state)) continue;
    const std::optional<int64_t> quota = QuotaOf(facts.log, id);
    if (!quota.has_value()) continue;
    const int64_t per_unit = account.usage_log().quota_per_unit;
    const int64_t units = std::min(*quota / per_unit, kMostUnits);
    const model::Cost cost = {account.usage_log().currency, units * kMicros + *quota % per_unit * kMicros / per_unit};
    // What cannot be written now is read again.
    if (task.settled_cost != cost && !writer_.SettleCost(task.id, cost).ok()) continue;
    if (task.state == TaskState::kSucceeded || *quota == 0) told.insert(task.id);
  }
  return told;
}

void UsageSettler::AwaitCosts(const VendorAccount& account, const UsageFacts& facts,
                              const std::set<std::string>& told) {
  {
    base::MutexLock lock(mutex_);
    std::map<std::string, AwaitedCost>& costs = of_account_[account.name()].costs;
    for (auto& [id, awaited] : costs) {
      const bool complete = facts.now - awaited.ended >= facts.lag;
      if (complete) awaited.reads = told.count(id) > 0 ? kMostCostReads : awaited.reads + 1;
    }
    std::erase_if(costs, [](const auto& each) { return each.second.reads >= kMostCostReads; });
    if (costs.empty()) return;
  }
  Want(account, clock_.Now() + account.usage_log().cost_interval);
}

}  // namespace seedance::engine

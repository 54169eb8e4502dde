#include "service/engine/tasks/task_reconciler.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;
using upstream::TaskSighting;

// As for calls (VendorLookup): the vendor's clock may be behind, and it may take a task long after the connection was
// lost.
constexpr absl::Duration kClockSkew = absl::Seconds(30);
constexpr absl::Duration kLateness = absl::Hours(1);
constexpr size_t kMostCandidates = 20;

constexpr char kField[] = "upstream_task_id";

absl::Status NotInDoubt(const GenerationTask& task) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kTaskNotInDoubt;
  detail.resource = base::ResourceRef{"seedance.gateway.v1.GenerationTask", task.name()};
  return base::MakeError(
      absl::StrCat("the task is ", std::string(model::TaskStateName(task.state)), ": there is nothing to settle"),
      detail);
}

absl::Status NoList(const std::string& upstream) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUnsupportedByUpstream;
  return base::MakeError(
      absl::StrCat("upstream ", upstream,
                   " has no list of tasks to search: search there yourself, and set upstream_task_id or "
                   "not_accepted"),
      detail);
}

upstream::TaskSearch SearchFor(const GenerationTask& task) {
  return {task.request, task.create_time - kClockSkew, task.update_time + kLateness};
}

// Without white space: vendors show prompts with less of it than they were sent.
std::string SentPrompt(const GenerationTask& task) {
  std::string prompt = task.request.sent_prompt.empty() ? task.request.prompt : task.request.sent_prompt;
  std::erase_if(prompt, [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); });
  return prompt;
}

// Whether it is not known what became of the submission, also when the task was given up for that.
bool IsInDoubt(const GenerationTask& task) {
  return task.state == TaskState::kSubmitUnknown ||
         (task.state == TaskState::kExpired && task.error.reason == base::Reason::kOutcomeUnknown &&
          task.upstream_task_id.empty());
}

bool MayBeAtVendor(const GenerationTask& task) {
  return task.state == TaskState::kSubmitUnknown || task.state == TaskState::kSubmitting;
}

// Whether another task that is in doubt, or on its way, fits the sighting as well.
bool HasRival(const GenerationTask& task, const TaskSighting& sighting, const std::vector<GenerationTask>& open) {
  return std::any_of(open.begin(), open.end(), [&](const GenerationTask& other) {
    if (other.id == task.id || other.request.upstream != task.request.upstream) return false;
    // Whatever its model: the vendor may not have shown it.
    if (!MayBeAtVendor(other) || SentPrompt(other) != SentPrompt(task)) return false;
    if (!sighting.create_time.has_value() || other.state == TaskState::kSubmitting) return true;
    const upstream::TaskSearch window = SearchFor(other);
    return *sighting.create_time >= window.since && *sighting.create_time <= window.until;
  });
}

// Whether what the vendor has may be of another tenant's task. Matters where they share credentials.
bool HasForeign(const GenerationTask& task, const std::vector<GenerationTask>& open) {
  return std::any_of(open.begin(), open.end(), [&task](const GenerationTask& other) {
    return other.tenant != task.tenant && other.request.upstream == task.request.upstream && MayBeAtVendor(other);
  });
}

absl::Status OthersInDoubt(const std::string& upstream) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kSharedCredentials;
  return base::MakeError(absl::StrCat("tasks of other tenants are in flight to upstream ", upstream,
                                      ", or in doubt there, with the same credentials: the vendor's task may be "
                                      "theirs; retry when they are settled"),
                         detail);
}

// How far from the time at which the doubt arose; what has no time stands last.
absl::Duration DistanceOf(const GenerationTask& task, const TaskSighting& sighting) {
  if (!sighting.create_time.has_value()) return absl::InfiniteDuration();
  return absl::AbsDuration(*sighting.create_time - task.update_time);
}

std::vector<TaskCandidate> CandidatesOf(const std::vector<TaskSighting>& sightings) {
  std::vector<TaskCandidate> candidates;
  for (const TaskSighting& sighting : sightings) {
    if (candidates.size() == kMostCandidates) break;
    if (!model::IsUpstreamId(sighting.id)) continue;
    candidates.push_back({sighting.id, sighting.create_time.value_or(absl::InfinitePast()), sighting.state});
  }
  return candidates;
}

}  // namespace

TaskReconciler::TaskReconciler(const Options& options, store::TaskStore& store, VendorAccounts& accounts,
                               TaskTable& table, TaskWriter& writer, base::Clock& clock)
    : options_(options),
      store_(store),
      accounts_(accounts),
      table_(table),
      writer_(writer),
      clock_(clock),
      schedule_(clock, [this](const std::string& id) { LookByItself(id); }) {}

absl::Status TaskReconciler::TakeUp(const store::ShardSet& shards) {
  const absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
  if (!open.ok()) return open.status();
  for (const GenerationTask& task : *open) {
    const bool own = shards.test(store::ShardOf(task.id));
    if (own && task.state == TaskState::kSubmitUnknown) schedule_.Add(task.id, /*at_once=*/true);
  }
  return absl::OkStatus();
}

void TaskReconciler::LookByItself(const std::string& id) {
  const absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (!task.ok()) return schedule_.Done(id, absl::IsNotFound(task.status()));
  VendorAccount* account = accounts_.Named(task->request.upstream);
  const bool searchable = account != nullptr && account->profile().lists_tasks;
  if (task->state != TaskState::kSubmitUnknown || !searchable) return schedule_.Done(id, true);
  // As any call of the background: in its turn, and not while the vendor is down or wants a rest.
  account->requests().Add(
      RequestKind::kRead, task->tenant, absl::StrCat("doubt ", id), clock_.Now(),
      [this, id, account](RequestSlot& slot) {
        const absl::StatusOr<ReconciledTask> searched = Search(accounts_.BackgroundRead(&slot), id, *account);
        if (upstream::WasPutOff(searched.status())) return schedule_.PutOff(id, searched.status());
        const bool over = searched.ok() ? searched->task.state != TaskState::kSubmitUnknown
                                        : base::GetReason(searched.status()) == base::Reason::kTaskNotInDoubt;
        schedule_.Done(id, over);
      });
}

void TaskReconciler::Reconcile(const CallContext& context, const GenerationTask& task,
                               const ReconcileTaskParams& params, Done<ReconciledTask> done) {
  if (!IsInDoubt(task)) return done(NotInDoubt(task));
  const auto wrap = [](absl::StatusOr<GenerationTask> settled) -> absl::StatusOr<ReconciledTask> {
    if (!settled.ok()) return settled.status();
    return ReconciledTask{*std::move(settled), {}};
  };
  if (params.not_accepted) {
    return done(wrap(NotAccepted(task, "operator", "the vendor never accepted the task, according to the operator")));
  }
  VendorAccount* account = accounts_.Named(task.request.upstream);
  if (account == nullptr || (!params.upstream_task_id.has_value() && !account->profile().lists_tasks)) {
    return done(NoList(task.request.upstream));
  }
  account->Read<ReconciledTask>(context, std::move(done),
                                [this, context, task, params, account, wrap](Done<ReconciledTask> answer) {
                                  const upstream::CallOptions call = ToCallOptions(context);
                                  if (!params.upstream_task_id.has_value())
                                    return answer(Search(call, task.id, *account));
                                  answer(wrap(BindAsTold(call, task, *params.upstream_task_id, *account)));
                                });
}

absl::StatusOr<ReconciledTask> TaskReconciler::Search(const upstream::CallOptions& call, const std::string& id,
                                                      VendorAccount& account) {
  absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (!task.ok()) return task.status();
  if (!IsInDoubt(*task)) return NotInDoubt(*task);
  absl::StatusOr<std::vector<TaskSighting>> there = account.upstream().task_list()->FindTasks(call, SearchFor(*task));
  if (!there.ok()) return there.status();
  // After the vendor and before the look at what is bound: what the vendor showed is of a task that stands here, or is
  // bound by then.
  const absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
  if (!open.ok()) return open.status();
  const absl::StatusOr<std::vector<TaskSighting>> free = Unbound(*task, *std::move(there), account);
  if (!free.ok()) return free.status();
  base::Log(base::LogLevel::kInfo, "task_searched",
            {{"task", task->name()}, {"upstream", account.name()}, {"candidates", std::ssize(*free)}});
  ReconciledTask result{*task, {}};
  if (account.dedicated() || !HasForeign(*task, *open)) result.candidates = CandidatesOf(*free);
  // When the doubt about one that was given up arose is not known any more: what fits by time may be another's.
  if (task->state == TaskState::kExpired) return result;
  // One of which the vendor shows too little is left to a person.
  if (free->size() != 1 || !free->front().same_prompt) return result;
  // One whose id cannot be used may be this task all the same: it stays in doubt.
  if (!model::IsUpstreamId(free->front().id)) return result;
  if (HasRival(*task, free->front(), *open)) return result;
  absl::StatusOr<GenerationTask> bound = Bind(*task, free->front().id, free->front().create_time, "search");
  // Bound to another task meanwhile: then this one is still in doubt.
  if (base::GetReason(bound.status()) == base::Reason::kInvalidInput) return result;
  if (!bound.ok()) return bound.status();
  result.task = *std::move(bound);
  return result;
}

absl::StatusOr<std::vector<TaskSighting>> TaskReconciler::Unbound(const GenerationTask& task,
                                                                  std::vector<TaskSighting> there,
                                                                  VendorAccount& account) {
  std::vector<TaskSighting> free;
  for (TaskSighting& sighting : there) {
    const auto bound = store_.FindTaskByUpstreamId(account.name(), sighting.id);
    if (!bound.ok()) return bound.status();
    if (bound->has_value()) continue;
    const absl::StatusOr<bool> deleted = store_.IsDeletedTaskOf(account.name(), sighting.id);
    if (!deleted.ok()) return deleted.status();
    if (!*deleted) free.push_back(std::move(sighting));
  }
  std::stable_sort(free.begin(), free.end(), [&task](const TaskSighting& left, const TaskSighting& right) {
    return DistanceOf(task, left) < DistanceOf(task, right);
  });
  return free;
}

absl::StatusOr<GenerationTask> TaskReconciler::BindAsTold(const upstream::CallOptions& call, const GenerationTask& task,
                                                          const std::string& upstream_task_id, VendorAccount& account) {
  const absl::StatusOr<upstream::TaskReport> report = account.upstream().tasks().GetTask(call, upstream_task_id);
  if (absl::IsNotFound(report.status())) {
    return base::InvalidField(kField, absl::StrCat("must be the id of a task known to upstream ", account.name(),
                                                   "; this one is unknown there"));
  }
  if (!report.ok()) return report.status();
  if (!account.dedicated()) {
    const absl::StatusOr<std::vector<GenerationTask>> open = store_.ListOpenTasks();
    if (!open.ok()) return open.status();
    if (HasForeign(task, *open)) return OthersInDoubt(account.name());
  }
  return Bind(task, upstream_task_id, std::nullopt, "operator");
}

absl::StatusOr<GenerationTask> TaskReconciler::Bind(const GenerationTask& task, const std::string& upstream_task_id,
                                                    std::optional<absl::Time> submit_time, const char* by) {
  const VendorId vendor_id(task.request.upstream, upstream_task_id);
  if (!Claim(vendor_id)) return base::InvalidField(kField, "is being assigned to another task");
  const absl::Cleanup unclaim = [this, &vendor_id] { Unclaim(vendor_id); };
  const auto bound = store_.FindTaskByUpstreamId(task.request.upstream, upstream_task_id);
  if (!bound.ok()) return bound.status();
  if (bound->has_value()) {
    // Another tenant's task is not named.
    const bool own = (*bound)->tenant == task.tenant;
    return base::InvalidField(kField, absl::StrCat("belongs to ", own ? (*bound)->name() : "another task"));
  }
  const absl::StatusOr<bool> deleted = store_.IsDeletedTaskOf(task.request.upstream, upstream_task_id);
  if (!deleted.ok()) return deleted.status();
  if (*deleted) return base::InvalidField(kField, "belonged to a task that was deleted");
  const absl::Time now = clock_.Now();
  const bool expired = task.state == TaskState::kExpired;
  const auto bind = [&](GenerationTask& edited) {
    if (edited.state != task.state || !IsInDoubt(edited)) return NotInDoubt(edited);
    edited.state = TaskState::kQueued;
    edited.upstream_task_id = upstream_task_id;
    edited.submit_time = submit_time.value_or(expired ? edited.create_time : edited.update_time);
    edited.error = {};
    edited.end_time = absl::InfinitePast();
    edited.deadline_time = std::max(edited.deadline_time, now + options_.deadline);
    return absl::OkStatus();
  };
  absl::StatusOr<GenerationTask> changed = expired ? writer_.Reopen(task.id, bind) : writer_.Write(task.id, bind);
  if (!changed.ok()) return changed;
  base::Log(base::LogLevel::kWarning, "task_reconciled",
            {{"task", changed->name()},
             {"tenant", changed->tenant},
             {"upstream", changed->request.upstream},
             {"upstream_task_id", upstream_task_id},
             {"by", by}});
  table_.Hasten(task.id);
  return changed;
}

absl::StatusOr<GenerationTask> TaskReconciler::BindProven(const std::string& id, const std::string& upstream_task_id,
                                                          absl::Time submit_time, const char* by) {
  absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (!task.ok()) return task;
  if (task->state != TaskState::kSubmitUnknown) return NotInDoubt(*task);
  const bool timed = submit_time != absl::InfinitePast();
  return Bind(*task, upstream_task_id, timed ? std::optional<absl::Time>(submit_time) : std::nullopt, by);
}

absl::StatusOr<GenerationTask> TaskReconciler::NotTakenProven(const std::string& id, const char* by) {
  absl::StatusOr<GenerationTask> task = store_.GetTask(id);
  if (!task.ok()) return task;
  if (task->state != TaskState::kSubmitUnknown) return NotInDoubt(*task);
  return NotAccepted(*task, by, "the vendor never accepted the task: its usage log does not show it");
}

absl::StatusOr<GenerationTask> TaskReconciler::NotAccepted(const GenerationTask& task, const char* by,
                                                           const std::string& message) {
  // One that was given up has its end; nothing is gained by another one.
  if (task.state == TaskState::kExpired) return NotInDoubt(task);
  absl::StatusOr<GenerationTask> changed = writer_.Write(task.id, [&message](GenerationTask& edited) {
    if (edited.state != TaskState::kSubmitUnknown) return NotInDoubt(edited);
    edited.state = TaskState::kFailed;
    // Not UNAVAILABLE: callers would repeat the call, whose request id is spent.
    edited.error = {base::Reason::kUpstreamFailed, "", message};
    return absl::OkStatus();
  });
  if (!changed.ok()) return changed;
  base::Log(base::LogLevel::kWarning, "task_reconciled",
            {{"task", changed->name()},
             {"tenant", changed->tenant},
             {"upstream", changed->request.upstream},
             {"upstream_task_id", ""},
             {"by", by}});
  table_.Hasten(task.id);
  return changed;
}

bool TaskReconciler::Claim(const VendorId& id) {
  base::MutexLock lock(mutex_);
  return claimed_.insert(id).second;
}

void TaskReconciler::Unclaim(const VendorId& id) {
  base::MutexLock lock(mutex_);
  claimed_.erase(id);
}

}  // namespace seedance::engine

#include "service/engine/tasks/tasks.h"

#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/base/trace.h"
#include "service/engine/assets/asset_waits.h"
#include "service/engine/journal/journal.h"
#include "service/engine/tasks/task_draft.h"
#include "service/engine/tasks/task_fingerprint.h"
#include "service/engine/tasks/task_references.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

// Polls that a new watch brings forward: more than any vendor's rate lets through in the pause of an unwatched task.
constexpr size_t kMostBroughtForward = 10'000;

// Who has one shard of 128 finds an id of it among so many, but for one case in a million.
constexpr int kMostIdsTried = 2000;

absl::Status TaskNotFound(const std::string& id) {
  return base::ResourceNotFound("seedance.gateway.v1.GenerationTask", model::GenerationTaskName(id));
}

void Append(std::vector<base::FieldViolation> more, std::vector<base::FieldViolation>& violations) {
  std::move(more.begin(), more.end(), std::back_inserter(violations));
}

// The upstream that the request names, or that of its first asset at one of the tenant's. Empty: the tenant's first.
// NOT_FOUND when all its assets are elsewhere.
absl::StatusOr<std::string> UpstreamOf(VendorAccounts& accounts, const std::string& tenant,
                                       const model::TaskRequest& request) {
  if (!request.upstream.empty()) return request.upstream;
  absl::Status foreign;
  for (size_t i = 0; i < request.references.size(); ++i) {
    const std::optional<model::UpstreamHandle>& asset = request.references[i].asset;
    // Without an id the name could not be read, which is a violation already.
    if (!asset.has_value() || asset->id.empty()) continue;
    if (accounts.Find(tenant, asset->upstream) != nullptr) return asset->upstream;
    foreign.Update(AtReference(AssetNotFound(*asset), i));
  }
  if (!foreign.ok()) return foreign;
  return "";
}

absl::Status NotEnded(const GenerationTask& task) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kTaskNotEnded;
  detail.resource = base::ResourceRef{"seedance.gateway.v1.GenerationTask", task.name()};
  return base::MakeError(absl::StrCat("the task is ", std::string(model::TaskStateName(task.state)),
                                      "; only a task that has ended can be deleted"),
                         detail);
}

}  // namespace

void Tasks::Create(const CallContext& context, const CreateTaskParams& params, Done<GenerationTask> done) {
  VendorAccount* account =
      with_.accounts.Find(context.tenant, UpstreamOf(with_.accounts, context.tenant, params.request).value_or(""));
  // An asset that this store has never seen may still be the tenant's own.
  const bool adopts = account != nullptr && account->dedicated();
  absl::Status failed = CreateWith(context, params, /*adopt=*/false, done);
  if (failed.ok()) return;
  if (!adopts || !absl::IsNotFound(failed)) return done(failed);
  account->Read<GenerationTask>(context, std::move(done), [this, context, params](Done<GenerationTask> answer) {
    const absl::Status refused = CreateWith(context, params, /*adopt=*/true, answer);
    if (!refused.ok()) answer(refused);
  });
}

absl::Status Tasks::CreateWith(const CallContext& context, const CreateTaskParams& params, bool adopt,
                               Done<GenerationTask>& done) {
  model::JournalEntry call;
  call.key = {context.tenant, "CreateGenerationTask", absl::AsciiStrToLower(params.request_id)};
  call.fingerprint = FingerprintOf(params.request);
  if (!params.request_id.empty() && !params.validate_only && params.violations.empty()) {
    // Asked before the checks: what was accepted once is answered again even if its assets are gone by now.
    absl::StatusOr<std::optional<model::JournalEntry>> earlier = with_.store.GetEntry(call.key);
    if (!earlier.ok()) return earlier.status();
    if (earlier->has_value()) {
      absl::StatusOr<GenerationTask> answer = AnswerOfEarlier(with_.store, **earlier, call.fingerprint);
      // What came to nothing is made anew.
      if (!answer.ok() || !model::WasDisowned(*answer)) return done(std::move(answer)), absl::OkStatus();
    }
  }
  absl::StatusOr<GenerationTask> task = Prepare(context, params, adopt);
  if (!task.ok()) return task.status();
  const int64_t max_open = max_open_per_tenant_;
  std::optional<TaskPlace> place = TaskPlace::Reserve(with_.table, context.tenant, max_open);
  if (!place.has_value()) return TooManyOpen(context.tenant, max_open);
  if (params.validate_only) {
    place.reset();
    return done(*std::move(task)), absl::OkStatus();
  }
  const absl::Time now = with_.clock.Now();
  task->id = NewId(now);
  if (task->id.empty()) return base::StoreUnavailable("no_shard");
  task->traceparent = context.traceparent;
  task->create_time = task->update_time = now;
  task->deadline_time = now + options_.deadline;
  if (call.key.request_id.empty()) call.key.request_id = base::MakeUuidV4(with_.random);
  AddDefaults(context.tenant, params.request, *task, call.fingerprint);
  // The row only binds the request id to the task; what became of the vendor call is the task's own state.
  call.state = model::JournalState::kDone;
  call.resource_name = task->name();
  call.create_time = call.update_time = now;
  launch_.Launch({*std::move(task), std::move(call), std::move(place), max_open}, std::move(done));
  return absl::OkStatus();
}

std::string Tasks::NewId(absl::Time now) {
  for (int tried = 0; tried < kMostIdsTried; ++tried) {
    std::string id = base::MakeUuidV7(now, with_.random);
    if (with_.tracker.MayCreate(id)) return id;
  }
  return "";
}

void Tasks::AddDefaults(const std::string& tenant, const model::TaskRequest& asked, const GenerationTask& task,
                        model::Fingerprint& fingerprint) {
  AddChoices(task, fingerprint);
  const VendorAccount* account = with_.accounts.Named(task.request.upstream);
  if (account == nullptr) return;
  AddModelDefaults(account->profile(), asked, task.request, fingerprint);
  model::TaskRequest silent = asked;
  silent.upstream.clear();
  const absl::StatusOr<std::string> name = UpstreamOf(with_.accounts, tenant, silent);
  const auto chosen = with_.accounts.Choose(tenant, name.value_or(""), "generation_task.upstream");
  if (name.ok() && chosen.ok() && *chosen == account) model::AddSame("generation_task.upstream", "", fingerprint);
}

absl::StatusOr<GenerationTask> Tasks::Prepare(const CallContext& context, const CreateTaskParams& params, bool adopt) {
  std::vector<base::FieldViolation> violations = params.violations;
  GenerationTask task;
  task.tenant = context.tenant;
  task.request = params.request;
  task.state = TaskState::kPending;
  const absl::StatusOr<std::string> name = UpstreamOf(with_.accounts, context.tenant, params.request);
  if (!name.ok()) return violations.empty() ? name.status() : base::InvalidInput(std::move(violations));
  absl::StatusOr<VendorAccount*> account = with_.accounts.Choose(context.tenant, *name, "generation_task.upstream");
  if (!account.ok()) {
    Append(base::GetErrorDetail(account.status()).violations, violations);
    return base::InvalidInput(std::move(violations));
  }
  const upstream::Upstream& upstream = (*account)->upstream();
  task.request.upstream = upstream.name();
  ResolvedReferences resolved = ResolveReferences(
      upstream.name(),
      [&](const model::UpstreamHandle& handle) {
        return adopt ? with_.adoption.Asset(context, **account, handle) : OwnAsset(with_.store, context.tenant, handle);
      },
      task.request);
  // Create asks the vendor for the asset then; rules that depend on it can only be judged after that.
  if (!adopt && (*account)->dedicated() && absl::IsNotFound(resolved.problem)) return resolved.problem;
  Append(std::move(resolved.violations), violations);
  Append(CompleteDraft(upstream.name(), upstream.profile(), resolved.media, with_.clock.Now(), task), violations);
  if (!violations.empty()) return base::InvalidInput(std::move(violations));
  if (!resolved.problem.ok()) return resolved.problem;
  if (!resolved.waits_for.empty()) task.state_message = WaitMessage(resolved.waits_for);
  return task;
}

absl::StatusOr<GenerationTask> Tasks::Read(const CallContext& context, const std::string& id) {
  absl::StatusOr<GenerationTask> task = with_.store.GetTask(id);
  if (task.ok() && task->tenant != context.tenant) return TaskNotFound(id);
  return task;
}

void Tasks::Get(const CallContext& context, const std::string& id, Done<GenerationTask> done) {
  done(Read(context, id));
}

std::shared_ptr<const GenerationTask> Tasks::Peek(const CallContext& context, const std::string& id) {
  std::shared_ptr<const GenerationTask> task = with_.store.PeekTask(id);
  if (task != nullptr && task->tenant != context.tenant) return nullptr;
  return task;
}

void Tasks::List(const CallContext& context, const ListTasksParams& params, Done<model::Page<GenerationTask>> done) {
  TaskFilter filter = params.filter;
  filter.tenant = context.tenant;
  done(with_.store.ListTasks(filter, params.after, params.page_size));
}

void Tasks::Count(const CallContext& context, TaskFilter filter, Done<Counts> done) {
  filter.tenant = context.tenant;
  done(with_.store.CountTasks(filter));
}

void Tasks::Cancel(const CallContext& context, const std::string& id, bool detach, Done<GenerationTask> done) {
  absl::StatusOr<GenerationTask> task = Read(context, id);
  if (!task.ok()) return done(std::move(task));
  cancel_.Cancel(context, *task, detach, std::move(done));
}

void Tasks::Delete(const CallContext& context, const std::string& id, bool allow_missing, Done<Nothing> done) {
  const absl::Status deleted =
      with_.store
          .DeleteTask(id, with_.clock.Now(),
                      [&](const GenerationTask& task) {
                        if (task.tenant != context.tenant) return TaskNotFound(id);
                        return model::IsTerminal(task.state) ? absl::OkStatus() : NotEnded(task);
                      })
          .status();
  if (absl::IsNotFound(deleted) && allow_missing) return done(Nothing{});
  if (!deleted.ok()) return done(deleted);
  base::Log(base::LogLevel::kInfo, "task_deleted",
            {{"task", model::GenerationTaskName(id)}, {"tenant", context.tenant}});
  with_.hub.PublishGone(model::GenerationTaskName(id));
  with_.feeds.Changed(context.tenant);
  done(Nothing{});
}

void Tasks::Reconcile(const CallContext& context, const ReconcileTaskParams& params, Done<ReconciledTask> done) {
  absl::StatusOr<GenerationTask> task = Read(context, params.id);
  if (!task.ok()) return done(task.status());
  with_.reconciler.Reconcile(context, *task, params, std::move(done));
}

void Tasks::Watch(const CallContext& context, const std::string& id, const std::string& resume_token,
                  absl::AnyInvocable<void()> on_change, Done<WatchStart<GenerationTask>> done) {
  // Subscribed before the read, so that no change falls between the two.
  auto session = with_.hub.Subscribe(model::GenerationTaskName(id), std::move(on_change), context.connection);
  absl::StatusOr<GenerationTask> task = Read(context, id);
  if (!task.ok()) return done(task.status());
  const absl::StatusOr<ResumeTokens::Position> position =
      with_.tokens.Check(resume_token, task->name(), task->revision);
  if (!position.ok()) return done(position.status());
  base::LinkTraces("watch", context.traceparent, task->traceparent, with_.clock.Now());
  if (!model::IsTerminal(task->state)) with_.table.OnWatcher(id);
  session->StartAfter(position->revision, std::make_shared<const GenerationTask>(*std::move(task)));
  done(WatchStart<GenerationTask>{session, position->last});
}

std::shared_ptr<WatchSession<GenerationTask>> Tasks::WatchAtHand(const CallContext& context, const std::string& id,
                                                                 absl::AnyInvocable<void()> on_change) {
  // Subscribed before the look, so that no change falls between the two.
  auto session = with_.hub.SubscribeDirect(model::GenerationTaskName(id), std::move(on_change));
  std::shared_ptr<const GenerationTask> task = Peek(context, id);
  if (task == nullptr) return nullptr;
  session->StartAfter(0, std::move(task));
  return session;
}

std::string Tasks::ResumeToken(const std::string& id, int64_t revision, bool last) const {
  return with_.tokens.Make(model::GenerationTaskName(id), {revision, last});
}

absl::StatusOr<std::shared_ptr<TaskFeedReader>> Tasks::WatchMany(const CallContext& context,
                                                                 const WatchTasksParams& params,
                                                                 absl::AnyInvocable<void()> on_change) {
  // One who resumes learns of those that are gone from the stream.
  for (const std::string& id : params.resume_token.empty() ? params.ids : std::set<std::string>()) {
    if (Peek(context, id) != nullptr) continue;
    if (const absl::Status there = Read(context, id).status(); !there.ok()) return there;
  }
  const TaskFilter filter = {context.tenant, params.states, params.labels, params.ids};
  auto reader = with_.feeds.Open(filter, params.resume_token, std::move(on_change), context.connection);
  if (reader.ok()) WatchersArrive(context, filter);
  return reader;
}

void Tasks::WatchersArrive(const CallContext& context, const TaskFilter& filter) {
  for (const std::string& id : with_.table.SubmittedOf(context.tenant, filter.ids, kMostBroughtForward)) {
    // Of one that is not at hand the labels are not worth a read each.
    const std::shared_ptr<const GenerationTask> task = Peek(context, id);
    if (task == nullptr || (!task->detached && FitOf(filter, *task) != TaskFit::kForeign)) with_.table.OnWatcher(id);
  }
}

absl::Status RefusalOf(const GenerationTask& task) {
  if (task.state != TaskState::kFailed || !task.upstream_task_id.empty()) return absl::OkStatus();
  base::ErrorDetail detail;
  detail.reason = task.error.reason;
  detail.resource = base::ResourceRef{"seedance.gateway.v1.GenerationTask", task.name()};
  if (!task.error.upstream_code.empty())
    detail.metadata[std::string(base::kUpstreamCodeKey)] = task.error.upstream_code;
  detail.metadata[std::string(base::kUpstreamMessageKey)] = task.error.message;
  const bool unsent = model::WasDisowned(task) ||
                      (task.error.reason == base::Reason::kAssetNotReady && task.error.upstream_code.empty());
  return base::MakeError(
      absl::StrCat(unsent ? "the task was not sent: " : "the vendor refused the task: ", task.error.message), detail);
}

}  // namespace seedance::engine

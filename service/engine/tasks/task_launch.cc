#include "service/engine/tasks/task_launch.h"

#include <optional>
#include <utility>

#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/trace.h"
#include "service/engine/assets/asset_waits.h"
#include "service/engine/journal/journal.h"
#include "service/engine/journal/journal_errors.h"
#include "service/engine/tasks/task_fingerprint.h"

namespace seedance::engine {

using model::GenerationTask;
using model::TaskState;

namespace {

// Shards move a few at a time.
constexpr int kMostMoves = 3;

}  // namespace

void TaskLaunch::Launch(NewTask fresh, Done<GenerationTask> done) {
  VendorAccount* account = with_.accounts.Find(fresh.task.tenant, fresh.task.request.upstream);
  // What waits for assets is told so by its first message.
  std::unique_ptr<RequestSlot> slot;
  if (account != nullptr && fresh.task.state_message.empty()) slot = with_.tracker.submission().TakeSlot(*account);
  if (slot == nullptr) return StoreAndTrack(fresh, done);
  // Shared, because a refused submission drops what it was given.
  std::shared_ptr<Flight> flight(new Flight{std::move(fresh), *account, std::move(slot), std::move(done)});
  // Behind other calls its caller would wait for them before it is even stored.
  if (account->TryChangeAtOnce([this, flight] { Fly(*flight); })) return;
  flight->slot.reset();
  StoreAndTrack(flight->fresh, flight->done);
}

void TaskLaunch::Fly(Flight& flight) {
  const std::optional<std::vector<model::Asset>> assets = ReadyAssets(flight.fresh.task);
  // The process may have begun to stop since it had its turn.
  Submission& submission = with_.tracker.submission();
  if (!assets.has_value() || submission.stopped()) {
    flight.slot.reset();
    return StoreAndTrack(flight.fresh, flight.done);
  }
  std::optional<Submission::Sending> sending;
  // From the commit on a crash means doubt, whether it has left by then or not.
  submission.Begin(flight.fresh.task, flight.account);
  const std::optional<GenerationTask> task =
      Store(flight.fresh, flight.done, [&](const std::string& id) { sending.emplace(submission, id); });
  if (!task.has_value()) return;
  submission.Track(*task);
  flight.fresh.place.reset();
  with_.feeds.Changed(task->tenant);
  flight.done(*task);
  submission.Send(*task, *assets, flight.account, *flight.slot);
}

void TaskLaunch::StoreAndTrack(NewTask& fresh, Done<GenerationTask>& done) {
  std::optional<GenerationTask> task = Store(fresh, done, [](const std::string&) {});
  if (!task.has_value()) return;
  with_.tracker.Track(*task);
  fresh.place.reset();
  with_.feeds.Changed(task->tenant);
  done(*std::move(task));
}

std::optional<std::vector<model::Asset>> TaskLaunch::ReadyAssets(const GenerationTask& task) {
  absl::StatusOr<AssetCheck> check = CheckAssets(with_.store, task, {});
  const bool ready = check.ok() && !check->failure.has_value() && check->waits_for.empty();
  if (!ready) return std::nullopt;
  return std::move(check->assets);
}

bool TaskLaunch::MovesOn(NewTask& fresh, const absl::Status& status) {
  if (base::GetErrorDetail(status).metadata["cause"] != "not_owner") return false;
  const std::string id = new_id_();
  if (id.empty()) return false;
  fresh.task.id = id;
  fresh.call.resource_name = fresh.task.name();
  return true;
}

std::optional<GenerationTask> TaskLaunch::Store(NewTask& fresh, Done<GenerationTask>& done,
                                                absl::FunctionRef<void(const std::string& id)> under) {
  base::Span span("store task", base::SpanData::Kind::kInternal, fresh.task.traceparent, with_.clock.Now());
  absl::StatusOr<store::Store::Begun> begun;
  int moves = 0;
  do {
    under(fresh.task.id);
    begun = with_.store.BeginEntry(fresh.call, &fresh.task, fresh.max_open);
  } while (moves++ < kMostMoves && MovesOn(fresh, begun.status()));
  span.Add("seedance.task", fresh.task.name());
  span.End(begun.status(), with_.clock.Now());
  if (absl::IsResourceExhausted(begun.status())) {
    fresh.place.reset();
    return done(TooManyOpen(fresh.task.tenant, fresh.max_open)), std::nullopt;
  }
  // A commit that is reported as failed may be on disk all the same.
  if (!begun.ok() && MayBeStored(fresh.task.id)) with_.tracker.Disown(fresh.task);
  if (!begun.ok() || begun->existing.has_value()) fresh.place.reset();
  if (!begun.ok()) return done(begun.status()), std::nullopt;
  if (begun->existing.has_value()) {
    return done(AnswerOfEarlier(with_.store, *begun->existing, fresh.call.fingerprint)), std::nullopt;
  }
  const GenerationTask& task = *begun->task;
  with_.metrics.Created(task);
  base::Log(base::LogLevel::kInfo, "task_state",
            {{"task", task.name()},
             {"tenant", task.tenant},
             {"upstream", task.request.upstream},
             {"from", ""},
             {"to", model::TaskStateName(task.state)},
             {"request_id", fresh.call.key.request_id},
             {"trace_id", base::TraceId(task.traceparent)},
             {"revision", task.revision}});
  return std::move(begun->task);
}

absl::Status TooManyOpen(const std::string& tenant, int64_t most) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kQuotaExceeded;
  detail.quota_subject = absl::StrCat("tenant:", tenant);
  return base::MakeError(absl::StrCat("the tenant has ", most, " tasks that have not ended, which is the maximum"),
                         detail);
}

bool TaskLaunch::MayBeStored(const std::string& id) { return !absl::IsNotFound(with_.store.GetTask(id).status()); }

absl::StatusOr<GenerationTask> AnswerOfEarlier(store::TaskStore& store, const model::JournalEntry& row,
                                               const model::Fingerprint& asked) {
  const absl::StatusOr<GenerationTask> task =
      store.GetTask(model::ParseGenerationTaskName(row.resource_name).value_or(""));
  model::Fingerprint journalled = row.fingerprint;
  // Rows of older versions do not hold the upstream and the model that were chosen; the task does.
  if (task.ok()) AddChoices(*task, journalled);
  const std::string difference = FirstDifferenceFromJournal(journalled, asked);
  if (!difference.empty()) return RequestIdReused(difference);
  return task;
}

}  // namespace seedance::engine

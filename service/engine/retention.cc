#include "service/engine/retention.h"

#include <algorithm>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/log.h"

namespace seedance::engine {
namespace {

// A reader that was away for less learns what was deleted.
constexpr absl::Duration kMarksLive = absl::Hours(24);

void LogFailure(const char* what, const absl::Status& status) {
  base::Log(base::LogLevel::kWarning, "retention_failed", {{"of", what}, {"cause", std::string(status.message())}});
}

}  // namespace

void Retention::Start() {
  work_.Start(options_.interval, [this] {
    if (store_.ownership().Leads()) Sweep();
    return options_.interval;
  });
}

void Retention::Sweep() {
  const bool for_ever = options_.retention == absl::ZeroDuration();
  const absl::Time now = clock_.Now();
  if (!for_ever) {
    PurgeTasks();
    absl::StatusOr<int> purged = options_.batch;
    while (purged.ok() && *purged == options_.batch && !work_.stopped()) {
      purged = store_.PurgeEntries(now - options_.retention, options_.batch);
    }
    if (!purged.ok()) LogFailure("calls", purged.status());
  }
  const absl::Duration marks_live = for_ever ? Options().retention : std::max(options_.retention, kMarksLive);
  const absl::StatusOr<int> trimmed = store_.TrimDeletions(now - marks_live);
  if (!trimmed.ok()) LogFailure("deletions", trimmed.status());
}

void Retention::PurgeTasks() {
  size_t purged = 0;
  bool more = true;
  while (more && !work_.stopped()) {
    const absl::Time now = clock_.Now();
    const absl::StatusOr<std::vector<model::GenerationTask>> batch =
        store_.PurgeTasks(now - options_.retention, now, options_.batch);
    if (!batch.ok()) return LogFailure("tasks", batch.status());
    for (const model::GenerationTask& task : *batch) on_deleted_(task);
    purged += batch->size();
    more = batch->size() == static_cast<size_t>(options_.batch);
  }
  if (purged > 0) base::Log(base::LogLevel::kInfo, "tasks_purged", {{"count", static_cast<int64_t>(purged)}});
}

}  // namespace seedance::engine

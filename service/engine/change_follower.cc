#include "service/engine/change_follower.h"

#include <vector>

#include "service/base/log.h"

namespace seedance::engine {
namespace {

constexpr int kPage = 500;
// After an error of the store.
constexpr absl::Duration kAgain = absl::Seconds(1);

}  // namespace

ChangeFollower::ChangeFollower(store::Store& store, Observer& observer, base::Clock& clock)
    : store_(store),
      observer_(observer),
      clock_(clock),
      alarm_(clock, base::Timer::Alarm::Work::kMayBlock, [this] { Follow(); }) {}

absl::Status ChangeFollower::Start() {
  const absl::StatusOr<store::Store::HistoryBounds> bounds = store_.GetHistoryBounds();
  if (!bounds.ok()) return bounds.status();
  seen_ = bounds->newest;
  return absl::OkStatus();
}

void ChangeFollower::Follow() {
  for (bool more = true; more;) {
    const absl::StatusOr<std::vector<store::Store::Change>> changes = store_.ListChanges(seen_, kPage);
    if (!changes.ok()) return alarm_.Set(clock_.Now() + kAgain);
    for (const store::Store::Change& change : *changes) {
      if (change.task.has_value()) observer_.OnTask(*change.task);
      if (change.asset.has_value()) observer_.OnAsset(*change.asset);
      if (!change.deleted_task.empty()) observer_.OnTaskDeleted(change.tenant, change.deleted_task);
      seen_ = change.revision;
    }
    more = changes->size() == static_cast<size_t>(kPage);
  }
}

}  // namespace seedance::engine

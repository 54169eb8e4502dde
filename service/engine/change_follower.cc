#include "service/engine/change_follower.h"

#include <algorithm>
#include <vector>

#include "service/base/log.h"

namespace seedance::engine {
namespace {

constexpr int kPage = 500;
// After an error of the store.
constexpr absl::Duration kAgain = absl::Seconds(1);

}  // namespace

ChangeFollower::ChangeFollower(store::Store& store, Observer& observer, base::Clock& clock, const base::Histogram& lag)
    : store_(store),
      observer_(observer),
      clock_(clock),
      lag_(lag),
      alarm_(clock, base::Timer::Alarm::Work::kMayBlock, [this] { Follow(); }) {}

absl::Status ChangeFollower::Start() {
  const absl::StatusOr<store::Store::HistoryBounds> bounds = store_.GetHistoryBounds();
  if (!bounds.ok()) return bounds.status();
  seen_ = bounds->newest;
  return absl::OkStatus();
}

void ChangeFollower::Tell(const store::Store::Change& change) {
  if (change.task.has_value()) {
    Measure(change.task->id, change.task->update_time);
    observer_.OnTask(*change.task);
  } else if (change.asset.has_value()) {
    Measure(change.asset->name(), change.asset->update_time);
    observer_.OnAsset(*change.asset);
  } else {
    observer_.OnTaskDeleted(change.tenant, change.deleted_task);
  }
}

void ChangeFollower::Measure(const std::string& name, absl::Time update_time) {
  // This process's own writes are found only by a later look.
  if (store_.ownership().OwnsId(name)) return;
  lag_.Observe(std::max(absl::ToDoubleSeconds(clock_.Now() - update_time), 0.0));
}

void ChangeFollower::Follow() {
  for (bool more = true; more;) {
    const absl::StatusOr<std::vector<store::Store::Change>> changes = store_.ListChanges(seen_, kPage);
    if (!changes.ok()) return alarm_.Set(clock_.Now() + kAgain);
    for (const store::Store::Change& change : *changes) {
      Tell(change);
      seen_ = change.revision;
    }
    more = changes->size() == static_cast<size_t>(kPage);
  }
  const absl::StatusOr<store::Ownership::Posted> posted = store_.ownership().ReadPosted(heard_);
  if (!posted.ok()) return alarm_.Set(clock_.Now() + kAgain);
  for (const store::Notice& notice : posted->notices) observer_.OnNotice(notice);
  heard_ = posted->revision;
}

}  // namespace seedance::engine

#include "service/engine/watch/recent_changes.h"

#include <utility>

namespace seedance::engine {
namespace {

// Tag and length of a text.
constexpr size_t kTextBytes = 4;

}  // namespace

SharedTaskChange::SharedTaskChange(store::Store::TaskChange change)
    : revision(change.revision), id(std::move(change.id)), bytes(kTextBytes + id.size()) {
  if (!change.task.has_value()) return;
  bytes = model::EstimatedBytes(*change.task);
  task = std::make_shared<const WatchSnapshot<model::GenerationTask>>(
      std::make_shared<const model::GenerationTask>(*std::move(change.task)));
}

void RecentChanges::Add(SharedTaskChange change) {
  // The older change of this task is not news any more: readers get each task once, as it is now.
  if (const auto known = revisions_.find(change.id); known != revisions_.end()) Drop(changes_.find(known->second));
  revisions_[change.id] = change.revision;
  bytes_ += change.bytes;
  const int64_t revision = change.revision;
  changes_.emplace_hint(changes_.end(), revision, std::move(change));
  while (changes_.size() > max_changes_ || (bytes_ > max_bytes_ && changes_.size() > 1)) {
    complete_after_ = changes_.begin()->first;
    Drop(changes_.begin());
  }
}

bool RecentChanges::Visit(int64_t after, absl::FunctionRef<bool(const SharedTaskChange&)> visit) const {
  for (auto change = changes_.upper_bound(after); change != changes_.end(); ++change) {
    if (!visit(change->second)) return false;
  }
  return true;
}

void RecentChanges::Drop(std::map<int64_t, SharedTaskChange>::iterator change) {
  bytes_ -= change->second.bytes;
  revisions_.erase(change->second.id);
  changes_.erase(change);
}

}  // namespace seedance::engine

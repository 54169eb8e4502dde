#include "service/engine/recent_changes.h"

#include <utility>

namespace seedance::engine {
namespace {

// Numbers, times, states and the id.
constexpr size_t kFixedBytes = 200;
// Tag and length of a text.
constexpr size_t kTextBytes = 4;

}  // namespace

size_t MessageBytes(const model::GenerationTask& task) {
  const model::TaskRequest& request = task.request;
  size_t bytes = kFixedBytes + request.upstream.size() + request.model.size() + request.prompt.size() +
                 request.sent_prompt.size() + task.error.message.size() + task.error.upstream_code.size() +
                 task.result.video_uri.size() + task.result.last_frame_uri.size() + task.result.sha256.size() +
                 task.state_message.size() + task.upstream_task_id.size();
  for (const model::Reference& reference : request.references) {
    bytes += 3 * kTextBytes + reference.label.size() + reference.uri.size();
    if (reference.asset.has_value()) bytes += 8 + reference.asset->upstream.size() + reference.asset->id.size();
  }
  for (const auto& [key, value] : request.labels) bytes += 3 * kTextBytes + key.size() + value.size();
  for (const std::string& warning : task.warnings) bytes += kTextBytes + warning.size();
  return bytes;
}

SharedTaskChange::SharedTaskChange(store::Store::TaskChange change)
    : revision(change.revision), id(std::move(change.id)), bytes(kTextBytes + id.size()) {
  if (!change.task.has_value()) return;
  bytes = MessageBytes(*change.task);
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

#include "service/store/sql/columns.h"

#include <limits>
#include <string_view>

namespace seedance::store::sql {

std::string HandleKey(const model::UpstreamHandle& handle) { return handle.upstream + "~" + handle.id; }

int64_t UsedMicros(const model::Asset& asset) {
  return absl::ToUnixMicros(asset.last_used_time == absl::InfinitePast() ? asset.create_time : asset.last_used_time);
}

int IsOpen(const model::GenerationTask& task) { return model::IsTerminal(task.state) ? 0 : 1; }

int64_t EndMicros(const model::GenerationTask& task) {
  if (IsOpen(task) == 1) return 0;
  return absl::ToUnixMicros(task.end_time == absl::InfinitePast() ? task.update_time : task.end_time);
}

std::string TaskIdOf(const model::JournalEntry& call) {
  constexpr std::string_view kPrefix = "generationTasks/";
  return call.resource_name.rfind(kPrefix, 0) == 0 ? call.resource_name.substr(kPrefix.size()) : "";
}

int64_t ClaimMicros(absl::Time until) {
  return until == absl::InfiniteFuture() ? std::numeric_limits<int64_t>::max() : absl::ToUnixMicros(until);
}

std::string ClaimedKey(const model::AssetClaim& claim) { return claim.asset.id.empty() ? "" : HandleKey(claim.asset); }

model::PageCursor CursorOf(const model::AssetGroup& group) {
  return {absl::ToUnixMicros(group.create_time), HandleKey(group.handle)};
}

model::PageCursor CursorOf(const model::Asset& asset) {
  return {absl::ToUnixMicros(asset.create_time), HandleKey(asset.handle)};
}

model::PageCursor CursorOf(const model::GenerationTask& task) {
  return {absl::ToUnixMicros(task.create_time), task.id};
}

}  // namespace seedance::store::sql

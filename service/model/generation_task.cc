#include "service/model/generation_task.h"

#include <array>

namespace seedance::model {
namespace {

struct StateRow {
  TaskState state;
  std::string_view name;
  bool terminal;
  std::vector<TaskState> next;
};

using S = TaskState;

// In the order of the enumeration.
const std::array<StateRow, 11>& States() {
  static const auto* rows = new std::array<StateRow, 11>{{
      {S::kUnspecified, "UNSPECIFIED", false, {S::kPending}},
      {S::kPending, "PENDING", false, {S::kSubmitting, S::kFailed, S::kCancelled, S::kExpired}},
      // Back to PENDING only when the request surely was not accepted (no connection, 429, 503).
      {S::kSubmitting,
       "SUBMITTING",
       false,
       {S::kPending, S::kQueued, S::kRunning, S::kSucceeded, S::kFailed, S::kSubmitUnknown, S::kExpired}},
      {S::kQueued, "QUEUED", false, {S::kRunning, S::kSucceeded, S::kFailed, S::kCancelled, S::kExpired, S::kLost}},
      // Back to QUEUED: vendors report it when they restart a job on another machine.
      {S::kRunning, "RUNNING", false, {S::kQueued, S::kSucceeded, S::kFailed, S::kCancelled, S::kExpired, S::kLost}},
      {S::kSucceeded, "SUCCEEDED", true, {}},
      {S::kFailed, "FAILED", true, {}},
      {S::kCancelled, "CANCELLED", true, {}},
      {S::kExpired, "EXPIRED", true, {}},
      // Settled by a lookup at the vendor, or given up.
      {S::kSubmitUnknown, "SUBMIT_UNKNOWN", false, {S::kQueued, S::kRunning, S::kSucceeded, S::kFailed, S::kExpired}},
      {S::kLost, "LOST", true, {}},
  }};
  return *rows;
}

const StateRow& Row(TaskState state) { return States()[static_cast<size_t>(state)]; }

}  // namespace

std::string_view TaskStateName(TaskState state) { return Row(state).name; }

bool IsTerminal(TaskState state) { return Row(state).terminal; }

bool CanChange(TaskState from, TaskState to) {
  const StateRow& row = Row(from);
  if (row.terminal) return false;
  if (from == to) return true;
  for (TaskState next : row.next) {
    if (next == to) return true;
  }
  return false;
}

std::string_view ResolutionName(Resolution resolution) {
  switch (resolution) {
    case Resolution::kUnspecified:
      return "";
    case Resolution::k480p:
      return "480p";
    case Resolution::k720p:
      return "720p";
    case Resolution::k1080p:
      return "1080p";
    case Resolution::k2k:
      return "2k";
    case Resolution::k4k:
      return "4k";
  }
  return "";
}

size_t EstimatedBytes(const GenerationTask& task) {
  // Numbers, times, states and the id.
  constexpr size_t kFixedBytes = 200;
  // Tag and length of a text.
  constexpr size_t kTextBytes = 4;
  const TaskRequest& request = task.request;
  size_t bytes = kFixedBytes + request.upstream.size() + request.model.size() + request.prompt.size() +
                 request.sent_prompt.size() + task.error.message.size() + task.error.upstream_code.size() +
                 task.result.video_uri.size() + task.result.last_frame_uri.size() + task.result.sha256.size() +
                 task.state_message.size() + task.upstream_task_id.size();
  for (const Reference& reference : request.references) {
    bytes += 3 * kTextBytes + reference.label.size() + reference.uri.size();
    if (reference.asset.has_value()) bytes += 8 + reference.asset->upstream.size() + reference.asset->id.size();
  }
  for (const auto& [key, value] : request.labels) bytes += 3 * kTextBytes + key.size() + value.size();
  for (const std::string& warning : task.warnings) bytes += kTextBytes + warning.size();
  return bytes;
}

bool WasDisowned(const GenerationTask& task) {
  return task.state == TaskState::kFailed && task.error.reason == base::Reason::kStoreUnavailable &&
         task.error.upstream_code.empty() && task.upstream_task_id.empty();
}

}  // namespace seedance::model

#include "service/upstream/piapi/task_report.h"

#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/http/url.h"
#include "service/model/names.h"
#include "service/upstream/json_node.h"
#include "service/upstream/json_repair.h"
#include "service/upstream/json_time.h"
#include "service/upstream/link_expiry.h"
#include "service/upstream/piapi/error_table.h"
#include "service/upstream/piapi/vendor_error.h"
#include "service/upstream/vendor_client.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using model::TaskState;

// Lifetime of a result whose link does not state it. The vendor documents ephemeral storage without a number.
constexpr absl::Duration kResultLife = absl::Hours(12);

struct TaskWord {
  std::string_view word;
  TaskState state;
};

constexpr TaskWord kTaskWords[] = {
    {"pending", TaskState::kQueued},      {"staged", TaskState::kQueued},      {"queued", TaskState::kQueued},
    {"processing", TaskState::kRunning},  {"running", TaskState::kRunning},    {"retry", TaskState::kRunning},
    {"completed", TaskState::kSucceeded}, {"success", TaskState::kSucceeded},  {"succeeded", TaskState::kSucceeded},
    {"failed", TaskState::kFailed},       {"failure", TaskState::kFailed},     {"error", TaskState::kFailed},
    {"cancelled", TaskState::kCancelled}, {"canceled", TaskState::kCancelled}, {"expired", TaskState::kExpired},
};

std::optional<TaskState> StateOf(const JsonNode& task) { return PiApiStateOf(task["status"].Text()); }

std::string TaskIdOf(const JsonNode& task) { return task.First({"task_id", "id"}).Text(); }

// The first link in a text, a list or an object.
std::string LinkIn(const JsonNode& place, int depth) {
  if (place.IsText()) return http::IsLink(place.Text()) ? place.Text() : "";
  if (depth <= 0) return "";
  if (place.IsArray()) return LinkIn(place[0], depth - 1);
  // Images and frames beside the video have other names.
  for (const char* key : {"video", "video_url", "video_urls", "videos", "url", "resource", "works"}) {
    if (std::string link = LinkIn(place[key], depth - 1); !link.empty()) return link;
  }
  return "";
}

TaskState StateIn(const JsonNode& task, const std::string& link) {
  const TaskState said = StateOf(task).value_or(TaskState::kRunning);
  if (said != TaskState::kSucceeded || !link.empty()) return said;
  if (PiApiPlainError(task["error"]).recognised) return TaskState::kFailed;
  // A success without a result counts as running (TaskReport::result_missing): the link may come later.
  return TaskState::kRunning;
}

TaskReport ReportOf(const JsonNode& task, absl::Time now, const base::Secret& api_key) {
  const std::string link = LinkIn(task["output"], 3);
  TaskReport report;
  report.state = StateIn(task, link);
  report.result_missing = report.state == TaskState::kRunning && StateOf(task) == TaskState::kSucceeded;
  report.start_time = ReadTime(task["meta"]["started_at"]);
  if (model::IsTerminal(report.state)) report.end_time = ReadTime(task["meta"]["ended_at"]);
  switch (report.state) {
    case TaskState::kSucceeded:
      report.result.video_uri = link;
      report.result.expire_time = LinkExpiry(link).value_or(report.end_time.value_or(now) + kResultLife);
      break;
    case TaskState::kFailed:
      report.error = FailureOf(PiApiErrors(), Operation::kTaskEnd, PiApiTaskError(task), api_key);
      break;
    case TaskState::kExpired:
      report.error = {Reason::kDeadlineExceeded, "", "the vendor expired the task"};
      break;
    case TaskState::kCancelled:
      report.error = {Reason::kCancelled, "", "the vendor cancelled the task"};
      break;
    default:
      break;
  }
  return report;
}

// The task's object: in the envelope, or the body itself.
JsonNode TaskIn(const JsonNode& root) {
  const JsonNode data = root["data"];
  return data.IsObject() || root["code"].exists() ? data : root;
}

}  // namespace

std::optional<TaskState> PiApiStateOf(const std::string& status) {
  const std::string word = absl::AsciiStrToLower(status);
  for (const TaskWord& row : kTaskWords) {
    if (row.word == word) return row.state;
  }
  return std::nullopt;
}

std::optional<TaskReport> ReadPiApiTask(const std::string& body, const std::string& id, absl::Time now,
                                        const base::Secret& api_key) {
  const JsonNode root = JsonNode::Parse(body);
  const JsonNode task = TaskIn(root);
  if (task["status"].Text().empty() || IsBroken(task["status"].Text())) return std::nullopt;
  if (!TaskIdOf(task).empty() && !absl::EqualsIgnoreCase(TaskIdOf(task), id)) return std::nullopt;
  // An error may contain an empty task; one with an id and a known status is about this task.
  if (PiApiSaysFailure(root) && (TaskIdOf(task).empty() || !StateOf(task).has_value())) return std::nullopt;
  return ReportOf(task, now, api_key);
}

PiApiCreated ReadPiApiCreated(const std::string& body) {
  const JsonNode root = JsonNode::Parse(body);
  const JsonNode task = TaskIn(root);
  std::string id = TaskIdOf(task);
  if (id.empty() && root["code"].exists() && !PiApiSaysFailure(root) && IsBareId(root["data"]))
    id = root["data"].Text();
  const bool failed = StateOf(task) == TaskState::kFailed;
  return {std::move(id), !failed && !PiApiSaysFailure(root), !failed && StateOf(task).has_value()};
}

}  // namespace seedance::upstream

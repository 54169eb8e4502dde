#include "service/upstream/anyfast/task_report.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/http/url.h"
#include "service/upstream/anyfast/error_table.h"
#include "service/upstream/anyfast/vendor_error.h"
#include "service/upstream/anyfast/wire_report.h"
#include "service/upstream/json_node.h"
#include "service/upstream/json_repair.h"
#include "service/upstream/json_time.h"
#include "service/upstream/link_expiry.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using model::TaskState;

// Lifetime of a result whose link does not state it; the vendor documents 12 h and 24 h.
constexpr absl::Duration kResultLife = absl::Hours(12);

struct StateWord {
  std::string_view word;
  TaskState state;
};

constexpr StateWord kWords[] = {
    {"not_start", TaskState::kQueued},    {"submitted", TaskState::kQueued},    {"queued", TaskState::kQueued},
    {"pending", TaskState::kQueued},      {"in_progress", TaskState::kRunning}, {"running", TaskState::kRunning},
    {"processing", TaskState::kRunning},  {"success", TaskState::kSucceeded},   {"succeeded", TaskState::kSucceeded},
    {"completed", TaskState::kSucceeded}, {"failure", TaskState::kFailed},      {"failed", TaskState::kFailed},
    {"cancelled", TaskState::kCancelled}, {"canceled", TaskState::kCancelled},  {"expired", TaskState::kExpired},
};

// nullopt: none, or unknown.
std::optional<TaskState> StateOf(const JsonNode& status) {
  const std::string word = absl::AsciiStrToLower(status.Text());
  for (const StateWord& row : kWords) {
    if (row.word == word) return row.state;
  }
  return std::nullopt;
}

// The two layers of an answer: the vendor's task, and inside it the origin's.
class TaskAnswer {
 public:
  TaskAnswer(JsonNode outer, const base::Secret& api_key)
      : outer_(std::move(outer)), inner_(InnerOf(outer_)), api_key_(api_key), link_(FindLink()) {}

  TaskReport Read(absl::Time now) const {
    TaskReport report;
    report.state = State();
    report.result_missing = report.state == TaskState::kRunning && StateOf(outer_["status"]) == TaskState::kSucceeded;
    report.progress_percent = Progress();
    report.start_time = ReadTime(outer_["start_time"]);
    report.facts = Facts();
    report.end_time = EndTime(report.state);
    if (report.state == TaskState::kSucceeded) report.result = Result(report.end_time.value_or(now));
    if (report.state == TaskState::kFailed)
      report.error = FailureOf(AnyFastErrors(), Operation::kTaskEnd, Error(), api_key_);
    if (report.state == TaskState::kExpired) {
      report.error = {Reason::kDeadlineExceeded, inner_["status"].Text(), "the vendor expired the task"};
    }
    if (report.state == TaskState::kCancelled) {
      report.error = {Reason::kCancelled, inner_["status"].Text(), "the vendor cancelled the task"};
    }
    return report;
  }

 private:
  static JsonNode InnerOf(const JsonNode& outer) {
    const JsonNode inner = outer["data"];
    return inner.IsText() ? JsonNode::Parse(inner.Text()) : inner;
  }

  // Never by the progress: the vendor reports 100% on failures too.
  TaskState State() const {
    const std::optional<TaskState> said = StateOf(outer_["status"]);
    const std::optional<TaskState> origin = StateOf(inner_["status"]);
    if (said == TaskState::kSucceeded) return SaidSuccess(origin);
    if (said.has_value() && *said != TaskState::kRunning && *said != TaskState::kQueued) return *said;
    // new-api does not translate these ends: they would look like IN_PROGRESS 30% for ever. The origin's success does
    // not count while new-api continues: it may be upscaling the video.
    if (origin == TaskState::kCancelled || origin == TaskState::kExpired || origin == TaskState::kFailed)
      return *origin;
    if (said.has_value()) return *said;
    const bool silent = outer_["status"].Text().empty();
    if (silent && !link_.empty() && !IsBroken(inner_["status"].Text()) &&
        origin.value_or(TaskState::kSucceeded) == TaskState::kSucceeded) {
      return TaskState::kSucceeded;
    }
    return origin == TaskState::kQueued ? TaskState::kQueued : TaskState::kRunning;
  }

  TaskState SaidSuccess(std::optional<TaskState> origin) const {
    if (!link_.empty()) return TaskState::kSucceeded;
    if (origin == TaskState::kCancelled || origin == TaskState::kExpired || origin == TaskState::kFailed)
      return *origin;
    // "100% with an error" means blocked, whatever the status is.
    if (Error().recognised) return TaskState::kFailed;
    // A success without a result counts as running (TaskReport::result_missing): the link may come later.
    return TaskState::kRunning;
  }

  std::optional<int> Progress() const {
    const std::optional<int64_t> percent = outer_["progress"].Integer();
    if (!percent.has_value()) return std::nullopt;
    return static_cast<int>(std::clamp<int64_t>(*percent, 0, 100));
  }

  std::optional<absl::Time> EndTime(TaskState state) const {
    if (!model::IsTerminal(state)) return std::nullopt;
    for (const JsonNode& node : {outer_["finish_time"], outer_["completed_at"], inner_["updated_at"]}) {
      if (const auto time = ReadTime(node)) return time;
    }
    return std::nullopt;
  }

  // Present in the origin's object once it has the task.
  TaskFacts Facts() const {
    const JsonNode origin = inner_.IsObject() ? inner_ : outer_;
    TaskFacts facts;
    facts.resolution = origin["resolution"].Text();
    facts.aspect_ratio = origin["ratio"].Text();
    facts.duration_seconds = origin["duration"].Integer();
    facts.seed = origin["seed"].Integer();
    return facts;
  }

  std::string FindLink() const {
    const JsonNode places[] = {
        outer_["result_url"],
        inner_["content"]["video_url"],
        // For old clients.
        outer_["fail_reason"],
        outer_["content"]["video_url"],
        outer_["metadata"]["url"],
        outer_["video_url"],
        outer_["url"],
        outer_["original_result_url"],
    };
    for (const JsonNode& place : places) {
      if (std::string text = place.Text(); http::IsLink(text) && !IsBroken(text)) return text;
    }
    return "";
  }

  // The failure: the origin's code, new-api's longer text.
  VendorError Error() const {
    const JsonNode inside = inner_["error"];
    VendorError error = inside.IsText() ? ParseVendorText(inside.Text()) : ReadVendorError(inside);
    if (!error.recognised) error = ReadVendorError(outer_["error"]);
    const std::string reason = outer_["fail_reason"].Text();
    if (reason.empty() || http::IsLink(reason)) return error;
    VendorError said = ParseVendorText(reason);
    if (!error.code.empty()) said.code = error.code;
    return said;
  }

  model::TaskResult Result(absl::Time end) const {
    model::TaskResult result;
    result.video_uri = link_;
    const JsonNode origin = inner_.IsObject() ? inner_ : outer_;
    result.last_frame_uri = origin["content"]["last_frame_url"].Text();
    if (!http::IsLink(result.last_frame_uri)) result.last_frame_uri.clear();
    result.expire_time = LinkExpiry(link_).value_or(end + kResultLife);
    result.completion_tokens = origin["usage"]["completion_tokens"].Integer();
    result.total_tokens = origin["usage"]["total_tokens"].Integer();
    return result;
  }

  const JsonNode outer_;
  const JsonNode inner_;
  const base::Secret& api_key_;
  const std::string link_;
};

// The task's object: in an envelope, or the body itself. Missing: the body is about something else.
JsonNode FindTask(const JsonNode& root) {
  const JsonNode data = root["data"];
  const bool envelope = root["code"].exists() || root["message"].exists();
  if (envelope) {
    const bool task = data.First({"status", "task_id", "id"}).exists();
    return SaysSuccess(root) && task ? data : JsonNode();
  }
  if (!root["status"].exists() && data["status"].exists()) return data;
  return root["status"].exists() ? root : JsonNode();
}

// Whether the answer is about the requested task. Beside `task_id`, new-api's `id` is a row of its database; the
// origin's bare object has the origin's id.
bool IsAbout(const JsonNode& task, const std::string& id) {
  const std::string task_id = task["task_id"].Text();
  const JsonNode own = task["id"];
  if (!task_id.empty()) return task_id == id || own.Text() == id;
  return !own.IsText() || own.Text().empty() || own.Text() == id || absl::StartsWith(own.Text(), "cgt-");
}

}  // namespace

std::optional<TaskReport> ReadTask(const std::string& body, const std::string& id, absl::Time now,
                                   const base::Secret& api_key) {
  const JsonNode task = FindTask(JsonNode::Parse(body));
  if (!task.IsObject() || !IsAbout(task, id) || IsBroken(task["status"].Text())) return std::nullopt;
  return TaskAnswer(task, api_key).Read(now);
}

}  // namespace seedance::upstream

#include "service/upstream/piapi/task_list.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "service/upstream/json_node.h"
#include "service/upstream/json_time.h"
#include "service/upstream/piapi/task_report.h"

namespace seedance::upstream {
namespace {

PiApiListedTask ReadItem(const JsonNode& item) {
  PiApiListedTask task;
  task.id = item.First({"task_id", "id"}).Text();
  task.model = item["model"].Text();
  task.task_type = item["task_type"].Text();
  const JsonNode prompt = item["input"]["prompt"];
  if (prompt.IsText()) task.prompt = prompt.Text();
  task.duration = item["input"]["duration"].Integer();
  task.create_time = ReadTime(item["meta"].First({"created_at"}));
  if (!task.create_time.has_value()) task.create_time = ReadTime(item.First({"created_at", "create_time"}));
  task.state = PiApiStateOf(item["status"].Text()).value_or(model::TaskState::kRunning);
  return task;
}

// The vendor changes `@image1` to `Image 1` and may trim the prompt, so both are normalized.
std::string Plain(const std::string& prompt) {
  std::string plain = absl::StrReplaceAll(absl::StripAsciiWhitespace(prompt),
                                          {{"@image", "Image "}, {"@video", "Video "}, {"@audio", "Audio "}});
  absl::RemoveExtraAsciiWhitespace(&plain);
  return plain;
}

const std::string& SentPrompt(const TaskSearch& search) {
  return search.task.sent_prompt.empty() ? search.task.prompt : search.task.sent_prompt;
}

}  // namespace

std::optional<PiApiTaskPage> ReadPiApiTasks(const std::string& body) {
  const JsonNode root = JsonNode::Parse(body);
  const JsonNode data = root["data"];
  const JsonNode holder = data.IsObject() ? data : root;
  const JsonNode items = root.IsArray() ? root : holder.First({"tasks", "items", "list", "histories", "data"});
  // An empty list may be written as null.
  const bool empty = data.exists() && (!data.IsObject() || holder["total"].exists());
  if (!items.IsArray() && !empty) return std::nullopt;
  PiApiTaskPage page;
  for (size_t i = 0; i < items.size(); ++i) page.items.push_back(ReadItem(items[i]));
  page.total = holder.First({"total", "total_count"}).Integer();
  return page;
}

bool MayBe(const PiApiListedTask& task, const TaskSearch& search, const std::string& model) {
  if (!task.model.empty() && !absl::EqualsIgnoreCase(task.model, "seedance")) return false;
  if (!task.task_type.empty() && task.task_type != model) return false;
  if (task.prompt.has_value() && Plain(*task.prompt) != Plain(SentPrompt(search))) return false;
  if (task.duration.has_value() && search.task.duration_seconds.has_value() &&
      *task.duration != *search.task.duration_seconds) {
    return false;
  }
  if (!task.create_time.has_value()) return true;
  return *task.create_time >= search.since && *task.create_time <= search.until;
}

TaskSighting ToSighting(const PiApiListedTask& task) {
  return {task.id, task.create_time, task.state, task.prompt.has_value()};
}

}  // namespace seedance::upstream

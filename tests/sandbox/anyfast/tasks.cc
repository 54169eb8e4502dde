#include "tests/sandbox/anyfast/tasks.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "tests/sandbox/anyfast/errors.h"
#include "tests/sandbox/wire/files_api.h"
#include "tests/sandbox/world/video_request.h"

namespace seedance::sandbox {
namespace {

// The vendor's word for how the references are used.
std::string ActionOf(const VideoRequest& request) {
  if (request.items.empty()) return "generate";
  bool frames = true;
  bool images = true;
  for (const ContentItem& item : request.items) {
    frames = frames && (item.role == "first_frame" || item.role == "last_frame" || item.role.empty());
    images = images && item.kind == MediaKind::kImage;
  }
  if (frames) return request.items.size() == 2 ? "firstTailGenerate" : "generate";
  return images ? "referenceGenerate" : "omniGenerate";
}

std::string StatusWord(const Task& task, Stage stage) {
  switch (stage) {
    case Stage::kNotStarted:
      return "NOT_START";
    case Stage::kQueued:
      return "QUEUED";
    case Stage::kRunning:
      return task.plan.course == Course::kUnknownWord ? "HIBERNATING" : "IN_PROGRESS";
    case Stage::kSucceeded:
      return "SUCCESS";
    case Stage::kFailed:
      break;
  }
  return "FAILURE";
}

std::string OriginStatusWord(Stage stage) {
  switch (stage) {
    case Stage::kNotStarted:
    case Stage::kQueued:
      return "queued";
    case Stage::kRunning:
      return "running";
    case Stage::kSucceeded:
      return "succeeded";
    case Stage::kFailed:
      break;
  }
  return "failed";
}

// The same whatever the caller asked for.
int64_t SeedOfItsOwn(const std::string& id) {
  int64_t seed = 7;
  for (const char c : id) seed = (seed * 31 + c) % 2147483647;
  return seed;
}

// Unix seconds, 0 while that moment is still to come.
int64_t Reached(absl::Time moment, absl::Time now) { return moment <= now ? absl::ToUnixSeconds(moment) : 0; }

int64_t Lines(const std::string& resolution) {
  if (resolution == "480p") return 480;
  if (resolution == "1080p") return 1080;
  if (resolution == "2k") return 1440;
  return resolution == "4k" ? 2160 : 720;
}

// Ark's formula: width * height * frames a second * seconds / 1024.
int64_t Tokens(const Task& task) {
  const int64_t lines = Lines(task.resolution);
  return lines * (lines * 16 / 9) * 24 * std::max<int64_t>(task.duration, 1) / 1024;
}

}  // namespace

ApiReply AnyFastTasks::Create(const std::string& key, const ApiCall& call) {
  const std::optional<Json> body = ParseObject(call.body);
  if (!body.has_value()) return GatewayError(400, "invalid JSON");
  const std::string model = TextOf(*body, "model");
  if (model.empty()) return GatewayError(400, "model name is missing");
  if (!KnownVideoModel(model)) {
    return GatewayError(503, absl::StrCat("no available channel for model ", model), "new_api_error",
                        "model_not_found");
  }
  VideoRequest request;
  if (auto broken = ReadVideoRequest(*body, request)) return OriginRefusal(400, *broken);
  if (request.prompt.empty()) return TaskError(400, "invalid_request", "prompt is required");
  const auto find_asset = [&](const std::string& id) { return shared_.world.FindAsset(key, id); };
  if (auto broken = CheckVideoRequest(request, find_asset, shared_.clock.Now())) {
    shared_.ledger.Refuse({0, key, "CreateTask", model, "", shared_.clock.Now()});
    return OriginRefusal(400, *broken);
  }
  if (AsksForInputModeration(request.prompt)) {
    return OriginRefusal(400,
                         {"InputTextSensitiveContentDetected",
                          "The request failed because the input text may contain sensitive information.", "content"});
  }
  const Task task = Add(key, request);
  return JsonReply(200, {{"id", task.id},
                         {"task_id", task.id},
                         {"object", "video"},
                         {"model", task.model},
                         {"status", "queued"},
                         {"progress", 0},
                         {"created_at", absl::ToUnixSeconds(task.plan.submitted)}});
}

Task AnyFastTasks::Add(const std::string& key, const VideoRequest& request) {
  const absl::Time now = shared_.clock.Now();
  Task task;
  task.id = shared_.ids.Random("asyntask_", 32);
  task.origin_id = shared_.ids.Dated("cgt", now);
  task.request_id = shared_.ids.Random("", 24);
  task.key = key;
  task.model = request.model;
  task.action = ActionOf(request);
  task.prompt = request.prompt;
  task.resolution = request.resolution;
  task.ratio = request.ratio;
  task.duration = request.duration;
  task.seed = request.seed;
  if (shared_.options.own_seeds) task.seed = SeedOfItsOwn(task.id);
  task.generate_audio = request.generate_audio;
  task.return_last_frame = request.return_last_frame;
  task.plan = PlanTask(request.prompt, now, shared_.options.task_time);
  shared_.world.AddTask(task);
  shared_.ledger.Bill({0, key, "CreateTask", task.model, task.id, now});
  return task;
}

ApiReply AnyFastTasks::Get(const std::string& key, const std::string& id, const ApiCall& call) {
  const absl::Time now = shared_.clock.Now();
  const std::optional<Task> task = shared_.world.PollTask(key, id, now);
  if (!task.has_value() || task->piapi != nullptr)
    return TaskError(shared_.options.unknown_task_status, "task_not_exist", "task_not_exist");
  if (ForgottenAt(task->plan, now)) return TaskError(400, "task_not_exist", "task_not_exist");
  return JsonReply(200, {{"code", "success"}, {"message", ""}, {"data", TaskJson(*task, call.host)}});
}

Json AnyFastTasks::TaskJson(const Task& task, const std::string& host) const {
  const absl::Time now = shared_.clock.Now();
  const Stage stage = StageAt(task.plan, now);
  const bool unknown_word = stage == Stage::kRunning && task.plan.course == Course::kUnknownWord;
  Json json = {{"task_id", task.id},
               {"action", task.action},
               {"status", StatusWord(task, stage)},
               {"progress", absl::StrCat(unknown_word ? 30 : PercentAt(task.plan, now), "%")},
               {"fail_reason", stage == Stage::kFailed ? CauseOf(task.plan.course).message : ""},
               {"submit_time", absl::ToUnixSeconds(task.plan.submitted)},
               {"start_time", Reached(task.plan.started, now)},
               {"finish_time", Reached(task.plan.ended, now)},
               {"request_id", task.request_id},
               {"data", OriginJson(task, host)}};
  if (stage != Stage::kSucceeded || task.plan.course == Course::kNoUrl) return json;
  json[task.plan.course == Course::kLegacy ? "fail_reason" : "result_url"] = VideoUrl(task, host);
  return json;
}

// The task as the vendor behind knows it; before it started there is only its create reply.
Json AnyFastTasks::OriginJson(const Task& task, const std::string& host) const {
  const absl::Time now = shared_.clock.Now();
  const Stage stage = StageAt(task.plan, now);
  Json json = {{"id", task.origin_id}};
  if (stage == Stage::kNotStarted) return json;
  json["model"] = task.model;
  json["status"] = OriginStatusWord(stage);
  json["created_at"] = absl::ToUnixSeconds(task.plan.submitted);
  json["updated_at"] = absl::ToUnixSeconds(std::min(now, task.plan.ended));
  json["resolution"] = task.resolution;
  json["ratio"] = task.ratio;
  json["duration"] = task.duration;
  json["framespersecond"] = 24;
  json["seed"] = task.seed;
  json["generate_audio"] = task.generate_audio;
  json["draft"] = false;
  json["service_tier"] = "default";
  if (stage == Stage::kFailed) {
    const FailureCause cause = CauseOf(task.plan.course);
    json["error"] = {{"code", cause.code}, {"message", cause.message}};
  }
  if (stage != Stage::kSucceeded) return json;
  json["usage"] = {{"completion_tokens", Tokens(task)}, {"total_tokens", Tokens(task)}};
  if (task.plan.course == Course::kNoUrl || task.plan.course == Course::kLegacy) return json;
  json["content"] = {{"video_url", VideoUrl(task, host)}};
  if (task.return_last_frame) {
    json["content"]["last_frame_url"] =
        shared_.links.Sign(host, LastFramePath(task.id), task.plan.ended + shared_.options.link_life);
  }
  return json;
}

// The link is made when the task ends and is not renewed.
std::string AnyFastTasks::VideoUrl(const Task& task, const std::string& host) const {
  return shared_.links.Sign(host, VideoPath(task.id), task.plan.ended + shared_.options.link_life);
}

}  // namespace seedance::sandbox

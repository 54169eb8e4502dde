#include "tests/sandbox/piapi/view.h"

#include "absl/strings/str_cat.h"
#include "tests/sandbox/piapi/words.h"
#include "tests/sandbox/wire/files_api.h"

namespace seedance::sandbox {
namespace {

std::string PiApiStatusWord(const Task& task, Stage stage) {
  switch (stage) {
    case Stage::kNotStarted:
      return "Pending";
    case Stage::kQueued:
      return "Staged";
    case Stage::kRunning:
      return task.plan.course == Course::kUnknownWord ? "Hibernating" : "Processing";
    case Stage::kSucceeded:
      return "Completed";
    case Stage::kFailed:
      break;
  }
  return task.plan.course == Course::kCancelled ? "Cancelled" : "Failed";
}

// A real person's face is not told apart from other faults: the cause is only in the logs.
Json ErrorOf(Course course, bool failed) {
  int code = 0;
  std::string message;
  if (failed && course != Course::kCancelled) {
    const bool moderated = course == Course::kModerated;
    code = moderated ? 10003 : 10000;
    message = moderated ? "Your content violated community guidelines." : "internal error";
  }
  return {{"code", code}, {"raw_message", ""}, {"message", message}, {"detail", nullptr}};
}

// Lines that are there when a task is staged.
void AddFirstLogs(const PiApiJob& job, Json& logs) {
  const PiApiRequest& request = job.request;
  if (request.model.name != request.task_type) {
    logs.push_back(absl::StrCat("task_type ", request.task_type, " is served by ", request.model.name));
  }
  if (request.mode_detected) {
    logs.push_back(absl::StrCat(
        "mode auto-detected: ", request.mode, " (images=", request.Urls(MediaKind::kImage).size(),
        ", videos=", request.Urls(MediaKind::kVideo).size(), ", audios=", request.Urls(MediaKind::kAudio).size(), ")"));
  }
  logs.push_back(absl::StrCat("audio: enabled=", request.audio ? "true" : "false"));
  if (job.converted > 0) {
    logs.push_back(absl::StrCat("auto_upload_assets: converted ", job.converted, " url(s) to ephemeral asset://"));
  }
}

Json LogsAt(const Task& task, absl::Time at) {
  Json logs = Json::array();
  if (at >= task.plan.queued) AddFirstLogs(*task.piapi, logs);
  if (task.plan.course == Course::kCancelled || StageAt(task.plan, task.plan.ended) != Stage::kFailed) return logs;
  const bool strict = task.piapi->request.model.strict;
  const FailureCause cause = CauseOf(task.plan.course);
  const absl::Time retried = task.plan.started + (task.plan.ended - task.plan.started) / 2;
  if (strict && at >= retried) {
    const bool restricted = task.plan.course != Course::kFailed;
    logs.push_back(
        absl::StrCat("Attempt 1 failed (", restricted ? "content restriction" : "internal error", "), retrying."));
  }
  if (at >= task.plan.ended) {
    logs.push_back(absl::StrCat("Attempt ", strict ? 2 : 1, " failed: ", cause.code, ": ", cause.message));
    logs.push_back("restored frozen points");
  }
  return logs;
}

Json OutputJson(const Task& task, const std::string& host, const Options& options, const Links& links) {
  if (task.plan.course == Course::kNoUrl) return {{"video", ""}};
  const std::string url = links.Sign(host, VideoPath(task.id), task.plan.ended + options.link_life);
  return {{task.plan.course == Course::kLegacy ? "video_url" : "video", url}};
}

Json MetaJson(const Task& task, absl::Time at, Stage stage) {
  const auto shown = [&](absl::Time moment) { return Rfc3339(moment <= at ? moment : absl::InfinitePast()); };
  const bool frozen = stage == Stage::kQueued || stage == Stage::kRunning;
  return {{"created_at", Rfc3339(task.plan.submitted)},
          {"started_at", shown(task.plan.started)},
          {"ended_at", shown(task.plan.ended)},
          {"usage",
           {{"type", "llm"},
            {"frozen", frozen ? task.piapi->points : 0},
            {"consume", stage == Stage::kFailed ? 0 : task.piapi->points}}},
          {"is_using_private_pool", false}};
}

}  // namespace

Json PiApiTaskJson(const Task& task, absl::Time at, const std::string& host, const Options& options,
                   const Links& links) {
  const PiApiJob& job = *task.piapi;
  const Stage stage = StageAt(task.plan, at);
  const bool converted = job.converted > 0 && stage != Stage::kNotStarted;
  return {{"task_id", task.id},
          {"model", "seedance"},
          {"task_type", job.request.task_type},
          {"status", Cased(PiApiStatusWord(task, stage), task.id, options.piapi.word_case)},
          {"config", job.request.config},
          {"input", converted ? job.converted_input : job.request.input},
          {"output", stage == Stage::kSucceeded ? OutputJson(task, host, options, links) : Json()},
          {"meta", MetaJson(task, at, stage)},
          {"detail", nullptr},
          {"logs", LogsAt(task, at)},
          {"error", ErrorOf(task.plan.course, stage == Stage::kFailed)}};
}

}  // namespace seedance::sandbox

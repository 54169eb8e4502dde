#include "tests/sandbox/piapi/tasks.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/piapi/errors.h"
#include "tests/sandbox/world/inline_media.h"

namespace seedance::sandbox {
namespace {

constexpr MediaKind kReferenceKinds[] = {MediaKind::kImage, MediaKind::kVideo, MediaKind::kAudio};
constexpr int kContentViolation = 10003;

ApiReply TaskReply(const Json& task) {
  return {200, Dump({{"code", 200}, {"message", "success"}, {"data", task}}), "application/json", {}};
}

// A positive number in the query; `otherwise` for anything else.
// Unix seconds in the query.
absl::Time QueryTime(const ApiCall& call, const char* name, absl::Time otherwise) {
  const int64_t seconds = call.QueryNumber(name, 0);
  return seconds == 0 ? otherwise : absl::FromUnixSeconds(seconds);
}

// URLs that auto_upload_assets turns into ephemeral assets.
int64_t CountConverted(const PiApiRequest& request) {
  int64_t count = 0;
  if (!request.auto_upload) return count;
  for (const MediaKind kind : kReferenceKinds) {
    for (const std::string& url : request.Urls(kind)) count += IsWebUrl(url) ? 1 : 0;
  }
  return count;
}

}  // namespace

ApiReply PiApiTasks::Create(const std::string& key, const ApiCall& call) {
  const std::optional<Json> body = ParseObject(call.body);
  if (!body.has_value()) return TaskRefusal(400, "invalid request: the body is no JSON object");
  PiApiJob job;
  job.host = call.host;
  PiApiRequest& request = job.request;
  if (auto refusal = ReadPiApiRequest(*body, shared_.options.piapi.assets_on_all_twins, request)) {
    return TaskRefusal(refusal->status, refusal->message);
  }
  const absl::Time now = shared_.clock.Now();
  const auto find_asset = [&](const std::string& id) -> std::optional<Asset> {
    const std::optional<ManagedAsset> found = shared_.library.Peek(key, id, now);
    return found.has_value() ? std::optional<Asset>(found->asset) : std::nullopt;
  };
  if (auto refusal = CheckPiApiRequest(request, find_asset, now)) return TaskRefusal(refusal->status, refusal->message);
  if (AsksForInputModeration(request.prompt)) {
    return TaskRefusal(400, "Your content violated community guidelines.", kContentViolation);
  }
  job.points = PointsOf(request.model, request.resolution, request.duration);
  job.converted = CountConverted(request);

  base::MutexLock lock(admission_);
  if (auto refusal = Admit(key, job, now)) return *refusal;
  for (const MediaKind kind : kReferenceKinds) {
    for (const std::string& url : request.Urls(kind)) {
      if (const auto id = AssetIdOf(url)) shared_.library.Use(key, *id, now);
    }
  }
  Convert(job, now);
  const Task task = Add(key, std::move(job), now);
  return TaskReply(PiApiTaskJson(task, now, call.host, shared_.options, shared_.links));
}

std::optional<ApiReply> PiApiTasks::Admit(const std::string& key, const PiApiJob& job, absl::Time now) {
  const PiApiOptions& options = shared_.options.piapi;
  const auto refuse = [&](int status, const std::string& message) {
    return options.refuse_in_body ? TaskRefusalInBody(message) : TaskRefusal(status, message);
  };
  const int64_t active = shared_.account.ActiveTasks(key, now);
  if (active >= options.max_tasks) {
    return refuse(options.limit_status, absl::StrCat("active task count ", active, " has reached the plan limit"));
  }
  const std::optional<int64_t> points = shared_.account.Points(key, now);
  if (points.has_value() && *points < job.points) return refuse(options.credit_status, "insufficient credits");
  const absl::Time until = now + absl::Hours(job.request.retention_hours);
  if (job.converted > 0 && !shared_.library.HoldEphemeral(key, job.converted, until, now)) {
    return refuse(options.limit_status, "ephemeral asset hard cap reached");
  }
  return std::nullopt;
}

// Ephemeral assets exist only as ids in the echoed input.
void PiApiTasks::Convert(PiApiJob& job, absl::Time now) {
  if (job.converted == 0) return;
  job.converted_input = job.request.input;
  for (const MediaKind kind : kReferenceKinds) {
    if (job.request.Urls(kind).empty()) continue;
    for (Json& url : job.converted_input[UrlsMember(kind)]) {
      if (IsWebUrl(url.get_ref<const std::string&>())) {
        url = absl::StrCat("asset://", shared_.ids.Dated("asset", now));
      }
    }
  }
}

Task PiApiTasks::Add(const std::string& key, PiApiJob job, absl::Time now) {
  const PiApiRequest& request = job.request;
  Task task;
  task.id = shared_.ids.Uuid();
  task.origin_id = shared_.ids.Dated("cgt", now);
  task.key = key;
  task.model = request.task_type;
  task.action = request.mode;
  task.prompt = request.prompt;
  task.resolution = request.resolution;
  task.ratio = request.aspect_ratio;
  task.duration = request.duration;
  task.generate_audio = request.audio;
  task.plan = PlanTask(request.prompt, now, shared_.options.task_time);
  task.piapi = std::make_shared<const PiApiJob>(std::move(job));
  shared_.world.AddTask(task);
  shared_.ledger.Bill({0, key, "CreateTask", task.model, task.id, now});
  shared_.webhooks.Schedule(task);
  return task;
}

ApiReply PiApiTasks::Get(const std::string& key, const std::string& id, const ApiCall& call) {
  const absl::Time now = shared_.clock.Now();
  const std::optional<Task> task = shared_.world.PollTask(key, id, now);
  if (!task.has_value() || task->piapi == nullptr || ForgottenAt(task->plan, now)) {
    return PiApiError(404, "task not found");
  }
  return TaskReply(PiApiTaskJson(*task, now, call.host, shared_.options, shared_.links));
}

// Documented for Kling, Midjourney and Luma only.
ApiReply PiApiTasks::Cancel(const std::string& key, const std::string& id) {
  const std::optional<Task> task = shared_.world.FindTask(key, id);
  if (!task.has_value() || task->piapi == nullptr) return PiApiError(404, "task not found");
  if (!shared_.options.piapi.cancel) return PiApiError(400, "cancel task is not supported for model seedance");
  if (!shared_.world.CancelTask(key, id, shared_.clock.Now())) {
    return PiApiError(400, "only pending tasks can be canceled");
  }
  return {200, Dump({{"code", 200}, {"message", absl::StrCat("task ", id, " canceled")}}), "application/json", {}};
}

ApiReply PiApiTasks::Histories(const std::string& key, const ApiCall& call) {
  const PiApiOptions& options = shared_.options.piapi;
  if (options.histories == HistoriesShape::kNone) return PiApiError(404, "no such path");
  const absl::Time now = shared_.clock.Now();
  const std::string model = call.Query("model");
  const absl::Time first_time = QueryTime(call, "start_time", absl::InfinitePast());
  const absl::Time last_time = QueryTime(call, "end_time", absl::InfiniteFuture());
  std::vector<Task> found;
  for (Task& task : shared_.world.Tasks(key)) {
    const bool wanted = task.piapi != nullptr && (model.empty() || model == "seedance") &&
                        task.plan.submitted >= first_time && task.plan.submitted <= last_time;
    if (wanted) found.push_back(std::move(task));
  }
  const auto total = static_cast<int64_t>(found.size());
  const int64_t page = call.QueryNumber("page", 1);
  const int64_t size = std::min<int64_t>(call.QueryNumber("page_size", 10), 100);
  const int64_t first = page > total ? total : (page - 1) * size;
  Json items = Json::array();
  for (int64_t i = first; i < std::min(total, first + size); ++i) {
    Json item = PiApiTaskJson(found[static_cast<size_t>(i)], now, call.host, shared_.options, shared_.links);
    if (!options.histories_prompts) item.erase("input");
    items.push_back(std::move(item));
  }
  const bool plain = options.histories == HistoriesShape::kArray;
  const Json data = plain ? items : Json{{"total", total}, {"page", page}, {"page_size", size}, {"tasks", items}};
  return {200, Dump({{"code", 200}, {"message", "success"}, {"data", data}}), "application/json", {}};
}

}  // namespace seedance::sandbox

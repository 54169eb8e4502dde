#include "service/rpc/validate/validate_task.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/rpc/convert/convert_task.h"
#include "service/rpc/validate/request_rules.h"
#include "service/rpc/validate/text_shape.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

constexpr size_t kMaxModelCharacters = 128;
constexpr size_t kMaxAspectRatioCharacters = 32;
constexpr size_t kMaxReferenceLabelBytes = 32;
constexpr int kMaxReferences = 100;  // More than any vendor accepts; the engine checks the profile's limits.
constexpr int64_t kMaxRetentionHours = 10'000;
constexpr size_t kMaxUpstreamTaskIdBytes = 128;
constexpr size_t kMaxTaskLabels = 32;
constexpr size_t kMaxFilterLabels = 8;
constexpr size_t kMaxPromptText = 200;
constexpr int kMaxWatchedNames = 500;
constexpr int kMostTasksPerPage = 200;

bool IsUpstreamTaskId(const std::string& id) {
  return !id.empty() && id.size() <= kMaxUpstreamTaskIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
    return c > ' ' && c <= '~' && !absl::StrContains("/\\?#%", c);
  });
}

bool IsReferenceLabel(const std::string& label) {
  return label.size() <= kMaxReferenceLabelBytes && std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

model::Reference ReadReference(const std::string& path, const v1::Reference& proto, RequestRules& rules) {
  model::Reference reference;
  reference.label = proto.label();
  if (!IsReferenceLabel(proto.label())) {
    rules.Add(path + ".label", "must have 1 to 32 letters, digits, `_` or `-`");
  }
  rules.Enum(path + ".role", v1::ReferenceRole_IsValid(proto.role()), proto.role());
  if (v1::ReferenceRole_IsValid(proto.role())) reference.role = FromProto(proto.role());
  reference.ephemeral = proto.ephemeral();
  switch (proto.source_case()) {
    case v1::Reference::kAsset:
      reference.asset = rules.AssetName(path + ".asset", proto.asset());
      break;
    case v1::Reference::kUri:
      if (absl::StartsWithIgnoreCase(proto.uri().substr(0, 16), "asset://")) {
        rules.Add(path + ".uri",
                  "must begin with https://; for an asset, set the field `asset` to assets/{upstream}~{id}");
      } else {
        rules.HttpsUrl(path + ".uri", proto.uri());
      }
      reference.uri = proto.uri();
      break;
    case v1::Reference::SOURCE_NOT_SET:
      rules.Add(path + ".source", "is required: asset or uri");
  }
  return reference;
}

std::vector<model::Reference> ReadReferences(const v1::GenerationTask& task, RequestRules& rules) {
  std::vector<model::Reference> references;
  std::set<std::string> labels;
  if (task.references_size() > kMaxReferences) {
    rules.Add("generation_task.references",
              absl::StrCat("must have at most ", kMaxReferences, ", have ", task.references_size()));
    return references;
  }
  for (int i = 0; i < task.references_size(); ++i) {
    const std::string path = absl::StrCat("generation_task.references[", i, "]");
    references.push_back(ReadReference(path, task.references(i), rules));
    const std::string& label = references.back().label;
    if (!label.empty() && !labels.insert(label).second) {
      rules.Add(path + ".label", "repeats the label of an earlier reference");
    }
  }
  return references;
}

std::optional<int> ReadDuration(const v1::GenerationTask& task, RequestRules& rules) {
  if (!task.has_duration()) return std::nullopt;
  const google::protobuf::Duration& duration = task.duration();
  if (duration.nanos() != 0) rules.Add("generation_task.duration", "must be whole seconds");
  if (duration.seconds() < -1 || duration.seconds() > 3600) {
    rules.Add("generation_task.duration", absl::StrCat("must be a few seconds, is ", duration.seconds(), " s"));
    return std::nullopt;
  }
  return static_cast<int>(duration.seconds());
}

// The engine checks the vendor's range.
std::optional<int> ReadRetention(const v1::GenerationTask& task, RequestRules& rules) {
  if (!task.has_ephemeral_retention()) return std::nullopt;
  const google::protobuf::Duration& retention = task.ephemeral_retention();
  if (retention.seconds() < 0 || retention.seconds() > kMaxRetentionHours * 3600) {
    rules.Add("generation_task.ephemeral_retention",
              absl::StrCat("must be a few hours, is ", retention.seconds(), " s"));
    return std::nullopt;
  }
  if (retention.nanos() != 0 || retention.seconds() % 3600 != 0) {
    rules.Add("generation_task.ephemeral_retention", "must be whole hours");
    return std::nullopt;
  }
  return static_cast<int>(retention.seconds() / 3600);
}

void ReadFlags(const v1::GenerationTask& task, model::TaskRequest& request) {
  if (task.has_seed()) request.seed = task.seed();
  if (task.has_generate_audio()) request.generate_audio = task.generate_audio();
  if (task.has_watermark()) request.watermark = task.watermark();
  request.return_last_frame = task.return_last_frame();
  request.web_search = task.web_search();
}

model::TaskRequest ReadTask(const v1::GenerationTask& task, RequestRules& rules) {
  model::TaskRequest request;
  rules.Upstream("generation_task.upstream", task.upstream());
  request.upstream = task.upstream();
  rules.Text("generation_task.model", task.model(), kMaxModelCharacters);
  request.model = task.model();
  // The engine checks the vendor's limit.
  rules.Text("generation_task.prompt", task.prompt(), std::numeric_limits<size_t>::max());
  request.prompt = task.prompt();
  request.references = ReadReferences(task, rules);
  rules.Enum("generation_task.resolution", v1::Resolution_IsValid(task.resolution()), task.resolution());
  if (v1::Resolution_IsValid(task.resolution())) request.resolution = FromProto(task.resolution());
  rules.Text("generation_task.aspect_ratio", task.aspect_ratio(), kMaxAspectRatioCharacters);
  request.aspect_ratio = task.aspect_ratio();
  request.duration_seconds = ReadDuration(task, rules);
  request.ephemeral_hours = ReadRetention(task, rules);
  ReadFlags(task, request);
  request.labels = {task.labels().begin(), task.labels().end()};
  rules.Labels("generation_task.labels", request.labels, kMaxTaskLabels);
  return request;
}

}  // namespace

engine::CreateTaskParams ReadRequest(const v1::CreateGenerationTaskRequest& request) {
  RequestRules rules;
  engine::CreateTaskParams params;
  params.request = ReadTask(request.generation_task(), rules);
  params.request.wait_for_assets = request.wait_for_assets();
  params.request.allow_model_upgrade = request.allow_model_upgrade();
  params.request.recreate_expired_assets = request.recreate_expired_assets();
  rules.RequestId("request_id", request.request_id());
  params.request_id = request.request_id();
  params.validate_only = request.validate_only();
  params.violations = rules.Take();
  return params;
}

absl::StatusOr<std::string> ReadRequest(const v1::GetGenerationTaskRequest& request) {
  RequestRules rules;
  std::string id = rules.TaskId("name", request.name());
  if (!rules.ok()) return rules.ToStatus();
  return id;
}

absl::StatusOr<std::string> ReadRequest(const v1::CancelGenerationTaskRequest& request) {
  RequestRules rules;
  std::string id = rules.TaskId("name", request.name());
  rules.RequestId("request_id", request.request_id());
  if (!rules.ok()) return rules.ToStatus();
  return id;
}

absl::StatusOr<std::string> ReadRequest(const v1::DeleteGenerationTaskRequest& request) {
  RequestRules rules;
  std::string id = rules.TaskId("name", request.name());
  rules.RequestId("request_id", request.request_id());
  if (!rules.ok()) return rules.ToStatus();
  return id;
}

absl::StatusOr<engine::ReconcileTaskParams> ReadRequest(const v1::ReconcileGenerationTaskRequest& request) {
  RequestRules rules;
  engine::ReconcileTaskParams params;
  params.id = rules.TaskId("name", request.name());
  rules.RequestId("request_id", request.request_id());
  switch (request.verdict_case()) {
    case v1::ReconcileGenerationTaskRequest::kUpstreamTaskId:
      if (!IsUpstreamTaskId(request.upstream_task_id())) {
        rules.Add("upstream_task_id", absl::StrCat("must have 1 to ", kMaxUpstreamTaskIdBytes,
                                                   " printable ASCII characters, none of them / \\ ? # %"));
      }
      params.upstream_task_id = request.upstream_task_id();
      break;
    case v1::ReconcileGenerationTaskRequest::kNotAccepted:
      if (!request.not_accepted()) rules.Add("not_accepted", "must be true; omit it to search the vendor's list");
      params.not_accepted = true;
      break;
    case v1::ReconcileGenerationTaskRequest::VERDICT_NOT_SET:
      break;
  }
  if (!rules.ok()) return rules.ToStatus();
  return params;
}

std::string PageFilter(const v1::ListGenerationTasksRequest& request) {
  v1::ListGenerationTasksRequest filter = request;
  filter.clear_page_size();
  filter.clear_page_token();
  return FilterOf(filter);
}

void ReadStates(const google::protobuf::RepeatedField<int>& numbers, RequestRules& rules,
                std::vector<model::TaskState>& states) {
  for (int i = 0; i < numbers.size(); ++i) {
    const auto state = static_cast<v1::GenerationTask::State>(numbers[i]);
    const bool known = v1::GenerationTask_State_IsValid(state) && state != v1::GenerationTask::STATE_UNSPECIFIED;
    rules.Enum(absl::StrCat("states[", i, "]"), known, state);
    if (known) states.push_back(FromProto(state));
  }
}

void ReadLabels(const google::protobuf::Map<std::string, std::string>& given, RequestRules& rules,
                std::map<std::string, std::string>& labels) {
  labels = {given.begin(), given.end()};
  rules.Labels("labels", labels, kMaxFilterLabels);
}

// What requests that list and that count have in common.
template <typename Request>
void ReadListFilter(const Request& request, RequestRules& rules, engine::TaskFilter& filter) {
  ReadLabels(request.labels(), rules, filter.labels);
  if (request.has_created_from()) filter.created_from = rules.Time("created_from", request.created_from());
  if (request.has_created_before()) filter.created_before = rules.Time("created_before", request.created_before());
  if (filter.created_from >= filter.created_before) {
    rules.Add("created_before", "must be later than created_from");
  }
  rules.Upstream("upstream", request.upstream());
  filter.upstream = request.upstream();
}

absl::StatusOr<engine::ListTasksParams> ReadRequest(const v1::ListGenerationTasksRequest& request) {
  RequestRules rules;
  engine::ListTasksParams params;
  ReadStates(request.states(), rules, params.filter.states);
  ReadListFilter(request, rules, params.filter);
  rules.Text("model", request.model(), kMaxModelCharacters);
  params.filter.model = request.model();
  rules.Text("prompt_text", request.prompt_text(), kMaxPromptText);
  params.filter.prompt_text = request.prompt_text();
  params.page_size = std::min(rules.PageSize(request.page_size()), kMostTasksPerPage);
  params.after = rules.PageToken(request.page_token(), PageFilter(request));
  if (!rules.ok()) return rules.ToStatus();
  return params;
}

absl::StatusOr<engine::TaskFilter> ReadRequest(const v1::CountGenerationTasksRequest& request) {
  RequestRules rules;
  engine::TaskFilter filter;
  ReadListFilter(request, rules, filter);
  if (!rules.ok()) return rules.ToStatus();
  return filter;
}

absl::StatusOr<WatchTaskParams> ReadRequest(const v1::WatchGenerationTaskRequest& request) {
  RequestRules rules;
  WatchTaskParams params;
  params.id = rules.TaskId("name", request.name());
  rules.ResumeToken(request.resume_token());
  if (!rules.ok()) return rules.ToStatus();
  params.resume_token = request.resume_token();
  return params;
}

absl::StatusOr<engine::WatchTasksParams> ReadRequest(const v1::WatchGenerationTasksRequest& request) {
  RequestRules rules;
  engine::WatchTasksParams params;
  ReadStates(request.states(), rules, params.states);
  ReadLabels(request.labels(), rules, params.labels);
  if (request.names_size() > kMaxWatchedNames) {
    rules.Add("names", absl::StrCat("must have at most ", kMaxWatchedNames, ", have ", request.names_size()));
  }
  for (int i = 0; i < request.names_size() && i < kMaxWatchedNames; ++i) {
    params.ids.insert(rules.TaskId(absl::StrCat("names[", i, "]"), request.names(i)));
  }
  rules.ResumeToken(request.resume_token());
  if (!rules.ok()) return rules.ToStatus();
  params.resume_token = request.resume_token();
  return params;
}

absl::StatusOr<engine::DownloadParams> ReadRequest(const v1::DownloadGenerationResultRequest& request) {
  RequestRules rules;
  engine::DownloadParams params;
  params.task_id = rules.TaskId("name", request.name());
  if (request.offset() < 0) rules.Add("offset", absl::StrCat("must not be negative, is ", request.offset()));
  if (request.limit() < 0) rules.Add("limit", absl::StrCat("must not be negative, is ", request.limit()));
  rules.Enum("part", v1::DownloadGenerationResultRequest_Part_IsValid(request.part()), request.part());
  if (!rules.ok()) return rules.ToStatus();
  params.offset = request.offset();
  params.limit = request.limit();
  params.last_frame = request.part() == v1::DownloadGenerationResultRequest::PART_LAST_FRAME;
  return params;
}

}  // namespace seedance::rpc

#include "service/upstream/anyfast/anyfast.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/base/error.h"
#include "service/base/random.h"
#include "service/base/sha256.h"
#include "service/http/path_segment.h"
#include "service/upstream/anyfast/error_table.h"
#include "service/upstream/anyfast/multipart_source.h"
#include "service/upstream/anyfast/task_report.h"
#include "service/upstream/anyfast/usage_log.h"
#include "service/upstream/anyfast/wire_report.h"
#include "service/upstream/anyfast/wire_request.h"
#include "service/upstream/result_fetch.h"
#include "service/upstream/vendor_client.h"

namespace seedance::upstream {
namespace {

using base::Reason;

constexpr char kGroupResource[] = "seedance.gateway.v1.AssetGroup";
constexpr char kAssetResource[] = "seedance.gateway.v1.Asset";
constexpr int kMaxPageSize = 100;
// Maximum pages that GetGroup searches when the vendor does not filter by id.
constexpr int kMaxFindPages = 20;

// Whether the vendor demands the type of group.
bool DemandsGroupType(const http::HttpReply& reply) {
  return reply.outcome == http::HttpOutcome::kReply && reply.status == 400 &&
         absl::StrContains(reply.body, "GroupType");
}

// For a request that just succeeded with another group type: the key has no groups of this type.
bool HasNoSuchGroupType(const absl::Status& status) { return base::GetReason(status) == Reason::kUpstreamInvalidInput; }

// Forwards the caller's cancellation only while the vendor cannot have the complete body: later it would lose the
// answer. The end of the process is always forwarded.
class UploadCancel {
 public:
  UploadCancel(const CallOptions& call, const MultipartSource& source)
      : caller_(call.cancel), abandon_(call.abandon), token_(std::make_shared<base::CancelToken>()) {
    if (caller_ != nullptr) {
      caller_id_ = caller_->OnCancel([token = token_, &source] {
        if (!source.finished()) token->Cancel();
      });
    }
    if (abandon_ != nullptr) abandon_id_ = abandon_->OnCancel([token = token_] { token->Cancel(); });
  }
  ~UploadCancel() {
    if (caller_ != nullptr) caller_->Remove(caller_id_);
    if (abandon_ != nullptr) abandon_->Remove(abandon_id_);
  }
  UploadCancel(const UploadCancel&) = delete;
  UploadCancel& operator=(const UploadCancel&) = delete;

  const std::shared_ptr<base::CancelToken>& token() const { return token_; }

 private:
  const std::shared_ptr<base::CancelToken> caller_;
  const std::shared_ptr<base::CancelToken> abandon_;
  const std::shared_ptr<base::CancelToken> token_;
  uint64_t caller_id_ = 0;
  uint64_t abandon_id_ = 0;
};

// 64 bits of a hash: vendors' keys are random and longer.
std::string KeyId(const base::Secret& key) {
  return base::Sha256Hex("seedance-gateway vendor key " + key.Reveal()).substr(0, 16);
}

class AnyFast : public Upstream,
                private TaskApi,
                private AssetApi,
                private AssetNameApi,
                private GroupApi,
                private UsageLogApi {
 public:
  AnyFast(AnyFastOptions options, std::unique_ptr<http::HttpTransport> transport, base::Clock& clock)
      : options_(std::move(options)),
        client_({options_.base_url,
                 {{"Authorization", "Bearer " + options_.api_key.Reveal()}},
                 options_.api_key,
                 options_.read_timeout,
                 options_.submit_timeout,
                 options_.max_retry_after},
                AnyFastErrors(), std::move(transport), clock),
        clock_(clock),
        key_id_(KeyId(options_.api_key)) {}

  const std::string& name() const override { return options_.name; }
  const model::UpstreamProfile& profile() const override { return options_.profile; }
  TaskApi& tasks() override { return *this; }
  AssetApi& assets() override { return *this; }
  AssetNameApi* asset_names() override { return this; }
  GroupApi* groups() override { return this; }
  UsageLogApi* usage_log() override { return options_.profile.usage_log ? this : nullptr; }

 private:
  using Resource = VendorClient::Resource;

  BilledResult<std::string> CreateGroup(const CallOptions& call, const NewGroup& group) override {
    return Create(Operation::kCreateGroup, BilledPost(call, "/volc/asset/CreateAssetGroup", CreateGroupBody(group)),
                  std::nullopt);
  }

  absl::StatusOr<ReportPage<GroupReport>> ListGroups(const CallOptions& call, const GroupQuery& query) override {
    GroupQuery bounded = query;
    bounded.page_size = std::clamp(query.page_size, 1, kMaxPageSize);
    return GroupPage(call, bounded.page, bounded.page_size, GroupTypeWord(query.type),
                     [&bounded](const std::string& type) { return ListGroupsBody(bounded, type); });
  }

  absl::StatusOr<GroupReport> GetGroup(const CallOptions& call, const std::string& id) override {
    // The vendor has no request for one group. Tries a filter first, also for the type of verified persons, which is
    // listed only on demand; if that finds nothing, perhaps because the filter is not supported, searches all groups.
    const auto by_id = [&id](int page, const std::string& type) { return FindGroupBody(id, page, kMaxPageSize, type); };
    const auto all = [](int page, const std::string& type) {
      GroupQuery query;
      query.page = page;
      return ListGroupsBody(query, type);
    };
    const std::string liveness = GroupTypeWord(model::GroupType::kLivenessFace);
    absl::StatusOr<GroupReport> found = FindGroup(call, id, "", by_id);
    if (IsMissing(found.status())) found = FindGroup(call, id, liveness, by_id);
    if (IsMissing(found.status())) found = FindGroup(call, id, "", all);
    if (IsMissing(found.status()) && group_type_demanded_) found = FindGroup(call, id, liveness, all);
    return found;
  }

  absl::Status UpdateGroup(const CallOptions& call, const std::string& id, const std::string& display_name) override {
    return Change(Operation::kChangeGroup, call, "/volc/asset/UpdateAssetGroup", RenameBody(id, display_name),
                  GroupRef(id));
  }
  absl::Status DeleteGroup(const CallOptions& call, const std::string& id) override {
    return Change(Operation::kChangeGroup, call, "/volc/asset/DeleteAssetGroup", IdBody(id), GroupRef(id));
  }

  BilledResult<std::string> CreateAsset(const CallOptions& call, const NewAsset& asset) override {
    if (asset.uri.empty() && asset.data != nullptr) return UploadAsset(call, asset);
    return Create(Operation::kCreateAsset, BilledPost(call, "/volc/asset/CreateAsset", CreateAssetBody(asset)),
                  GroupRef(asset.group_id));
  }

  absl::StatusOr<ReportPage<AssetReport>> ListAssets(const CallOptions& call, const AssetQuery& query) override {
    AssetQuery bounded = query;
    bounded.page_size = std::clamp(query.page_size, 1, kMaxPageSize);
    absl::StatusOr<ReportPage<AssetReport>> page = AssetPage(call, bounded);
    const bool any_type = query.group_type == model::GroupType::kUnspecified && !query.group_ids.empty();
    if (!page.ok() || !any_type) return page;
    bounded.group_type = model::GroupType::kLivenessFace;
    absl::StatusOr<ReportPage<AssetReport>> faces = AssetPage(call, bounded);
    if (HasNoSuchGroupType(faces.status())) return page;
    if (!faces.ok()) return faces;
    // A vendor that ignores the type lists everything twice.
    std::set<std::string> seen;
    for (const AssetReport& asset : page->items) seen.insert(asset.id);
    for (AssetReport& asset : faces->items) {
      if (seen.insert(asset.id).second) page->items.push_back(std::move(asset));
    }
    page->more = page->more || faces->more;
    return page;
  }

  absl::StatusOr<AssetReport> GetAsset(const CallOptions& call, const std::string& id) override {
    absl::StatusOr<http::HttpReply> reply =
        client_.Read(Operation::kReadAssets, call, Post(call, "/volc/asset/GetAsset", IdBody(id)), AssetRef(id));
    if (!reply.ok()) return reply.status();
    AssetReport asset = ReadAsset(UnwrapAnswer(reply->body), options_.api_key);
    if (asset.id.empty() && asset.state != model::AssetState::kUnspecified) asset.id = id;
    if (asset.id != id) return client_.ReadError(Operation::kReadAssets, call, *reply, std::nullopt);
    return asset;
  }

  absl::Status UpdateAsset(const CallOptions& call, const std::string& id, const std::string& display_name) override {
    return Change(Operation::kChangeAsset, call, "/volc/asset/UpdateAsset", RenameBody(id, display_name), AssetRef(id));
  }
  absl::Status DeleteAsset(const CallOptions& call, const std::string& id) override {
    return Change(Operation::kChangeAsset, call, "/volc/asset/DeleteAsset", IdBody(id), AssetRef(id));
  }

  BilledResult<std::string> CreateTask(const CallOptions& call, const model::TaskRequest& task) override {
    const std::string& model = task.model.empty() ? options_.profile.default_model : task.model;
    const model::ModelProfile* row = options_.profile.FindModel(model);
    const std::string body = CreateTaskBody(task, model, row != nullptr ? *row : model::ModelProfile());
    return Create(Operation::kCreateTask, BilledPost(call, "/v1/video/generations", body), std::nullopt);
  }

  absl::StatusOr<TaskReport> GetTask(const CallOptions& call, const std::string& id) override {
    absl::StatusOr<http::HttpReply> reply =
        client_.Read(Operation::kReadTask, call,
                     client_.Request(call, "GET", "/v1/video/generations/" + http::PathSegment(id)), std::nullopt);
    if (!reply.ok()) return reply.status();
    std::optional<TaskReport> report = ReadTask(reply->body, id, clock_.Now(), options_.api_key);
    if (!report.has_value()) return client_.ReadError(Operation::kReadTask, call, *reply, std::nullopt);
    return *std::move(report);
  }

  std::string key_id() override { return key_id_; }

  absl::StatusOr<UsageLog> ReadUsage(const CallOptions& call) override {
    std::string path = "/api/log/token";
    if (options_.usage_log_key_in_query) path += "?key=" + http::PathSegment(options_.api_key.Reveal());
    absl::StatusOr<http::HttpReply> reply =
        client_.Read(Operation::kReadTask, call, client_.Request(call, "GET", path), std::nullopt);
    if (!reply.ok()) return reply.status();
    std::optional<UsageLog> log = ReadUsageLog(reply->body);
    if (!log.has_value()) return client_.ReadError(Operation::kReadTask, call, *reply, std::nullopt);
    log->key_id = key_id_;
    return *std::move(log);
  }

  absl::Status FetchResult(const CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                           ResultSink& sink) override {
    const absl::Duration time = std::min(options_.transfer_timeout, call.deadline - clock_.Now());
    return FetchRange(client_.transport(), call, {uri, offset, limit}, time, options_.allow_plain_http, sink);
  }

  Resource GroupRef(const std::string& id) const {
    return base::ResourceRef{kGroupResource, model::AssetGroupName({options_.name, id})};
  }
  Resource AssetRef(const std::string& id) const {
    return base::ResourceRef{kAssetResource, model::AssetName({options_.name, id})};
  }

  http::HttpRequest Post(const CallOptions& call, const std::string& path, std::string body) const {
    return client_.Request(call, "POST", path, std::move(body));
  }

  http::HttpRequest BilledPost(const CallOptions& call, const std::string& path, std::string body) const {
    http::HttpRequest request = Post(call, path, std::move(body));
    client_.MakeBilled(call, request);
    return request;
  }

  BilledResult<std::string> Create(Operation operation, const http::HttpRequest& request, Resource resource) const {
    return JudgeCreate(operation, request, client_.transport().Send(request), std::move(resource));
  }

  BilledResult<std::string> JudgeCreate(Operation operation, const http::HttpRequest& request,
                                        const http::HttpReply& reply, Resource resource) const {
    std::string id = IsSuccess(reply) ? ReadCreatedId(reply.body) : "";
    if (id.empty()) return ToResult(client_.JudgeBilled(operation, request, reply, std::move(resource)));
    return AcceptedAs(std::move(id), options_.api_key);
  }

  BilledResult<std::string> UploadAsset(const CallOptions& call, const NewAsset& asset) {
    const std::string boundary =
        absl::StrFormat("seedance-%016x%016x", base::SystemRandom().Bits(), base::SystemRandom().Bits());
    MultipartSource::Fields fields = {{"GroupId", asset.group_id}, {"Name", asset.display_name}};
    if (asset.media_type == model::MediaType::kVideo || asset.media_type == model::MediaType::kAudio) {
      fields.insert(fields.begin(), {"model", BillingModel(asset.media_type)});
      fields.emplace_back("AssetType", AssetTypeWord(asset.media_type));
    }
    MultipartSource source(boundary, fields, asset.file_name, *asset.data);
    http::HttpRequest request = BilledPost(call, "/volc/asset/CreateAsset", "");
    request.content_type = source.content_type();
    request.source = &source;
    request.timeout = options_.transfer_timeout;
    const UploadCancel cancel(call, source);
    request.cancel = cancel.token();
    const http::HttpReply reply = client_.transport().Send(request);
    BilledResult<std::string> result = JudgeCreate(Operation::kCreateAsset, request, reply, GroupRef(asset.group_id));
    if (result.acceptance == Acceptance::kNotAccepted && cancel.token()->cancelled()) result.retryable = false;
    // A vendor that answers before the end of the file may bill it. One that sent nothing until the gateway aborted the
    // body has no complete request.
    const bool cut = reply.outcome == http::HttpOutcome::kCancelled && !reply.answer_began;
    if (result.acceptance == Acceptance::kUnknown && cut && !source.finished()) {
      result.acceptance = Acceptance::kNotAccepted;
      result.retryable = false;
      base::ErrorDetail detail;
      detail.reason = Reason::kCancelled;
      result.status = base::MakeError("the upload was interrupted", detail);
    }
    return result;
  }

  absl::Status Change(Operation operation, const CallOptions& call, const std::string& path, std::string body,
                      Resource resource) {
    http::HttpRequest request = Post(call, path, std::move(body));
    request.changes = true;
    absl::StatusOr<http::HttpReply> reply = client_.Read(operation, call, std::move(request), std::move(resource));
    if (!reply.ok()) return reply.status();
    const JsonNode root = JsonNode::Parse(reply->body);
    const bool refused = !IsApiSuccess(*reply, root) || root["error"].IsObject() ||
                         root["ResponseMetadata"]["Error"].IsObject() ||
                         UnwrapAnswer(reply->body)["Deleted"].Truth() == false;
    return refused ? client_.ReadError(operation, call, *reply, std::nullopt) : absl::OkStatus();
  }

  // Lists assets of one group type; kUnspecified: AIGC.
  absl::StatusOr<ReportPage<AssetReport>> AssetPage(const CallOptions& call, const AssetQuery& query) const {
    absl::StatusOr<http::HttpReply> reply = client_.Read(
        Operation::kReadAssets, call, Post(call, "/volc/asset/ListAssets", ListAssetsBody(query)), std::nullopt);
    if (!reply.ok()) return reply.status();
    const JsonNode answer = UnwrapAnswer(reply->body);
    const JsonNode items = answer.First({"Items", "items"});
    if (!items.IsArray() && !answer["TotalCount"].exists())
      return client_.ReadError(Operation::kReadAssets, call, *reply, std::nullopt);
    ReportPage<AssetReport> page;
    for (size_t i = 0; i < items.size(); ++i) page.items.push_back(ReadAsset(items[i], options_.api_key));
    page.more = MorePages(answer, query.page, query.page_size);
    return page;
  }

  // `asked`: type of the groups; empty: any. `body(group_type)` builds the request.
  template <typename Body>
  absl::StatusOr<ReportPage<GroupReport>> GroupPage(const CallOptions& call, int number, int size,
                                                    const std::string& asked, const Body& body) {
    // Most keys accept a list without a type, which then contains every type; some answer that it is missing.
    const std::string type = asked.empty() && group_type_demanded_ ? "AIGC" : asked;
    http::HttpRequest request = Post(call, "/volc/asset/ListAssetGroups", body(type));
    absl::StatusOr<http::HttpReply> reply = client_.SendRead(call, request);
    if (!reply.ok()) return reply.status();
    if (type.empty() && DemandsGroupType(*reply)) {
      group_type_demanded_ = true;
      request.body = body("AIGC");
    } else {
      return ReadGroupPage(call, *reply, number, size);
    }
    reply = client_.SendRead(call, request);
    if (!reply.ok()) return reply.status();
    return ReadGroupPage(call, *reply, number, size);
  }

  absl::StatusOr<ReportPage<GroupReport>> ReadGroupPage(const CallOptions& call, const http::HttpReply& reply,
                                                        int number, int size) const {
    const JsonNode answer = IsSuccess(reply) ? UnwrapAnswer(reply.body) : JsonNode();
    const JsonNode items = answer.First({"Items", "items"});
    if (!items.IsArray() && !answer["TotalCount"].exists())
      return client_.ReadError(Operation::kReadGroups, call, reply, std::nullopt);
    ReportPage<GroupReport> page;
    for (size_t i = 0; i < items.size(); ++i) page.items.push_back(ReadGroup(items[i]));
    page.more = MorePages(answer, number, size);
    return page;
  }

  static bool IsMissing(const absl::Status& status) { return base::GetReason(status) == Reason::kResourceNotFound; }

  // `asked` as for GroupPage. `body(page, group_type)` builds the request.
  template <typename Body>
  absl::StatusOr<GroupReport> FindGroup(const CallOptions& call, const std::string& id, const std::string& asked,
                                        const Body& body) {
    const absl::Status missing = base::ResourceNotFound(kGroupResource, model::AssetGroupName({options_.name, id}));
    for (int number = 1; number <= kMaxFindPages; ++number) {
      absl::StatusOr<ReportPage<GroupReport>> page =
          GroupPage(call, number, kMaxPageSize, asked, [&](const std::string& type) { return body(number, type); });
      if (!asked.empty() && HasNoSuchGroupType(page.status())) return missing;
      if (!page.ok()) return page.status();
      for (GroupReport& group : page->items) {
        if (group.id == id) return std::move(group);
      }
      if (!page->more) return missing;
    }
    base::ErrorDetail detail;
    detail.reason = Reason::kUpstreamUnavailable;
    return base::MakeError("the vendor lists too many groups to search", detail);
  }

  const AnyFastOptions options_;
  const VendorClient client_;
  base::Clock& clock_;
  const std::string key_id_;
  std::atomic<bool> group_type_demanded_ = false;
};

}  // namespace

std::unique_ptr<Upstream> MakeAnyFast(AnyFastOptions options, std::unique_ptr<http::HttpTransport> transport,
                                      base::Clock& clock) {
  return std::make_unique<AnyFast>(std::move(options), std::move(transport), clock);
}

}  // namespace seedance::upstream

#include "service/upstream/piapi/piapi.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/base/error.h"
#include "service/http/path_segment.h"
#include "service/http/url.h"
#include "service/upstream/piapi/asset_report.h"
#include "service/upstream/piapi/base64_source.h"
#include "service/upstream/piapi/error_table.h"
#include "service/upstream/piapi/task_list.h"
#include "service/upstream/piapi/task_report.h"
#include "service/upstream/piapi/vendor_error.h"
#include "service/upstream/piapi/webhook.h"
#include "service/upstream/piapi/wire_request.h"
#include "service/upstream/result_fetch.h"
#include "service/upstream/vendor_client.h"

namespace seedance::upstream {
namespace {

using base::Reason;

constexpr char kAssetResource[] = "seedance.gateway.v1.Asset";
constexpr char kWebhookSecretHeader[] = "x-webhook-secret";
constexpr int kPageSize = 100;
// How long the list is read instead of the path for one asset.
constexpr absl::Duration kWithoutGetPath = absl::Minutes(10);
// Of the vendor's list; its largest plan has 1000 assets.
constexpr int kMaxPages = 100;

PiApiOptions WithOwnFacts(PiApiOptions options) {
  options.profile.webhooks = !options.webhook_endpoint.empty();
  if (options.upload_url.empty()) options.profile.assets.max_staged_bytes = 0;
  options.profile.lists_tasks = !options.paths.task_list.empty();
  options.profile.cancels_tasks = !options.paths.task_cancel.empty();
  return options;
}

std::string PathOf(const std::string& pattern, const std::string& id) {
  return absl::StrReplaceAll(pattern, {{"{id}", http::PathSegment(id)}});
}

absl::Status Unsupported(const char* what) {
  base::ErrorDetail detail;
  detail.reason = Reason::kUnsupportedByUpstream;
  return base::MakeError(absl::StrCat("PiAPI has no ", what), detail);
}

// Detects whether a list is sorted newest first, because the vendor does not document whether it applies the requested
// times.
class NewestFirst {
 public:
  void Add(std::optional<absl::Time> time) {
    sorted_ = sorted_ && time.has_value() && *time <= last_;
    if (time.has_value()) last_ = *time;
  }
  // Whether all following items are older than `time`.
  bool IsBefore(absl::Time time) const { return sorted_ && last_ < time; }

 private:
  bool sorted_ = true;
  absl::Time last_ = absl::InfiniteFuture();
};

// A success by status and by body.
bool Succeeded(const http::HttpReply& reply) {
  const JsonNode root = JsonNode::Parse(reply.body);
  return IsApiSuccess(reply, root) && !PiApiSaysFailure(root);
}

class PiApi : public Upstream,
              private TaskApi,
              private AssetApi,
              private FileApi,
              private TaskListApi,
              private CancelApi,
              private WebhookApi {
 public:
  PiApi(PiApiOptions options, std::unique_ptr<http::HttpTransport> transport, base::Clock& clock)
      : options_(WithOwnFacts(std::move(options))),
        client_({options_.base_url,
                 {{"X-API-Key", options_.api_key.Reveal()}},
                 options_.api_key,
                 options_.read_timeout,
                 options_.submit_timeout,
                 options_.max_retry_after},
                PiApiErrors(), std::move(transport), clock),
        clock_(clock) {}

  const std::string& name() const override { return options_.name; }
  const model::UpstreamProfile& profile() const override { return options_.profile; }

  TaskApi& tasks() override { return *this; }
  AssetApi& assets() override { return *this; }
  FileApi* files() override { return options_.upload_url.empty() ? nullptr : this; }
  TaskListApi* task_list() override { return options_.profile.lists_tasks ? this : nullptr; }
  CancelApi* cancels() override { return options_.profile.cancels_tasks ? this : nullptr; }
  const WebhookApi* webhooks() override { return options_.profile.webhooks ? this : nullptr; }

 private:
  BilledResult<std::string> CreateAsset(const CallOptions& call, const NewAsset& asset) override {
    if (asset.uri.empty()) return Refuse("uploads of bytes");
    const http::HttpRequest request = BilledPost(call, options_.paths.asset_upload, PiApiAssetBody(asset));
    const http::HttpReply reply = client_.transport().Send(request);
    if (Succeeded(reply)) {
      if (std::string id = ReadPiApiAssetId(reply.body); !id.empty()) return Accepted(std::move(id));
    }
    return ToResult(client_.JudgeBilled(Operation::kCreateAsset, request, reply, std::nullopt));
  }

  absl::StatusOr<ReportPage<AssetReport>> ListAssets(const CallOptions& call, const AssetQuery& query) override {
    // Paging and filters are not documented: the whole list is read, and paged here.
    const auto size = static_cast<size_t>(std::max(query.page_size, 1));
    const size_t first = static_cast<size_t>(std::max(query.page, 1) - 1) * size;
    size_t matches = 0;
    ReportPage<AssetReport> page;
    const absl::Status walked = Walk(call, [&](AssetReport asset) {
      if (!absl::StrContains(asset.display_name, query.display_name_contains)) return true;
      const size_t index = matches++;
      page.more = index >= first + size;
      if (index >= first && !page.more) page.items.push_back(std::move(asset));
      return !page.more;
    });
    if (!walked.ok()) return walked;
    return page;
  }

  absl::StatusOr<AssetReport> GetAsset(const CallOptions& call, const std::string& id) override {
    if (clock_.Now() < absl::FromUnixMicros(list_until_micros_)) return FindInList(call, id);
    http::HttpRequest request = client_.Request(call, "GET", PathOf(options_.paths.asset_get, id));
    absl::StatusOr<http::HttpReply> reply = client_.SendRead(call, request);
    if (!reply.ok()) return reply.status();
    if (Succeeded(*reply)) {
      AssetReport asset = ReadPiApiAsset(PiApiAssetIn(JsonNode::Parse(reply->body)), options_.api_key);
      if (asset.id.empty() && asset.state != model::AssetState::kUnspecified) asset.id = id;
      if (asset.id == id) return asset;
    }
    const absl::Status error = client_.ReadError(Operation::kReadAssets, call, *reply, AssetRef(id));
    // An answer that is not from an API (an HTML page, another object) may come from a path that does not exist.
    const bool lacks_path = MayLackPath(*reply, error);
    const bool strange = !lacks_path && reply->outcome == http::HttpOutcome::kReply &&
                         base::GetReason(error) == Reason::kUpstreamProtocol;
    if (!lacks_path && !strange) return error;
    absl::StatusOr<AssetReport> listed = FindInList(call, id);
    if (listed.ok()) list_until_micros_ = absl::ToUnixMicros(clock_.Now() + kWithoutGetPath);
    if (strange && base::GetReason(listed.status()) == Reason::kResourceNotFound) return error;
    return listed;
  }

  absl::Status DeleteAsset(const CallOptions& call, const std::string& id) override {
    http::HttpRequest request = client_.Request(call, "DELETE", PathOf(options_.paths.asset_delete, id));
    absl::StatusOr<http::HttpReply> reply = client_.SendRead(call, request);
    if (!reply.ok()) return reply.status();
    const JsonNode root = JsonNode::Parse(reply->body);
    if (Succeeded(*reply) && PiApiAssetIn(root)["deleted"].Truth() != false) return absl::OkStatus();
    const absl::Status error = client_.ReadError(Operation::kChangeAsset, call, *reply, AssetRef(id));
    if (!MayLackPath(*reply, error)) return error;
    const absl::Status listed = FindInList(call, id).status();
    if (!listed.ok()) return listed;
    base::ErrorDetail detail;
    detail.reason = Reason::kUpstreamProtocol;
    return base::MakeError(
        absl::StrCat("the vendor still lists the asset, but its path for deletion does not exist (HTTP ", reply->status,
                     "); check paths.asset_delete"),
        detail);
  }

  absl::StatusOr<std::string> UploadToVendor(const CallOptions& call, const std::string& file_name,
                                             http::ByteSource& bytes) override {
    Base64Source body(file_name, bytes);
    http::HttpRequest request = client_.Request(call, "POST", "");
    request.url = options_.upload_url;
    request.content_type = "application/json";
    request.source = &body;
    absl::StatusOr<http::HttpReply> reply = client_.SendRead(call, request, options_.transfer_timeout);
    if (!body.file_status().ok()) return body.file_status();
    if (!reply.ok()) return reply.status();
    if (Succeeded(*reply)) {
      const JsonNode root = JsonNode::Parse(reply->body);
      std::string link = root["data"]["url"].Text();
      if (link.empty()) link = root["url"].Text();
      const std::optional<http::Url> url = http::IsLink(link) ? http::ParseUrl(link) : std::nullopt;
      if (url.has_value() && (url->https || options_.allow_plain_http)) return link;
    }
    return client_.ReadError(Operation::kStageFile, call, *reply, std::nullopt);
  }

  BilledResult<std::string> CreateTask(const CallOptions& call, const model::TaskRequest& task) override {
    const std::string& model = task.model.empty() ? options_.profile.default_model : task.model;
    const http::HttpRequest request =
        BilledPost(call, options_.paths.task_create, PiApiTaskBody(task, model, options_));
    const http::HttpReply reply = client_.transport().Send(request);
    PiApiCreated created;
    if (reply.outcome == http::HttpOutcome::kReply) created = ReadPiApiCreated(reply.body);
    if (IsSuccess(reply) && created.taken && !created.id.empty()) return Accepted(std::move(created.id));
    Verdict verdict = client_.JudgeBilled(Operation::kCreateTask, request, reply, std::nullopt);
    // An error with a task's id and no reason: a poll will tell. A request with a live task is never sent again,
    // whatever the answer says.
    const bool exists = created.lives || verdict.acceptance == Acceptance::kUnknown;
    if (exists && !created.id.empty()) return Accepted(std::move(created.id));
    return ToResult(std::move(verdict));
  }

  absl::StatusOr<TaskReport> GetTask(const CallOptions& call, const std::string& id) override {
    absl::StatusOr<http::HttpReply> reply = client_.Read(
        Operation::kReadTask, call, client_.Request(call, "GET", PathOf(options_.paths.task_get, id)), std::nullopt);
    if (!reply.ok()) return reply.status();
    std::optional<TaskReport> report = ReadPiApiTask(reply->body, id, clock_.Now(), options_.api_key);
    if (report.has_value()) return *std::move(report);
    return client_.ReadError(Operation::kReadTask, call, *reply, std::nullopt);
  }

  absl::StatusOr<std::vector<TaskSighting>> FindTasks(const CallOptions& call, const TaskSearch& search) override {
    const std::string& model = search.task.model.empty() ? options_.profile.default_model : search.task.model;
    std::vector<TaskSighting> found;
    std::set<std::string> seen;
    NewestFirst order;
    for (int number = 1; number <= kMaxPages; ++number) {
      absl::StatusOr<PiApiTaskPage> page = TaskPage(call, search, number);
      if (!page.ok()) return page.status();
      const size_t before = seen.size();
      for (const PiApiListedTask& task : page->items) {
        if (task.id.empty() || !seen.insert(task.id).second) continue;
        order.Add(task.create_time);
        if (MayBe(task, search, model)) found.push_back(ToSighting(task));
      }
      const bool complete = page->total.has_value() && static_cast<int64_t>(seen.size()) >= *page->total;
      // Without paging the vendor sends the same items again.
      if (complete || order.IsBefore(search.since) || seen.size() == before) return found;
    }
    base::ErrorDetail detail;
    detail.reason = Reason::kUpstreamUnavailable;
    return base::MakeError("the vendor lists too many tasks to search", detail);
  }

  absl::Status CancelTask(const CallOptions& call, const std::string& id) override {
    http::HttpRequest request = client_.Request(call, "DELETE", PathOf(options_.paths.task_cancel, id));
    absl::StatusOr<http::HttpReply> reply = client_.SendRead(call, request);
    if (!reply.ok()) return reply.status();
    if (Succeeded(*reply)) return absl::OkStatus();
    const absl::Status error = client_.ReadError(Operation::kReadTask, call, *reply, std::nullopt);
    if (!IsRefusal(*reply)) return error;
    base::ErrorDetail detail = base::GetErrorDetail(error);
    detail.reason = Reason::kCancelUnsupported;
    detail.retry_delay.reset();
    return base::MakeError(absl::StrCat("the vendor did not cancel the task: ", std::string(error.message())), detail);
  }

  bool Verify(const WebhookHeaders& headers, std::string_view) const override {
    const auto said = headers.find(kWebhookSecretHeader);
    // Of two nobody knows which one the vendor meant.
    return headers.count(kWebhookSecretHeader) == 1 && IsPiApiWebhookSecret(options_.webhook_secret, said->second);
  }
  std::string TaskOfWebhook(std::string_view body) const override { return PiApiWebhookTask(body); }

  absl::Status FetchResult(const CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                           ResultSink& sink) override {
    const absl::Duration time = std::min(options_.transfer_timeout, call.deadline - clock_.Now());
    return FetchRange(client_.transport(), call, {uri, offset, limit}, time, options_.allow_plain_http, sink);
  }

  BilledResult<std::string> Accepted(std::string id) const { return AcceptedAs(std::move(id), options_.api_key); }

  static BilledResult<std::string> Refuse(const char* what) {
    BilledResult<std::string> result;
    result.acceptance = Acceptance::kRefused;
    result.status = Unsupported(what);
    result.retryable = false;
    return result;
  }

  base::ResourceRef AssetRef(const std::string& id) const {
    return {kAssetResource, model::AssetName({options_.name, id})};
  }

  http::HttpRequest BilledPost(const CallOptions& call, const std::string& path, std::string body) const {
    http::HttpRequest request = client_.Request(call, "POST", path, std::move(body));
    client_.MakeBilled(call, request);
    return request;
  }

  // Whether it is the vendor's own statement about the task, not about the key, the rate or the vendor's health.
  static bool IsRefusal(const http::HttpReply& reply) {
    if (reply.outcome != http::HttpOutcome::kReply) return false;
    switch (reply.status) {
      case 401:
      case 403:
      case 404:  // May be about the path as well as about the task.
      case 408:
      case 429:
        return false;
      default:
        return reply.status < 500 && JsonNode::Parse(reply.body).IsObject();
    }
  }

  absl::StatusOr<PiApiTaskPage> TaskPage(const CallOptions& call, const TaskSearch& search, int number) {
    http::HttpRequest request =
        client_.Request(call, "GET",
                        absl::StrCat(options_.paths.task_list, "?page=", number, "&page_size=", kPageSize,
                                     "&model=seedance&start_time=", absl::ToUnixSeconds(search.since),
                                     "&end_time=", absl::ToUnixSeconds(search.until)));
    absl::StatusOr<http::HttpReply> reply = client_.SendRead(call, request);
    if (!reply.ok()) return reply.status();
    if (Succeeded(*reply)) {
      if (auto page = ReadPiApiTasks(reply->body)) return *std::move(page);
    }
    const absl::Status error = client_.ReadError(Operation::kReadTask, call, *reply, std::nullopt);
    if (base::GetReason(error) != Reason::kResourceNotFound) return error;
    base::ErrorDetail detail;
    detail.reason = Reason::kUpstreamProtocol;
    return base::MakeError("the path of the vendor's list of tasks does not exist; check paths.task_list", detail);
  }

  // The paths for one asset are not documented: such an answer may be about the path or about the asset.
  static bool MayLackPath(const http::HttpReply& reply, const absl::Status& error) {
    const bool status = reply.status == 404 || reply.status == 405;
    return reply.outcome == http::HttpOutcome::kReply &&
           (status || base::GetReason(error) == Reason::kResourceNotFound);
  }

  static absl::Status CannotLookThrough(const std::string& why) {
    base::ErrorDetail detail;
    detail.reason = Reason::kUpstreamUnavailable;
    return base::MakeError(why, detail);
  }

  // Calls `visit` for every asset of the vendor's list once, until it returns false.
  absl::Status Walk(const CallOptions& call, const std::function<bool(AssetReport)>& visit) {
    std::set<std::string> seen;
    for (int number = 1; number <= kMaxPages; ++number) {
      absl::StatusOr<PiApiAssetPage> page = ListPage(call, number);
      if (!page.ok()) return page.status();
      const size_t before = seen.size();
      for (AssetReport& asset : page->items) {
        if (asset.id.empty() || !seen.insert(asset.id).second) continue;
        if (!visit(std::move(asset))) return absl::OkStatus();
      }
      const bool complete = page->total.has_value() && static_cast<int64_t>(seen.size()) >= *page->total;
      if (complete || page->items.empty()) return absl::OkStatus();
      if (seen.size() > before) continue;
      // Without paging the vendor sends the same items again: the list is complete, unless a larger total is stated.
      if (!page->total.has_value()) return absl::OkStatus();
      return CannotLookThrough(absl::StrCat("the vendor reports ", *page->total, " assets but lists only ", seen.size(),
                                            "; check the query of paths.asset_list"));
    }
    return CannotLookThrough("the vendor lists too many assets to search");
  }

  absl::StatusOr<PiApiAssetPage> ListPage(const CallOptions& call, int number) {
    const std::string& path = options_.paths.asset_list;
    const char* separator = absl::StrContains(path, "?") ? "&" : "?";
    http::HttpRequest request =
        client_.Request(call, "GET", absl::StrCat(path, separator, "page=", number, "&page_size=", kPageSize));
    absl::StatusOr<http::HttpReply> reply = client_.SendRead(call, request);
    if (!reply.ok()) return reply.status();
    if (Succeeded(*reply)) {
      if (auto page = ReadPiApiAssets(reply->body, options_.api_key)) return *std::move(page);
    }
    const absl::Status error = client_.ReadError(Operation::kReadAssets, call, *reply, std::nullopt);
    if (base::GetReason(error) != Reason::kResourceNotFound) return error;
    // A missing list says nothing about an asset.
    base::ErrorDetail detail;
    detail.reason = Reason::kUpstreamProtocol;
    return base::MakeError("the path of the vendor's list of assets does not exist; check paths.asset_list", detail);
  }

  absl::StatusOr<AssetReport> FindInList(const CallOptions& call, const std::string& id) {
    std::optional<AssetReport> found;
    const absl::Status walked = Walk(call, [&](AssetReport asset) {
      if (asset.id == id) found = std::move(asset);
      return !found.has_value();
    });
    if (!walked.ok()) return walked;
    if (!found.has_value()) return base::ResourceNotFound(kAssetResource, model::AssetName({options_.name, id}));
    return *std::move(found);
  }

  const PiApiOptions options_;
  const VendorClient client_;
  base::Clock& clock_;
  // Until then the list is read instead of the path for one asset, because it had an asset that the path did not.
  // Limited in time, because a single stray answer looks the same, and reading the list keeps every asset of the
  // account alive.
  std::atomic<int64_t> list_until_micros_ = 0;
};

}  // namespace

std::unique_ptr<Upstream> MakePiApi(PiApiOptions options, std::unique_ptr<http::HttpTransport> transport,
                                    base::Clock& clock) {
  return std::make_unique<PiApi>(std::move(options), std::move(transport), clock);
}

}  // namespace seedance::upstream

#ifndef SEEDANCE_SERVICE_UPSTREAM_UPSTREAM_H_
#define SEEDANCE_SERVICE_UPSTREAM_UPSTREAM_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/http/http_transport.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/generation_task.h"
#include "service/model/profile.h"

namespace seedance::upstream {

struct CallOptions;
struct RequestOutcome;

// The permit to send the requests of one call, one after the other: a list has one request a page. Used by one thread.
class RequestPermit {
 public:
  virtual ~RequestPermit() = default;
  // Called immediately before each request: by the vendor's side for calls that bill nothing, by the caller of the
  // others. Waits until the account may send it, at most until the call's deadline or a cancel. An error, with
  // kNotSentKey: it must not be sent; a later one may be.
  virtual absl::Status BeforeSend(const CallOptions& call) = 0;
  // What the requests came to: called as soon as that is clear; not when they were broken off from here. Without a
  // request under way it does nothing.
  virtual void Answered(const RequestOutcome& outcome) = 0;
};

// Facts about a call that go with it to the vendor or bound it.
struct CallOptions {
  RequestPermit* permit = nullptr;               // Outlives the call. Null: GatedUpstream supplies one.
  std::string tenant;                            // Whose call it is. Empty: the gateway's own.
  absl::Time deadline = absl::InfiniteFuture();  // Reads end by then; billed calls have the configured time instead.
  // The caller went away: breaks reads off, and uploads as long as the vendor cannot have the whole file. May be null.
  std::shared_ptr<base::CancelToken> cancel;
  // The process ends: breaks billed calls off too, which leaves them in doubt. May be null.
  std::shared_ptr<base::CancelToken> abandon;
  std::string traceparent;  // W3C trace context, sent on. May be empty.
  std::string key_id;       // A task is created with this key or not at all (UsageLogApi::key_id). Empty: with any.
};

// Key of ErrorInfo.metadata: the request got no permit, and was not sent. Its value is "true".
inline constexpr std::string_view kNotSentKey = "not_sent";

// Key of ErrorInfo.metadata: the vendor's own Retry-After, in seconds. Without it a retry delay is the gateway's guess.
inline constexpr std::string_view kRetryAfterKey = "upstream_retry_after";

// What a vendor limits: one request, all of the account, or how many tasks the account may have.
enum class LimitScope { kRequest, kAccount, kTasks };

// Key of ErrorInfo.metadata, and its values for kAccount and kTasks.
inline constexpr std::string_view kLimitScopeKey = "upstream_limit_scope";
inline constexpr char kAccountScope[] = "account";
inline constexpr char kTasksScope[] = "tasks";

// Longest body of a webhook. It has a few kilobytes; hundreds of connections may hold as much as this each.
inline constexpr size_t kMaxWebhookBytes = 64 << 10;

// Longest Retry-After that is obeyed, unless the configuration says otherwise: one answer must not stop work for a day.
inline constexpr absl::Duration kDefaultMaxRetryAfter = absl::Minutes(5);

// What a call that may be billed came to.
enum class Acceptance {
  kAccepted,     // `value` is set.
  kRefused,      // The vendor said no, for good. Nothing is billed. `status` says why.
  kNotAccepted,  // Surely not accepted this time; may be sent again after `retry_after`. `status` says why.
  kUnknown,      // May have been accepted. Must not be sent again. `status` says why.
};

template <typename T>
struct BilledResult {
  Acceptance acceptance = Acceptance::kUnknown;
  T value{};
  absl::Status status;
  std::optional<absl::Duration> retry_after;  // The vendor's wish (Retry-After), at most the configured longest one.
  // kNotAccepted only: the vendor asked for patience or could not be reached (429, 503, no connection), so sending it
  // again later is useful. False: the caller's own stream broke off.
  bool retryable = true;
};

// Nothing was sent: `status` says why. It may be sent later when the vendor could not be reached or asked for patience.
BilledResult<std::string> NotSent(const absl::Status& status);
// Nothing was sent, and nobody is told: it will be, soon.
BilledResult<std::string> NotSentYet(const std::string& why);

struct NewGroup {
  std::string display_name;
  std::string description;
  model::GroupType type = model::GroupType::kUnspecified;  // kUnspecified: the vendor is not told.
};

struct NewAsset {
  std::string group_id;
  std::string display_name;
  model::MediaType media_type = model::MediaType::kImage;
  std::string uri;                   // https URL, data URI or bare Base64. Empty: `data` is used.
  http::ByteSource* data = nullptr;  // Bytes of the file, sent on as they come.
  std::string file_name;             // With `data`.
};

// What the vendor says of a group or an asset; fields it does not say are empty.
struct GroupReport {
  std::string id;
  std::string display_name;
  std::string description;
  std::optional<absl::Time> create_time;
  std::optional<absl::Time> update_time;
  model::GroupType type = model::GroupType::kUnspecified;
};

struct AssetReport {
  std::string id;
  std::string group_id;
  std::string display_name;
  model::MediaType media_type = model::MediaType::kUnspecified;
  model::AssetState state = model::AssetState::kUnspecified;  // kUnspecified: a word that is not known; keep asking.
  model::Failure error;
  std::string preview_uri;
  std::optional<absl::Time> create_time;
  std::optional<absl::Time> update_time;
  std::optional<absl::Time> expire_time;  // When the vendor will drop it if it is not used before.
};

template <typename Report>
struct ReportPage {
  std::vector<Report> items;
  bool more = false;  // There may be another page.
};

struct GroupQuery {
  std::string display_name_contains;
  model::GroupType type = model::GroupType::kUnspecified;  // kUnspecified: any.
  int page = 1;                                            // From 1.
  int page_size = 100;
};

struct AssetQuery {
  std::vector<std::string> group_ids;
  // kUnspecified: any with `group_ids`, else what the vendor lists without one.
  model::GroupType group_type = model::GroupType::kUnspecified;
  std::string display_name_contains;
  int page = 1;
  int page_size = 100;
};

// How a task was asked for, as far as the vendor shows it. Empty: not shown, or not yet.
struct TaskFacts {
  std::string resolution;  // `720p`.
  std::string aspect_ratio;
  std::optional<int64_t> duration_seconds;
  std::optional<int64_t> seed;
};

// What the vendor says of a task.
struct TaskReport {
  // kQueued, kRunning, kSucceeded, kFailed, kCancelled or kExpired; an unknown word counts as kRunning.
  model::TaskState state = model::TaskState::kRunning;
  std::optional<int> progress_percent;
  model::Failure error;
  model::TaskResult result;
  std::optional<absl::Time> start_time;
  std::optional<absl::Time> end_time;
  bool result_missing = false;  // The vendor calls it a success, but shows no link; `state` is kRunning.
  std::string note;             // Why it waits, for people. Dialects leave it empty.
  TaskFacts facts;
};

// A row of what the account's key was billed.
struct UsageRow {
  enum class Kind { kConsumption, kRefund, kOther };

  Kind kind = Kind::kOther;
  absl::Time time;
  std::string model;     // Empty: not shown, here and below.
  std::string path;      // Of the request.
  bool is_task = false;  // The vendor calls it a task's.
  std::string task_id;   // The vendor's id of the task.
  int64_t quota = 0;     // In the vendor's unit; never negative.
  // What the task cost in the end, when the row is about its settlement.
  std::optional<int64_t> actual_quota;
};

// The newest part of what a key was billed, newest first.
struct UsageLog {
  std::vector<UsageRow> rows;
  // No row of after this time is missing. InfiniteFuture: nobody knows.
  absl::Time reaches_back_to = absl::InfiniteFuture();
  std::string key_id;  // UsageLogApi::key_id of the key that it is of.
};

// Which task is looked for at the vendor.
struct TaskSearch {
  model::TaskRequest task;  // As it was given to CreateTask.
  absl::Time since;         // When the vendor took it, if it did: from here
  absl::Time until;         // to here.
};

// A task of the vendor that may be the one looked for.
struct TaskSighting {
  std::string id;
  std::optional<absl::Time> create_time;
  model::TaskState state = model::TaskState::kRunning;  // As in TaskReport.
  bool same_prompt = false;  // The vendor shows the prompt, and it is that of the task. False: it shows none.
};

// Receives the bytes of a result.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  // Called once, before any byte. `total_size`: length of the whole file, 0 if the vendor does not say. False breaks
  // off.
  virtual bool OnStart(int64_t total_size, const std::string& content_type) = 0;
  // May block while the reader is slow. False breaks off.
  virtual bool OnBytes(std::string_view bytes) = 0;
};

// The interfaces below are what vendors can do. All calls block and are thread-safe. Errors of calls that bill nothing
// are statuses with a reason of base::Reason: kResourceNotFound (the vendor does not know the id),
// kUpstreamUnavailable, kRateLimited (with retry_delay, at most the configured longest one), kUpstreamAuthFailed,
// kUpstreamProtocol, kDeadlineExceeded, kCancelled and the refusals of input.
//
// Tests: tests/contract/upstream/acceptance_contract.cc, tests/contract/upstream/errors_contract.cc

class TaskApi {
 public:
  virtual ~TaskApi() = default;
  // `task` is checked; its references stand in the order in which they are numbered, the ids of their assets are those
  // that the vendor knows, and `sent_prompt` is what the vendor is to read. The value is the vendor's id.
  virtual BilledResult<std::string> CreateTask(const CallOptions& call, const model::TaskRequest& task) = 0;
  virtual absl::StatusOr<TaskReport> GetTask(const CallOptions& call, const std::string& id) = 0;
  // Reads bytes [offset, offset + limit) of a result link, `limit` 0: to the end, from storage that may or may not know
  // ranges. Errors: kResultExpired (the link has died), kUpstreamProtocol (also when it leads to this machine or a
  // private network), kSizeOutOfRange (offset beyond the end), kUpstreamUnavailable (also when fewer bytes came than
  // announced), kCancelled.
  virtual absl::Status FetchResult(const CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                                   ResultSink& sink) = 0;
};

class AssetApi {
 public:
  virtual ~AssetApi() = default;
  // kNotAccepted when `asset.data` broke off, or the call was cancelled, before the body was whole and before anything
  // of an answer came.
  virtual BilledResult<std::string> CreateAsset(const CallOptions& call, const NewAsset& asset) = 0;
  virtual absl::StatusOr<ReportPage<AssetReport>> ListAssets(const CallOptions& call, const AssetQuery& query) = 0;
  virtual absl::StatusOr<AssetReport> GetAsset(const CallOptions& call, const std::string& id) = 0;
  virtual absl::Status DeleteAsset(const CallOptions& call, const std::string& id) = 0;
};

// Changeable display names of assets.
class AssetNameApi {
 public:
  virtual ~AssetNameApi() = default;
  virtual absl::Status UpdateAsset(const CallOptions& call, const std::string& id, const std::string& display_name) = 0;
};

class GroupApi {
 public:
  virtual ~GroupApi() = default;
  virtual BilledResult<std::string> CreateGroup(const CallOptions& call, const NewGroup& group) = 0;
  virtual absl::StatusOr<ReportPage<GroupReport>> ListGroups(const CallOptions& call, const GroupQuery& query) = 0;
  // NOT_FOUND with kResourceNotFound when the vendor has no such group.
  virtual absl::StatusOr<GroupReport> GetGroup(const CallOptions& call, const std::string& id) = 0;
  virtual absl::Status UpdateGroup(const CallOptions& call, const std::string& id, const std::string& display_name) = 0;
  virtual absl::Status DeleteGroup(const CallOptions& call, const std::string& id) = 0;
};

// Uploads to where the vendor can fetch them.
class FileApi {
 public:
  virtual ~FileApi() = default;
  // Puts a file of at most `profile().assets.max_staged_bytes` where the vendor can fetch it, for 24 h or more, and
  // returns its URL. Not billed. `bytes` has a known size.
  virtual absl::StatusOr<std::string> UploadToVendor(const CallOptions& call, const std::string& file_name,
                                                     http::ByteSource& bytes) = 0;
};

class TaskListApi {
 public:
  virtual ~TaskListApi() = default;
  // The vendor's tasks of that time and model that do not differ from the task looked for in anything that the vendor
  // shows.
  virtual absl::StatusOr<std::vector<TaskSighting>> FindTasks(const CallOptions& call, const TaskSearch& search) = 0;
};

class CancelApi {
 public:
  virtual ~CancelApi() = default;
  // Takes back a task that the vendor has not begun. FAILED_PRECONDITION with kCancelUnsupported: the vendor says no;
  // any other error leaves open whether it did.
  virtual absl::Status CancelTask(const CallOptions& call, const std::string& id) = 0;
};

class UsageLogApi {
 public:
  virtual ~UsageLogApi() = default;
  // What the key was billed, by the vendor's own log. The vendor allows few reads.
  virtual absl::StatusOr<UsageLog> ReadUsage(const CallOptions& call) = 0;
  // Tells the key from others without showing it. Not empty.
  virtual std::string key_id() = 0;
};

// Headers of a request: names in lower case, values without blanks around them.
using WebhookHeaders = std::multimap<std::string, std::string>;

// Does not ask the vendor.
class WebhookApi {
 public:
  virtual ~WebhookApi() = default;
  // Whether the vendor sent this webhook: by its headers and the bytes of its body as they came, at most
  // kMaxWebhookBytes. Secrets are compared in constant time.
  virtual bool Verify(const WebhookHeaders& headers, std::string_view body) const = 0;
  // The vendor's id of the task that a webhook's body is about; empty when it cannot be read. Nothing else of a body is
  // believed.
  virtual std::string TaskOfWebhook(std::string_view body) const = 0;
};

// One vendor account in one dialect. Thread-safe; what it returns lives as long as it does and never changes.
class Upstream {
 public:
  virtual ~Upstream() = default;

  virtual const std::string& name() const = 0;
  virtual const model::UpstreamProfile& profile() const = 0;

  virtual TaskApi& tasks() = 0;
  virtual AssetApi& assets() = 0;

  // Null: the vendor cannot, as the field of profile() behind each says too.
  virtual GroupApi* groups() { return nullptr; }            // assets.groups
  virtual AssetNameApi* asset_names() { return nullptr; }   // assets.rename
  virtual FileApi* files() { return nullptr; }              // assets.max_staged_bytes
  virtual TaskListApi* task_list() { return nullptr; }      // lists_tasks
  virtual CancelApi* cancels() { return nullptr; }          // cancels_tasks
  virtual UsageLogApi* usage_log() { return nullptr; }      // usage_log
  virtual const WebhookApi* webhooks() { return nullptr; }  // webhooks
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_UPSTREAM_H_

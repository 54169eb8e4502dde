#ifndef SEEDANCE_TESTS_TESTING_FAKE_UPSTREAM_H_
#define SEEDANCE_TESTS_TESTING_FAKE_UPSTREAM_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/mutex.h"
#include "service/upstream/upstream.h"
#include "tests/testing/fake_method.h"

namespace seedance::testing {

inline absl::Status Failure(base::Reason reason, const std::string& message,
                            std::optional<absl::Duration> retry_delay = std::nullopt) {
  base::ErrorDetail detail;
  detail.reason = reason;
  detail.retry_delay = retry_delay;
  return base::MakeError(message, detail);
}

// A vendor's 429 that is for the whole account.
inline absl::Status AccountLimited(absl::Duration retry_delay = absl::Seconds(30)) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.retry_delay = retry_delay;
  detail.metadata[std::string(upstream::kLimitScopeKey)] = upstream::kAccountScope;
  return base::MakeError("429", detail);
}

using Billed = upstream::BilledResult<std::string>;

inline Billed Accepted(const std::string& id) {
  return {upstream::Acceptance::kAccepted, id, absl::OkStatus(), {}, true};
}
inline Billed Refused(base::Reason reason, const std::string& message) {
  return {upstream::Acceptance::kRefused, "", Failure(reason, message), {}, true};
}
inline Billed NotAccepted(std::optional<absl::Duration> retry_after = std::nullopt) {
  return {upstream::Acceptance::kNotAccepted, "", Failure(base::Reason::kUpstreamUnavailable, "busy"), retry_after,
          true};
}
inline Billed Lost() {
  return {
      upstream::Acceptance::kUnknown, "", Failure(base::Reason::kUpstreamUnavailable, "the answer was lost"), {}, true};
}

// A vendor in memory that a test scripts. It outlives the upstreams that it makes, as a real one outlives a gateway.
// Thread-safe.
class FakeVendor {
 public:
  explicit FakeVendor(std::string upstream_name = "fake") : name_(std::move(upstream_name)) {
    profile_.default_model = "seedance";
    model::ModelProfile model;
    model.name = "seedance";
    model.resolutions = {model::Resolution::k480p, model::Resolution::k720p};
    model.aspect_ratios = {"16:9", "9:16"};
    profile_.models = {model};
    profile_.assets.image.max_bytes = int64_t{30} << 20;
    profile_.assets.video.max_bytes = int64_t{50} << 20;
    profile_.assets.audio.max_bytes = int64_t{15} << 20;
  }

  // What upstreams made from now on take; for tests to change before.
  model::UpstreamProfile& profile() { return profile_; }

  // An upstream that talks to this vendor.
  std::unique_ptr<upstream::Upstream> MakeUpstream();

  // Scripts and counters, one for each method of the capabilities.
  FakeMethod<Billed> create_group;
  FakeMethod<absl::StatusOr<upstream::ReportPage<upstream::GroupReport>>> list_groups;
  FakeMethod<absl::StatusOr<upstream::GroupReport>> get_group;
  FakeMethod<absl::Status> update_group;
  FakeMethod<absl::Status> delete_group;
  FakeMethod<Billed> create_asset;
  FakeMethod<absl::StatusOr<upstream::ReportPage<upstream::AssetReport>>> list_assets;
  FakeMethod<absl::StatusOr<upstream::AssetReport>> get_asset;
  FakeMethod<absl::Status> update_asset;
  FakeMethod<absl::Status> delete_asset;
  FakeMethod<absl::StatusOr<std::string>> stage_file;
  FakeMethod<Billed> create_task;
  FakeMethod<absl::StatusOr<upstream::TaskReport>> get_task;
  FakeMethod<absl::StatusOr<std::vector<upstream::TaskSighting>>> find_tasks;
  FakeMethod<absl::Status> cancel_task;
  FakeMethod<absl::StatusOr<upstream::UsageLog>> read_usage;
  FakeMethod<absl::Status> fetch_result;

  // What the vendor knows.
  void SetGroup(const upstream::GroupReport& report) {
    base::MutexLock lock(mutex_);
    groups_[report.id] = report;
  }
  void SetAsset(const upstream::AssetReport& report) {
    base::MutexLock lock(mutex_);
    assets_[report.id] = report;
  }
  void ForgetAsset(const std::string& id) {
    base::MutexLock lock(mutex_);
    assets_.erase(id);
  }
  void SetTask(const std::string& id, const upstream::TaskReport& report) {
    base::MutexLock lock(mutex_);
    tasks_[id] = report;
  }
  // What a search for a task with this prompt finds besides.
  void SetSighting(const std::string& prompt, const upstream::TaskSighting& sighting) {
    base::MutexLock lock(mutex_);
    sightings_.emplace(prompt, sighting);
  }
  // The newest row of the log of what was billed.
  void AddUsage(const upstream::UsageRow& row) {
    base::MutexLock lock(mutex_);
    usage_.rows.insert(usage_.rows.begin(), row);
    usage_.reaches_back_to = absl::InfinitePast();
  }
  // UsageLogApi::key_id of upstreams that are made from now on.
  void SetKeyId(const std::string& key_id) {
    base::MutexLock lock(mutex_);
    key_id_ = key_id;
  }
  // State that new assets have, PROCESSING at first.
  void SetNewAssets(model::AssetState state) {
    base::MutexLock lock(mutex_);
    new_assets_ = state;
  }
  // The file behind a link; without one the link has died.
  void SetFile(const std::string& uri, std::optional<std::string> bytes) {
    base::MutexLock lock(mutex_);
    files_.erase(uri);
    if (bytes.has_value()) files_[uri] = *bytes;
  }

  // Requests as they came.
  std::vector<model::TaskRequest> sent_tasks() {
    base::MutexLock lock(mutex_);
    return sent_tasks_;
  }
  // The file names and bytes that were staged; the URL of number N (from 1) is `https://staged.example/N`.
  std::vector<std::pair<std::string, std::string>> staged() {
    base::MutexLock lock(mutex_);
    return staged_;
  }
  // Bytes of each upload that came to its end.
  std::vector<std::string> uploads() {
    base::MutexLock lock(mutex_);
    return uploads_;
  }
  // The last asset asked for; `data` is not kept.
  upstream::NewAsset last_asset() {
    base::MutexLock lock(mutex_);
    return last_asset_;
  }

 private:
  friend class FakeUpstream;

  const std::string name_;
  model::UpstreamProfile profile_;
  base::Mutex mutex_;
  int next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  model::AssetState new_assets_ ABSL_GUARDED_BY(mutex_) = model::AssetState::kProcessing;
  std::map<std::string, upstream::GroupReport> groups_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, upstream::AssetReport> assets_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, upstream::TaskReport> tasks_ ABSL_GUARDED_BY(mutex_);
  std::multimap<std::string, upstream::TaskSighting> sightings_ ABSL_GUARDED_BY(mutex_);  // By prompt.
  upstream::UsageLog usage_ ABSL_GUARDED_BY(mutex_);
  std::string key_id_ ABSL_GUARDED_BY(mutex_) = "key";
  std::map<std::string, std::string> files_ ABSL_GUARDED_BY(mutex_);
  std::vector<model::TaskRequest> sent_tasks_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> uploads_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, std::string>> staged_ ABSL_GUARDED_BY(mutex_);
  upstream::NewAsset last_asset_ ABSL_GUARDED_BY(mutex_);
};

// The gateway's side of a FakeVendor.
class FakeUpstream : public upstream::Upstream,
                     private upstream::TaskApi,
                     private upstream::AssetApi,
                     private upstream::AssetNameApi,
                     private upstream::GroupApi,
                     private upstream::FileApi,
                     private upstream::TaskListApi,
                     private upstream::CancelApi,
                     private upstream::UsageLogApi,
                     private upstream::WebhookApi {
 public:
  explicit FakeUpstream(FakeVendor& vendor) : vendor_(vendor) {
    base::MutexLock lock(vendor_.mutex_);
    key_id_ = vendor_.key_id_;
  }

  const std::string& name() const override { return vendor_.name_; }
  const model::UpstreamProfile& profile() const override { return vendor_.profile_; }

  upstream::TaskApi& tasks() override { return *this; }
  upstream::AssetApi& assets() override { return *this; }
  upstream::AssetNameApi* asset_names() override { return vendor_.profile_.assets.rename ? this : nullptr; }
  upstream::GroupApi* groups() override { return vendor_.profile_.assets.groups ? this : nullptr; }
  upstream::FileApi* files() override { return vendor_.profile_.assets.max_staged_bytes > 0 ? this : nullptr; }
  upstream::TaskListApi* task_list() override { return vendor_.profile_.lists_tasks ? this : nullptr; }
  upstream::CancelApi* cancels() override { return vendor_.profile_.cancels_tasks ? this : nullptr; }
  upstream::UsageLogApi* usage_log() override { return vendor_.profile_.usage_log ? this : nullptr; }
  const upstream::WebhookApi* webhooks() override { return vendor_.profile_.webhooks ? this : nullptr; }

 protected:
  Billed CreateGroup(const upstream::CallOptions& call, const upstream::NewGroup& group) override {
    return vendor_.create_group.Run(
        call,
        [&] {
          base::MutexLock lock(vendor_.mutex_);
          const std::string id = absl::StrCat("group-", vendor_.next_id_++);
          vendor_.groups_[id] = {id, group.display_name, group.description, {}, {}, group.type};
          return Accepted(id);
        },
        Lost);
  }

  absl::StatusOr<upstream::ReportPage<upstream::GroupReport>> ListGroups(const upstream::CallOptions& call,
                                                                         const upstream::GroupQuery& query) override {
    using Answer = absl::StatusOr<upstream::ReportPage<upstream::GroupReport>>;
    return vendor_.list_groups.Run(
        call,
        [&]() -> Answer {
          base::MutexLock lock(vendor_.mutex_);
          upstream::ReportPage<upstream::GroupReport> page;
          for (const auto& [id, report] : vendor_.groups_) {
            if (query.type == model::GroupType::kUnspecified || query.type == report.type) page.items.push_back(report);
          }
          return page;
        },
        []() -> Answer { return BrokenOff(); });
  }

  absl::StatusOr<upstream::GroupReport> GetGroup(const upstream::CallOptions& call, const std::string& id) override {
    return Find(vendor_.get_group, &FakeVendor::groups_, call, id);
  }

  absl::Status UpdateGroup(const upstream::CallOptions& call, const std::string& id,
                           const std::string& display_name) override {
    return vendor_.update_group.Run(
        call,
        [&] {
          base::MutexLock lock(vendor_.mutex_);
          vendor_.groups_[id].display_name = display_name;
          return absl::OkStatus();
        },
        BrokenOff);
  }

  absl::Status DeleteGroup(const upstream::CallOptions& call, const std::string& id) override {
    return Erase(vendor_.delete_group, &FakeVendor::groups_, call, id);
  }

  Billed CreateAsset(const upstream::CallOptions& call, const upstream::NewAsset& asset) override {
    {
      base::MutexLock lock(vendor_.mutex_);
      vendor_.last_asset_ = asset;
      vendor_.last_asset_.data = nullptr;
    }
    return vendor_.create_asset.Run(
        call, [&] { return TakeAsset(asset); }, Lost);
  }

  absl::StatusOr<upstream::ReportPage<upstream::AssetReport>> ListAssets(const upstream::CallOptions& call,
                                                                         const upstream::AssetQuery& query) override {
    using Answer = absl::StatusOr<upstream::ReportPage<upstream::AssetReport>>;
    return vendor_.list_assets.Run(
        call,
        [&]() -> Answer {
          base::MutexLock lock(vendor_.mutex_);
          upstream::ReportPage<upstream::AssetReport> page;
          for (const auto& [id, report] : vendor_.assets_) {
            const auto group = vendor_.groups_.find(report.group_id);
            const bool other = query.group_type != model::GroupType::kUnspecified && group != vendor_.groups_.end() &&
                               group->second.type != query.group_type;
            if (!other) page.items.push_back(report);
          }
          return page;
        },
        []() -> Answer { return BrokenOff(); });
  }

  absl::StatusOr<upstream::AssetReport> GetAsset(const upstream::CallOptions& call, const std::string& id) override {
    return Find(vendor_.get_asset, &FakeVendor::assets_, call, id);
  }

  absl::Status UpdateAsset(const upstream::CallOptions& call, const std::string& id,
                           const std::string& display_name) override {
    return vendor_.update_asset.Run(
        call,
        [&] {
          base::MutexLock lock(vendor_.mutex_);
          vendor_.assets_[id].display_name = display_name;
          return absl::OkStatus();
        },
        BrokenOff);
  }

  absl::Status DeleteAsset(const upstream::CallOptions& call, const std::string& id) override {
    return Erase(vendor_.delete_asset, &FakeVendor::assets_, call, id);
  }

  absl::StatusOr<std::string> UploadToVendor(const upstream::CallOptions& call, const std::string& file_name,
                                             http::ByteSource& bytes) override {
    using Answer = absl::StatusOr<std::string>;
    return vendor_.stage_file.Run(
        call,
        [&]() -> Answer {
          absl::StatusOr<std::string> all = ReadAll(bytes);
          if (!all.ok()) return all.status();
          base::MutexLock lock(vendor_.mutex_);
          vendor_.staged_.emplace_back(file_name, *all);
          return absl::StrCat("https://staged.example/", vendor_.staged_.size());
        },
        []() -> Answer { return BrokenOff(); });
  }

  Billed CreateTask(const upstream::CallOptions& call, const model::TaskRequest& task) override {
    {
      base::MutexLock lock(vendor_.mutex_);
      vendor_.sent_tasks_.push_back(task);
    }
    return vendor_.create_task.Run(
        call,
        [&] {
          base::MutexLock lock(vendor_.mutex_);
          const std::string id = absl::StrCat("task-", vendor_.next_id_++);
          vendor_.tasks_[id].state = model::TaskState::kQueued;
          return Accepted(id);
        },
        Lost);
  }

  absl::StatusOr<upstream::TaskReport> GetTask(const upstream::CallOptions& call, const std::string& id) override {
    return Find(vendor_.get_task, &FakeVendor::tasks_, call, id);
  }

  absl::StatusOr<std::vector<upstream::TaskSighting>> FindTasks(const upstream::CallOptions& call,
                                                                const upstream::TaskSearch& search) override {
    using Answer = absl::StatusOr<std::vector<upstream::TaskSighting>>;
    return vendor_.find_tasks.Run(
        call,
        [&]() -> Answer {
          base::MutexLock lock(vendor_.mutex_);
          std::vector<upstream::TaskSighting> found;
          const auto [first, last] = vendor_.sightings_.equal_range(search.task.prompt);
          for (auto row = first; row != last; ++row) {
            const std::optional<absl::Time> time = row->second.create_time;
            if (!time.has_value() || (*time >= search.since && *time <= search.until)) found.push_back(row->second);
          }
          return found;
        },
        []() -> Answer { return BrokenOff(); });
  }

  absl::StatusOr<upstream::UsageLog> ReadUsage(const upstream::CallOptions& call) override {
    using Answer = absl::StatusOr<upstream::UsageLog>;
    return vendor_.read_usage.Run(
        call,
        [&]() -> Answer {
          base::MutexLock lock(vendor_.mutex_);
          upstream::UsageLog log = vendor_.usage_;
          log.key_id = key_id_;
          return log;
        },
        []() -> Answer { return BrokenOff(); });
  }
  std::string key_id() override { return key_id_; }

  // Only what is queued is taken back.
  absl::Status CancelTask(const upstream::CallOptions& call, const std::string& id) override {
    return vendor_.cancel_task.Run(
        call,
        [&]() -> absl::Status {
          base::MutexLock lock(vendor_.mutex_);
          const auto task = vendor_.tasks_.find(id);
          if (task == vendor_.tasks_.end()) return Unknown(id);
          if (task->second.state != model::TaskState::kQueued) return Failure(base::Reason::kCancelUnsupported, "no");
          task->second.state = model::TaskState::kCancelled;
          return absl::OkStatus();
        },
        BrokenOff);
  }

  // The secret is `hush`, and a body is the id itself.
  bool Verify(const upstream::WebhookHeaders& headers, std::string_view) const override {
    const auto said = headers.find("x-secret");
    return said != headers.end() && said->second == "hush";
  }
  std::string TaskOfWebhook(std::string_view body) const override { return std::string(body); }

  absl::Status FetchResult(const upstream::CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                           upstream::ResultSink& sink) override {
    return vendor_.fetch_result.Run(
        call, [&] { return Deliver(uri, offset, limit, sink); }, BrokenOff);
  }

  static absl::Status BrokenOff() { return Failure(base::Reason::kCancelled, "broken off"); }
  static absl::Status Unknown(const std::string& id) { return base::ResourceNotFound("vendor", id); }

  template <typename Report>
  using Known = std::map<std::string, Report> FakeVendor::*;

  template <typename Report>
  absl::StatusOr<Report> Find(FakeMethod<absl::StatusOr<Report>>& method, Known<Report> known,
                              const upstream::CallOptions& call, const std::string& id) {
    return method.Run(
        call,
        [&]() -> absl::StatusOr<Report> {
          base::MutexLock lock(vendor_.mutex_);
          const auto found = (vendor_.*known).find(id);
          if (found == (vendor_.*known).end()) return Unknown(id);
          return found->second;
        },
        []() -> absl::StatusOr<Report> { return BrokenOff(); });
  }

  template <typename Report>
  absl::Status Erase(FakeMethod<absl::Status>& method, Known<Report> known, const upstream::CallOptions& call,
                     const std::string& id) {
    return method.Run(
        call,
        [&] {
          base::MutexLock lock(vendor_.mutex_);
          return (vendor_.*known).erase(id) == 0 ? Unknown(id) : absl::OkStatus();
        },
        BrokenOff);
  }

  // Reads a body of known length no further than its length, as an HTTP client does.
  static absl::StatusOr<std::string> ReadAll(http::ByteSource& data) {
    std::string bytes;
    while (!data.Size().has_value() || std::ssize(bytes) < *data.Size()) {
      absl::StatusOr<std::string> piece = data.Next();
      if (!piece.ok()) return piece.status();
      if (piece->empty()) break;
      bytes += *piece;
    }
    return bytes;
  }

  Billed TakeAsset(const upstream::NewAsset& asset) {
    absl::StatusOr<std::string> bytes = asset.data == nullptr ? "" : ReadAll(*asset.data);
    if (!bytes.ok()) {
      Billed cut = NotAccepted();
      cut.retryable = false;
      return cut;
    }
    base::MutexLock lock(vendor_.mutex_);
    if (asset.data != nullptr) vendor_.uploads_.push_back(*bytes);
    upstream::AssetReport report;
    report.id = absl::StrCat("asset-", vendor_.next_id_++);
    report.group_id = asset.group_id;
    report.display_name = asset.display_name;
    report.media_type = asset.media_type;
    report.state = vendor_.new_assets_;
    vendor_.assets_[report.id] = report;
    return Accepted(report.id);
  }

  absl::Status Deliver(const std::string& uri, int64_t offset, int64_t limit, upstream::ResultSink& sink) {
    std::string bytes;
    {
      base::MutexLock lock(vendor_.mutex_);
      const auto file = vendor_.files_.find(uri);
      if (file == vendor_.files_.end()) return Failure(base::Reason::kResultExpired, "the link has died");
      bytes = file->second;
    }
    if (!sink.OnStart(std::ssize(bytes), "video/mp4")) return BrokenOff();
    const std::string part = bytes.substr(offset, limit == 0 ? std::string::npos : limit);
    return sink.OnBytes(part) ? absl::OkStatus() : BrokenOff();
  }

  FakeVendor& vendor_;
  std::string key_id_;
};

inline std::unique_ptr<upstream::Upstream> FakeVendor::MakeUpstream() { return std::make_unique<FakeUpstream>(*this); }

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_FAKE_UPSTREAM_H_

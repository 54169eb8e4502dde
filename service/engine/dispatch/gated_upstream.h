#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/engine/dispatch/upstream_metrics.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// A vendor account each of whose requests has a permit of the dispatcher and reports there what it came to. The permit
// is that of the call's options, else the RequestSlot of the work that this thread runs, else one of the call's own. So
// the errors of its calls are also those of RequestSlot::BeforeSend. FetchResult needs none: it goes to the vendor's
// storage, not to its API. Thread-safe.
class GatedUpstream : public upstream::Upstream,
                      private upstream::TaskApi,
                      private upstream::AssetApi,
                      private upstream::AssetNameApi,
                      private upstream::GroupApi,
                      private upstream::FileApi,
                      private upstream::TaskListApi,
                      private upstream::CancelApi,
                      private upstream::UsageLogApi {
 public:
  using CallOptions = upstream::CallOptions;

  // All outlive it.
  GatedUpstream(std::shared_ptr<upstream::Upstream> vendor, RequestDispatcher& dispatcher, UpstreamMetrics& metrics,
                base::Clock& clock)
      : first_(std::move(vendor)), vendor_(first_), dispatcher_(dispatcher), metrics_(metrics), clock_(clock) {}

  // Later calls go by `vendor`: the same account with other credentials or connections, and the same profile. What the
  // first one said of itself stays.
  void Replace(std::shared_ptr<upstream::Upstream> vendor);

  const std::string& name() const override { return first_->name(); }
  const model::UpstreamProfile& profile() const override { return first_->profile(); }

  upstream::TaskApi& tasks() override { return *this; }
  upstream::AssetApi& assets() override { return *this; }
  upstream::AssetNameApi* asset_names() override { return first_->asset_names() == nullptr ? nullptr : this; }
  upstream::GroupApi* groups() override { return first_->groups() == nullptr ? nullptr : this; }
  upstream::FileApi* files() override { return first_->files() == nullptr ? nullptr : this; }
  upstream::TaskListApi* task_list() override { return first_->task_list() == nullptr ? nullptr : this; }
  upstream::CancelApi* cancels() override { return first_->cancels() == nullptr ? nullptr : this; }
  upstream::UsageLogApi* usage_log() override { return first_->usage_log() == nullptr ? nullptr : this; }
  const upstream::WebhookApi* webhooks() override { return first_->webhooks(); }

 private:
  // Calls `send` with options that have an observed permit: that of the call, of the thread's work, or of its own.
  template <typename Send>
  auto Observed(const char* operation, RequestKind kind, const CallOptions& call, Send send);
  // A call that bills nothing: the vendor's side asks for a permit before each request.
  template <typename Send>
  auto Reported(const char* operation, RequestKind kind, const CallOptions& call, Send send);
  // A call that may be billed, which is one request.
  template <typename Send>
  upstream::BilledResult<std::string> Billed(const char* operation, const CallOptions& call, Send send);

  upstream::BilledResult<std::string> CreateGroup(const CallOptions& call, const upstream::NewGroup& group) override;
  absl::StatusOr<upstream::ReportPage<upstream::GroupReport>> ListGroups(const CallOptions& call,
                                                                         const upstream::GroupQuery& query) override;
  absl::StatusOr<upstream::GroupReport> GetGroup(const CallOptions& call, const std::string& id) override;
  absl::Status UpdateGroup(const CallOptions& call, const std::string& id, const std::string& display_name) override;
  absl::Status DeleteGroup(const CallOptions& call, const std::string& id) override;
  upstream::BilledResult<std::string> CreateAsset(const CallOptions& call, const upstream::NewAsset& asset) override;
  absl::StatusOr<upstream::ReportPage<upstream::AssetReport>> ListAssets(const CallOptions& call,
                                                                         const upstream::AssetQuery& query) override;
  absl::StatusOr<upstream::AssetReport> GetAsset(const CallOptions& call, const std::string& id) override;
  absl::Status UpdateAsset(const CallOptions& call, const std::string& id, const std::string& display_name) override;
  absl::Status DeleteAsset(const CallOptions& call, const std::string& id) override;
  absl::StatusOr<std::string> UploadToVendor(const CallOptions& call, const std::string& file_name,
                                             http::ByteSource& bytes) override;
  upstream::BilledResult<std::string> CreateTask(const CallOptions& call, const model::TaskRequest& task) override;
  absl::StatusOr<upstream::TaskReport> GetTask(const CallOptions& call, const std::string& id) override;
  absl::StatusOr<std::vector<upstream::TaskSighting>> FindTasks(const CallOptions& call,
                                                                const upstream::TaskSearch& search) override;
  absl::Status CancelTask(const CallOptions& call, const std::string& id) override;
  absl::StatusOr<upstream::UsageLog> ReadUsage(const CallOptions& call) override;
  std::string key_id() override { return vendor()->usage_log()->key_id(); }
  absl::Status FetchResult(const CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                           upstream::ResultSink& sink) override;

  // The one for the next call.
  std::shared_ptr<upstream::Upstream> vendor();

  const std::shared_ptr<upstream::Upstream> first_;
  base::Mutex mutex_;
  std::shared_ptr<upstream::Upstream> vendor_ ABSL_GUARDED_BY(mutex_);
  RequestDispatcher& dispatcher_;
  UpstreamMetrics& metrics_;
  base::Clock& clock_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_

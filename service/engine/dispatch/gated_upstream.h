#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/engine/dispatch/request_dispatcher.h"
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

  GatedUpstream(std::unique_ptr<upstream::Upstream> vendor, RequestDispatcher& dispatcher)
      : vendor_(std::move(vendor)), dispatcher_(dispatcher) {}

  const std::string& name() const override { return vendor_->name(); }
  const model::UpstreamProfile& profile() const override { return vendor_->profile(); }

  upstream::TaskApi& tasks() override { return *this; }
  upstream::AssetApi& assets() override { return *this; }
  upstream::AssetNameApi* asset_names() override { return vendor_->asset_names() == nullptr ? nullptr : this; }
  upstream::GroupApi* groups() override { return vendor_->groups() == nullptr ? nullptr : this; }
  upstream::FileApi* files() override { return vendor_->files() == nullptr ? nullptr : this; }
  upstream::TaskListApi* task_list() override { return vendor_->task_list() == nullptr ? nullptr : this; }
  upstream::CancelApi* cancels() override { return vendor_->cancels() == nullptr ? nullptr : this; }
  upstream::UsageLogApi* usage_log() override { return vendor_->usage_log() == nullptr ? nullptr : this; }
  const upstream::WebhookApi* webhooks() override { return vendor_->webhooks(); }

 private:
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
  absl::Status FetchResult(const CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                           upstream::ResultSink& sink) override;

  const std::unique_ptr<upstream::Upstream> vendor_;
  RequestDispatcher& dispatcher_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_

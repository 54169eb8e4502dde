#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/engine/dispatch/request_slot.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// A vendor account whose calls use the RequestSlot of their work, which their options hold as permit: every request of
// such a call has leave from the dispatcher, and its outcome is reported there. Calls without one, those of callers,
// are neither limited nor counted. Thread-safe.
class GatedUpstream : public upstream::Upstream {
 public:
  using CallOptions = upstream::CallOptions;

  explicit GatedUpstream(std::unique_ptr<upstream::Upstream> vendor) : vendor_(std::move(vendor)) {}

  const std::string& name() const override { return vendor_->name(); }
  const model::UpstreamProfile& profile() const override { return vendor_->profile(); }

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

  bool IsWebhookSecret(std::string_view secret) const override { return vendor_->IsWebhookSecret(secret); }
  std::string TaskOfWebhook(std::string_view body) const override { return vendor_->TaskOfWebhook(body); }
  absl::Status FetchResult(const CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                           upstream::ResultSink& sink) override {
    return vendor_->FetchResult(call, uri, offset, limit, sink);
  }

 private:
  const std::unique_ptr<upstream::Upstream> vendor_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_GATED_UPSTREAM_H_

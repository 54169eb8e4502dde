#include "service/engine/dispatch/gated_upstream.h"

#include <utility>

#include "service/engine/dispatch/observed_permit.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

using upstream::BilledResult;
using upstream::CallOptions;

const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}
template <typename T>
const absl::Status& StatusOf(const BilledResult<T>& result) {
  return result.status;
}

}  // namespace

void GatedUpstream::Replace(std::shared_ptr<upstream::Upstream> vendor) {
  base::MutexLock lock(mutex_);
  vendor_.swap(vendor);
}

std::shared_ptr<upstream::Upstream> GatedUpstream::vendor() {
  base::MutexLock lock(mutex_);
  return vendor_;
}

template <typename Send>
auto GatedUpstream::Observed(const char* operation, RequestKind kind, const CallOptions& call, Send send) {
  RequestSlot own(dispatcher_);
  RequestSlot* const of_work = RequestSlot::Current(dispatcher_);
  RequestSlot& slot = of_work != nullptr ? *of_work : own;
  slot.SetKind(kind);
  ObservedPermit permit(call.permit != nullptr ? call.permit : &slot, metrics_, operation, clock_, call);
  auto result = send(permit.call());
  permit.End(StatusOf(result));
  return result;
}

template <typename Send>
auto GatedUpstream::Reported(const char* operation, RequestKind kind, const CallOptions& call, Send send) {
  return Observed(operation, kind, call, [&send](const CallOptions& permitted) {
    auto result = send(permitted);
    const absl::Status& status = StatusOf(result);
    // What was broken off says nothing.
    if (!absl::IsCancelled(status)) permitted.permit->Answered(upstream::OutcomeOf(status));
    return result;
  });
}

template <typename Send>
BilledResult<std::string> GatedUpstream::Billed(const char* operation, const CallOptions& call, Send send) {
  return Observed(operation, RequestKind::kChange, call, [&send](const CallOptions& permitted) {
    if (absl::Status may = permitted.permit->BeforeSend(permitted); !may.ok()) return upstream::NotSent(may);
    BilledResult<std::string> result = send(permitted);
    permitted.permit->Answered(upstream::OutcomeOf(result));
    return result;
  });
}

BilledResult<std::string> GatedUpstream::CreateGroup(const CallOptions& call, const upstream::NewGroup& group) {
  return Billed("create_group", call,
                [&](const CallOptions& permitted) { return vendor()->groups()->CreateGroup(permitted, group); });
}

absl::StatusOr<upstream::ReportPage<upstream::GroupReport>> GatedUpstream::ListGroups(
    const CallOptions& call, const upstream::GroupQuery& query) {
  return Reported("list_groups", RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor()->groups()->ListGroups(permitted, query); });
}

absl::StatusOr<upstream::GroupReport> GatedUpstream::GetGroup(const CallOptions& call, const std::string& id) {
  return Reported("get_group", RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor()->groups()->GetGroup(permitted, id); });
}

absl::Status GatedUpstream::UpdateGroup(const CallOptions& call, const std::string& id,
                                        const std::string& display_name) {
  return Reported("update_group", RequestKind::kChange, call, [&](const CallOptions& permitted) {
    return vendor()->groups()->UpdateGroup(permitted, id, display_name);
  });
}

absl::Status GatedUpstream::DeleteGroup(const CallOptions& call, const std::string& id) {
  return Reported("delete_group", RequestKind::kChange, call,
                  [&](const CallOptions& permitted) { return vendor()->groups()->DeleteGroup(permitted, id); });
}

BilledResult<std::string> GatedUpstream::CreateAsset(const CallOptions& call, const upstream::NewAsset& asset) {
  return Billed("create_asset", call,
                [&](const CallOptions& permitted) { return vendor()->assets().CreateAsset(permitted, asset); });
}

absl::StatusOr<upstream::ReportPage<upstream::AssetReport>> GatedUpstream::ListAssets(
    const CallOptions& call, const upstream::AssetQuery& query) {
  return Reported("list_assets", RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor()->assets().ListAssets(permitted, query); });
}

absl::StatusOr<upstream::AssetReport> GatedUpstream::GetAsset(const CallOptions& call, const std::string& id) {
  return Reported("get_asset", RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor()->assets().GetAsset(permitted, id); });
}

absl::Status GatedUpstream::UpdateAsset(const CallOptions& call, const std::string& id,
                                        const std::string& display_name) {
  return Reported("update_asset", RequestKind::kChange, call, [&](const CallOptions& permitted) {
    return vendor()->asset_names()->UpdateAsset(permitted, id, display_name);
  });
}

absl::Status GatedUpstream::DeleteAsset(const CallOptions& call, const std::string& id) {
  return Reported("delete_asset", RequestKind::kChange, call,
                  [&](const CallOptions& permitted) { return vendor()->assets().DeleteAsset(permitted, id); });
}

absl::StatusOr<std::string> GatedUpstream::UploadToVendor(const CallOptions& call, const std::string& file_name,
                                                          http::ByteSource& bytes) {
  return Observed("upload_to_vendor", RequestKind::kChange, call, [&](const CallOptions& permitted) {
    absl::StatusOr<std::string> url = vendor()->files()->UploadToVendor(permitted, file_name, bytes);
    // Files have a service of their own: a success there does not end a limit of other requests.
    const RequestOutcome outcome = upstream::OutcomeOf(url.status());
    if (outcome.cooldown.has_value()) permitted.permit->Answered(outcome);
    return url;
  });
}

BilledResult<std::string> GatedUpstream::CreateTask(const CallOptions& call, const model::TaskRequest& task) {
  const std::shared_ptr<upstream::Upstream> sender = vendor();
  if (!call.key_id.empty() && sender->usage_log()->key_id() != call.key_id) {
    return upstream::NotSentYet("the vendor's key was changed just now");
  }
  return Billed("create_task", call,
                [&](const CallOptions& permitted) { return sender->tasks().CreateTask(permitted, task); });
}

absl::StatusOr<upstream::TaskReport> GatedUpstream::GetTask(const CallOptions& call, const std::string& id) {
  return Reported("get_task", RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor()->tasks().GetTask(permitted, id); });
}

absl::StatusOr<std::vector<upstream::TaskSighting>> GatedUpstream::FindTasks(const CallOptions& call,
                                                                             const upstream::TaskSearch& search) {
  return Reported("find_tasks", RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor()->task_list()->FindTasks(permitted, search); });
}

absl::Status GatedUpstream::CancelTask(const CallOptions& call, const std::string& id) {
  return Reported("cancel_task", RequestKind::kChange, call,
                  [&](const CallOptions& permitted) { return vendor()->cancels()->CancelTask(permitted, id); });
}

absl::StatusOr<upstream::UsageLog> GatedUpstream::ReadUsage(const CallOptions& call) {
  ObservedPermit permit(call.permit, metrics_, "read_usage", clock_, call);
  absl::StatusOr<upstream::UsageLog> log = vendor()->usage_log()->ReadUsage(permit.call());
  permit.End(log.status());
  // The log has a rate of its own: its errors say nothing about other requests.
  if (call.permit != nullptr && log.ok()) call.permit->Answered({});
  return log;
}

absl::Status GatedUpstream::FetchResult(const CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                                        upstream::ResultSink& sink) {
  ObservedPermit permit(nullptr, metrics_, "fetch_result", clock_, call);
  absl::Status fetched = vendor()->tasks().FetchResult(permit.call(), uri, offset, limit, sink);
  permit.End(fetched);
  return fetched;
}

}  // namespace seedance::engine

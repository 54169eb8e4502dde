#include "service/engine/dispatch/gated_upstream.h"

#include <utility>

#include "service/base/error.h"
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

// Null: a caller's.
RequestSlot* SlotOf(const CallOptions& call) {
  // Nobody else makes permits in the engine.
  return static_cast<RequestSlot*>(call.permit);
}

// A call that bills nothing: the vendor's side asks for leave before each request. What was broken off says nothing.
template <typename Result>
Result Reported(const CallOptions& call, Result result) {
  RequestSlot* slot = SlotOf(call);
  const absl::Status& status = StatusOf(result);
  if (slot != nullptr && !absl::IsCancelled(status)) slot->Answered(upstream::OutcomeOf(status));
  return result;
}

// A call that may be billed, which is one request.
template <typename Send>
BilledResult<std::string> Billed(const CallOptions& call, Send send) {
  RequestSlot* slot = SlotOf(call);
  if (slot == nullptr) return send();
  if (absl::Status may = slot->BeforeSend(call); !may.ok()) return upstream::NotSent(may);
  BilledResult<std::string> result = send();
  slot->Answered(upstream::OutcomeOf(result));
  return result;
}

}  // namespace

BilledResult<std::string> GatedUpstream::CreateGroup(const CallOptions& call, const upstream::NewGroup& group) {
  return Billed(call, [&] { return vendor_->CreateGroup(call, group); });
}

absl::StatusOr<upstream::ReportPage<upstream::GroupReport>> GatedUpstream::ListGroups(
    const CallOptions& call, const upstream::GroupQuery& query) {
  return Reported(call, vendor_->ListGroups(call, query));
}

absl::StatusOr<upstream::GroupReport> GatedUpstream::GetGroup(const CallOptions& call, const std::string& id) {
  return Reported(call, vendor_->GetGroup(call, id));
}

absl::Status GatedUpstream::UpdateGroup(const CallOptions& call, const std::string& id,
                                        const std::string& display_name) {
  return Reported(call, vendor_->UpdateGroup(call, id, display_name));
}

absl::Status GatedUpstream::DeleteGroup(const CallOptions& call, const std::string& id) {
  return Reported(call, vendor_->DeleteGroup(call, id));
}

BilledResult<std::string> GatedUpstream::CreateAsset(const CallOptions& call, const upstream::NewAsset& asset) {
  return Billed(call, [&] { return vendor_->CreateAsset(call, asset); });
}

absl::StatusOr<upstream::ReportPage<upstream::AssetReport>> GatedUpstream::ListAssets(
    const CallOptions& call, const upstream::AssetQuery& query) {
  return Reported(call, vendor_->ListAssets(call, query));
}

absl::StatusOr<upstream::AssetReport> GatedUpstream::GetAsset(const CallOptions& call, const std::string& id) {
  return Reported(call, vendor_->GetAsset(call, id));
}

absl::Status GatedUpstream::UpdateAsset(const CallOptions& call, const std::string& id,
                                        const std::string& display_name) {
  return Reported(call, vendor_->UpdateAsset(call, id, display_name));
}

absl::Status GatedUpstream::DeleteAsset(const CallOptions& call, const std::string& id) {
  return Reported(call, vendor_->DeleteAsset(call, id));
}

absl::StatusOr<std::string> GatedUpstream::UploadToVendor(const CallOptions& call, const std::string& file_name,
                                                          http::ByteSource& bytes) {
  return Reported(call, vendor_->UploadToVendor(call, file_name, bytes));
}

BilledResult<std::string> GatedUpstream::CreateTask(const CallOptions& call, const model::TaskRequest& task) {
  return Billed(call, [&] { return vendor_->CreateTask(call, task); });
}

absl::StatusOr<upstream::TaskReport> GatedUpstream::GetTask(const CallOptions& call, const std::string& id) {
  return Reported(call, vendor_->GetTask(call, id));
}

absl::StatusOr<std::vector<upstream::TaskSighting>> GatedUpstream::FindTasks(const CallOptions& call,
                                                                             const upstream::TaskSearch& search) {
  return Reported(call, vendor_->FindTasks(call, search));
}

absl::Status GatedUpstream::CancelTask(const CallOptions& call, const std::string& id) {
  return Reported(call, vendor_->CancelTask(call, id));
}

absl::StatusOr<upstream::UsageLog> GatedUpstream::ReadUsage(const CallOptions& call) {
  absl::StatusOr<upstream::UsageLog> log = vendor_->ReadUsage(call);
  // The log has a rate of its own: its errors say nothing about other requests.
  if (RequestSlot* slot = SlotOf(call); slot != nullptr && log.ok()) slot->Answered({});
  return log;
}

}  // namespace seedance::engine

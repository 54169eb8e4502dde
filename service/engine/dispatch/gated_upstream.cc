#include "service/engine/dispatch/gated_upstream.h"

#include <utility>

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

// Calls `send` with options that have the permit of the thread's work, or one of the call's own.
template <typename Send>
auto WithPermit(RequestDispatcher& dispatcher, RequestKind kind, const CallOptions& call, Send send) {
  RequestSlot own(dispatcher);
  RequestSlot* const of_work = RequestSlot::Current(dispatcher);
  RequestSlot& slot = of_work != nullptr ? *of_work : own;
  slot.SetKind(kind);
  CallOptions permitted = call;
  if (permitted.permit == nullptr) permitted.permit = &slot;
  return send(permitted);
}

// A call that bills nothing: the vendor's side asks for a permit before each request. What was broken off says nothing.
template <typename Send>
auto Reported(RequestDispatcher& dispatcher, RequestKind kind, const CallOptions& call, Send send) {
  return WithPermit(dispatcher, kind, call, [&send](const CallOptions& permitted) {
    auto result = send(permitted);
    const absl::Status& status = StatusOf(result);
    if (!absl::IsCancelled(status)) permitted.permit->Answered(upstream::OutcomeOf(status));
    return result;
  });
}

// A call that may be billed, which is one request.
template <typename Send>
BilledResult<std::string> Billed(RequestDispatcher& dispatcher, const CallOptions& call, Send send) {
  return WithPermit(dispatcher, RequestKind::kChange, call, [&send](const CallOptions& permitted) {
    if (absl::Status may = permitted.permit->BeforeSend(permitted); !may.ok()) return upstream::NotSent(may);
    BilledResult<std::string> result = send(permitted);
    permitted.permit->Answered(upstream::OutcomeOf(result));
    return result;
  });
}

}  // namespace

BilledResult<std::string> GatedUpstream::CreateGroup(const CallOptions& call, const upstream::NewGroup& group) {
  return Billed(dispatcher_, call,
                [&](const CallOptions& permitted) { return vendor_->groups()->CreateGroup(permitted, group); });
}

absl::StatusOr<upstream::ReportPage<upstream::GroupReport>> GatedUpstream::ListGroups(
    const CallOptions& call, const upstream::GroupQuery& query) {
  return Reported(dispatcher_, RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor_->groups()->ListGroups(permitted, query); });
}

absl::StatusOr<upstream::GroupReport> GatedUpstream::GetGroup(const CallOptions& call, const std::string& id) {
  return Reported(dispatcher_, RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor_->groups()->GetGroup(permitted, id); });
}

absl::Status GatedUpstream::UpdateGroup(const CallOptions& call, const std::string& id,
                                        const std::string& display_name) {
  return Reported(dispatcher_, RequestKind::kChange, call, [&](const CallOptions& permitted) {
    return vendor_->groups()->UpdateGroup(permitted, id, display_name);
  });
}

absl::Status GatedUpstream::DeleteGroup(const CallOptions& call, const std::string& id) {
  return Reported(dispatcher_, RequestKind::kChange, call,
                  [&](const CallOptions& permitted) { return vendor_->groups()->DeleteGroup(permitted, id); });
}

BilledResult<std::string> GatedUpstream::CreateAsset(const CallOptions& call, const upstream::NewAsset& asset) {
  return Billed(dispatcher_, call,
                [&](const CallOptions& permitted) { return vendor_->assets().CreateAsset(permitted, asset); });
}

absl::StatusOr<upstream::ReportPage<upstream::AssetReport>> GatedUpstream::ListAssets(
    const CallOptions& call, const upstream::AssetQuery& query) {
  return Reported(dispatcher_, RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor_->assets().ListAssets(permitted, query); });
}

absl::StatusOr<upstream::AssetReport> GatedUpstream::GetAsset(const CallOptions& call, const std::string& id) {
  return Reported(dispatcher_, RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor_->assets().GetAsset(permitted, id); });
}

absl::Status GatedUpstream::UpdateAsset(const CallOptions& call, const std::string& id,
                                        const std::string& display_name) {
  return Reported(dispatcher_, RequestKind::kChange, call, [&](const CallOptions& permitted) {
    return vendor_->asset_names()->UpdateAsset(permitted, id, display_name);
  });
}

absl::Status GatedUpstream::DeleteAsset(const CallOptions& call, const std::string& id) {
  return Reported(dispatcher_, RequestKind::kChange, call,
                  [&](const CallOptions& permitted) { return vendor_->assets().DeleteAsset(permitted, id); });
}

absl::StatusOr<std::string> GatedUpstream::UploadToVendor(const CallOptions& call, const std::string& file_name,
                                                          http::ByteSource& bytes) {
  return WithPermit(dispatcher_, RequestKind::kChange, call, [&](const CallOptions& permitted) {
    absl::StatusOr<std::string> url = vendor_->files()->UploadToVendor(permitted, file_name, bytes);
    // Files have a service of their own: a success there does not end a limit of other requests.
    const RequestOutcome outcome = upstream::OutcomeOf(url.status());
    if (outcome.cooldown.has_value()) permitted.permit->Answered(outcome);
    return url;
  });
}

BilledResult<std::string> GatedUpstream::CreateTask(const CallOptions& call, const model::TaskRequest& task) {
  return Billed(dispatcher_, call,
                [&](const CallOptions& permitted) { return vendor_->tasks().CreateTask(permitted, task); });
}

absl::StatusOr<upstream::TaskReport> GatedUpstream::GetTask(const CallOptions& call, const std::string& id) {
  return Reported(dispatcher_, RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor_->tasks().GetTask(permitted, id); });
}

absl::StatusOr<std::vector<upstream::TaskSighting>> GatedUpstream::FindTasks(const CallOptions& call,
                                                                             const upstream::TaskSearch& search) {
  return Reported(dispatcher_, RequestKind::kRead, call,
                  [&](const CallOptions& permitted) { return vendor_->task_list()->FindTasks(permitted, search); });
}

absl::Status GatedUpstream::CancelTask(const CallOptions& call, const std::string& id) {
  return Reported(dispatcher_, RequestKind::kChange, call,
                  [&](const CallOptions& permitted) { return vendor_->cancels()->CancelTask(permitted, id); });
}

absl::StatusOr<upstream::UsageLog> GatedUpstream::ReadUsage(const CallOptions& call) {
  absl::StatusOr<upstream::UsageLog> log = vendor_->usage_log()->ReadUsage(call);
  // The log has a rate of its own: its errors say nothing about other requests.
  if (call.permit != nullptr && log.ok()) call.permit->Answered({});
  return log;
}

absl::Status GatedUpstream::FetchResult(const CallOptions& call, const std::string& uri, int64_t offset, int64_t limit,
                                        upstream::ResultSink& sink) {
  return vendor_->tasks().FetchResult(call, uri, offset, limit, sink);
}

}  // namespace seedance::engine

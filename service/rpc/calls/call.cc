#include "service/rpc/calls/call.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/trace.h"
#include "service/rpc/calls/machine_time.h"
#include "service/rpc/calls/status.h"

namespace seedance::rpc {
namespace {

// gRPC's retry design: clients wait this long instead of their own back-off.
constexpr char kPushback[] = "grpc-retry-pushback-ms";

// Value of a metadata key; empty when missing or repeated.
std::string_view Metadata(const grpc::ServerContext& context, const char* key) {
  const auto [begin, end] = context.client_metadata().equal_range(key);
  if (begin == end || std::next(begin) != end) return {};
  return std::string_view(begin->second.data(), begin->second.size());
}

// Names in the peer's verified client certificate; empty without one.
PeerNames NamesOf(const grpc::ServerContextBase& context) {
  static constexpr struct {
    const char* property;
    std::string_view prefix;
  } kKinds[] = {{GRPC_X509_CN_PROPERTY_NAME, kCommonNamePrefix},
                {GRPC_X509_SUBJECT_PROPERTY_NAME, kSubjectPrefix},
                {GRPC_PEER_DNS_PROPERTY_NAME, kDnsPrefix},
                {GRPC_PEER_URI_PROPERTY_NAME, kUriPrefix},
                {GRPC_PEER_EMAIL_PROPERTY_NAME, kEmailPrefix}};
  PeerNames names;
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return names;
  for (const auto& kind : kKinds) {
    for (const grpc::string_ref& value : peer->FindPropertyValues(kind.property)) {
      names.push_back(std::string(kind.prefix).append(value.data(), value.size()));
    }
  }
  return names;
}

// gRPC's name of the status code.
std::string CodeName(const absl::Status& status) { return absl::StatusCodeToString(status.code()); }

base::LogLevel LevelOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      return base::LogLevel::kError;
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kUnavailable:
      return base::LogLevel::kWarning;
    default:
      return base::LogLevel::kInfo;
  }
}

// Separate kinds, so that lines of successful calls are not dropped in a flood of failed or refused ones.
base::LogKind KindOf(const std::string& tenant, const absl::Status& status) {
  if (tenant.empty()) return {"call_refused", base::LogCause::kAnyone};
  return {status.ok() ? "call" : "call_failed", base::LogCause::kOwn};
}

}  // namespace

Call::Call(RpcContext& rpc_context, grpc::ServerContext* context, const std::string& peer, const Traits& method)
    : rpc_context_(rpc_context),
      grpc_context_(context),
      peer_(peer),
      method_(method),
      metrics_(rpc_context.metrics().Of(method.name)),
      start_(rpc_context.clock().Now()) {
  context_.deadline = FromMachineTime(context->deadline(), rpc_context.clock());
  context_.cancel = std::make_shared<base::CancelToken>();
  context_.traceparent = base::ContinueTrace(Metadata(*context, "traceparent"), rpc_context.random());
  if (!method.open) {
    const std::shared_ptr<const Tenants> tenants = rpc_context.tenants();
    std::vector<std::string_view> headers;
    const auto [begin, end] = context->client_metadata().equal_range("authorization");
    for (auto each = begin; each != end; ++each) headers.emplace_back(each->second.data(), each->second.size());
    absl::StatusOr<std::string> tenant =
        tenants->Authenticate(headers, tenants->knows_certificates() ? NamesOf(*context) : PeerNames());
    admission_ = tenant.status();
    if (tenant.ok()) context_.tenant = *std::move(tenant);
  }
  if (method.auxiliary) return;
  // Not of calls without a token: nobody else may fill the collector.
  if (admission_.ok() && !method.open) {
    span_ = base::Span(method.name, base::SpanData::Kind::kServer, context_.traceparent, start_);
    context_.traceparent = span_.traceparent();
  }
  entered_ = rpc_context.inflight().Enter(*this);
  if (admission_.ok() && !entered_) admission_ = DrainingError(rpc_context.random());
}

Call::~Call() {
  if (entered_) rpc_context_.inflight().Leave(*this);  // End was not called, because of an exception.
}

absl::Status Call::Gone() const {
  const bool late = rpc_context_.clock().Now() >= context_.deadline;
  base::ErrorDetail detail;
  detail.reason = late ? base::Reason::kDeadlineExceeded : base::Reason::kCancelled;
  return base::MakeError(late ? "the call's deadline has passed" : "the caller cancelled or disconnected", detail);
}

grpc::Status Call::End(const absl::Status& status) {
  const base::ErrorDetail detail = status.ok() ? base::ErrorDetail() : base::GetErrorDetail(status);
  const absl::Time now = rpc_context_.clock().Now();
  metrics_.Ended(status.code(), now - start_);
  EndSpan(status, now);
  if (!method_.auxiliary || !(status.ok() || absl::IsCancelled(status) || absl::IsNotFound(status))) {
    WriteLine(status, detail);
  }
  if (detail.reason == base::Reason::kDraining && detail.retry_delay.has_value()) {
    grpc_context_->AddTrailingMetadata(kPushback, absl::StrCat(absl::ToInt64Milliseconds(*detail.retry_delay)));
  }
  if (std::exchange(entered_, false)) rpc_context_.inflight().Leave(*this);
  return ToGrpcStatus(status);
}

void Call::EndSpan(const absl::Status& status, absl::Time now) {
  if (!span_.records()) return;
  span_.Add("rpc.system", std::string("grpc"));
  span_.Add("rpc.method", std::string(method_.name));
  span_.Add("rpc.grpc.status_code", static_cast<int64_t>(status.code()));
  span_.Add("seedance.tenant", context_.tenant);
  if (!resource_.empty()) span_.Add("seedance.resource", resource_);
  if (!request_id_.empty()) span_.Add("seedance.request_id", request_id_);
  span_.End(status, now);
}

void Call::WriteLine(const absl::Status& status, const base::ErrorDetail& detail) const {
  base::LogLine line(LevelOf(status), "call", KindOf(context_.tenant, status));
  line.Add("method", method_.name);
  line.Add("tenant", context_.tenant);
  line.Add("code", CodeName(status));
  line.Add("trace_id", base::TraceId(context_.traceparent));
  line.Add("duration_ms", absl::ToDoubleMilliseconds(rpc_context_.clock().Now() - start_));
  line.Add("peer", peer_);
  if (!status.ok()) line.Add("reason", base::ReasonName(detail.reason));
  if (!request_id_.empty()) line.Add("request_id", request_id_);
  if (!resource_.empty()) line.Add("resource", resource_);
  for (const std::string_view key : {base::kUpstreamCodeKey, std::string_view(kLimitKey)}) {
    const auto value = detail.metadata.find(std::string(key));
    if (value != detail.metadata.end()) line.Add(key, value->second);
  }
  // Only messages of defects are logged; those of invalid input may quote the caller.
  if (detail.reason == base::Reason::kInternal) line.Add("message", std::string(status.message()));
  line.Write();
}

}  // namespace seedance::rpc

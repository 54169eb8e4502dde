#include "service/upstream/vendor_client.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/model/names.h"
#include "service/upstream/json_node.h"
#include "service/upstream/vendor_text.h"

namespace seedance::upstream {
namespace {

absl::Status DeadlineExceeded() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kDeadlineExceeded;
  return base::MakeError("the vendor did not answer in time", detail);
}

}  // namespace

VendorClient::VendorClient(Options options, const ErrorTable& errors, std::unique_ptr<http::HttpTransport> transport,
                           base::Clock& clock)
    : options_(std::move(options)), errors_(errors), transport_(std::move(transport)), clock_(clock) {}

http::HttpRequest VendorClient::Request(const CallOptions& call, const std::string& method, const std::string& path,
                                        std::string body) const {
  http::HttpRequest request;
  request.method = method;
  request.url = options_.base_url + path;
  request.headers = options_.headers;
  if (!call.traceparent.empty()) request.headers.emplace_back("traceparent", call.traceparent);
  if (!body.empty()) request.content_type = "application/json";
  request.body = std::move(body);
  return request;
}

void VendorClient::MakeBilled(const CallOptions& call, http::HttpRequest& request) const {
  request.timeout = options_.submit_timeout;
  request.billed = true;
  request.cancel = call.abandon;
}

absl::StatusOr<http::HttpReply> VendorClient::SendRead(const CallOptions& call, http::HttpRequest& request,
                                                       absl::Duration timeout) const {
  if (call.permit != nullptr) {
    if (absl::Status may = call.permit->BeforeSend(call); !may.ok()) return may;
  }
  if (timeout == absl::ZeroDuration()) timeout = options_.read_timeout;
  request.timeout = std::min(timeout, call.deadline - clock_.Now());
  request.cancel = call.cancel;
  if (request.timeout <= absl::ZeroDuration()) return DeadlineExceeded();
  return transport_->Send(request);
}

absl::StatusOr<http::HttpReply> VendorClient::Read(Operation operation, const CallOptions& call,
                                                   http::HttpRequest request, Resource resource) const {
  absl::StatusOr<http::HttpReply> reply = SendRead(call, request);
  if (!reply.ok() || IsSuccess(*reply)) return reply;
  return ReadError(operation, call, *reply, std::move(resource));
}

absl::Status VendorClient::ReadError(Operation operation, const CallOptions& call, const http::HttpReply& reply,
                                     Resource resource) const {
  if (reply.outcome != http::HttpOutcome::kReply && reply.outcome != http::HttpOutcome::kCancelled &&
      clock_.Now() >= call.deadline) {
    return DeadlineExceeded();
  }
  return Judge(errors_,
               {operation, options_.api_key, clock_.Now(), std::move(resource), false, options_.max_retry_after}, reply)
      .status;
}

Verdict VendorClient::JudgeBilled(Operation operation, const http::HttpRequest& request, const http::HttpReply& reply,
                                  Resource resource) const {
  const bool streamed = request.source != nullptr;
  return Judge(errors_,
               {operation, options_.api_key, clock_.Now(), std::move(resource), streamed, options_.max_retry_after},
               reply);
}

bool IsSuccess(const http::HttpReply& reply) {
  return reply.outcome == http::HttpOutcome::kReply && reply.status >= 200 && reply.status < 300;
}

bool IsApiSuccess(const http::HttpReply& reply, const JsonNode& root) {
  if (!IsSuccess(reply)) return false;
  return root.IsObject() || root.IsArray() || absl::StripAsciiWhitespace(reply.body).empty();
}

bool IsBareId(const JsonNode& node) {
  const std::string text = node.IsText() ? node.Text() : std::string();
  return model::IsUpstreamId(text) &&
         std::any_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
}

BilledResult<std::string> AcceptedAs(std::string id, const base::Secret& api_key) {
  BilledResult<std::string> result;
  if (model::IsUpstreamId(id)) {
    result.acceptance = Acceptance::kAccepted;
    result.value = std::move(id);
    return result;
  }
  base::ErrorDetail detail;
  detail.reason = base::Reason::kOutcomeUnknown;
  const std::string message =
      absl::StrCat("the vendor accepted the request under an id of ", id.size(),
                   " bytes that is not 1-128 printable ASCII characters without /: ", CleanVendorText(id, api_key));
  detail.metadata[std::string(base::kUpstreamMessageKey)] = message;
  result.status = base::MakeError(message, detail);
  result.retryable = false;
  return result;
}

BilledResult<std::string> ToResult(Verdict verdict) {
  BilledResult<std::string> result;
  result.acceptance = verdict.acceptance;
  result.status = std::move(verdict.status);
  result.retry_after = verdict.retry_after;
  result.retryable = verdict.retryable;
  return result;
}

}  // namespace seedance::upstream

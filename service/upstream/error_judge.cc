#include "service/upstream/error_judge.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/http/retry_after.h"
#include "service/upstream/acceptance_table.h"
#include "service/upstream/vendor_text.h"

namespace seedance::upstream {
namespace {

using base::Reason;

// Retry delay when the vendor says "too many" or "not now" without a time.
constexpr absl::Duration kDefaultRetry = absl::Seconds(5);
constexpr absl::Duration kUnavailableRetry = absl::Seconds(1);

bool IsBilled(Operation operation) { return (Bit(operation) & kCreates) != 0; }

// Whether the row compares code or text.
bool IsWorded(const ReasonRow& row) { return !row.code.empty() || (!row.text.empty() && row.text != kReadable); }

bool Fits(const ReasonRow& row, Operation operation, int status, const VendorError& error, const std::string& code,
          const std::string& text) {
  if ((row.operations & Bit(operation)) == 0) return false;
  if (status < row.first_status || status > row.last_status) return false;
  if (row.code.empty() && row.text.empty()) return true;
  if (!error.recognised) return false;
  return row.text == kReadable || (HoldsPattern(code, row.code) && HoldsPattern(text, row.text));
}

struct Finding {
  Reason reason = Reason::kUpstreamProtocol;
  bool worded = false;
  LimitScope scope = LimitScope::kRequest;
  bool final = false;
};

Finding FindReason(const ErrorTable& table, Operation operation, int status, const VendorError& error) {
  const std::string code = absl::AsciiStrToLower(error.code);
  const std::string text = absl::AsciiStrToLower(error.message);
  for (const ReasonRow& row : table.reasons) {
    if (Fits(row, operation, status, error, code, text)) return {row.reason, IsWorded(row), row.scope, row.final};
  }
  return {};
}

// Corrects `verdict` where the reason says more than the status. Returns the reason to report.
Reason Reconcile(const Finding& found, const VendorError& error, Verdict& verdict) {
  const Reason reason = found.reason;
  if (verdict.acceptance == Acceptance::kUnknown) return Reason::kOutcomeUnknown;
  // Waiting helps neither a missing model nor missing credits.
  const bool hopeless = found.final || reason == Reason::kUpstreamInvalidInput || reason == Reason::kCreditsExhausted ||
                        reason == Reason::kAssetLibraryFull;
  if (verdict.acceptance == Acceptance::kNotAccepted && hopeless) {
    verdict.acceptance = Acceptance::kRefused;
    verdict.retryable = false;
  }
  // A request that may be sent again was blocked on its way, not refused for its key.
  if (verdict.acceptance == Acceptance::kNotAccepted && reason == Reason::kUpstreamAuthFailed) {
    return Reason::kUpstreamUnavailable;
  }
  if (verdict.acceptance != Acceptance::kRefused) return reason;
  // The vendor's "too many", under another status. From any other program it concerns the rate, not the outcome of the
  // request.
  if (reason == Reason::kRateLimited || (reason == Reason::kQuotaExceeded && !found.final)) {
    if (!error.vendor_shape) {
      verdict.acceptance = Acceptance::kUnknown;
      return Reason::kOutcomeUnknown;
    }
    verdict.acceptance = Acceptance::kNotAccepted;
    verdict.retryable = true;
  }
  // Refused for good: the status must not invite a retry of the same request.
  return reason == Reason::kUpstreamUnavailable ? Reason::kUpstreamFailed : reason;
}

const char* ReasonText(Reason reason) {
  switch (reason) {
    case Reason::kInputModeration:
      return "the vendor's moderation refused the input";
    case Reason::kOutputModeration:
      return "the vendor's moderation blocked the output";
    case Reason::kCreditsExhausted:
      return "the vendor account has no credits";
    case Reason::kUpstreamAuthFailed:
      return "the vendor refuses the API key";
    case Reason::kQuotaExceeded:
      return "the vendor's quota is exhausted";
    case Reason::kAssetLibraryFull:
      return "the vendor's asset library is full";
    case Reason::kRateLimited:
      return "rate limited by the vendor";
    case Reason::kResourceNotFound:
      return "not found at the vendor";
    case Reason::kDisplayNameTaken:
      return "the group already has an asset with this display name";
    case Reason::kAssetNotReady:
      return "a referenced asset is not ready";
    case Reason::kUpstreamInvalidInput:
      return "the vendor refused the request";
    case Reason::kOutcomeUnknown:
      return "the vendor's answer was lost; it may have accepted the request";
    case Reason::kUpstreamUnavailable:
      return "the vendor is unavailable";
    case Reason::kUpstreamFailed:
      return "the vendor reported a failure";
    case Reason::kUnsupportedByUpstream:
      return "the vendor does not support this for the account";
    case Reason::kCancelled:
      return "the call was cancelled";
    default:
      return "unexpected answer from the vendor";
  }
}

// `wish`: the vendor's own Retry-After. `scope`: what it limits.
absl::Status BuildStatus(const ErrorContext& context, Reason reason, const VendorError& error,
                         const std::string& circumstance, std::optional<absl::Duration> delay,
                         std::optional<absl::Duration> wish = std::nullopt, LimitScope scope = LimitScope::kRequest) {
  base::ErrorDetail detail;
  detail.reason = reason;
  detail.retry_delay = delay;
  if (wish.has_value()) detail.metadata[std::string(kRetryAfterKey)] = absl::StrCat(absl::ToDoubleSeconds(*wish));
  if (scope != LimitScope::kRequest) {
    detail.metadata[std::string(kLimitScopeKey)] = scope == LimitScope::kTasks ? kTasksScope : kAccountScope;
  }
  if (reason == Reason::kResourceNotFound) detail.resource = context.resource;
  const std::string code = CleanVendorText(error.code, context.api_key);
  const std::string text = CleanVendorText(error.message, context.api_key);
  if (!code.empty()) detail.metadata[std::string(base::kUpstreamCodeKey)] = code;
  if (!text.empty()) detail.metadata[std::string(base::kUpstreamMessageKey)] = text;
  std::string message =
      absl::StrCat(ReasonText(reason), circumstance.empty() ? "" : " (", circumstance, circumstance.empty() ? "" : ")");
  if (error.recognised && !text.empty()) absl::StrAppend(&message, ": ", text);
  return base::MakeError(message, detail);
}

// Outcomes without a complete reply.
Verdict JudgeOutcome(const ErrorContext& context, const http::HttpReply& reply) {
  Verdict verdict;
  Reason reason = Reason::kUpstreamUnavailable;
  switch (reply.outcome) {
    case http::HttpOutcome::kNotSent:
      verdict.acceptance = Acceptance::kNotAccepted;
      verdict.retryable = true;
      break;
    case http::HttpOutcome::kRequestCut:
      verdict.acceptance = Acceptance::kNotAccepted;
      verdict.retryable = !context.streamed;
      break;
    case http::HttpOutcome::kCancelled:
      reason = Reason::kCancelled;
      break;
    default:
      break;
  }
  if (IsBilled(context.operation) && verdict.acceptance == Acceptance::kUnknown) reason = Reason::kOutcomeUnknown;
  std::optional<absl::Duration> delay;
  if (reason == Reason::kUpstreamUnavailable) delay = kUnavailableRetry;
  verdict.status = BuildStatus(context, reason, VendorError(), reply.error, delay);
  return verdict;
}

}  // namespace

Verdict Judge(const ErrorTable& table, const ErrorContext& context, const http::HttpReply& reply) {
  if (reply.outcome != http::HttpOutcome::kReply) return JudgeOutcome(context, reply);
  const VendorError error = table.parse(reply.body);
  const bool claims_success = reply.status >= 200 && reply.status < 300;
  const int status = claims_success && error.http_status != 0 ? error.http_status : reply.status;
  Verdict verdict;
  const auto header = reply.headers.find("retry-after");
  if (header != reply.headers.end())
    verdict.retry_after = http::ParseRetryAfter(header->second, context.now, context.max_retry_after);
  const Finding found = FindReason(table, context.operation, status, error);
  const AcceptanceRow& row = FindAcceptance(status, reply.body, error, found.worded);
  verdict.acceptance = row.acceptance;
  verdict.retryable = row.retryable;
  const Reason reason = IsBilled(context.operation) ? Reconcile(found, error, verdict) : found.reason;
  std::optional<absl::Duration> delay = verdict.retry_after;
  if (reason == Reason::kRateLimited && !delay.has_value()) delay = kDefaultRetry;
  if (reason == Reason::kUpstreamUnavailable && !delay.has_value()) delay = kUnavailableRetry;
  verdict.status =
      BuildStatus(context, reason, error, absl::StrCat("HTTP ", reply.status), delay, verdict.retry_after, found.scope);
  return verdict;
}

model::Failure FailureOf(const ErrorTable& table, Operation end, const VendorError& error,
                         const base::Secret& api_key) {
  model::Failure failure;
  failure.reason = FindReason(table, end, 0, error).reason;
  failure.upstream_code = CleanVendorText(error.code, api_key);
  failure.message = CleanVendorText(error.message, api_key);
  if (failure.message.empty()) failure.message = ReasonText(failure.reason);
  return failure;
}

}  // namespace seedance::upstream

#include "service/upstream/anyfast/error_table.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/upstream/retry_after.h"
#include "service/upstream/vendor_text.h"

namespace seedance::upstream {
namespace {

using base::Reason;

// Asked for when the vendor says "too many" or "not now" without a time.
constexpr absl::Duration kDefaultRetry = absl::Seconds(5);
constexpr absl::Duration kUnavailableRetry = absl::Seconds(1);

constexpr uint32_t operator|(Operation left, Operation right) {
  return static_cast<uint32_t>(left) | static_cast<uint32_t>(right);
}
constexpr uint32_t kAny = ~0u;
constexpr uint32_t kCreates =
    (Operation::kCreateGroup | Operation::kCreateAsset) | static_cast<uint32_t>(Operation::kCreateTask);
constexpr uint32_t kCreateAsset = static_cast<uint32_t>(Operation::kCreateAsset);
constexpr uint32_t kCreateTask = static_cast<uint32_t>(Operation::kCreateTask);
constexpr uint32_t kReadTask = static_cast<uint32_t>(Operation::kReadTask);
constexpr uint32_t kEnds = Operation::kTaskEnd | Operation::kAssetEnd;
constexpr uint32_t kAssetEnd = static_cast<uint32_t>(Operation::kAssetEnd);
// Operations that name one thing at the vendor.
constexpr uint32_t kNames =
    (Operation::kReadGroups | Operation::kReadAssets) | (Operation::kChangeGroup | Operation::kChangeAsset);

// Status 0 stands for "no HTTP status": the failure of a task or an asset.
struct ReasonRow {
  uint32_t operations;
  int first_status;
  int last_status;
  std::string_view code;  // Part of the code in lower case; empty: any. `*` stands for any text, here and below.
  std::string_view
      text;  // Part of the message in lower case; empty: any. Both are looked for in a recognised error only.
  Reason reason;
};

// As `text`: any, but the body must be an error that can be read.
constexpr std::string_view kReadable = "\x01";

// First match wins.
constexpr ReasonRow kReasonRows[] = {
    // ---- Moderation, by code, then by the words that Ark uses where the code was lost on the way ----
    {kAny, 0, 599, "output", "copyright", Reason::kOutputModeration},
    {kAny, 0, 599, "outputvideosensitive", "", Reason::kOutputModeration},
    {kAny, 0, 599, "outputimagesensitive", "", Reason::kOutputModeration},
    {kAny, 0, 599, "outputaudiosensitive", "", Reason::kOutputModeration},
    {kAny, 0, 599, "outputtextsensitive", "", Reason::kOutputModeration},
    {kAny, 0, 599, "sensitivecontentdetected", "output", Reason::kOutputModeration},
    {kAny, 0, 599, "sensitivecontentdetected", "", Reason::kInputModeration},
    {kAny, 0, 599, "contentrestricted", "", Reason::kInputModeration},
    {kAny, 0, 599, "policyviolation", "", Reason::kInputModeration},
    {kAny, 0, 599, "", "output video may", Reason::kOutputModeration},
    {kAny, 0, 599, "", "output audio may", Reason::kOutputModeration},
    {kAny, 0, 599, "", "generated video may", Reason::kOutputModeration},
    {kAny, 0, 599, "", "output video has been blocked", Reason::kOutputModeration},
    {kAny, 0, 599, "", "input text may", Reason::kInputModeration},
    {kAny, 0, 599, "", "input image may", Reason::kInputModeration},
    {kAny, 0, 599, "", "input video may", Reason::kInputModeration},
    {kAny, 0, 599, "", "input audio may", Reason::kInputModeration},
    {kAny, 0, 599, "", "may contain real person", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "copyright", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "sensitive", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "moderation", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "敏感", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "违规", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "审核", Reason::kInputModeration},
    {kEnds, 0, 0, "", "copyright", Reason::kOutputModeration},
    {kEnds, 0, 0, "", "sensitive", Reason::kOutputModeration},
    {kEnds, 0, 0, "", "moderation", Reason::kOutputModeration},
    {kEnds, 0, 0, "", "敏感", Reason::kOutputModeration},
    {kEnds, 0, 0, "", "违规", Reason::kOutputModeration},
    {kEnds, 0, 0, "", "审核", Reason::kOutputModeration},
    {kAny, 0, 599, "", "sensitive information", Reason::kInputModeration},

    // ---- The account. new-api says 403 to an empty purse; it is no matter of keys ----
    {kAny, 0, 599, "insufficient_user_quota", "", Reason::kCreditsExhausted},
    {kAny, 0, 599, "pre_consume_token_quota_failed", "", Reason::kCreditsExhausted},
    {kAny, 0, 599, "insufficient_quota", "", Reason::kCreditsExhausted},
    {kAny, 0, 599, "accountoverdue", "", Reason::kCreditsExhausted},
    {kAny, 0, 599, "setlimitexceeded", "", Reason::kCreditsExhausted},
    {kAny, 400, 499, "", "insufficient balance", Reason::kCreditsExhausted},
    {kAny, 400, 499, "", "quota is not enough", Reason::kCreditsExhausted},
    {kAny, 400, 499, "", "额度不足", Reason::kCreditsExhausted},
    {kAny, 400, 499, "", "余额不足", Reason::kCreditsExhausted},
    {kAny, 402, 402, "", "", Reason::kCreditsExhausted},
    {kAny, 401, 401, "", "", Reason::kUpstreamAuthFailed},
    {kAny, 400, 403, "", "invalid token", Reason::kUpstreamAuthFailed},
    {kAny, 403, 403, "", "", Reason::kUpstreamAuthFailed},

    // ---- Patience ----
    {kAny, 400, 599, "quotaexceeded", "", Reason::kQuotaExceeded},
    {kAny, 429, 429, "", "", Reason::kRateLimited},
    // No channel for the model: waiting does not make one.
    {kCreates, 503, 503, "model_not_found", "", Reason::kUpstreamInvalidInput},
    {kAny, 400, 599, "ratelimit", "", Reason::kRateLimited},
    {kAny, 503, 503, "", "", Reason::kUpstreamUnavailable},

    // ---- A route that is not there says nothing about a task or an asset ----
    {kAny, 404, 404, "", "invalid url", Reason::kUpstreamProtocol},
    {kAny, 405, 405, "", "", Reason::kUpstreamProtocol},

    // ---- Things that are not there. Young groups are answered so too, for some seconds ----
    {kCreateAsset, 400, 599, "notfound.group", "", Reason::kResourceNotFound},
    {kCreateAsset, 400, 599, "", "group*not found", Reason::kResourceNotFound},
    {kCreateAsset, 400, 599, "", "asset_group", Reason::kResourceNotFound},
    {kCreateAsset, 400, 599, "", "group*not exist", Reason::kResourceNotFound},
    {kCreateAsset, 400, 599, "", "素材组不存在", Reason::kResourceNotFound},
    {kCreateAsset, 400, 599, "", "already exist", Reason::kDisplayNameTaken},
    {kCreateAsset, 400, 599, "", "duplicate", Reason::kDisplayNameTaken},
    {kReadTask, 200, 499, "task_not_exist", "", Reason::kResourceNotFound},
    {kReadTask, 200, 499, "tasknotfound", "", Reason::kResourceNotFound},
    {kReadTask, 200, 499, "", "task not exist", Reason::kResourceNotFound},
    {kReadTask, 200, 499, "", "task_not_exist", Reason::kResourceNotFound},
    {kReadTask, 200, 499, "", "task not found", Reason::kResourceNotFound},
    {kNames, 200, 599, "notfound", "", Reason::kResourceNotFound},
    {kNames, 400, 599, "", "is not found", Reason::kResourceNotFound},
    {kNames, 400, 599, "", "does not exist", Reason::kResourceNotFound},
    // HTML would say only that somebody on the way does not know the page. CreateAsset: the group is not there, or its
    // display name is taken, for which the vendor has the same answer; a look at the group tells which.
    {kNames | kReadTask | kCreateAsset, 404, 404, "", kReadable, Reason::kResourceNotFound},
    {kCreateTask, 400, 499, "", "is not active", Reason::kAssetNotReady},
    {kCreateTask, 400, 499, "", "is processing", Reason::kAssetNotReady},
    {kCreateTask, 400, 499, "", "not ready", Reason::kAssetNotReady},

    // ---- What is left, by status ----
    {kAssetEnd, 0, 0, "transcodingfailed", "", Reason::kUpstreamFailed},
    {kAssetEnd, 0, 0, "internal", "", Reason::kUpstreamFailed},
    {kEnds, 0, 0, "invalidparameter", "", Reason::kUpstreamInvalidInput},
    {kEnds, 0, 0, "downloadfailed", "", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "format", "", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "mismatch", "", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "too", "", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "audiotrack", "", Reason::kUpstreamInvalidInput},
    {kEnds, 0, 0, "", "", Reason::kUpstreamFailed},
    {kCreates, 400, 407, "", "", Reason::kUpstreamInvalidInput},
    {kCreates, 409, 499, "", "", Reason::kUpstreamInvalidInput},
    {kAny, 408, 408, "", "", Reason::kUpstreamUnavailable},
    {kAny, 400, 499, "", kReadable, Reason::kUpstreamInvalidInput},
    {kAny, 500, 599, "", "", Reason::kUpstreamUnavailable},
};

// Whether `text` holds the parts of `pattern`, which `*` separates, in their order.
bool Holds(std::string_view text, std::string_view pattern) {
  while (!pattern.empty()) {
    const std::string_view part = pattern.substr(0, pattern.find('*'));
    pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
    const size_t at = text.find(part);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part.size());
  }
  return true;
}

bool Fits(const ReasonRow& row, Operation operation, int status, const VendorError& error, const std::string& code,
          const std::string& text) {
  if ((row.operations & static_cast<uint32_t>(operation)) == 0) return false;
  if (status < row.first_status || status > row.last_status) return false;
  if (row.code.empty() && row.text.empty()) return true;
  if (!error.recognised) return false;
  return row.text == kReadable || (Holds(code, row.code) && Holds(text, row.text));
}

Reason FindReason(Operation operation, int status, const VendorError& error) {
  const std::string code = absl::AsciiStrToLower(error.code);
  const std::string text = absl::AsciiStrToLower(error.message);
  for (const ReasonRow& row : kReasonRows) {
    if (Fits(row, operation, status, error, code, text)) return row.reason;
  }
  return Reason::kUpstreamProtocol;
}

// What a status means for a billed call.
struct AcceptanceRow {
  int first_status;
  int last_status;
  enum Body { kAnyBody, kReadable, kVendorShape } body;
  Acceptance acceptance;
  bool retryable;
};

// First match wins; nothing matches: kUnknown.
constexpr AcceptanceRow kAcceptanceRows[] = {
    {429, 429, AcceptanceRow::kAnyBody, Acceptance::kNotAccepted, true},
    // Only the vendor's own words, or a time to come back, say that it put the call off: a proxy that lost the answer
    // to a call that it had passed on says 503 too.
    {503, 503, AcceptanceRow::kVendorShape, Acceptance::kNotAccepted, true},
    // Redirects are not followed; these two say that nothing was done.
    {307, 308, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    // Statuses that mean "not processed", whoever on the way wrote them.
    {400, 407, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    {410, 417, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    {422, 422, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    {431, 431, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    // 408 and its kin come from somebody who stopped waiting.
    {409, 499, AcceptanceRow::kReadable, Acceptance::kRefused, false},
    // The vendor's own words: it has booked nothing. Anything else, HTML above all, comes from a proxy that only lost
    // the answer.
    {500, 502, AcceptanceRow::kVendorShape, Acceptance::kRefused, false},
};

const char* ReasonText(Reason reason) {
  switch (reason) {
    case Reason::kInputModeration:
      return "the vendor's moderation refused the input";
    case Reason::kOutputModeration:
      return "the vendor's moderation blocked the output";
    case Reason::kCreditsExhausted:
      return "the vendor's account has no credits";
    case Reason::kUpstreamAuthFailed:
      return "the vendor refuses the gateway's key";
    case Reason::kQuotaExceeded:
      return "a quota at the vendor is used up";
    case Reason::kRateLimited:
      return "the vendor asks for fewer calls";
    case Reason::kResourceNotFound:
      return "the vendor does not know it";
    case Reason::kDisplayNameTaken:
      return "the group has an asset of this display name";
    case Reason::kAssetNotReady:
      return "a referenced asset is not ready";
    case Reason::kUpstreamInvalidInput:
      return "the vendor refused the request";
    case Reason::kOutcomeUnknown:
      return "the vendor's answer was lost; it may have accepted the request";
    case Reason::kUpstreamUnavailable:
      return "the vendor does not answer usably";
    case Reason::kUpstreamFailed:
      return "the vendor failed";
    case Reason::kCancelled:
      return "the call was cancelled";
    default:
      return "the vendor's answer is not understood";
  }
}

absl::Status BuildStatus(const ErrorContext& context, Reason reason, const VendorError& error,
                         const std::string& circumstance, std::optional<absl::Duration> retry_after) {
  base::ErrorDetail detail;
  detail.reason = reason;
  detail.retry_delay = retry_after;
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

// Outcomes without a whole reply.
Verdict JudgeOutcome(const ErrorContext& context, const HttpReply& reply) {
  Verdict verdict;
  Reason reason = Reason::kUpstreamUnavailable;
  switch (reply.outcome) {
    case HttpOutcome::kNotSent:
      verdict.acceptance = Acceptance::kNotAccepted;
      verdict.retryable = true;
      break;
    case HttpOutcome::kRequestCut:
      verdict.acceptance = Acceptance::kNotAccepted;
      verdict.retryable = !context.streamed;
      break;
    case HttpOutcome::kCancelled:
      reason = Reason::kCancelled;
      break;
    default:
      break;
  }
  const bool billed = (static_cast<uint32_t>(context.operation) & kCreates) != 0;
  if (billed && verdict.acceptance == Acceptance::kUnknown) reason = Reason::kOutcomeUnknown;
  std::optional<absl::Duration> delay;
  if (reason == Reason::kUpstreamUnavailable) delay = kUnavailableRetry;
  verdict.status = BuildStatus(context, reason, VendorError(), reply.error, delay);
  return verdict;
}

}  // namespace

Verdict JudgeAnswer(const ErrorContext& context, const HttpReply& reply) {
  if (reply.outcome != HttpOutcome::kReply) return JudgeOutcome(context, reply);
  const VendorError error = ParseVendorError(reply.body);
  Verdict verdict;
  for (const AcceptanceRow& row : kAcceptanceRows) {
    if (reply.status < row.first_status || reply.status > row.last_status) continue;
    if (row.body == AcceptanceRow::kReadable && !error.recognised) continue;
    if (row.body == AcceptanceRow::kVendorShape && !error.vendor_shape) continue;
    verdict.acceptance = row.acceptance;
    verdict.retryable = row.retryable;
    break;
  }
  const auto header = reply.headers.find("retry-after");
  if (header != reply.headers.end()) verdict.retry_after = ParseRetryAfter(header->second, context.now);
  if (reply.status == 503 && verdict.retry_after.has_value()) {
    verdict.acceptance = Acceptance::kNotAccepted;
    verdict.retryable = true;
  }
  Reason reason = FindReason(context.operation, reply.status, error);
  const bool billed = (static_cast<uint32_t>(context.operation) & kCreates) != 0;
  if (billed && verdict.acceptance == Acceptance::kUnknown) reason = Reason::kOutcomeUnknown;
  std::optional<absl::Duration> delay = verdict.retry_after;
  // Patience helps neither a model that is not there nor an empty purse.
  const bool hopeless = reason == Reason::kUpstreamInvalidInput || reason == Reason::kCreditsExhausted;
  if (billed && verdict.acceptance == Acceptance::kNotAccepted && hopeless) {
    verdict.acceptance = Acceptance::kRefused;
    verdict.retryable = false;
  }
  // The vendor's "too many", wrapped into another status on its way.
  if (billed && verdict.acceptance == Acceptance::kRefused && reason == Reason::kRateLimited) {
    verdict.acceptance = Acceptance::kNotAccepted;
    verdict.retryable = true;
  }
  // Refused for good: the status must not invite to try the same request again.
  if (billed && verdict.acceptance == Acceptance::kRefused && reason == Reason::kUpstreamUnavailable) {
    reason = Reason::kUpstreamFailed;
  }
  if (reason == Reason::kRateLimited && !delay.has_value()) delay = kDefaultRetry;
  if (reason == Reason::kUpstreamUnavailable && !delay.has_value()) delay = kUnavailableRetry;
  verdict.status = BuildStatus(context, reason, error, absl::StrCat("HTTP ", reply.status), delay);
  return verdict;
}

model::Failure JudgeFailure(Operation end, const VendorError& error, const base::Secret& api_key) {
  model::Failure failure;
  failure.reason = FindReason(end, 0, error);
  failure.upstream_code = CleanVendorText(error.code, api_key);
  failure.message = CleanVendorText(error.message, api_key);
  if (failure.message.empty()) failure.message = ReasonText(failure.reason);
  return failure;
}

}  // namespace seedance::upstream

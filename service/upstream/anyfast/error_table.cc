#include "service/upstream/anyfast/error_table.h"

#include "service/upstream/anyfast/vendor_error.h"

namespace seedance::upstream {
namespace {

using base::Reason;

constexpr Operations kAny = kAnyOperation;
constexpr Operations kCreateAsset = Bit(Operation::kCreateAsset);
constexpr Operations kCreateTask = Bit(Operation::kCreateTask);
constexpr Operations kReadTask = Bit(Operation::kReadTask);
constexpr Operations kTaskEnd = Bit(Operation::kTaskEnd);
constexpr Operations kAssetEnd = Bit(Operation::kAssetEnd);
// Operations on one named resource.
constexpr Operations kNames =
    Operation::kReadGroups | Operation::kReadAssets | Operation::kChangeGroup | Operation::kChangeAsset;

constexpr ReasonRow kReasonRows[] = {
    // ---- Moderation, by code, then by Ark's texts where the code was lost on the way ----
    {kAny, 0, 599, "output", "copyright", Reason::kOutputModeration},
    {kAny, 0, 599, "outputvideosensitive", "", Reason::kOutputModeration},
    {kAny, 0, 599, "outputimagesensitive", "", Reason::kOutputModeration},
    {kAny, 0, 599, "outputaudiosensitive", "", Reason::kOutputModeration},
    {kAny, 0, 599, "outputtextsensitive", "", Reason::kOutputModeration},
    {kAny, 0, 599, "output*riskdetection", "", Reason::kOutputModeration},
    {kAny, 0, 599, "riskdetection", "", Reason::kInputModeration},
    {kAny, 0, 599, "output*deepfake", "", Reason::kOutputModeration},
    {kAny, 0, 599, "deepfake", "", Reason::kInputModeration},
    // Does not say whether input or output is meant.
    {kAny, 0, 599, "contentsecuritydetection", "output", Reason::kOutputModeration},
    {kAny, 0, 599, "contentsecuritydetection", "input", Reason::kInputModeration},
    {kTaskEnd, 0, 0, "contentsecuritydetection", "", Reason::kOutputModeration},
    {kAny, 0, 599, "contentsecuritydetection", "", Reason::kInputModeration},
    {kAny, 0, 599, "inputtextsensitive", "", Reason::kInputModeration},
    {kAny, 0, 599, "inputimagesensitive", "", Reason::kInputModeration},
    {kAny, 0, 599, "inputvideosensitive", "", Reason::kInputModeration},
    {kAny, 0, 599, "inputaudiosensitive", "", Reason::kInputModeration},
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

    // ---- The account. new-api answers 403 without credits; that is not about keys ----
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

    // ---- Rate and quota. One code of the origin means several things; its text distinguishes them ----
    {kAny, 0, 599, "quotaexceeded", "free trial", Reason::kCreditsExhausted},
    {kAny, 0, 599, "quotaexceeded", "free quota", Reason::kCreditsExhausted},
    {kAny, 0, 599, "quotaexceeded", "免费", Reason::kCreditsExhausted},
    {kAny, 0, 599, "quotaexceeded", "试用", Reason::kCreditsExhausted},
    {kAny, 0, 599, "quotaexceeded", "queue", Reason::kQuotaExceeded},
    {kAny, 0, 599, "quotaexceeded", "排队", Reason::kQuotaExceeded},
    {kAny, 0, 599, "quotaexceeded", "reset", Reason::kQuotaExceeded, LimitScope::kRequest, true},
    {kAny, 0, 599, "quotaexceeded", "重置", Reason::kQuotaExceeded, LimitScope::kRequest, true},
    {kAny, 0, 599, "quotaexceeded", "", Reason::kQuotaExceeded},
    // new-api's limiter counts requests of the token's user.
    {kAny, 429, 429, "", "请求数限制", Reason::kRateLimited, LimitScope::kAccount},
    {kAny, 429, 429, "", "", Reason::kRateLimited},
    // No channel for the model: waiting does not help.
    {kCreates, 503, 503, "model_not_found", "", Reason::kUpstreamInvalidInput},
    {kAny, 200, 599, "ratelimit", "", Reason::kRateLimited},
    {kAny, 200, 599, "serveroverloaded", "", Reason::kRateLimited},
    {kAny, 200, 599, "requestbursttoofast", "", Reason::kRateLimited},
    {kAny, 503, 503, "", "", Reason::kUpstreamUnavailable},

    // ---- A missing route says nothing about a task or an asset ----
    {kAny, 404, 404, "", "invalid url", Reason::kUpstreamProtocol},
    {kAny, 404, 404, "", "no route", Reason::kUpstreamProtocol},
    {kAny, 404, 404, "", "route not found", Reason::kUpstreamProtocol},
    {kAny, 404, 404, "", "page not found", Reason::kUpstreamProtocol},
    {kAny, 405, 405, "", "", Reason::kUpstreamProtocol},

    // ---- Not found. New groups are answered like this too, for some seconds ----
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
    // HTML would only mean that a program on the way does not know the page. CreateAsset: the group is missing, or its
    // display name is taken, for which the vendor has the same answer; reading the group tells which.
    {kNames | kReadTask | kCreateAsset, 404, 404, "", kReadable, Reason::kResourceNotFound},
    {kCreateTask, 200, 499, "", "is not active", Reason::kAssetNotReady},
    {kCreateTask, 200, 499, "", "is processing", Reason::kAssetNotReady},
    {kCreateTask, 200, 499, "", "not ready", Reason::kAssetNotReady},
    // Also for deleted assets and those of other accounts: the origin does not distinguish.
    {kCreateTask, 200, 499, "", "asset*not found", Reason::kAssetNotReady},
    {kCreateTask, 200, 499, "", "asset*not exist", Reason::kAssetNotReady},
    {kTaskEnd, 0, 0, "", "asset*not active", Reason::kAssetNotReady},
    {kTaskEnd, 0, 0, "", "asset*not found", Reason::kAssetNotReady},
    {kTaskEnd, 0, 0, "", "asset*not exist", Reason::kAssetNotReady},

    // ---- Documented refusals in answers with a success status ----
    {kCreates, 200, 299, "invalidparameter", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "missingparameter", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "invalidresolution", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "invalidimageurl", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "requestbodytoolarge", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "invalid_request", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "invalid_multipart_form", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "model_price_error", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "model_not_found", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "modelnotopen", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "invalidendpoint", "", Reason::kUpstreamInvalidInput},
    {kCreates, 200, 299, "authenticationerror", "", Reason::kUpstreamAuthFailed},
    {kCreates, 200, 299, "accessdenied", "", Reason::kUpstreamAuthFailed},
    {kCreates, 200, 299, "access_denied", "", Reason::kUpstreamAuthFailed},
    {kCreates, 200, 299, "operationdenied", "", Reason::kUpstreamAuthFailed},
    {kCreates, 200, 299, "invalidaccountstatus", "", Reason::kUpstreamAuthFailed},

    // ---- Everything else, by status ----
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

}  // namespace

const ErrorTable& AnyFastErrors() {
  static constexpr ErrorTable kTable = {kReasonRows, &ParseVendorError};
  return kTable;
}

}  // namespace seedance::upstream

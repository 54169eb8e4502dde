#include "service/upstream/piapi/error_table.h"

#include "service/upstream/piapi/vendor_error.h"

namespace seedance::upstream {
namespace {

using base::Reason;

constexpr Operations kAny = kAnyOperation;
constexpr Operations kCreateAsset = Bit(Operation::kCreateAsset);
constexpr Operations kCreateTask = Bit(Operation::kCreateTask);
constexpr Operations kReadTask = Bit(Operation::kReadTask);
constexpr Operations kTaskEnd = Bit(Operation::kTaskEnd);
constexpr Operations kAssetEnd = Bit(Operation::kAssetEnd);
constexpr Operations kStageFile = Bit(Operation::kStageFile);
// Operations on one asset.
constexpr Operations kNames = Operation::kReadAssets | Operation::kChangeAsset;

// The vendor documents few errors, so most rows match its texts. Rows for creates that extend to 599 decide that
// nothing was accepted although the status is 5xx: only unambiguous texts are allowed there.
constexpr ReasonRow kReasonRows[] = {
    // ---- The origin's errors about the account. One of its codes means several things ----
    {kAny, 0, 599, "", "free trial", Reason::kCreditsExhausted},
    {kAny, 0, 599, "", "setlimitexceeded", Reason::kCreditsExhausted},
    {kAny, 0, 599, "", "accountoverdue", Reason::kCreditsExhausted},
    {kEnds, 0, 0, "", "quotaexceeded", Reason::kQuotaExceeded},
    {kCreateTask, 200, 599, "", "quotaexceeded*queue", Reason::kQuotaExceeded},
    {kCreateTask, 200, 599, "", "queue*quotaexceeded", Reason::kQuotaExceeded},
    {kCreateTask, 200, 599, "", "quotaexceeded*reset", Reason::kQuotaExceeded, LimitScope::kRequest, true},
    {kCreateTask, 200, 599, "", "reset*quotaexceeded", Reason::kQuotaExceeded, LimitScope::kRequest, true},
    {kCreateTask, 200, 599, "", "quotaexceeded", Reason::kQuotaExceeded},

    // ---- The asset library, before the limits of tasks, which have similar texts ----
    {kCreateAsset, 200, 499, "", "asset count", Reason::kAssetLibraryFull},
    {kCreateAsset, 200, 499, "", "asset quota", Reason::kAssetLibraryFull},
    {kCreateAsset, 200, 499, "", "asset limit", Reason::kAssetLibraryFull},
    {kCreateAsset, 200, 499, "", "number of assets", Reason::kAssetLibraryFull},
    {kCreateAsset, 200, 499, "", "managed asset", Reason::kAssetLibraryFull},
    {kCreateAsset, 200, 499, "", "too many assets", Reason::kAssetLibraryFull},
    {kCreateAsset, 200, 499, "", "quota", Reason::kAssetLibraryFull},

    // ---- Rate and quota. A failed task may have the same text: then it has ended, and quota is the reason ----
    {kEnds, 0, 0, "", "active task count", Reason::kQuotaExceeded},
    {kEnds, 0, 0, "", "hard cap reached", Reason::kQuotaExceeded},
    {kAny, 200, 599, "", "active task count", Reason::kRateLimited, LimitScope::kTasks},
    {kAny, 200, 599, "", "reached the plan limit", Reason::kRateLimited, LimitScope::kTasks},
    {kAny, 200, 599, "", "hard cap reached", Reason::kRateLimited, LimitScope::kTasks},
    {kAny, 400, 499, "", "too many requests", Reason::kRateLimited},
    {kAny, 400, 499, "", "rate limit", Reason::kRateLimited},

    // ---- The account ----
    {kAny, 0, 599, "", "insufficient credit", Reason::kCreditsExhausted},
    {kAny, 0, 599, "", "insufficient balance", Reason::kCreditsExhausted},
    {kAny, 0, 599, "", "insufficient point", Reason::kCreditsExhausted},
    {kAny, 0, 599, "", "not enough credit", Reason::kCreditsExhausted},
    {kAny, 0, 599, "", "not enough point", Reason::kCreditsExhausted},
    {kAny, 402, 402, "", "", Reason::kCreditsExhausted},
    // Files have another way than the vendor's storage.
    {kStageFile, 400, 499, "", "plan", Reason::kUnsupportedByUpstream},
    {kStageFile, 400, 400, "", "", Reason::kUnsupportedByUpstream},
    {kStageFile, 413, 413, "", "", Reason::kUnsupportedByUpstream},
    {kStageFile, 400, 499, "", "quota", Reason::kQuotaExceeded},
    {kAny, 401, 401, "", "", Reason::kUpstreamAuthFailed},
    {kAny, 200, 499, "", "insufficient plan", Reason::kUpstreamAuthFailed},
    {kAny, 200, 499, "", "plan level", Reason::kUpstreamAuthFailed},
    {kAny, 200, 499, "", "invalid api key", Reason::kUpstreamAuthFailed},
    {kAny, 200, 499, "", "api key*invalid", Reason::kUpstreamAuthFailed},

    // ---- Moderation, first by the origin's texts, which say what was refused ----
    {kAny, 0, 599, "", "outputvideosensitive", Reason::kOutputModeration},
    {kAny, 0, 599, "", "outputaudiosensitive", Reason::kOutputModeration},
    {kAny, 0, 599, "", "output video may", Reason::kOutputModeration},
    {kAny, 0, 599, "", "output audio may", Reason::kOutputModeration},
    {kAny, 0, 599, "", "outputtextsensitive", Reason::kOutputModeration},
    {kAny, 0, 599, "", "outputimagesensitive", Reason::kOutputModeration},
    {kAny, 0, 599, "", "outputtextrisk", Reason::kOutputModeration},
    {kAny, 0, 599, "", "outputimagerisk", Reason::kOutputModeration},
    {kAny, 0, 599, "", "outputvideodeepfake", Reason::kOutputModeration},
    {kAny, 0, 599, "", "outputimagedeepfake", Reason::kOutputModeration},
    {kAny, 0, 599, "", "outputaudiodeepfake", Reason::kOutputModeration},
    {kAny, 0, 599, "", "riskdetection", Reason::kInputModeration},
    {kAny, 0, 599, "", "inputimagesensitive", Reason::kInputModeration},
    {kAny, 0, 599, "", "inputtextsensitive", Reason::kInputModeration},
    {kAny, 0, 599, "", "inputvideosensitive", Reason::kInputModeration},
    {kAny, 0, 599, "", "inputaudiosensitive", Reason::kInputModeration},
    {kAny, 0, 599, "", "input image may", Reason::kInputModeration},
    {kAny, 0, 599, "", "input text may", Reason::kInputModeration},
    {kAny, 0, 599, "", "input video may", Reason::kInputModeration},
    {kAny, 0, 599, "", "input audio may", Reason::kInputModeration},
    {kAny, 0, 599, "", "privacyinformation", Reason::kInputModeration},
    {kAny, 0, 599, "", "deepfake", Reason::kInputModeration},
    // Does not say whether input or output is meant.
    {kAny, 0, 599, "", "contentsecuritydetection*output", Reason::kOutputModeration},
    {kAny, 0, 599, "", "output*contentsecuritydetection", Reason::kOutputModeration},
    {kAny, 0, 599, "", "contentsecuritydetection*input", Reason::kInputModeration},
    {kAny, 0, 599, "", "input*contentsecuritydetection", Reason::kInputModeration},
    {kTaskEnd, 0, 0, "", "contentsecuritydetection", Reason::kOutputModeration},
    {kAny, 0, 599, "", "contentsecuritydetection", Reason::kInputModeration},
    // References with real faces; the code of a failed task is that of any internal error (10000).
    {kAny, 0, 599, "", "real person", Reason::kInputModeration},
    {kAny, 0, 599, "", "real people", Reason::kInputModeration},
    {kAny, 0, 599, "", "real human", Reason::kInputModeration},
    {kAny, 0, 599, "", "real face", Reason::kInputModeration},
    // 10003 does not say which side is meant. Output, unless the text is about an input.
    {kTaskEnd, 0, 0, "10003", "output", Reason::kOutputModeration},
    {kTaskEnd, 0, 0, "10003", "generated", Reason::kOutputModeration},
    {kTaskEnd, 0, 0, "10003", "input", Reason::kInputModeration},
    {kTaskEnd, 0, 0, "10003", "prompt", Reason::kInputModeration},
    {kTaskEnd, 0, 0, "10003", "reference", Reason::kInputModeration},
    {kTaskEnd, 0, 0, "10003", "uploaded", Reason::kInputModeration},
    {kTaskEnd, 0, 0, "10003", "", Reason::kOutputModeration},
    // For a missing asset the origin's code is that of any invalid parameter.
    {kTaskEnd, 0, 0, "", "asset*not found", Reason::kAssetNotReady},
    {kTaskEnd, 0, 0, "", "asset*not exist", Reason::kAssetNotReady},
    {kEnds, 0, 0, "invalidparameter", "", Reason::kUpstreamInvalidInput},
    {kEnds, 0, 0, "", "invalidparameter", Reason::kUpstreamInvalidInput},
    {kTaskEnd, 0, 0, "", "invalid url", Reason::kUpstreamInvalidInput},
    {kTaskEnd, 0, 0, "", "invalid image", Reason::kUpstreamInvalidInput},
    {kTaskEnd, 0, 0, "", "invalid video", Reason::kUpstreamInvalidInput},
    {kTaskEnd, 0, 0, "", "invalid audio", Reason::kUpstreamInvalidInput},
    {kTaskEnd, 0, 0, "", "invalid input", Reason::kUpstreamInvalidInput},
    {kTaskEnd, 0, 0, "", "asset*not active", Reason::kAssetNotReady},
    {kTaskEnd, 0, 0, "", "guidelines", Reason::kOutputModeration},
    {kTaskEnd, 0, 0, "", "content policy", Reason::kOutputModeration},
    {kTaskEnd, 0, 0, "", "content restriction", Reason::kOutputModeration},
    {kTaskEnd, 0, 0, "", "content violation", Reason::kOutputModeration},
    {kTaskEnd, 0, 0, "", "copyright", Reason::kOutputModeration},
    {kTaskEnd, 0, 0, "", "moderation", Reason::kOutputModeration},
    {kTaskEnd, 0, 0, "10000", "", Reason::kUpstreamFailed},
    // Before there is an output.
    {kCreates, 200, 599, "10003", "", Reason::kInputModeration},
    {kCreates, 200, 599, "", "community guidelines", Reason::kInputModeration},
    {kCreates, 200, 499, "", "content policy", Reason::kInputModeration},
    {kCreates, 200, 499, "", "content restriction", Reason::kInputModeration},
    {kCreates, 200, 499, "", "content violation", Reason::kInputModeration},
    {kCreates, 200, 499, "", "sensitive", Reason::kInputModeration},
    {kCreates, 200, 499, "", "moderation", Reason::kInputModeration},

    // ---- Failure of an asset ----
    {kAssetEnd, 0, 0, "", "one face", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "", "multiple faces", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "", "sensitive", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "moderation", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "policy", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "violat", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "copyright", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "restrict", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "rejected", Reason::kInputModeration},
    {kAssetEnd, 0, 0, "", "fetch", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "", "download", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "", "reachable", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "", "format", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "", "unsupported", Reason::kUpstreamInvalidInput},
    {kAssetEnd, 0, 0, "", "too", Reason::kUpstreamInvalidInput},
    {kEnds, 0, 0, "", "", Reason::kUpstreamFailed},

    // ---- The network in front of the vendor. Its pages are not answers of the vendor ----
    {kAny, 403, 403, "", kReadable, Reason::kUpstreamAuthFailed},
    {kAny, 403, 403, "", "", Reason::kUpstreamUnavailable},
    {kAny, 429, 429, "", "", Reason::kRateLimited},

    // ---- A missing route says nothing about a task or an asset ----
    {kAny, 404, 404, "", "no route", Reason::kUpstreamProtocol},
    {kAny, 404, 404, "", "route not found", Reason::kUpstreamProtocol},
    {kAny, 404, 404, "", "page not found", Reason::kUpstreamProtocol},
    {kAny, 405, 405, "", "", Reason::kUpstreamProtocol},

    // ---- Not found. The status is not documented ----
    {kReadTask, 200, 499, "", "task*not found", Reason::kResourceNotFound},
    {kReadTask, 200, 499, "", "task*not exist", Reason::kResourceNotFound},
    {kReadTask, 200, 499, "", "record not found", Reason::kResourceNotFound},
    {kReadTask, 200, 499, "", "failed to find task", Reason::kResourceNotFound},
    {kNames, 200, 499, "", "asset*not found", Reason::kResourceNotFound},
    {kNames, 200, 499, "", "asset*not exist", Reason::kResourceNotFound},
    {kNames, 200, 499, "", "record not found", Reason::kResourceNotFound},
    {kNames | kReadTask, 404, 404, "", kReadable, Reason::kResourceNotFound},
    {kCreateTask, 200, 599, "", "asset*not active", Reason::kAssetNotReady},
    {kCreateTask, 200, 599, "", "asset*not ready", Reason::kAssetNotReady},
    {kCreateTask, 200, 599, "", "asset*not found", Reason::kAssetNotReady},
    {kCreateTask, 200, 599, "", "asset*not exist", Reason::kAssetNotReady},
    {kCreateTask, 200, 599, "", "asset*has expired", Reason::kAssetNotReady},
    {kCreates | kStageFile, 404, 404, "", "", Reason::kUpstreamProtocol},

    // ---- Everything else, by status ----
    {kCreateAsset, 200, 299, "", "reachable", Reason::kUpstreamInvalidInput},
    {kCreateAsset, 200, 299, "", "invalid", Reason::kUpstreamInvalidInput},
    {kCreateAsset, 200, 299, "", "unsupported", Reason::kUpstreamInvalidInput},
    {kCreates, 400, 407, "", "", Reason::kUpstreamInvalidInput},
    {kCreates, 409, 499, "", "", Reason::kUpstreamInvalidInput},
    {kAny, 408, 408, "", "", Reason::kUpstreamUnavailable},
    {kAny, 400, 499, "", kReadable, Reason::kUpstreamInvalidInput},
    {kAny, 500, 599, "", "", Reason::kUpstreamUnavailable},
    // `code` is neither an HTTP status nor a success: 10000, an internal error.
    {kAny, 200, 299, "", kReadable, Reason::kUpstreamUnavailable},
};

}  // namespace

const ErrorTable& PiApiErrors() {
  static constexpr ErrorTable kTable = {kReasonRows, &ParsePiApiError};
  return kTable;
}

}  // namespace seedance::upstream

#ifndef SEEDANCE_SERVICE_UPSTREAM_ERROR_JUDGE_H_
#define SEEDANCE_SERVICE_UPSTREAM_ERROR_JUDGE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/base/secret.h"
#include "service/http/http_transport.h"
#include "service/model/failure.h"
#include "service/upstream/upstream.h"

// Classifies an answer that is not a success: the reason by a table of each dialect, and, for a billed request, whether
// it was accepted by the table of all dialects (acceptance_table.h). Pure functions, thread-safe.
//
// Tests: tests/unit/upstream/hostile_reply_test.cc, tests/regress/vendor_answers_test.cc
namespace seedance::upstream {

// Purpose of a request; it decides what an answer means. Bits, so that table rows can name several.
enum class Operation : uint32_t {
  kCreateGroup = 1 << 0,
  kCreateAsset = 1 << 1,
  kCreateTask = 1 << 2,
  kReadGroups = 1 << 3,
  kReadAssets = 1 << 4,
  kReadTask = 1 << 5,
  kChangeGroup = 1 << 6,  // Update, delete.
  kChangeAsset = 1 << 7,
  kTaskEnd = 1 << 8,     // Not a request: the failure of a task.
  kAssetEnd = 1 << 9,    // Not a request: the failure of an asset.
  kStageFile = 1 << 10,  // Not billed, repeatable.
};

using Operations = uint32_t;
constexpr Operations Bit(Operation operation) { return static_cast<Operations>(operation); }
constexpr Operations operator|(Operation left, Operation right) { return Bit(left) | Bit(right); }
constexpr Operations operator|(Operations left, Operation right) { return left | Bit(right); }

inline constexpr Operations kAnyOperation = ~Operations{0};
// Requests that may be billed.
inline constexpr Operations kCreates = Operation::kCreateGroup | Operation::kCreateAsset | Operation::kCreateTask;
inline constexpr Operations kEnds = Operation::kTaskEnd | Operation::kAssetEnd;

// An error as the vendor wrote it, not cleaned.
struct VendorError {
  bool recognised = false;    // The body is JSON and contains an error.
  bool vendor_shape = false;  // In one of the vendor's own shapes; proxies on the way write JSON too.
  // In such a shape, and the innermost error in it (that of the origin) has a name as its code.
  bool named = false;
  std::string code;
  std::string message;
  std::string trail;    // All enclosing codes and messages, one a line, outermost first.
  int http_status = 0;  // Status stated in the body, for vendors that answer 200 to everything. 0: none.
};

// A row of a dialect's table: what a status and the vendor's text mean. Status 0 stands for "no HTTP status": the
// failure of a task or an asset.
struct ReasonRow {
  Operations operations;
  int first_status;
  int last_status;
  std::string_view code;  // Part of the code in lower case; empty: any. `*`: any text, here and below.
  // Part of the message in lower case; empty: any. Code and message are compared for recognised errors only.
  std::string_view text;
  base::Reason reason;
  LimitScope scope = LimitScope::kRequest;
  bool final = false;  // Waiting does not help, unlike for other answers with this status.
};

// As ReasonRow::text: any text, but the body must be a recognised error.
inline constexpr std::string_view kReadable = "\x01";

// Everything a dialect knows about its vendor's errors. The first matching row counts; no match means
// kUpstreamProtocol.
struct ErrorTable {
  std::span<const ReasonRow> reasons;  // In order of precedence.
  // Parses a body. Never fails: anything that is not a known error gives an unrecognised one with the beginning of the
  // body as message.
  VendorError (*parse)(std::string_view body);
};

// Circumstances of an answer.
struct ErrorContext {
  Operation operation;
  const base::Secret& api_key;  // Removed from every text.
  absl::Time now;               // To interpret Retry-After.
  // The resource of the request, for kResourceNotFound.
  std::optional<base::ResourceRef> resource;
  // The body was a stream of the caller: the request cannot be rebuilt.
  bool streamed = false;
  absl::Duration max_retry_after = kDefaultMaxRetryAfter;  // Upper bound of Retry-After.
};

// Classification of an answer that is not a success.
struct Verdict {                                 // Error for the caller.
  absl::Status status;                           // Meaningful for billed requests only.
  Acceptance acceptance = Acceptance::kUnknown;  // Whether sending it again later is useful.
  bool retryable = false;
  std::optional<absl::Duration> retry_after;  // Delay that the vendor asks for, bounded.
};

// Classifies `reply`. For billed requests also when the status is 2xx but the body is unusable. Never fails, whatever
// the body.
Verdict Judge(const ErrorTable& table, const ErrorContext& context, const http::HttpReply& reply);

// The failure of a task or an asset, from the vendor's report. `end`: kTaskEnd or kAssetEnd.
model::Failure FailureOf(const ErrorTable& table, Operation end, const VendorError& error, const base::Secret& api_key);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ERROR_JUDGE_H_

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

// What an answer that is no success means: why, read off a table that each dialect writes for its vendor, and for a
// billed call whether it was accepted, read off the one table of all.
namespace seedance::upstream {

// What a call was for; decides what an answer means. Bits, so that rows of a table can name several.
enum class Operation : uint32_t {
  kCreateGroup = 1 << 0,
  kCreateAsset = 1 << 1,
  kCreateTask = 1 << 2,
  kReadGroups = 1 << 3,
  kReadAssets = 1 << 4,
  kReadTask = 1 << 5,
  kChangeGroup = 1 << 6,  // Update, delete.
  kChangeAsset = 1 << 7,
  kTaskEnd = 1 << 8,     // Not a call: the failure of a task.
  kAssetEnd = 1 << 9,    // Not a call: the failure of an asset.
  kStageFile = 1 << 10,  // Not billed, and may be done twice.
};

using Operations = uint32_t;
constexpr Operations Bit(Operation operation) { return static_cast<Operations>(operation); }
constexpr Operations operator|(Operation left, Operation right) { return Bit(left) | Bit(right); }
constexpr Operations operator|(Operations left, Operation right) { return left | Bit(right); }

inline constexpr Operations kAnyOperation = ~Operations{0};
// Calls that may be billed.
inline constexpr Operations kCreates = Operation::kCreateGroup | Operation::kCreateAsset | Operation::kCreateTask;
inline constexpr Operations kEnds = Operation::kTaskEnd | Operation::kAssetEnd;

// An error as a vendor wrote it: not cleaned.
struct VendorError {
  bool recognised = false;    // The body is JSON and says something.
  bool vendor_shape = false;  // It is one of the vendor's own shapes; proxies on the way write JSON too.
  // In that shape, and the innermost error that it holds, the origin's, has a word as its code.
  bool named = false;
  std::string code;
  std::string message;
  std::string trail;    // Every code and message on the way to these, one a line, the outermost first.
  int http_status = 0;  // What the body says of itself, for vendors that answer 200 to everything. 0: nothing.
};

// What a status and the vendor's words mean. Status 0 stands for "no HTTP status": the end of a task or an asset.
struct ReasonRow {
  Operations operations;
  int first_status;
  int last_status;
  std::string_view code;  // Part of the code in lower case; empty: any. `*` stands for any text, here and below.
  // Part of the message in lower case; empty: any. Both are looked for in a recognised error only.
  std::string_view text;
  base::Reason reason;
  bool account = false;  // The words are about the whole account, not about this call alone.
  bool final = false;    // Waiting as other answers of that status ask for does not help.
};

// As `text`: any, but the body must be an error that can be read.
inline constexpr std::string_view kReadable = "\x01";

// All that a dialect knows of its vendor's errors. First match wins; nothing matches: kUpstreamProtocol. What an answer
// means for a billed call is the same for all dialects (acceptance_table.h).
struct ErrorTable {
  std::span<const ReasonRow> reasons;
  // Never fails: a body that is no error the dialect knows gives one that is not recognised, with the body's beginning
  // as message.
  VendorError (*parse)(std::string_view body);
};

// What surrounds an answer.
struct ErrorContext {
  Operation operation;
  const base::Secret& api_key;  // Kept out of every text.
  absl::Time now;               // For Retry-After.
  // What the call was about, for kResourceNotFound.
  std::optional<base::ResourceRef> resource;
  // The body came from a stream of the caller: the request cannot be built again.
  bool streamed = false;
  absl::Duration max_retry_after = kDefaultMaxRetryAfter;  // A longer Retry-After counts as this.
};

// An answer that is no success, judged.
struct Verdict {
  absl::Status status;
  Acceptance acceptance = Acceptance::kUnknown;
  bool retryable = false;
  std::optional<absl::Duration> retry_after;
};

// For billed calls also when the status is 2xx but nothing usable is in the body. Never fails, whatever the body.
Verdict Judge(const ErrorTable& table, const ErrorContext& context, const http::HttpReply& reply);

// Why a task or an asset failed (`end` is kTaskEnd or kAssetEnd).
model::Failure FailureOf(const ErrorTable& table, Operation end, const VendorError& error, const base::Secret& api_key);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ERROR_JUDGE_H_

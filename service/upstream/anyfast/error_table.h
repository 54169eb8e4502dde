#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/base/secret.h"
#include "service/model/failure.h"
#include "service/upstream/anyfast/vendor_error.h"
#include "service/upstream/http_transport.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// What a call was for; decides what an answer means. Bits, so that rows of the table can name several.
enum class Operation : uint32_t {
  kCreateGroup = 1 << 0,
  kCreateAsset = 1 << 1,
  kCreateTask = 1 << 2,
  kReadGroups = 1 << 3,
  kReadAssets = 1 << 4,
  kReadTask = 1 << 5,
  kChangeGroup = 1 << 6,  // Update, delete.
  kChangeAsset = 1 << 7,
  kTaskEnd = 1 << 8,   // Not a call: the failure of a task.
  kAssetEnd = 1 << 9,  // Not a call: the failure of an asset.
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
};

// An answer that is no success, judged.
struct Verdict {
  absl::Status status;
  Acceptance acceptance = Acceptance::kUnknown;
  bool retryable = false;
  std::optional<absl::Duration> retry_after;
};

// THE table: what an answer other than a success means. For billed calls also when the status is 2xx but nothing usable
// is in the body. Never fails, whatever the body.
Verdict JudgeAnswer(const ErrorContext& context, const HttpReply& reply);

// Why a task or an asset failed.
model::Failure JudgeFailure(Operation end, const VendorError& error, const base::Secret& api_key);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_

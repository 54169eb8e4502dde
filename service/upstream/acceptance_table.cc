#include "service/upstream/acceptance_table.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"

namespace seedance::upstream {
namespace {

constexpr AcceptanceRow kInDoubt = {0, 999, AcceptanceRow::kAnyBody, Acceptance::kUnknown, false};

constexpr AcceptanceRow kRows[] = {
    // The vendor's own "too many" and "not now". A proxy may say either even after it passed the request on.
    {429, 429, AcceptanceRow::kVendorShape, Acceptance::kNotAccepted, true},
    {429, 429, AcceptanceRow::kEdgeBlock, Acceptance::kNotAccepted, true},
    {403, 403, AcceptanceRow::kEdgeBlock, Acceptance::kNotAccepted, true},
    {503, 503, AcceptanceRow::kBusy, Acceptance::kNotAccepted, true},
    // Redirects are not followed; these two mean that nothing was done.
    {307, 308, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    // Statuses that mean "not processed", whichever program wrote them.
    {400, 407, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    {410, 417, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    {422, 422, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    {431, 431, AcceptanceRow::kAnyBody, Acceptance::kRefused, false},
    // 408 and the like come from a program that stopped waiting; 429 is above.
    {409, 428, AcceptanceRow::kReadableBody, Acceptance::kRefused, false},
    {430, 499, AcceptanceRow::kReadableBody, Acceptance::kRefused, false},
    // The vendor's own error: nothing was booked.
    {500, 502, AcceptanceRow::kNamed, Acceptance::kRefused, false},
    // Answers with a success status, and server errors: only with a cause that is unquestionably a refusal.
    {200, 299, AcceptanceRow::kExplained, Acceptance::kRefused, false},
    {500, 599, AcceptanceRow::kExplained, Acceptance::kRefused, false},
};

// Codes by which the vendor or its origin says "not now", before it takes a request. Other programs have their own
// codes for it, and may send them after they passed the request on.
constexpr std::string_view kBusyCodes[] = {
    "new_api_error",       "model_not_found",   "ratelimit",     "serveroverloaded",
    "requestbursttoofast", "inflightbatchsize", "quotaexceeded", "_overloaded",
};

// Texts by which a program on the way, or the vendor, says that it does not know the outcome of the request behind it.
struct DoubtRow {
  int first_status;
  int last_status;
  bool anywhere;          // Anywhere in VendorError::trail. Otherwise: as the innermost code.
  std::string_view text;  // As in ReasonRow.
};

constexpr DoubtRow kDoubts[] = {
    // new-api: the request behind it, or reading the answer, failed.
    {200, 599, true, "do_request_failed"},
    {200, 599, true, "response_body_failed"},
    {200, 599, true, "unmarshal_response"},
    {200, 599, true, "invalid_response"},
    {200, 599, true, "do request failed"},
    // new-api's code for any error of the origin; a known code of the origin would replace it.
    {500, 599, false, "fail_to_fetch_task"},
    {500, 599, false, "upstream_error"},
    {500, 599, false, "bad_response"},
    // Common names of a failing server behind a proxy.
    {500, 599, false, "serviceunavailable"},
    {500, 599, false, "service_unavailable"},
    {500, 599, false, "badgateway"},
    {500, 599, false, "bad_gateway"},
    {500, 599, false, "server_error"},
    // Broken connections.
    {500, 599, true, "timeout"},
    {500, 599, true, "timed out"},
    {500, 599, true, "deadline exceeded"},
    {500, 599, true, "connection reset"},
    {500, 599, true, "broken pipe"},
    {500, 599, true, "context canceled"},
    {500, 599, true, "goaway"},
    {500, 599, true, ": eof"},
    {500, 599, true, "unexpected eof"},
    // An HTML page of a proxy behind it.
    {429, 599, true, "<html"},
    {429, 599, true, "<!doctype"},
};

// Whether `text` contains `mark` followed by a code of 1000 to 1099: Cloudflare's refusals at its edge.
bool HoldsEdgeCode(const std::string& text, std::string_view mark) {
  size_t at = text.find(mark);
  if (at == std::string::npos) return false;
  at = text.find_first_not_of("\": ", at + mark.size());
  if (at == std::string::npos || text.compare(at, 2, "10") != 0) return false;
  return std::min(text.find_first_not_of("0123456789", at), text.size()) - at == 4;
}

// `error code: 1010`, in a page, a line or JSON.
bool IsEdgeBlock(std::string_view body, const VendorError& error) {
  constexpr size_t kMaxExamined = 16384;
  if (error.recognised) return false;
  const std::string text = absl::AsciiStrToLower(std::string(body.substr(0, kMaxExamined)));
  return HoldsEdgeCode(text, "error code") || HoldsEdgeCode(text, "error_code");
}

bool IsDoubtful(int status, const VendorError& error) {
  const std::string code = absl::AsciiStrToLower(error.code);
  const std::string trail = absl::AsciiStrToLower(error.trail);
  return std::any_of(std::begin(kDoubts), std::end(kDoubts), [&](const DoubtRow& row) {
    return status >= row.first_status && status <= row.last_status &&
           HoldsPattern(row.anywhere ? trail : code, row.text);
  });
}

bool IsBusy(const VendorError& error) {
  const std::string code = absl::AsciiStrToLower(error.code);
  return std::any_of(std::begin(kBusyCodes), std::end(kBusyCodes),
                     [&code](std::string_view busy) { return HoldsPattern(code, busy); });
}

bool FitsBody(AcceptanceRow::Body wanted, std::string_view body, const VendorError& error, bool worded) {
  switch (wanted) {
    case AcceptanceRow::kAnyBody:
      return true;
    case AcceptanceRow::kReadableBody:
      return error.recognised;
    case AcceptanceRow::kVendorShape:
      return error.vendor_shape;
    case AcceptanceRow::kNamed:
      return error.vendor_shape && error.named;
    case AcceptanceRow::kBusy:
      return error.named && IsBusy(error);
    case AcceptanceRow::kExplained:
      return error.vendor_shape && worded;
    case AcceptanceRow::kEdgeBlock:
      return IsEdgeBlock(body, error);
  }
  return false;
}

}  // namespace

const AcceptanceRow& FindAcceptance(int status, std::string_view body, const VendorError& error, bool worded) {
  if (error.recognised && IsDoubtful(status, error)) return kInDoubt;
  for (const AcceptanceRow& row : kRows) {
    if (status >= row.first_status && status <= row.last_status && FitsBody(row.body, body, error, worded)) return row;
  }
  return kInDoubt;
}

bool HoldsPattern(std::string_view text, std::string_view pattern) {
  while (!pattern.empty()) {
    const std::string_view part = pattern.substr(0, pattern.find('*'));
    pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
    const size_t at = text.find(part);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part.size());
  }
  return true;
}

}  // namespace seedance::upstream

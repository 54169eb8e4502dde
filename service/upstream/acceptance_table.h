#ifndef SEEDANCE_SERVICE_UPSTREAM_ACCEPTANCE_TABLE_H_
#define SEEDANCE_SERVICE_UPSTREAM_ACCEPTANCE_TABLE_H_

#include <string_view>

#include "service/upstream/error_judge.h"

namespace seedance::upstream {

// A row of the table: answers with such a status and body, and what they mean for a billed request.
//
// Tests: tests/unit/upstream/anyfast/creates_test.cc, tests/unit/upstream/piapi/creates_test.cc,
// tests/regress/vendor_answers_test.cc
struct AcceptanceRow {
  // Range of HTTP statuses, inclusive.
  int first_status;
  int last_status;
  // What the body must be.
  enum Body {
    kAnyBody,
    kReadableBody,  // A readable error, whoever wrote it.
    kVendorShape,   // In one of the vendor's own error shapes.
    kNamed,         // In such a shape, and with the vendor's own error code.
    kBusy,          // As kNamed, with a code that means "not now".
    kExplained,     // In the vendor's shape, with a text that a ReasonRow matches.
    kEdgeBlock      // The network in front of the vendor states by its own code that it blocked the request.
  } body;
  Acceptance acceptance;
  bool retryable;
};

// The acceptance table of all dialects: whether a billed request with this answer was accepted, and whether it may be
// sent again. It is sent again only when the vendor itself says that it was not taken; anything that a program on the
// way may have written, HTML above all, leaves it in doubt.
//
// `status`: of the answer, or the one in its body in place of 2xx. `error`: parsed from `body`. `worded`: a ReasonRow
// matches the vendor's text. Always finds a row. Thread-safe.
const AcceptanceRow& FindAcceptance(int status, std::string_view body, const VendorError& error, bool worded);

// Whether `text` contains the parts of `pattern`, separated by `*`, in this order.
bool HoldsPattern(std::string_view text, std::string_view pattern);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ACCEPTANCE_TABLE_H_

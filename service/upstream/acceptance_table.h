#ifndef SEEDANCE_SERVICE_UPSTREAM_ACCEPTANCE_TABLE_H_
#define SEEDANCE_SERVICE_UPSTREAM_ACCEPTANCE_TABLE_H_

#include <string_view>

#include "service/upstream/error_judge.h"

namespace seedance::upstream {

// What an answer to a billed call means.
struct AcceptanceRow {
  int first_status;
  int last_status;
  enum Body {
    kAnyBody,
    kReadableBody,  // An error that can be read, whoever wrote it.
    kVendorShape,
    kNamed,
    kBusy,       // Named, by one of the codes that mean "not now".
    kExplained,  // The vendor's own shape, with words that a reason row knows.
    kEdgeBlock   // The network in front says in its own code that it let the request not through.
  } body;
  Acceptance acceptance;
  bool retryable;
};

// THE table of all dialects: whether a billed call that was answered so was accepted, and whether it may be sent again.
// It is sent again only when the vendor itself says that it did not take it; whatever a program on the way may have
// written, HTML above all, leaves it in doubt. `status`: of the answer, or what its body says in place of 2xx. `error`:
// read off `body`. `worded`: a reason row knows the vendor's words.
const AcceptanceRow& FindAcceptance(int status, std::string_view body, const VendorError& error, bool worded);

// Whether `text` holds the parts of `pattern`, which `*` separates, in their order.
bool HoldsPattern(std::string_view text, std::string_view pattern);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ACCEPTANCE_TABLE_H_

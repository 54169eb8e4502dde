#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_VENDOR_ERROR_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_VENDOR_ERROR_H_

#include <string>
#include <string_view>

#include "service/upstream/error_judge.h"
#include "service/upstream/json_node.h"

namespace seedance::upstream {

// Parses all known shapes: `{"error":{...}}`, `{"code","message","data"}`, `{"error":{"message":"[Code] text"}}`, and
// an error body as text inside another, also repeatedly. Anything else (HTML, empty, truncated) gives an unrecognised
// error with the beginning of the body as message. Never fails.
//
// Tests: tests/unit/upstream/anyfast/creates_test.cc, tests/regress/vendor_answers_test.cc
VendorError ParseVendorError(std::string_view body);

// The same for a text that may be prose or such a body: the `fail_reason` of a task.
VendorError ParseVendorText(std::string_view text);

// Code and message of an object like `{"code","message"}` or `{"Code","Message"}`.
VendorError ReadVendorError(const JsonNode& object);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_VENDOR_ERROR_H_

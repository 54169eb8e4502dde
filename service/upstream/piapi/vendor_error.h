#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_VENDOR_ERROR_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_VENDOR_ERROR_H_

#include <string_view>

#include "service/upstream/error_judge.h"
#include "service/upstream/json_node.h"

namespace seedance::upstream {

// Parses an answer as an error: `{"code","message"}` with details in `data.error` and `data.logs`, the plain
// `{"error":...}` of asset endpoints, and items of a batch. Unrecognised: not JSON (mostly HTML of the network in front
// of the vendor), that network's own JSON, or texts of success only. Never fails.
//
// Tests: tests/unit/upstream/piapi/creates_test.cc, tests/regress/vendor_answers_test.cc
VendorError ParsePiApiError(std::string_view body);

// Whether the `code` in an answer with a success status says that it is a failure.
bool PiApiSaysFailure(const JsonNode& root);

// The failure of a task: code, text, and log lines that state a cause, because the text is often empty or just
// "internal error". Log lines without a cause, and those about webhooks, are ignored.
VendorError PiApiTaskError(const JsonNode& task);

// The same for a text, or for an object with `code` and `message`.
VendorError PiApiPlainError(const JsonNode& error);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_VENDOR_ERROR_H_

#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_VENDOR_ERROR_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_VENDOR_ERROR_H_

#include <string>
#include <string_view>

#include "service/upstream/error_judge.h"
#include "service/upstream/json_node.h"

namespace seedance::upstream {

// Reads any of the shapes in circulation: `{"error":{...}}`, `{"code","message","data"}`, `{"error":{"message":"[Code]
// text"}}`, a whole error body as text inside another, also several times. Bodies that are something else (HTML, empty,
// cut) give an error that is not recognised, with the body's beginning as message. Never fails.
VendorError ParseVendorError(std::string_view body);

// The same for a text that may be prose or such a body: the `fail_reason` of a task.
VendorError ParseVendorText(std::string_view text);

// The code and message of an object like `{"code","message"}` or `{"Code","Message"}`.
VendorError ReadVendorError(const JsonNode& object);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_VENDOR_ERROR_H_

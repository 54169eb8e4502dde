#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_VENDOR_ERROR_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_VENDOR_ERROR_H_

#include <string_view>

#include "service/upstream/error_judge.h"
#include "service/upstream/json_node.h"

namespace seedance::upstream {

// Reads an answer as an error: `{"code","message"}`, with more in `data.error` and in `data.logs`, the plain
// `{"error":...}` of the asset endpoints, and the items of a batch. Not recognised: no JSON (HTML of the network in
// front of the vendor, above all), that network's own JSON, or words of success only. Never fails.
VendorError ParsePiApiError(std::string_view body);

// Whether an answer with a status of success says that it is none, by its `code`.
bool PiApiSaysFailure(const JsonNode& root);

// What a task's object says of its failure: code, text, and the lines of its log that tell a cause, for the text is
// often empty or says "internal error" only. Lines without a cause, and those about webhooks, are left out.
VendorError PiApiTaskError(const JsonNode& task);

// The same of a text, or of an object with `code` and `message`.
VendorError PiApiPlainError(const JsonNode& error);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_VENDOR_ERROR_H_

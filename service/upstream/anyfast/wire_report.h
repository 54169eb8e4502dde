#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REPORT_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REPORT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/secret.h"
#include "service/upstream/json_node.h"
#include "service/upstream/upstream.h"

// What AnyFast's answers about groups and assets say.
namespace seedance::upstream {

// The object that holds the answer: the body itself, or what is inside an envelope (`Result`, `data`).
JsonNode UnwrapAnswer(const std::string& body);

// Whether an envelope's code, if it has one, is that of a success.
bool SaysSuccess(const JsonNode& root);

// The id in an object: `Id`, `id`, `task_id`. Empty: none.
std::string ReadId(const JsonNode& answer);

// The id that a create answered with, in an object or as the `data` of an envelope. Empty: none.
std::string ReadCreatedId(const std::string& body);

GroupReport ReadGroup(const JsonNode& item);
AssetReport ReadAsset(const JsonNode& item, const base::Secret& api_key);

// Whether a page of a list may be followed by another. `page` and `asked` as in the request.
bool MorePages(const JsonNode& answer, int page, int asked);

// `[u-17]-[t-42]-name` -> `name`: what the vendor puts before a group's name.
std::string StripIsolationPrefix(const std::string& name);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REPORT_H_

#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REPORT_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REPORT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "service/base/secret.h"
#include "service/upstream/json_node.h"
#include "service/upstream/upstream.h"

// Parsers of AnyFast's answers about groups and assets. They never fail; missing or malformed fields stay empty.
//
// Tests: tests/unit/upstream/anyfast/wire_test.cc
namespace seedance::upstream {

// The object with the answer: the body itself, or the content of an envelope (`Result`, `data`).
JsonNode UnwrapAnswer(const std::string& body);

// Whether the code of an envelope is that of a success; true without a code.
bool SaysSuccess(const JsonNode& root);

// The id in an object: `Id`, `id` or `task_id`. Empty: none.
std::string ReadId(const JsonNode& answer);

// The id in the answer to a create: in an object, or as `data` of an envelope. Empty: none.
std::string ReadCreatedId(const std::string& body);

// The group or asset in an object. `api_key` is removed from every text.
GroupReport ReadGroup(const JsonNode& item);
AssetReport ReadAsset(const JsonNode& item, const base::Secret& api_key);

// Whether another page of a list may follow. `page` and `asked` (page size) as in the request.
bool MorePages(const JsonNode& answer, int page, int asked);

// Name of a group without the vendor's prefix: `[u-17]-[t-42]-name` -> `name`.
std::string StripIsolationPrefix(const std::string& name);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REPORT_H_

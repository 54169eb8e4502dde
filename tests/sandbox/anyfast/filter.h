#ifndef SEEDANCE_TESTS_SANDBOX_ANYFAST_FILTER_H_
#define SEEDANCE_TESTS_SANDBOX_ANYFAST_FILTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/sandbox/wire/http_call.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {

// The body of ListAssetGroups and ListAssets of AnyFast.
struct AnyFastFilter {
  std::string name;                   // Part of the name; empty: any.
  std::vector<std::string> ids;       // `GroupIds` or `Id`; empty: any.
  std::vector<std::string> statuses;  // Empty: any.
  std::string group_type;             // Empty: any.
  bool ascending = false;             // By creation; the default is newest first.
  int64_t page_number = 1;
  int64_t page_size = 10;
};

// Reads `body` into `filter`; a refusal when it breaks a rule.
std::optional<ApiReply> ReadAnyFastFilter(const Json& body, AnyFastFilter& filter);

// True when `words` is empty or has `word`.
bool Admits(const std::vector<std::string>& words, const std::string& word);

// The page that the filter asks for, with `TotalCount` of `items` (newest first).
Json AnyFastPage(std::vector<Json> items, const AnyFastFilter& filter);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_ANYFAST_FILTER_H_

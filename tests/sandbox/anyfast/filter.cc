#include "tests/sandbox/anyfast/filter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sandbox/anyfast/errors.h"

namespace seedance::sandbox {
namespace {

constexpr int64_t kMaxPageSize = 100;

// An array of strings, or one string.
std::optional<std::vector<std::string>> Words(const Json* member) {
  std::vector<std::string> words;
  if (member == nullptr) return words;
  if (member->is_string()) return std::vector<std::string>{member->get<std::string>()};
  if (!member->is_array()) return std::nullopt;
  for (const Json& word : *member) {
    if (!word.is_string()) return std::nullopt;
    words.push_back(word.get<std::string>());
  }
  return words;
}

}  // namespace

std::optional<ApiReply> ReadAnyFastFilter(const Json& body, AnyFastFilter& filter) {
  const Json* json = Find(body, "Filter");
  if (json == nullptr) return AssetError(400, "MissingParameter.Filter", "The request is missing Filter");
  if (!json->is_object()) return InvalidParameter("Filter", "must be an object");
  auto ids = Words(Find(*json, Find(*json, "GroupIds") != nullptr ? "GroupIds" : "Id"));
  auto statuses = Words(Find(*json, "Statuses"));
  if (!ids.has_value()) return InvalidParameter("Filter.GroupIds", "must be an array of strings");
  if (!statuses.has_value()) return InvalidParameter("Filter.Statuses", "must be an array of strings");
  filter.name = TextOf(*json, "Name");
  filter.ids = *std::move(ids);
  filter.statuses = *std::move(statuses);
  filter.group_type = TextOf(*json, "GroupType");
  if (!filter.group_type.empty() && filter.group_type != "AIGC" && filter.group_type != "LivenessFace") {
    return InvalidParameter("Filter.GroupType", "must be one of [AIGC LivenessFace]");
  }
  filter.ascending = TextOf(body, "SortOrder") == "Asc";
  filter.page_number = IntOf(body, "PageNumber", filter.page_number);
  filter.page_size = IntOf(body, "PageSize", filter.page_size);
  if (filter.page_number < 1) return InvalidParameter("PageNumber", "must be at least 1");
  if (filter.page_size < 1 || filter.page_size > kMaxPageSize) return InvalidParameter("PageSize", "must be 1 to 100");
  return std::nullopt;
}

bool Admits(const std::vector<std::string>& words, const std::string& word) {
  return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

Json AnyFastPage(std::vector<Json> items, const AnyFastFilter& filter) {
  if (filter.ascending) std::reverse(items.begin(), items.end());
  const auto total = static_cast<int64_t>(items.size());
  Json page = Json::array();
  // The page number is the caller's, so the product could overflow.
  const int64_t first = filter.page_number > total ? total : (filter.page_number - 1) * filter.page_size;
  for (int64_t i = first; i < std::min(total, first + filter.page_size); ++i) {
    page.push_back(std::move(items[static_cast<size_t>(i)]));
  }
  return {{"Items", page}, {"TotalCount", total}, {"PageNumber", filter.page_number}, {"PageSize", filter.page_size}};
}

}  // namespace seedance::sandbox

#include "service/store/sqlite/list_query.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/log.h"

namespace seedance::store::sqlite {

ListQuery& ListQuery::And(const char* condition, std::string value) {
  absl::StrAppend(&sql_, " AND ", condition);
  values_.emplace_back(std::move(value));
  return *this;
}

ListQuery& ListQuery::And(const char* condition, int64_t value) {
  absl::StrAppend(&sql_, " AND ", condition);
  values_.emplace_back(value);
  return *this;
}

ListQuery& ListQuery::And(const char* condition, std::string first, std::string second) {
  And(condition, std::move(first));
  values_.emplace_back(std::move(second));
  return *this;
}

void ListQuery::Bind(Query& query) const {
  for (const auto& value : values_) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      query.Text(*text);
    } else {
      query.Int(std::get<int64_t>(value));
    }
  }
}

std::string JsonArray(const std::vector<std::string>& texts) {
  const auto quote = [](std::string* out, const std::string& text) { out->append(base::JsonQuote(text)); };
  return absl::StrCat("[", absl::StrJoin(texts, ",", quote), "]");
}

std::string JsonArray(const std::vector<int64_t>& numbers) {
  return absl::StrCat("[", absl::StrJoin(numbers, ","), "]");
}

}  // namespace seedance::store::sqlite

#include "service/store/sql/list_query.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/log.h"

namespace seedance::store::sql {

ListQuery& ListQuery::And(std::string_view condition, std::string value) {
  absl::StrAppend(&sql_, " AND ", std::string(condition));
  values_.emplace_back(std::move(value));
  return *this;
}

ListQuery& ListQuery::And(std::string_view condition, int64_t value) {
  absl::StrAppend(&sql_, " AND ", std::string(condition));
  values_.emplace_back(value);
  return *this;
}

ListQuery& ListQuery::And(std::string_view condition, std::string first, std::string second) {
  And(condition, std::move(first));
  values_.emplace_back(std::move(second));
  return *this;
}

ListQuery& ListQuery::Page(const char* from_cursor, const char* order, const model::PageCursor& after, int limit) {
  if (!after.at_start()) {
    sql_ += from_cursor;
    values_.emplace_back(after.create_micros);
    values_.emplace_back(after.id);
  }
  sql_ += order;
  // One more row than asked for tells whether there is another page.
  values_.emplace_back(int64_t{limit} + 1);
  return *this;
}

ListQuery& ListQuery::End(const char* clause) {
  sql_ += clause;
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

std::string ListQuery::sql() const {
  std::string numbered;
  int number = 0;
  for (const char letter : sql_) {
    if (letter == '?') {
      absl::StrAppend(&numbered, "$", ++number);
    } else {
      numbered += letter;
    }
  }
  return numbered;
}

std::string JsonArray(const std::vector<std::string>& texts) {
  const auto quote = [](std::string* out, const std::string& text) { out->append(base::JsonQuote(text)); };
  return absl::StrCat("[", absl::StrJoin(texts, ",", quote), "]");
}

std::string JsonArray(const std::vector<int64_t>& numbers) {
  return absl::StrCat("[", absl::StrJoin(numbers, ","), "]");
}

}  // namespace seedance::store::sql

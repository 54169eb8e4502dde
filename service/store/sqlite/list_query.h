#ifndef SEEDANCE_SERVICE_STORE_SQLITE_LIST_QUERY_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_LIST_QUERY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/page.h"
#include "service/store/sqlite/connection.h"

namespace seedance::store::sqlite {

// Most bytes of the stored bodies in a page, unless one alone has more. A message has at most twice its body (the
// prompt of an old row stands there twice) and a little: a page has less than 3 MiB, and clients take 4 MiB.
inline constexpr size_t kMaxPageBytes = 1408 << 10;

// A SELECT of one page of a list in the making: literal pieces of SQL, and the values for their `?` in order.
class ListQuery {
 public:
  // `select` ends inside its WHERE clause; its own `?` is the tenant.
  ListQuery(const char* select, const std::string& tenant) : sql_(select), values_{tenant} {}

  ListQuery& And(const char* condition, std::string value);
  ListQuery& And(const char* condition, int64_t value);
  ListQuery& And(const char* condition, std::string first, std::string second);

  // Runs it; the second column must be the stored body. `from_cursor` is a condition with two `?`: create_micros and id
  // of the cursor. `order` is the ORDER BY and LIMIT clause with one `?`. Rows are read by `read`, cursors are made by
  // `cursor`.
  template <typename Item>
  absl::StatusOr<model::Page<Item>> Read(Connection& connection, const char* from_cursor, const char* order,
                                         const model::PageCursor& after, int limit,
                                         absl::StatusOr<Item> (*read)(const Query&),
                                         model::PageCursor (*cursor)(const Item&));

 private:
  std::string sql_;
  std::vector<std::variant<std::string, int64_t>> values_;

  void Bind(Query& query) const;
};

// `["a","b"]` and `[1,2]`, for json_each.
std::string JsonArray(const std::vector<std::string>& texts);
std::string JsonArray(const std::vector<int64_t>& numbers);

template <typename Item>
absl::StatusOr<model::Page<Item>> ListQuery::Read(Connection& connection, const char* from_cursor, const char* order,
                                                  const model::PageCursor& after, int limit,
                                                  absl::StatusOr<Item> (*read)(const Query&),
                                                  model::PageCursor (*cursor)(const Item&)) {
  if (!after.at_start()) {
    sql_ += from_cursor;
    values_.emplace_back(after.create_micros);
    values_.emplace_back(after.id);
  }
  sql_ += order;
  // One more than asked for tells whether there is another page.
  values_.emplace_back(int64_t{limit} + 1);
  Query query(connection, sql_);
  Bind(query);
  model::Page<Item> page;
  size_t bytes = 0;
  while (query.Step()) {
    bytes += query.SizeAt(1);
    const bool full = page.items.size() == static_cast<size_t>(limit) || bytes > kMaxPageBytes;
    if (full && !page.items.empty()) {
      page.next = cursor(page.items.back());
      break;
    }
    absl::StatusOr<Item> item = read(query);
    if (!item.ok()) return item.status();
    page.items.push_back(*std::move(item));
  }
  return page;
}

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_LIST_QUERY_H_

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

// Maximum bytes of stored bodies in a page, unless a single one is larger. A message needs at most twice its body (an
// old record holds the prompt twice) plus a little: a page stays below 3 MiB, and clients accept 4 MiB.
//
// Tests: tests/contract/store_contract_assets.cc, tests/unit/rpc/page_bytes_test.cc
inline constexpr size_t kMaxPageBytes = 1408 << 10;

// Builder of a SELECT for one page of a list: literal pieces of SQL, and the values of their `?` in order. For one use.
class ListQuery {
 public:
  // `select` ends inside its WHERE clause; its only `?` is the tenant.
  ListQuery(const char* select, const std::string& tenant) : sql_(select), values_{tenant} {}

  // Add a condition with one or two `?`.
  ListQuery& And(const char* condition, std::string value);
  ListQuery& And(const char* condition, int64_t value);
  ListQuery& And(const char* condition, std::string first, std::string second);

  // Runs the query; the second column must be the stored body. `from_cursor`: a condition with two `?`, create_micros
  // and id of the cursor. `order`: the ORDER BY and LIMIT clause with one `?`. `read` converts a row, `cursor` gives an
  // item's position. Returns the first error of `read`. Throws SQLite::Exception.
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

// JSON arrays for json_each: `["a","b"]` and `[1,2]`.
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
  // One more row than asked for tells whether there is another page.
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

#ifndef SEEDANCE_SERVICE_STORE_SQL_LIST_QUERY_H_
#define SEEDANCE_SERVICE_STORE_SQL_LIST_QUERY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/model/page.h"
#include "service/store/sql/session.h"

namespace seedance::store::sql {

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
  ListQuery& And(std::string_view condition, std::string value);
  ListQuery& And(std::string_view condition, int64_t value);
  ListQuery& And(std::string_view condition, std::string first, std::string second);

  // Ends the statement. `from_cursor`: a condition with two `?`, create_micros and id of the cursor. `order`: the
  // ORDER BY and LIMIT clause with one `?`.
  ListQuery& Page(const char* from_cursor, const char* order, const model::PageCursor& after, int limit);

  // Ends the statement otherwise: with `clause`, which has no `?`.
  ListQuery& End(const char* clause);

  // The statement, with `$1`, `$2` and so on in place of the `?`.
  std::string sql() const;
  // Binds the values to a Query of the statement.
  void Bind(Query& query) const;

 private:
  std::string sql_;
  std::vector<std::variant<std::string, int64_t>> values_;
};

// Bounds of a page.
struct PageLimits {
  int items = 0;
  int rows = 0;  // That are read for them.
};

// Reads a page from the rows of a statement that Page(..., limits.rows) ended; their second column must be the stored
// body. `read` converts a row, `cursor` gives an item's position, `keep` says whether it is wanted. Returns the first
// error of `read`.
template <typename Item>
absl::StatusOr<model::Page<Item>> ReadPage(Query& query, const PageLimits& limits,
                                           absl::StatusOr<Item> (*read)(const Query&),
                                           model::PageCursor (*cursor)(const Item&),
                                           absl::FunctionRef<bool(const Item&)> keep) {
  model::Page<Item> page;
  model::PageCursor last;
  size_t bytes = 0;
  for (int rows = 0; query.Step(); ++rows) {
    const bool full = page.items.size() == static_cast<size_t>(limits.items) || bytes + query.SizeAt(1) > kMaxPageBytes;
    if (rows == limits.rows || (full && !page.items.empty())) {
      page.next = last;
      break;
    }
    absl::StatusOr<Item> item = read(query);
    if (!item.ok()) return item.status();
    last = cursor(*item);
    if (!keep(*item)) continue;
    bytes += query.SizeAt(1);
    page.items.push_back(*std::move(item));
  }
  return page;
}
// The same for all rows of Page(..., limit).
template <typename Item>
absl::StatusOr<model::Page<Item>> ReadPage(Query& query, int limit, absl::StatusOr<Item> (*read)(const Query&),
                                           model::PageCursor (*cursor)(const Item&)) {
  return ReadPage<Item>(query, {limit, limit}, read, cursor, [](const Item&) { return true; });
}

// JSON arrays: `["a","b"]` and `[1,2]`.
std::string JsonArray(const std::vector<std::string>& texts);
std::string JsonArray(const std::vector<int64_t>& numbers);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_LIST_QUERY_H_

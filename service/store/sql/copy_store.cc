#include "service/store/sql/copy_store.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/store/sql/call_rows.h"

namespace seedance::store::sql {
namespace {

constexpr int kPage = 500;

enum class Kind { kInt, kText, kBytes };

struct Column {
  const char* name;
  Kind kind;
};

struct Table {
  const char* name;
  size_t keys;  // The first columns are the primary key.
  std::vector<Column> columns;
};

// Of a row: a number, or bytes, by the kind of the column.
struct Value {
  int64_t number = 0;
  std::string bytes;

  bool operator==(const Value&) const = default;
};
using Row = std::vector<Value>;

Column Int(const char* name) { return {name, Kind::kInt}; }
Column Text(const char* name) { return {name, Kind::kText}; }
Column Bytes(const char* name) { return {name, Kind::kBytes}; }

// All tables that hold something of callers, those first that others refer to.
const std::vector<Table>& Tables() {
  static const auto* tables = new std::vector<Table>{
      {"asset_groups",
       1,
       {Text("name"), Text("tenant"), Text("upstream"), Text("display_name"), Int("group_type"), Int("create_micros"),
        Int("revision"), Bytes("body")}},
      {"assets",
       1,
       {Text("name"), Text("tenant"), Text("upstream"), Text("group_name"), Text("display_name"), Int("media_type"),
        Int("state"), Text("sha256"), Text("vendor_id"), Int("create_micros"), Int("used_micros"), Int("task_uses"),
        Int("expires"), Int("expire_micros"), Int("revision"), Bytes("body")}},
      {"asset_claims",
       1,
       {Text("holder"), Text("upstream"), Text("group_name"), Text("display_name"), Text("asset"), Int("place"),
        Int("until_micros")}},
      {"tasks",
       1,
       {Text("id"), Text("tenant"), Int("state"), Int("open"), Int("create_micros"), Int("end_micros"),
        Text("upstream"), Text("upstream_task_id"), Int("revision"), Bytes("body")}},
      {"task_labels", 2, {Text("task_id"), Text("key"), Text("value")}},
      {"deleted_tasks",
       1,
       {Int("revision"), Text("tenant"), Text("id"), Int("delete_micros"), Text("upstream"), Text("upstream_task_id")}},
      {"billed_calls",
       3,
       {Text("tenant"), Text("method"), Text("request_id"), Int("state"), Int("for_task"), Text("task_id"),
        Int("update_micros"), Bytes("body")}}};
  return *tables;
}

std::string Names(const Table& table, size_t count) {
  return absl::StrJoin(table.columns.begin(), table.columns.begin() + static_cast<ptrdiff_t>(count), ", ",
                       [](std::string* out, const Column& column) { out->append(column.name); });
}

// `$<first>` to `$<first + count - 1>`.
std::string Parameters(size_t first, size_t count) {
  std::vector<std::string> parameters;
  for (size_t i = 0; i < count; ++i) parameters.push_back(absl::StrCat("$", first + i));
  return absl::StrJoin(parameters, ", ");
}

void Bind(Query& query, const Table& table, const Row& row, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    switch (table.columns[i].kind) {
      case Kind::kInt:
        query.Int(row[i].number);
        break;
      case Kind::kText:
        query.Text(row[i].bytes);
        break;
      case Kind::kBytes:
        query.Bytes(row[i].bytes);
        break;
    }
  }
}

// At most kPage rows behind `after`, in the order of their keys.
std::vector<Row> ReadPage(Session& session, const Table& table, const std::optional<Row>& after) {
  const size_t keys = after.has_value() ? table.keys : 0;
  const std::string where =
      keys == 0 ? "" : absl::StrCat(" WHERE (", Names(table, keys), ") > (", Parameters(1, keys), ")");
  Query query(session, absl::StrCat("SELECT ", Names(table, table.columns.size()), " FROM ", table.name, where,
                                    " ORDER BY ", Names(table, table.keys), " LIMIT ", Parameters(keys + 1, 1)));
  if (keys > 0) Bind(query, table, *after, keys);
  query.Int(kPage);
  std::vector<Row> rows;
  while (query.Step()) {
    Row row(table.columns.size());
    for (size_t i = 0; i < row.size(); ++i) {
      const int column = static_cast<int>(i);
      if (table.columns[i].kind == Kind::kInt) {
        row[i].number = query.IntAt(column);
      } else {
        row[i].bytes = query.BytesAt(column);
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

int64_t CopyTable(Session& from, Session& to, const Table& table) {
  const std::string insert = absl::StrCat("INSERT INTO ", table.name, " (", Names(table, table.columns.size()),
                                          ") VALUES (", Parameters(1, table.columns.size()), ")");
  int64_t copied = 0;
  std::optional<Row> last;
  for (bool more = true; more;) {
    const std::vector<Row> rows = ReadPage(from, table, last);
    for (const Row& row : rows) {
      Query query(to, insert);
      Bind(query, table, row, row.size());
      query.Run();
    }
    copied += static_cast<int64_t>(rows.size());
    more = rows.size() == static_cast<size_t>(kPage);
    if (more) last = rows.back();
  }
  return copied;
}

absl::Status CompareTable(Session& from, Session& to, const Table& table) {
  std::optional<Row> last;
  for (bool more = true; more;) {
    const std::vector<Row> rows = ReadPage(from, table, last);
    if (rows != ReadPage(to, table, last)) {
      return absl::DataLossError(absl::StrCat("the copy of table ", table.name, " differs from the original"));
    }
    more = rows.size() == static_cast<size_t>(kPage);
    if (more) last = rows.back();
  }
  return absl::OkStatus();
}

absl::Status RequireEmpty(Session& session) {
  for (const Table& table : Tables()) {
    if (!ReadPage(session, table, std::nullopt).empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the store to copy to is not empty: its table ", table.name, " has rows"));
    }
  }
  return absl::OkStatus();
}

// Before anything is written of what is compared afterwards.
void CopyMeta(Session& from, Session& to, Copied& copied) {
  int64_t forgotten = 0;
  {
    Query meta(from, "SELECT revision, forgotten FROM store_meta WHERE id = 1");
    meta.Step();
    copied.revision = meta.IntAt(0);
    forgotten = meta.IntAt(1);
  }
  to.RaiseRevision(copied.revision);
  Query(to, "UPDATE store_meta SET forgotten = $1 WHERE id = 1").Int(forgotten).Run();
}

}  // namespace

absl::StatusOr<Copied> CopyStore(RawStore& from, RawStore& to, absl::Time now) {
  Copied copied;
  const absl::Status done = from.Read([&](Session& source) {
    return to.Write([&](Session& target) {
      if (absl::Status empty = RequireEmpty(target); !empty.ok()) return empty;
      CopyMeta(source, target, copied);
      if (copied.revision == 0) {
        return absl::FailedPreconditionError(
            "nothing was ever written to the store to copy from: is it the right one?");
      }
      for (const Table& table : Tables()) copied.rows.emplace_back(table.name, CopyTable(source, target, table));
      for (const Table& table : Tables()) {
        if (absl::Status same = CompareTable(source, target, table); !same.ok()) return same;
      }
      const absl::StatusOr<int> doubted = DoubtInFlightEntries(target, {}, "the store was copied", now);
      if (!doubted.ok()) return doubted.status();
      copied.doubted = *doubted;
      return absl::OkStatus();
    });
  });
  if (!done.ok()) return done;
  const absl::Status retired = from.Write([](Session& source) {
    source.Retire();
    return absl::OkStatus();
  });
  if (!retired.ok()) {
    return absl::Status(retired.code(),
                        absl::StrCat("the copy is whole, but the original could not be marked as moved, and "
                                     "must not be used any more: ",
                                     std::string(retired.message())));
  }
  return copied;
}

}  // namespace seedance::store::sql

#include "service/store/sqlite/connection.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"

namespace seedance::store::sqlite {
namespace {

// Time to wait for another process that holds the database, such as a backup.
constexpr int kBusyMillis = 5000;

}  // namespace

Connection::Connection(const std::string& path, Use use, int64_t max_pages)
    : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyMillis) {
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  Execute("PRAGMA foreign_keys = ON");
  if (use == Use::kRead) {
    // Not OPEN_READONLY: a reader of a WAL database writes its shared memory file.
    Execute("PRAGMA query_only = ON");
    return;
  }
  if (use == Use::kPlain) return;
  if (Value("PRAGMA journal_mode = WAL") != "wal") {
    throw SQLite::Exception("the file system does not support WAL", SQLITE_CANTOPEN);
  }
  Execute("PRAGMA synchronous = FULL");
  Execute("PRAGMA journal_size_limit = 67108864");
  // Pragmas take no bound values; this is a number.
  if (max_pages > 0) Value(absl::StrCat("PRAGMA max_page_count = ", max_pages).c_str());
}

std::unique_ptr<sql::Statement> Connection::Prepare(const std::string& sql) {
  return std::make_unique<Query>(*this, sql);
}

int64_t Connection::NextRevision() {
  Query query(*this, "UPDATE store_meta SET revision = revision + 1 WHERE id = 1 RETURNING revision");
  query.Step();
  return query.IntAt(0);
}

void Connection::RaiseRevision(int64_t revision) {
  Query(*this, "UPDATE store_meta SET revision = max(revision, ?) WHERE id = 1").Int(revision).Run();
}

void Connection::Retire() {
  Execute(absl::StrCat("PRAGMA user_version = ", kVersionMoved).c_str());
  // A pragma alone is no change.
  Execute("UPDATE store_meta SET revision = revision WHERE id = 1");
}

const sql::Dialect& Connection::dialect() const {
  static constexpr sql::Dialect kDialect = {"IN (SELECT value FROM json_each(?))",
                                            "IN (SELECT value FROM json_each(?))", "instr(lower(display_name), ?) > 0"};
  return kDialect;
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_.getHandle()) == 0; }

void Connection::MergeLogWhenClosed() { sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr); }

int64_t Connection::total_changes() const { return sqlite3_total_changes64(database_.getHandle()); }

SQLite::Statement& Connection::Compiled(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  return statements_.emplace(sql, SQLite::Statement(database_, sql)).first->second;
}

Query& Query::Text(const std::string& value) {
  statement_.bind(++bound_, value);
  return *this;
}

Query& Query::Bytes(const std::string& value) {
  statement_.bind(++bound_, value.data(), static_cast<int>(value.size()));
  return *this;
}

Query& Query::Int(int64_t value) {
  statement_.bind(++bound_, value);
  return *this;
}

int Query::Run() {
  while (Step()) {
  }
  return statement_.getChanges();
}

}  // namespace seedance::store::sqlite

#ifndef SEEDANCE_SERVICE_STORE_SQLITE_CONNECTION_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_CONNECTION_H_

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "service/store/sql/session.h"

namespace seedance::store::sqlite {

// user_version of a database that no gateway may use, because it was copied to another store.
inline constexpr int kVersionMoved = 1'000'000;

// One connection to the database with its prepared statements. For one thread at a time. Constructors and methods of
// Connection and Query throw SQLite::Exception; those who lend connections catch it.
//
// Tests: tests/unit/store/sqlite/sqlite_open_test.cc, tests/unit/store/sqlite/write_queue_test.cc
class Connection final : public sql::Session {
 public:
  enum class Use { kRead, kWrite, kPlain };

  // The file must exist. kWrite commits durably (WAL, synchronous=FULL); kRead cannot write; kPlain takes the database
  // as it is, with a log or without. `max_pages`: size limit of the database in pages of 4 KiB; 0: none.
  Connection(const std::string& path, Use use, int64_t max_pages);

  std::unique_ptr<sql::Statement> Prepare(const std::string& sql) override;
  int64_t NextRevision() override;
  void RaiseRevision(int64_t revision) override;
  void Retire() override;
  const sql::Dialect& dialect() const override;

  // From now on, closing the last connection of the database checkpoints the log and deletes it. By default the log
  // stays: SQLite deletes it by name, which may belong to another database by then, and nothing of a refused, damaged
  // log may get lost.
  void MergeLogWhenClosed();

  // Number of rows changed so far, including changes rolled back.
  int64_t total_changes() const;

  // The underlying objects; owned by this connection.
  sqlite3* handle() { return database_.getHandle(); }
  SQLite::Database& database() { return database_; }

  // Runs statements without results; they are not kept prepared.
  void Execute(const char* sql) { database_.exec(sql); }

  // The first column of the only row of `sql`.
  std::string Value(const char* sql) { return database_.execAndGet(sql).getString(); }

  // Whether a transaction is open. SQLite ends one by itself after some errors.
  bool in_transaction() const;

 private:
  friend class Query;
  // The prepared statement of `sql`, compiled at its first use.
  SQLite::Statement& Compiled(const std::string& sql);

  SQLite::Database database_;
  std::unordered_map<std::string, SQLite::Statement> statements_;  // By their SQL text.
};

// One run of a statement: bind every parameter in order, then Step through the rows or Run. The destructor resets it.
// No two runs of the same SQL text at a time.
class Query final : public sql::Statement {
 public:
  Query(Connection& connection, const std::string& sql) : statement_(connection.Compiled(sql)) {}
  ~Query() override { statement_.tryReset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Bind the next `?`.
  Query& Text(const std::string& value) override;
  Query& Bytes(const std::string& value) override;
  Query& Int(int64_t value) override;

  // Advances to the next row. False: there is none.
  bool Step() override { return statement_.executeStep(); }

  // Runs to the end. Returns the number of rows that an INSERT, UPDATE or DELETE changed.
  int Run() override;

  // Columns of the present row, from 0: value, size in bytes, bytes.
  int64_t IntAt(int column) const override { return statement_.getColumn(column).getInt64(); }
  size_t SizeAt(int column) const override { return static_cast<size_t>(statement_.getColumn(column).getBytes()); }
  std::string BytesAt(int column) const override { return statement_.getColumn(column).getString(); }

 private:
  SQLite::Statement& statement_;
  int bound_ = 0;
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_CONNECTION_H_

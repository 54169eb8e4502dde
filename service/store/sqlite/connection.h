#ifndef SEEDANCE_SERVICE_STORE_SQLITE_CONNECTION_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_CONNECTION_H_

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace seedance::store::sqlite {

// One connection to the database with its compiled statements. For one thread at a time. Constructors and methods
// throw SQLite::Exception, here and in Query; the callers that lend connections catch it.
class Connection {
 public:
  enum class Use { kRead, kWrite, kPlain };

  // The file must exist. Write connections commit durably (WAL, synchronous=FULL); read connections cannot write; plain
  // ones take the database as it is, with a log or without.
  // `max_pages`: size limit of the database in pages of 4 KiB, 0 for none.
  Connection(const std::string& path, Use use, int64_t max_pages);

  // From now on, closing the last connection of the database brings what is in the log into the database and deletes
  // the log. Otherwise it stays as it is: SQLite deletes it by its name, which may be another database's by then, and
  // when a damaged one is refused, nothing of it may get lost.
  void MergeLogWhenClosed();

  // Number of rows changed so far, also by what was undone.
  int64_t total_changes() const;

  sqlite3* handle() { return database_.getHandle(); }
  SQLite::Database& database() { return database_; }

  // Runs statements without results, not compiled ahead.
  void Execute(const char* sql) { database_.exec(sql); }

  // The first column of the only row of `sql`.
  std::string Value(const char* sql) { return database_.execAndGet(sql).getString(); }

  // Whether a transaction is open; SQLite ends one by itself after some errors.
  bool in_transaction() const;

 private:
  friend class Query;
  SQLite::Statement& Compiled(const std::string& sql);

  SQLite::Database database_;
  std::unordered_map<std::string, SQLite::Statement> statements_;  // By their text.
};

// One run of a statement: bind every `?` in order, then Step through the rows or Run. Ends its hold on the database
// when it leaves scope. No two of the same text at once.
class Query {
 public:
  Query(Connection& connection, const std::string& sql) : statement_(connection.Compiled(sql)) {}
  ~Query() { statement_.tryReset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& Text(const std::string& value);
  Query& Bytes(const std::string& value);
  Query& Int(int64_t value);

  // True: there is a (next) row.
  bool Step() { return statement_.executeStep(); }

  // Runs to the end. Returns how many rows an INSERT, UPDATE or DELETE touched.
  int Run();

  // Columns of the row, from 0.
  int64_t IntAt(int column) const { return statement_.getColumn(column).getInt64(); }
  size_t SizeAt(int column) const { return static_cast<size_t>(statement_.getColumn(column).getBytes()); }
  std::string BytesAt(int column) const { return statement_.getColumn(column).getString(); }

 private:
  SQLite::Statement& statement_;
  int bound_ = 0;
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_CONNECTION_H_

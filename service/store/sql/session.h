#ifndef SEEDANCE_SERVICE_STORE_SQL_SESSION_H_
#define SEEDANCE_SERVICE_STORE_SQL_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace seedance::store::sql {

// What the databases word in different ways. Each has one `?`.
struct Dialect {
  const char* in_texts;       // A text column is one of a JSON array of texts.
  const char* in_numbers;     // A number column is one of a JSON array of numbers.
  const char* name_contains;  // The display name, in ASCII lower case, contains a text that is in lower case.
};

// One run of a prepared statement.
class Statement {
 public:
  virtual ~Statement() = default;

  // Bind $1, $2 and so on in order. Texts may hold any bytes.
  virtual Statement& Text(const std::string& value) = 0;
  virtual Statement& Bytes(const std::string& value) = 0;
  virtual Statement& Int(int64_t value) = 0;

  // Advances to the next row. False: there is none.
  virtual bool Step() = 0;
  // Runs to the end. Returns the number of rows that an INSERT, UPDATE or DELETE changed.
  virtual int Run() = 0;

  // Columns of the present row, from 0: value, size in bytes, bytes. NULL reads as 0 and as empty.
  virtual int64_t IntAt(int column) const = 0;
  virtual size_t SizeAt(int column) const = 0;
  virtual std::string BytesAt(int column) const = 0;
};

// A connection to the database of a store, for one thread at a time. Methods, and those of statements, throw the
// exception of the backend; those who lend connections catch it.
class Session {
 public:
  virtual ~Session() = default;

  // A run of `sql`, whose parameters are $1, $2 and so on in the order in which they appear first. The statement stays
  // prepared. No two runs of the same text at a time.
  virtual std::unique_ptr<Statement> Prepare(const std::string& sql) = 0;
  // The next revision of the store, in an open write transaction; rolled back with it.
  virtual int64_t NextRevision() = 0;
  // Revisions go on behind `revision`, if that is greater than the newest; likewise.
  virtual void RaiseRevision(int64_t revision) = 0;
  // No gateway opens the store from then on; likewise.
  virtual void Retire() = 0;
  virtual const Dialect& dialect() const = 0;
};

// A Statement of a session, for the length of a scope.
class Query {
 public:
  Query(Session& session, const std::string& sql) : statement_(session.Prepare(sql)) {}

  Query& Text(const std::string& value) { return statement_->Text(value), *this; }
  Query& Bytes(const std::string& value) { return statement_->Bytes(value), *this; }
  Query& Int(int64_t value) { return statement_->Int(value), *this; }
  bool Step() { return statement_->Step(); }
  int Run() { return statement_->Run(); }
  int64_t IntAt(int column) const { return statement_->IntAt(column); }
  size_t SizeAt(int column) const { return statement_->SizeAt(column); }
  std::string BytesAt(int column) const { return statement_->BytesAt(column); }

 private:
  std::unique_ptr<Statement> statement_;
};

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_SESSION_H_

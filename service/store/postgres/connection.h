#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTION_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTION_H_

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/store/postgres/postgres_error.h"
#include "service/store/sql/session.h"

namespace seedance::store::postgres {

// How to connect.
struct ConnectOptions {
  std::string connection;                                // libpq's keywords and values; no URI.
  std::function<std::string()> password;                 // Asked for each connection. Null, or an empty text: none.
  std::string schema;                                    // Of the tables.
  absl::Duration connect_timeout = absl::Seconds(5);     // For the whole attempt.
  absl::Duration statement_timeout = absl::Seconds(10);  // The server's, for each statement.
  absl::Duration lock_timeout = absl::Seconds(5);        // The server's, for each lock.
  absl::Duration commit_wait = absl::Seconds(8);         // For the outcome of a COMMIT whose answer was lost.
  // Several gateways use the schema at the same time (replica.h); else only one, which locks it.
  bool shared = false;
  // The server ends a session that does nothing for so long within a transaction: it may hold locks.
  absl::Duration idle_limit = absl::Minutes(1);
};

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

// One session of the server with its prepared statements. For one thread at a time. Constructors and methods of
// Connection and Query throw PostgresError; those who lend connections catch it. A server that gives no answer for
// longer than its own time-out allows counts as lost.
//
// Tests: tests/unit/store/postgres/connection_test.cc
class Connection final : public sql::Session {
 public:
  // Connects. Tables without a schema are those of `options.schema`. An error when the server is a standby, whose reads
  // would lag behind our writes.
  explicit Connection(const ConnectOptions& options);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::unique_ptr<sql::Statement> Prepare(const std::string& sql) override;
  int64_t NextRevision() override { return ++revision; }
  void RaiseRevision(int64_t to) override { revision = std::max(revision, to); }
  void Retire() override;
  const sql::Dialect& dialect() const override;

  // Runs statements without parameters, in one message; they are not kept prepared. Returns the tag of the last one
  // (`COMMIT`).
  std::string Execute(const std::string& sql);
  // The same; returns the columns, as text, of the first row of the last one. Empty: it has no row.
  std::vector<std::string> Row(const std::string& sql);

  // In a transaction, and while it lives: statements may take as long as they need. They still wait for locks as long
  // as lock_timeout says.
  class Unhurried {
   public:
    explicit Unhurried(Connection& connection);
    ~Unhurried() { connection_.answer_timeout_ = usual_; }
    Unhurried(const Unhurried&) = delete;
    Unhurried& operator=(const Unhurried&) = delete;

   private:
    Connection& connection_;
    const absl::Duration usual_;
  };

  // Waits until the server tells of a notification, or `deadline`. Returns the processes that notified since the last
  // call.
  std::vector<int64_t> AwaitNotifications(absl::Time deadline);

  // `name` as an identifier in SQL.
  std::string Quoted(const std::string& name);

  // Whether the session can be used further.
  bool usable() const { return !lost_ && PQstatus(connection_.get()) == CONNECTION_OK; }
  // Whether a transaction is open, be it failed.
  bool in_transaction() const;

  // Number of rows that INSERT, UPDATE and DELETE have changed so far, including changes rolled back.
  int64_t changes() const { return changes_; }

  // The last revision of the open write transaction.
  int64_t revision = 0;

  // The assignment of shards to replicas (replica.h) in the open write transaction, and a change of it.
  void BeginAssignment(int64_t assignment) { assignment_ = assignment, reassigned_ = false; }
  void Reassign() { assignment_ += std::exchange(reassigned_, true) ? 0 : 1; }
  int64_t assignment() const { return assignment_; }
  bool reassigned() const { return reassigned_; }

  int server_version() const { return PQserverVersion(connection_.get()); }
  // Of the server's process.
  int64_t process_id() const { return process_id_; }
  int64_t process_start_micros() const { return process_start_micros_; }
  std::string server_encoding() const;

 private:
  friend class Query;
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  void Connect(const ConnectOptions& options);
  void SetUp(const ConnectOptions& options);
  // Waits for the socket; false at `deadline`.
  bool Poll(short events, absl::Time deadline) const;
  // The last result of what was sent (`sent`: as PQsend... returned), or the first error.
  Result Await(int sent);
  void Flush(absl::Time deadline);
  PostgresError ErrorOf(const PGresult* result);
  PostgresError Lost(const char* sqlstate, const std::string& message);
  // Name of the prepared statement of `sql`, which is prepared at its first use.
  const std::string& Prepared(const std::string& sql);

  std::unique_ptr<PGconn, Closer> connection_;
  absl::Duration answer_timeout_;
  bool lost_ = false;
  int64_t changes_ = 0;
  int64_t assignment_ = 0;
  bool reassigned_ = false;
  int64_t process_id_ = 0;
  int64_t process_start_micros_ = 0;
  std::unordered_map<std::string, std::string> statements_;  // Names by SQL text.
};

// In store_version, in place of the version that a release needs to know: none may use the schema, because it was
// copied to another store.
inline constexpr int kNeedsMoved = 1'000'000;

// One run of a statement: bind $1, $2 and so on in order, then Step through the rows or Run.
class Query final : public sql::Statement {
 public:
  // The literal or builder that `sql` comes from decides; values are bound.
  Query(Connection& connection, const std::string& sql) : connection_(connection), sql_(sql) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Bind the next parameter. Texts may hold any bytes; the server refuses those that are no UTF-8 in a column or
  // function of type text.
  Query& Text(const std::string& value) override;
  Query& Bytes(const std::string& value) override;
  Query& Int(int64_t value) override;

  // Advances to the next row. False: there is none.
  bool Step() override;

  // Runs to the end. Returns the number of rows that an INSERT, UPDATE or DELETE changed.
  int Run() override;

  // Columns of the present row, from 0: value, size in bytes, bytes. NULL reads as 0 and as empty.
  int64_t IntAt(int column) const override;
  size_t SizeAt(int column) const override;
  std::string BytesAt(int column) const override;

 private:
  void Send();

  Connection& connection_;
  const std::string sql_;
  std::vector<std::string> values_;
  std::vector<int> formats_;
  Result result_;
  int row_ = -1;
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_CONNECTION_H_

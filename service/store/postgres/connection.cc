#include "service/store/postgres/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/clock.h"

namespace seedance::store::postgres {
namespace {

constexpr int kText = 0;
constexpr int kBinary = 1;

// The server is asked to end a statement at its time-out; only a server that does not is lost.
constexpr absl::Duration kBeyondTimeout = absl::Seconds(5);
constexpr absl::Duration kUnhurried = absl::Hours(24);

// Notices go nowhere: libpq would print them.
void Drop(void*, const PGresult*) {}

std::string Millis(absl::Duration duration) { return absl::StrCat(absl::ToInt64Milliseconds(duration)); }

std::vector<std::string> FirstRow(const PGresult* result) {
  std::vector<std::string> row;
  if (PQntuples(result) == 0) return row;
  for (int column = 0; column < PQnfields(result); ++column) row.emplace_back(PQgetvalue(result, 0, column));
  return row;
}

bool IsError(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

}  // namespace

Connection::Connection(const ConnectOptions& options)
    : answer_timeout_(std::max(options.statement_timeout, options.lock_timeout) + kBeyondTimeout) {
  Connect(options);
  SetUp(options);
}

void Connection::Connect(const ConnectOptions& options) {
  // Those before `dbname` are defaults for what the connection string leaves open: a peer that went away without a word
  // is noticed within half a minute.
  const std::string password = options.password == nullptr ? "" : options.password();
  const std::vector<std::pair<const char*, const char*>> settings = {
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "20000"},
      {"fallback_application_name", "seedance-gateway"},
      {"dbname", options.connection.c_str()},
      {"client_encoding", "UTF8"},
      {password.empty() ? nullptr : "password", password.c_str()},
      {nullptr, nullptr}};
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : settings) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/1));
  if (connection_ == nullptr) throw PostgresError("53200", "no memory for a connection", true);
  // The only way to learn the SQLSTATE of a refused connection.
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection_.get(), Drop, nullptr);
  const absl::Time deadline = base::RealClock().Now() + options.connect_timeout;
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
       next = PQconnectPoll(connection_.get())) {
    const bool failed = PQstatus(connection_.get()) == CONNECTION_BAD || next == PGRES_POLLING_FAILED;
    if (failed) {
      const std::string message = PQerrorMessage(connection_.get());
      // Behind it is only where in the server's source the error was found.
      throw Lost(SqlstateIn(message).c_str(), message.substr(0, message.find("\nLOCATION:")));
    }
    if (!Poll(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline)) {
      throw Lost(PostgresError::kNoAnswer, "the server did not take the connection in time");
    }
  }
  PQsetnonblocking(connection_.get(), 1);
}

void Connection::SetUp(const ConnectOptions& options) {
  Query setup(*this,
              // A pooler tells another process than the server's.
              "SELECT pg_is_in_recovery()::int, pg_backend_pid(), "
              "(SELECT (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity "
              "WHERE pid = pg_backend_pid()), "
              "set_config('search_path', quote_ident($1) || ', pg_temp', false), "
              "set_config('statement_timeout', $2, false), set_config('lock_timeout', $3, false), "
              "set_config('idle_in_transaction_session_timeout', $4, false), "
              "set_config('default_transaction_isolation', 'read committed', false), "
              // Frees the locks of a machine that went away without a word within half a minute.
              "set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false), "
              "set_config('tcp_keepalives_count', '3', false), set_config('jit', 'off', false)");
  setup.Text(options.schema)
      .Text(Millis(options.statement_timeout))
      .Text(Millis(options.lock_timeout))
      .Text(Millis(options.idle_limit));
  setup.Step();
  if (setup.IntAt(0) != 0) throw PostgresError("25006", "the server is a standby", false);
  process_id_ = setup.IntAt(1);
  process_start_micros_ = setup.IntAt(2);
}

bool Connection::Poll(short events, absl::Time deadline) const {
  for (;;) {
    pollfd socket{PQsocket(connection_.get()), events, 0};
    const absl::Duration left = std::max(deadline - base::RealClock().Now(), absl::ZeroDuration());
    const int ready =
        poll(&socket, 1, static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
    if (ready < 0 && errno == EINTR) continue;
    return ready != 0;
  }
}

void Connection::Flush(absl::Time deadline) {
  for (int more = PQflush(connection_.get()); more != 0; more = PQflush(connection_.get())) {
    if (more < 0) throw Lost(PostgresError::kConnectionLost, PQerrorMessage(connection_.get()));
    // The server may have to send before it reads on.
    if (!Poll(POLLIN | POLLOUT, deadline)) throw Lost(PostgresError::kNoAnswer, "the server does not read");
    if (PQconsumeInput(connection_.get()) == 0) {
      throw Lost(PostgresError::kConnectionLost, PQerrorMessage(connection_.get()));
    }
  }
}

Result Connection::Await(int sent) {
  if (sent == 0) throw Lost(PostgresError::kConnectionLost, PQerrorMessage(connection_.get()));
  absl::Time deadline = base::RealClock().Now() + answer_timeout_;
  Flush(deadline);
  Result kept;
  for (;;) {
    while (PQisBusy(connection_.get()) != 0) {
      if (!Poll(POLLIN, deadline)) throw Lost(PostgresError::kNoAnswer, "the server did not answer in time");
      // An ended connection is told by PQgetResult, with what the server had said before.
      if (PQconsumeInput(connection_.get()) == 0) break;
      // A long answer is none that does not come.
      deadline = base::RealClock().Now() + answer_timeout_;
    }
    Result next(PQgetResult(connection_.get()));
    if (next == nullptr) break;
    if (kept == nullptr || !IsError(kept.get())) kept = std::move(next);
    if (PQstatus(connection_.get()) != CONNECTION_OK) break;
  }
  if (kept == nullptr || IsError(kept.get())) throw ErrorOf(kept.get());
  changes_ += std::atoll(PQcmdTuples(kept.get())) * (PQresultStatus(kept.get()) == PGRES_COMMAND_OK ? 1 : 0);
  return kept;
}

PostgresError Connection::ErrorOf(const PGresult* result) {
  const char* sqlstate = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string text = message == nullptr ? PQerrorMessage(connection_.get()) : message;
  if (PQstatus(connection_.get()) != CONNECTION_OK) lost_ = true;
  if (sqlstate == nullptr) return Lost(PostgresError::kConnectionLost, text);
  return {sqlstate, text, lost_};
}

PostgresError Connection::Lost(const char* sqlstate, const std::string& message) {
  lost_ = true;
  return {sqlstate, message, true};
}

std::string Connection::Execute(const std::string& sql) {
  return PQcmdStatus(Await(PQsendQuery(connection_.get(), sql.c_str())).get());
}

std::vector<std::string> Connection::Row(const std::string& sql) {
  return FirstRow(Await(PQsendQuery(connection_.get(), sql.c_str())).get());
}

std::vector<int64_t> Connection::AwaitNotifications(absl::Time deadline) {
  if (Poll(POLLIN, deadline) && PQconsumeInput(connection_.get()) == 0) {
    throw Lost(PostgresError::kConnectionLost, PQerrorMessage(connection_.get()));
  }
  std::vector<int64_t> from;
  while (PGnotify* told = PQnotifies(connection_.get())) {
    from.push_back(told->be_pid);
    PQfreemem(told);
  }
  return from;
}

std::string Connection::Quoted(const std::string& name) {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(
      PQescapeIdentifier(connection_.get(), name.data(), name.size()), PQfreemem);
  if (quoted == nullptr) throw PostgresError("22021", PQerrorMessage(connection_.get()), false);
  return quoted.get();
}

bool Connection::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(connection_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

std::string Connection::server_encoding() const {
  const char* encoding = PQparameterStatus(connection_.get(), "server_encoding");
  return encoding == nullptr ? "" : encoding;
}

const std::string& Connection::Prepared(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  std::string name = absl::StrCat("s", statements_.size());
  Await(PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr));
  return statements_.emplace(sql, std::move(name)).first->second;
}

std::unique_ptr<sql::Statement> Connection::Prepare(const std::string& sql) {
  return std::make_unique<Query>(*this, sql);
}

const sql::Dialect& Connection::dialect() const {
  static constexpr sql::Dialect kDialect = {
      "= ANY(ARRAY(SELECT convert_to(json_array_elements_text(?::json), 'UTF8')))",
      "= ANY(ARRAY(SELECT json_array_elements_text(?::json)::int))", "position(?::bytea IN folded_name) > 0"};
  return kDialect;
}

Query& Query::Text(const std::string& value) { return Bytes(value); }

// Binary for texts too: in text format they end at their first NUL, unnoticed. The server refuses it.
Query& Query::Bytes(const std::string& value) {
  values_.push_back(value);
  formats_.push_back(kBinary);
  return *this;
}

Query& Query::Int(int64_t value) {
  values_.push_back(absl::StrCat(value));
  formats_.push_back(kText);
  return *this;
}

void Query::Send() {
  const std::string& name = connection_.Prepared(sql_);
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const std::string& value : values_) {
    values.push_back(value.c_str());
    lengths.push_back(static_cast<int>(value.size()));
  }
  result_ = connection_.Await(PQsendQueryPrepared(connection_.connection_.get(), name.c_str(),
                                                  static_cast<int>(values.size()), values.data(), lengths.data(),
                                                  formats_.data(), kBinary));
}

bool Query::Step() {
  if (result_ == nullptr) Send();
  return ++row_ < PQntuples(result_.get());
}

int Query::Run() {
  if (result_ == nullptr) Send();
  return std::atoi(PQcmdTuples(result_.get()));
}

int64_t Query::IntAt(int column) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(PQgetvalue(result_.get(), row_, column));
  const size_t size = SizeAt(column);
  // Big-endian with sign: int4 or int8.
  uint64_t value = size > 0 && bytes[0] >= 0x80 ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | bytes[i];
  return static_cast<int64_t>(value);
}

size_t Query::SizeAt(int column) const { return static_cast<size_t>(PQgetlength(result_.get(), row_, column)); }

std::string Query::BytesAt(int column) const { return {PQgetvalue(result_.get(), row_, column), SizeAt(column)}; }

Connection::Unhurried::Unhurried(Connection& connection) : connection_(connection), usual_(connection.answer_timeout_) {
  connection.Execute("SET LOCAL statement_timeout = 0");
  connection.answer_timeout_ = kUnhurried;
}

void Connection::Retire() {
  Query(*this, "UPDATE store_version SET needs = $1 WHERE id = 1").Int(kNeedsMoved).Run();
  // Whoever uses it still, however long it slept, finds another database.
  Query(*this, "UPDATE store_meta SET epoch = 'moved ' || epoch WHERE id = 1").Run();
}

}  // namespace seedance::store::postgres

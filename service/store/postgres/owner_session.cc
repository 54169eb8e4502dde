#include "service/store/postgres/owner_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/random.h"
#include "service/store/postgres/change_listener.h"
#include "service/store/postgres/migrations.h"

namespace seedance::store::postgres {
namespace {

constexpr int kOldestServer = 130000;
// Between two questions about a commit, or attempts at the lock.
constexpr absl::Duration kPause = absl::Milliseconds(25);
// For the server to end it.
constexpr absl::Duration kLockAgain = absl::Seconds(2);

// The key of a schema's lock; a lock is of one database.
constexpr char kKey[] = "hashtextextended('seedance-gateway store ' || $1, 0)";

// Those that share the schema share the lock.
bool TryLock(Connection& connection, const ConnectOptions& options) {
  const char* shared = options.shared ? "_shared" : "";
  Query lock(connection, absl::StrCat("SELECT pg_try_advisory_lock", shared, "(", kKey, ")::int"));
  lock.Text(options.schema).Step();
  return lock.IntAt(0) == 1;
}

void Unlock(Connection& connection, const ConnectOptions& options) {
  const char* shared = options.shared ? "_shared" : "";
  Query(connection, absl::StrCat("SELECT pg_advisory_unlock", shared, "(", kKey, ")")).Text(options.schema).Run();
}

std::string Setting(Connection& connection, const std::string& name) {
  Query setting(connection, "SELECT current_setting($1)");
  setting.Text(name).Step();
  return setting.BytesAt(0);
}

}  // namespace

absl::Status CheckServer(Connection& connection) {
  if (connection.server_version() < kOldestServer) {
    return absl::FailedPreconditionError(
        absl::StrCat("the server has version ", connection.server_version() / 10000, "; 13 or later is needed"));
  }
  if (connection.server_encoding() != "UTF8") {
    return absl::FailedPreconditionError(
        absl::StrCat("the database has encoding ", connection.server_encoding(), "; UTF8 is needed"));
  }
  for (const char* setting : {"fsync", "synchronous_commit"}) {
    if (Setting(connection, setting) == "off") {
      return absl::FailedPreconditionError(
          absl::StrCat(setting, " is off: a crash of the server would lose what was paid for. Turn it on"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<OwnerSession>> OwnerSession::Open(Connector& connector, const LockWait& wait,
                                                                 Soundness& soundness) {
  auto connection = std::make_unique<Connection>(connector.options());
  if (absl::Status good = CheckServer(*connection); !good.ok()) return good;
  const std::string& schema = connector.options().schema;
  absl::Status locked = AwaitLock(absl::StrCat("schema ", schema), wait,
                                  [&]() -> absl::StatusOr<bool> { return TryLock(*connection, connector.options()); });
  if (!locked.ok()) return locked;
  if (const absl::StatusOr<int> migrated = Migrate(*connection, schema); !migrated.ok()) return migrated.status();
  MakeMeta(*connection, base::MakeUuidV4(base::SystemRandom()));
  Meta meta = connector.options().shared ? *ReadMeta(*connection) : TakeOwnership(*connection);
  return std::unique_ptr<OwnerSession>(new OwnerSession(connector, soundness, std::move(connection), std::move(meta)));
}

OwnerSession::OwnerSession(Connector& connector, Soundness& soundness, std::unique_ptr<Connection> connection,
                           Meta meta)
    : connector_(connector), soundness_(soundness), connection_(std::move(connection)), meta_(std::move(meta)) {
  process_id_ = connection_->process_id();
  process_start_micros_ = connection_->process_start_micros();
  const ConnectOptions& options = connector.options();
  if (options.shared) notification_ = ChangeListener::Notification(*connection_, options.schema);
}

OwnerSession::~OwnerSession() {
  if (connection_ == nullptr || !connection_->usable()) return;
  try {
    // The server takes a moment to end a session; the next gateway may ask at once.
    Unlock(*connection_, connector_.options());
  } catch (const PostgresError& error) {
    StatusOf(error).IgnoreError();
  }
}

absl::StatusOr<Connection*> OwnerSession::Ready() {
  if (connection_ != nullptr && connection_->usable()) return connection_.get();
  connection_.reset();
  if (absl::Status connected = Reconnect(); !connected.ok()) return connected;
  return connection_.get();
}

absl::Status OwnerSession::Reconnect() {
  absl::StatusOr<std::unique_ptr<Connection>> made = connector_.Connect();
  if (!made.ok()) return made.status();
  try {
    // It may be another server, or another configuration.
    if (absl::Status good = CheckServer(**made); !good.ok()) {
      StatusOf(PostgresError("55000", std::string(good.message()), false)).IgnoreError();
      return base::StoreUnavailable("unsafe_server");
    }
    const absl::StatusOr<bool> locked = LockAgain(**made);
    if (!locked.ok()) return locked.status();
    if (!*locked) return base::StoreUnavailable("locked");
  } catch (const PostgresError& error) {
    return StatusOf(error);
  }
  connection_ = *std::move(made);
  process_id_ = connection_->process_id();
  process_start_micros_ = connection_->process_start_micros();
  return absl::OkStatus();
}

absl::StatusOr<bool> OwnerSession::LockAgain(Connection& connection) {
  base::Clock& clock = connector_.clock();
  const absl::Time end = clock.Now() + kLockAgain;
  const bool shared = connector_.options().shared;
  bool ended = false;
  while (!TryLock(connection, connector_.options())) {
    const std::optional<Meta> meta = ReadMeta(connection);
    if (!shared && meta.has_value() && meta->owner != meta_.owner) return Lose("taken_over");
    if (!std::exchange(ended, true)) EndFormer(connection);
    if (clock.Now() >= end) return false;
    base::SleepUntil(clock, clock.Now() + kPause);
  }
  return true;
}

void OwnerSession::EndFormer(Connection& connection) {
  Query(connection,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 "
        "AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2")
      .Int(process_id_)
      .Int(process_start_micros_)
      .Run();
}

absl::StatusOr<Meta> OwnerSession::Begin() {
  if (const int64_t next = next_replica_; next != replica_) {
    replica_ = next;
    meta_.replica_commits = -1;
  }
  const std::optional<Meta> meta = BeginWrite(*connection_, replica_);
  if (!meta.has_value() || meta->epoch != meta_.epoch) return Lose("replaced");
  if (!connector_.options().shared && meta->owner != meta_.owner) return Lose("taken_over");
  // Restored from a backup, or a standby that had not received all.
  if (meta->commits < meta_.commits) return Lose("commits_lost");
  // Others may have committed since. A row that is gone says nothing: this replica was taken for dead.
  const bool there = meta->replica_commits >= 0;
  if (there && meta->replica_commits < meta_.replica_commits) return Lose("commits_lost");
  return *meta;
}

void OwnerSession::Committed(const Meta& meta) {
  meta_.commits = meta.commits + 1;
  if (meta.replica_commits >= 0) meta_.replica_commits = meta.replica_commits + 1;
}

absl::Status OwnerSession::Lose(std::string_view cause) {
  soundness_.Lose(cause);
  return soundness_.status();
}

Outcome OwnerSession::ResolveCommit(const Meta& meta) {
  connection_.reset();
  base::Clock& clock = connector_.clock();
  const absl::Duration limit = connector_.options().commit_wait;
  const absl::Time begin = clock.Now();
  for (absl::Time now = begin; now < begin + limit; now = clock.Now()) {
    const bool ended = now >= begin + limit / 4;
    const absl::StatusOr<Outcome> outcome = Ask(meta, ended);
    if (outcome.ok() && *outcome != Outcome::kInProgress) {
      // Ending it may have ended its wait for a synchronous standby: committed, but not as safely as it must be.
      return ended && *outcome == Outcome::kCommitted ? Outcome::kUnknown : *outcome;
    }
    base::SleepUntil(clock, std::min(std::max(connector_.next_attempt(), now + kPause), begin + limit));
  }
  return Outcome::kUnknown;
}

// `ended`: end our former session, if it still runs.
absl::StatusOr<Outcome> OwnerSession::Ask(const Meta& meta, bool ended) {
  const absl::StatusOr<std::unique_ptr<Connection>> made = connector_.Connect();
  if (!made.ok()) return made.status();
  try {
    const Outcome outcome = OutcomeOf(**made, meta.transaction);
    if (outcome == Outcome::kInProgress && ended) EndFormer(**made);
    if (outcome != Outcome::kCommitted) return outcome;
    // A server that was restored, or a standby, may have given the number to another transaction.
    const std::optional<Meta> now = ReadMeta(**made, replica_);
    const bool there = now.has_value() && now->epoch == meta.epoch && now->commits > meta.commits;
    // Of several replicas each has a count of its own.
    if (replica_ != 0 && there && now->replica_commits <= meta.replica_commits) return Outcome::kUnknown;
    return there ? Outcome::kCommitted : Outcome::kUnknown;
  } catch (const PostgresError& error) {
    // A number that the server has not given yet: it crashed, and nothing of the transaction was on disk.
    if (error.sqlstate() == "22023") return Outcome::kAborted;
    return StatusOf(error);
  }
}

}  // namespace seedance::store::postgres

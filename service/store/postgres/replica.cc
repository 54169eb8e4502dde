#include "service/store/postgres/replica.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/base/thread.h"
#include "service/model/generation_task.h"
#include "service/store/postgres/notices.h"
#include "service/store/postgres/store_meta.h"

namespace seedance::store::postgres {
namespace {

// Of a lease: clocks of two machines may run this much apart in its time.
constexpr double kTrusted = 0.8;
constexpr absl::Duration kTellAgain = absl::Seconds(1);

constexpr char kUntil[] = "clock_timestamp() + $2 * interval '1 microsecond'";

// Removes the replicas whose leases are over, and returns whether there were any.
bool RemoveDead(Connection& connection, int64_t me) {
  std::vector<int64_t> dead;
  {
    Query removed(connection, "DELETE FROM replicas WHERE until < clock_timestamp() AND number <> $1 RETURNING number");
    removed.Int(me);
    while (removed.Step()) dead.push_back(removed.IntAt(0));
  }
  for (const int64_t number : dead) {
    Query(connection, "UPDATE shards SET owner = 0 WHERE owner = $1").Int(number).Run();
    base::Log(base::LogLevel::kWarning, "replica_lost", {{"number", number}});
  }
  return !dead.empty();
}

ShardOwners ReadOwners(Connection& connection) {
  ShardOwners owners{};
  Query rows(connection, "SELECT shard, owner FROM shards");
  while (rows.Step()) {
    const auto shard = static_cast<size_t>(rows.IntAt(0));
    if (shard < kShards) owners[shard] = rows.IntAt(1);
  }
  return owners;
}

// Those with a task that is on its way to a vendor: its new owner could not learn what became of it.
ShardSet ReadBusy(Connection& connection) {
  ShardSet busy;
  Query rows(connection, "SELECT id FROM tasks WHERE open = 1 AND state = $1");
  rows.Int(static_cast<int64_t>(model::TaskState::kSubmitting));
  while (rows.Step()) busy.set(ShardOf(rows.BytesAt(0)));
  return busy;
}

ShardSet OwnedBy(int64_t number, const ShardOwners& owners) {
  ShardSet owned;
  for (size_t shard = 0; shard < kShards; ++shard) owned.set(shard, owners[shard] == number);
  return owned;
}

}  // namespace

std::set<int64_t> ReadLive(Connection& connection) {
  std::set<int64_t> live;
  Query rows(connection, "SELECT number FROM replicas");
  while (rows.Step()) live.insert(rows.IntAt(0));
  return live;
}

Replica::Replica(Connector& connector, ConnectionPool& readers, WriteQueue& writer, base::Clock& clock,
                 ReplicaOptions options, const StoreMetrics& metrics)
    : options_(std::move(options)),
      connector_(connector),
      readers_(readers),
      writer_(writer),
      clock_(clock),
      metrics_(metrics),
      tell_(clock, base::Timer::Alarm::Work::kMayBlock, [this] { Tell(); }) {}

bool Replica::Owns(size_t shard) {
  base::MutexLock lock(mutex_);
  const ShardSet owned = owned_ & ~lost_ & ~losing_;
  return owned.test(shard) && clock_.Now() < until_;
}

size_t Replica::PartOf(size_t places) {
  ShardSet owned;
  {
    base::MutexLock lock(mutex_);
    if (clock_.Now() < until_) owned = owned_;
  }
  return PlacesOf(owned, places);
}

absl::Status Replica::Start(Listener listener) {
  listener_ = std::move(listener);
  beats_ = base::StartThread("store-lease", [this] { BeatOnAndOn(); });
  changes_.emplace(
      connector_, [this] { return writer_.process_id(); }, std::move(listener_.on_write));
  return absl::OkStatus();
}

void Replica::Stop() {
  if (changes_.has_value()) changes_->Stop();
  {
    base::MutexLock lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    wake_.NotifyAll();
  }
  if (beats_.joinable()) beats_.join();
  tell_.Stop();
  if (number() != 0) Beat(/*leave=*/true);
}

int64_t Replica::number() {
  base::MutexLock lock(mutex_);
  return number_;
}

bool Replica::IsOwnNumber(int64_t number) {
  base::MutexLock lock(mutex_);
  return numbers_.count(number) > 0;
}

absl::Status Replica::Post(const std::vector<Notice>& notices) {
  const int64_t sender = number();
  return writer_.Run([&](Connection& connection) {
    WriteNotices(connection, notices, sender, clock_.Now());
    return absl::OkStatus();
  });
}

absl::StatusOr<Ownership::Posted> Replica::ReadPosted(int64_t after) {
  const auto is_own = [this](int64_t sender) { return IsOwnNumber(sender); };
  return readers_.Run([&](Connection& connection) -> absl::StatusOr<Posted> {
    return ReadNotices(connection, after, number(), is_own);
  });
}

absl::StatusOr<std::vector<ReplicaInfo>> Replica::ListReplicas() {
  return readers_.Run([this](Connection& connection) -> absl::StatusOr<std::vector<ReplicaInfo>> {
    Query rows(connection,
               "SELECT number, name, (extract(epoch FROM until - clock_timestamp()) * 1000000)::bigint, "
               "(SELECT count(*) FROM shards WHERE owner = number) FROM replicas ORDER BY number");
    std::vector<ReplicaInfo> replicas;
    while (rows.Step()) {
      replicas.push_back({rows.IntAt(0), rows.BytesAt(1), absl::Microseconds(rows.IntAt(2)), rows.IntAt(3),
                          rows.IntAt(0) == number()});
    }
    return replicas;
  });
}

Replica::Facts Replica::facts() {
  base::MutexLock lock(mutex_);
  return {owned_.count(), live_, std::max(until_ - clock_.Now(), absl::ZeroDuration())};
}

void Replica::BeatOnAndOn() {
  for (;;) {
    Beat(/*leave=*/false);
    const absl::Time next = clock_.Now() + options_.beat;
    base::MutexLock lock(mutex_);
    while (!stopped_ && clock_.Now() < next) clock_.WaitUntil(wake_, mutex_, next);
    if (stopped_) return;
  }
}

bool Replica::MayRemove(bool joins) {
  const absl::Time now = clock_.Now();
  base::MutexLock lock(mutex_);
  if (joins || now >= until_) removes_from_ = now + options_.lease;
  return now >= removes_from_;
}

void Replica::Beat(bool leave) {
  // Before the server reads its clock.
  const absl::Time until = clock_.Now() + kTrusted * options_.lease;
  Beaten beaten;
  const absl::Status done = writer_.Run([&](Connection& connection) {
    BeatIn(connection, leave, beaten);
    return absl::OkStatus();
  });
  if (done.ok()) Apply(beaten, until);
}

void Replica::BeatIn(Connection& connection, bool leave, Beaten& beaten) {
  int64_t number = 0;
  {
    base::MutexLock lock(mutex_);
    number = number_;
  }
  const bool joins = number == 0 || !Renew(connection, number);
  if (joins && leave) return;
  beaten.number = joins ? Join(connection) : number;
  beaten.others_gone = MayRemove(joins) && RemoveDead(connection, beaten.number);
  if (beaten.others_gone || joins) connection.Reassign();
  const ShardOwners owners = Move(connection, beaten.number, leave, beaten);
  // The last one that leaves has nobody to give them to.
  if (!leave) beaten.owned = OwnedBy(beaten.number, owners);
  // What is given away is not ours from here on: after the commit it would be too late.
  base::MutexLock lock(mutex_);
  owned_ &= beaten.owned;
}

int64_t Replica::Join(Connection& connection) const {
  // The row is locked.
  Query next(connection, "UPDATE store_meta SET owner = owner + 1 WHERE id = 1 RETURNING owner");
  next.Step();
  const int64_t number = next.IntAt(0);
  Query(connection,
        absl::StrCat("INSERT INTO replicas (number, until, commits, name) VALUES ($1, ", kUntil, ", 0, $3)"))
      .Int(number)
      .Int(absl::ToInt64Microseconds(options_.lease))
      .Text(options_.name)
      .Run();
  return number;
}

bool Replica::Renew(Connection& connection, int64_t number) const {
  return Query(connection, absl::StrCat("UPDATE replicas SET until = ", kUntil, " WHERE number = $1"))
             .Int(number)
             .Int(absl::ToInt64Microseconds(options_.lease))
             .Run() == 1;
}

ShardOwners Replica::Move(Connection& connection, int64_t number, bool leave, Beaten& beaten) const {
  ShardOwners owners = ReadOwners(connection);
  if (leave) Query(connection, "DELETE FROM replicas WHERE number = $1").Int(number).Run();
  const std::set<int64_t> live = ReadLive(connection);
  beaten.live = live.size();
  const auto plan = [&](const ShardSet& busy) { return PlanShards(number, live, owners, busy, options_.most_moves); };
  std::map<size_t, int64_t> moves = plan({});
  const bool gives = std::any_of(moves.begin(), moves.end(), [&](const auto& move) { return move.second != number; });
  if (gives && !leave) moves = plan(ReadBusy(connection));
  for (const auto& [shard, owner] : moves) {
    Query(connection,
          "INSERT INTO shards (shard, owner) VALUES ($1, $2) ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner")
        .Int(static_cast<int64_t>(shard))
        .Int(owner)
        .Run();
    owners[shard] = owner;
  }
  if (!moves.empty()) connection.Reassign();
  return owners;
}

void Replica::Apply(const Beaten& beaten, absl::Time until) {
  base::MutexLock lock(mutex_);
  const bool joined = beaten.number != number_;
  // Under a new number nothing is left of what was owned under the former one.
  const ShardSet lost = joined ? told_ : told_ & ~beaten.owned;
  const ShardSet gained = joined ? beaten.owned : beaten.owned & ~told_;
  lost_ |= lost;
  gained_ = (gained_ & ~lost) | gained;
  number_ = beaten.number;
  numbers_.insert(number_);
  writer_.SetReplica(number_);
  told_ = beaten.owned;
  owned_ = beaten.owned;
  live_ = beaten.live;
  metrics_.lost.Add(static_cast<double>(lost.count()));
  metrics_.gained.Add(static_cast<double>(gained.count()));
  until_ = until;
  others_gone_ |= beaten.others_gone;
  if (lost.any() || gained.any() || others_gone_) tell_.Set(clock_.Now());
}

void Replica::Tell() {
  ShardSet lost;
  ShardSet gained;
  bool others_gone = false;
  int64_t number = 0;
  {
    base::MutexLock lock(mutex_);
    lost = losing_ = std::exchange(lost_, {});
    gained = std::exchange(gained_, {});
    others_gone = std::exchange(others_gone_, false);
    number = number_;
  }
  base::Log(base::LogLevel::kInfo, "shards_moved",
            {{"replica", number},
             {"lost", static_cast<int64_t>(lost.count())},
             {"gained", static_cast<int64_t>(gained.count())}});
  if (lost.any()) listener_.on_loss(lost);
  {
    base::MutexLock lock(mutex_);
    losing_ = {};
  }
  if (gained.none() && !others_gone) return;
  const absl::Status taken = listener_.on_gain(gained);
  if (taken.ok()) return;
  base::Log(base::LogLevel::kError, "shards_not_taken_up",
            {{"replica", number}, {"cause", std::string(taken.message())}});
  base::MutexLock lock(mutex_);
  gained_ |= gained & told_;
  others_gone_ |= others_gone;
  tell_.Set(clock_.Now() + kTellAgain);
}

Replica::Standing Replica::Read(Connection& connection) {
  Standing standing;
  {
    base::MutexLock lock(mutex_);
    standing.number = number_;
  }
  standing.assignment = connection.assignment();
  if (standing_.number == standing.number && standing_.assignment == standing.assignment) return standing_;
  standing.live = standing.number != 0 && ReadLive(connection).count(standing.number) > 0;
  if (standing.live) standing.owned = OwnedBy(standing.number, ReadOwners(connection));
  // What this transaction changed may not be committed.
  if (!connection.reassigned()) standing_ = standing;
  return standing;
}

bool Replica::IsOwner(Connection& connection, const std::string& id) {
  return Read(connection).owned.test(ShardOf(id));
}

std::optional<int64_t> Replica::LiveNumber(Connection& connection) {
  const Standing standing = Read(connection);
  return standing.live ? std::optional(standing.number) : std::nullopt;
}

}  // namespace seedance::store::postgres

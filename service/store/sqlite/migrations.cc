#include "service/store/sqlite/migrations.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/store/record.h"
#include "service/store/sql/asset_claims.h"
#include "service/store/sql/columns.h"
#include "service/store/sql/raw_store.h"

namespace seedance::store::sqlite {
namespace {

// Bodies are seedance.gateway.store.v1 records; other columns serve queries. Numbers of states are those of the protos.
// Times are microseconds since 1970.
constexpr char kFirst[] = R"sql(
CREATE TABLE store_meta (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  epoch    TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE asset_groups (
  name          TEXT PRIMARY KEY,  -- {upstream}~{id}
  tenant        TEXT NOT NULL,
  upstream      TEXT NOT NULL,
  display_name  TEXT NOT NULL,
  create_micros INTEGER NOT NULL,
  revision      INTEGER NOT NULL,
  body          BLOB NOT NULL
) STRICT;
CREATE INDEX asset_groups_by_time ON asset_groups (tenant, create_micros, name);

CREATE TABLE assets (
  name          TEXT PRIMARY KEY,  -- {upstream}~{id}
  tenant        TEXT NOT NULL,
  group_name    TEXT NOT NULL,     -- No foreign key: a handle may be used whose group this store never saw.
  display_name  TEXT NOT NULL,
  media_type    INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  create_micros INTEGER NOT NULL,
  revision      INTEGER NOT NULL,
  body          BLOB NOT NULL
) STRICT;
CREATE INDEX assets_by_time ON assets (tenant, create_micros, name);
CREATE INDEX assets_by_group ON assets (group_name, display_name);
CREATE INDEX assets_processing ON assets (name) WHERE state = 1;

CREATE TABLE tasks (
  id            TEXT PRIMARY KEY,
  tenant        TEXT NOT NULL,
  state         INTEGER NOT NULL,
  open          INTEGER NOT NULL,  -- 1: has not ended.
  create_micros INTEGER NOT NULL,
  revision      INTEGER NOT NULL,
  body          BLOB NOT NULL
) STRICT;
CREATE INDEX tasks_by_time ON tasks (tenant, create_micros, id);
CREATE INDEX tasks_open ON tasks (create_micros, id) WHERE open = 1;

CREATE TABLE task_labels (
  task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  key     TEXT NOT NULL,
  value   TEXT NOT NULL,
  PRIMARY KEY (task_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_labels_by_value ON task_labels (key, value, task_id);

CREATE TABLE billed_calls (
  tenant     TEXT NOT NULL,
  method     TEXT NOT NULL,
  request_id TEXT NOT NULL,
  state      INTEGER NOT NULL,
  for_task   INTEGER NOT NULL,  -- 1: its resource was known from the start.
  body       BLOB NOT NULL,
  PRIMARY KEY (tenant, method, request_id)
) STRICT;
CREATE INDEX billed_calls_in_flight ON billed_calls (state) WHERE state = 1;
)sql";

// A row with an unreadable body keeps the values that SQL can compute.
constexpr char kAssetLibrary[] = R"sql(
ALTER TABLE assets ADD COLUMN upstream    TEXT    NOT NULL DEFAULT '';
ALTER TABLE assets ADD COLUMN sha256      TEXT    NOT NULL DEFAULT '';  -- Empty: unknown.
ALTER TABLE assets ADD COLUMN vendor_id   TEXT    NOT NULL DEFAULT '';  -- Empty: that in the name.
ALTER TABLE assets ADD COLUMN used_micros INTEGER NOT NULL DEFAULT 0;   -- The last use; the creation before any.
ALTER TABLE assets ADD COLUMN expires     INTEGER NOT NULL DEFAULT 0;   -- 1: has an expire_time.
UPDATE assets SET upstream = substr(name, 1, instr(name, '~') - 1), used_micros = create_micros;
CREATE INDEX assets_by_content ON assets (group_name, sha256, create_micros, name) WHERE sha256 <> '';
CREATE INDEX assets_by_vendor_id ON assets (upstream, vendor_id) WHERE vendor_id <> '';
CREATE INDEX assets_live ON assets (upstream, tenant, used_micros, name) WHERE state IN (1, 2);
CREATE INDEX assets_expiring ON assets (name) WHERE state = 2 AND expires = 1;
)sql";

constexpr int kRowsAtOnce = 500;

// Calls `fill` for every readable asset.
void ForEachAsset(Connection& connection, absl::FunctionRef<void(const std::string&, const model::Asset&)> fill) {
  std::string last;
  for (bool more = true; more;) {
    std::vector<std::pair<std::string, std::string>> rows;
    {
      Query query(connection, "SELECT name, body FROM assets WHERE name > ? ORDER BY name LIMIT ?");
      query.Text(last).Int(kRowsAtOnce);
      while (query.Step()) rows.emplace_back(query.BytesAt(0), query.BytesAt(1));
    }
    more = rows.size() == kRowsAtOnce;
    for (const auto& [name, body] : rows) {
      last = name;
      const absl::StatusOr<model::Asset> asset = ParseAsset(body);
      if (asset.ok()) fill(name, *asset);
    }
  }
}

void FillAssetLibrary(Connection& connection) {
  ForEachAsset(connection, [&connection](const std::string& name, const model::Asset& asset) {
    Query(connection, "UPDATE assets SET sha256 = ?, expires = ? WHERE name = ?")
        .Text(asset.media_info.sha256)
        .Int(asset.expire_time == absl::InfiniteFuture() ? 0 : 1)
        .Text(name)
        .Run();
  });
}

// Tombstones of deleted tasks, so that a resuming reader learns of deletions.
constexpr char kTaskHistory[] = R"sql(
ALTER TABLE store_meta ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;  -- Marks up to this revision may be gone.
ALTER TABLE tasks ADD COLUMN end_micros       INTEGER NOT NULL DEFAULT 0;   -- 0: has not ended.
ALTER TABLE tasks ADD COLUMN upstream         TEXT    NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN upstream_task_id TEXT    NOT NULL DEFAULT '';  -- Empty: not known.
CREATE INDEX tasks_by_revision ON tasks (tenant, revision);
CREATE INDEX tasks_ended ON tasks (end_micros, id) WHERE open = 0;
CREATE INDEX tasks_by_upstream_id ON tasks (upstream, upstream_task_id) WHERE upstream_task_id <> '';

CREATE TABLE deleted_tasks (
  revision      INTEGER PRIMARY KEY,
  tenant        TEXT NOT NULL,
  id            TEXT NOT NULL,
  delete_micros INTEGER NOT NULL
) STRICT;
CREATE INDEX deleted_tasks_by_tenant ON deleted_tasks (tenant, revision);
CREATE INDEX deleted_tasks_by_time ON deleted_tasks (delete_micros);

ALTER TABLE billed_calls ADD COLUMN task_id       TEXT    NOT NULL DEFAULT '';  -- Of a task's row.
ALTER TABLE billed_calls ADD COLUMN update_micros INTEGER NOT NULL DEFAULT 0;
CREATE INDEX billed_calls_by_task ON billed_calls (task_id) WHERE task_id <> '';
CREATE INDEX billed_calls_in_doubt ON billed_calls (update_micros) WHERE state = 5;
CREATE INDEX billed_calls_by_time ON billed_calls (update_micros);
)sql";

// The vendor's id of a deleted task must not be assigned to another task.
constexpr char kDeletedIds[] = R"sql(
ALTER TABLE deleted_tasks ADD COLUMN upstream         TEXT NOT NULL DEFAULT '';
ALTER TABLE deleted_tasks ADD COLUMN upstream_task_id TEXT NOT NULL DEFAULT '';  -- Empty: not known.
CREATE INDEX deleted_tasks_by_upstream_id ON deleted_tasks (upstream, upstream_task_id) WHERE upstream_task_id <> '';
)sql";

// store_probe is written to test writes. Commits are counted so that a database that lost some is detected.
constexpr char kSoundness[] = R"sql(
ALTER TABLE store_meta ADD COLUMN commits INTEGER NOT NULL DEFAULT 0;
CREATE TABLE store_probe (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  bytes BLOB NOT NULL
) STRICT;
)sql";

// Reserved names and places of assets that do not exist yet: open requests, and renames.
constexpr char kAssetClaims[] = R"sql(
CREATE TABLE asset_claims (
  holder       TEXT PRIMARY KEY,  -- Key of a row of billed_calls (model::TextOf), or a text of a rename.
  upstream     TEXT    NOT NULL,
  group_name   TEXT    NOT NULL,
  display_name TEXT    NOT NULL,
  asset        TEXT    NOT NULL,  -- Name of the asset that exists already; empty: a new one.
  place        INTEGER NOT NULL,  -- 1: takes a place in the library.
  until_micros INTEGER NOT NULL   -- Void from then on.
) STRICT;
CREATE INDEX asset_claims_by_name ON asset_claims (group_name, display_name);
CREATE INDEX asset_claims_by_upstream ON asset_claims (upstream) WHERE place = 1;
CREATE INDEX asset_claims_by_time ON asset_claims (until_micros);
)sql";

// Type of a group; number of tasks that used an asset, and its expiry. SQLite counts in an index alone only if that
// contains the columns of its own condition.
constexpr char kGroupTypesAndUses[] = R"sql(
ALTER TABLE asset_groups ADD COLUMN group_type INTEGER NOT NULL DEFAULT 0;  -- 0: not known.
ALTER TABLE assets ADD COLUMN task_uses     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN expire_micros INTEGER NOT NULL DEFAULT 0;     -- With expires = 1.
DROP INDEX assets_live;
CREATE INDEX assets_live ON assets (upstream, tenant, used_micros, name, state) WHERE state IN (1, 2);
DROP INDEX assets_expiring;
CREATE INDEX assets_lapsing ON assets (upstream, tenant, expire_micros, name, state, expires)
  WHERE state = 2 AND expires = 1;
CREATE INDEX assets_used_once ON assets (upstream, tenant, used_micros, name, state, task_uses)
  WHERE state IN (1, 2) AND task_uses = 1;
)sql";

void FillExpireTimes(Connection& connection) {
  ForEachAsset(connection, [&connection](const std::string& name, const model::Asset& asset) {
    if (asset.expire_time == absl::InfiniteFuture()) return;
    Query(connection, "UPDATE assets SET expire_micros = ? WHERE name = ?")
        .Int(absl::ToUnixMicros(asset.expire_time))
        .Text(name)
        .Run();
  });
}

void FillAssetClaims(Connection& connection) {
  static_assert(static_cast<int>(model::JournalState::kInFlight) == 1);
  static_assert(static_cast<int>(model::JournalState::kInDoubt) == 5);
  std::vector<model::JournalEntry> calls;
  {
    Query query(connection, "SELECT body FROM billed_calls WHERE state IN (1, 5) AND for_task = 0");
    while (query.Step()) {
      absl::StatusOr<model::JournalEntry> call = ParseEntry(query.BytesAt(0));
      if (call.ok()) calls.push_back(*std::move(call));
    }
  }
  for (const model::JournalEntry& call : calls) AddClaimOf(connection, call);
}

void FillTaskColumns(Connection& connection, const model::GenerationTask& task) {
  Query(connection, "UPDATE tasks SET end_micros = ?, upstream = ?, upstream_task_id = ? WHERE id = ?")
      .Int(sql::EndMicros(task))
      .Text(task.request.upstream)
      .Text(task.upstream_task_id)
      .Text(task.id)
      .Run();
}

void FillTasksHistory(Connection& connection) {
  std::string last;
  for (bool more = true; more;) {
    std::vector<std::pair<std::string, std::string>> rows;
    {
      Query query(connection, "SELECT id, body FROM tasks WHERE id > ? ORDER BY id LIMIT ?");
      query.Text(last).Int(kRowsAtOnce);
      while (query.Step()) rows.emplace_back(query.BytesAt(0), query.BytesAt(1));
    }
    more = rows.size() == kRowsAtOnce;
    for (const auto& [id, body] : rows) {
      last = id;
      const absl::StatusOr<model::GenerationTask> task = ParseTask(body);
      if (task.ok()) FillTaskColumns(connection, *task);
    }
  }
}

void FillCallsHistory(Connection& connection) {
  int64_t last = 0;
  for (bool more = true; more;) {
    std::vector<std::pair<int64_t, std::string>> rows;
    {
      Query query(connection, "SELECT rowid, body FROM billed_calls WHERE rowid > ? ORDER BY rowid LIMIT ?");
      query.Int(last).Int(kRowsAtOnce);
      while (query.Step()) rows.emplace_back(query.IntAt(0), query.BytesAt(1));
    }
    more = rows.size() == kRowsAtOnce;
    for (const auto& [row, body] : rows) {
      last = row;
      const absl::StatusOr<model::JournalEntry> call = ParseEntry(body);
      if (!call.ok()) continue;
      Query(connection, "UPDATE billed_calls SET task_id = ?, update_micros = ? WHERE rowid = ?")
          .Text(sql::TaskIdOf(*call))
          .Int(absl::ToUnixMicros(call->update_time))
          .Int(row)
          .Run();
    }
  }
}

void FillTaskHistory(Connection& connection) {
  FillTasksHistory(connection);
  FillCallsHistory(connection);
}

int Version(Connection& connection) { return std::atoi(connection.Value("PRAGMA user_version").c_str()); }

}  // namespace

const std::vector<Migration>& Migrations() {
  static const auto* all = new std::vector<Migration>{
      {kFirst},     {kAssetLibrary, FillAssetLibrary}, {kTaskHistory, FillTaskHistory},      {kDeletedIds},
      {kSoundness}, {kAssetClaims, FillAssetClaims},   {kGroupTypesAndUses, FillExpireTimes}};
  return *all;
}

absl::Status CheckVersion(int version) {
  const int latest = static_cast<int>(Migrations().size());
  if (version <= latest) return absl::OkStatus();
  if (version == kVersionMoved) return sql::MovedAway();
  return absl::FailedPreconditionError(absl::StrCat("the database has version ", version,
                                                    ", made by a newer release; this release knows up to ", latest));
}

absl::Status Migrate(Connection& connection) {
  const int latest = static_cast<int>(Migrations().size());
  const int version = Version(connection);
  if (absl::Status known = CheckVersion(version); !known.ok()) return known;
  if (version == latest) return absl::OkStatus();
  connection.Execute("BEGIN IMMEDIATE");
  for (int next = version; next < latest; ++next) {
    const Migration& migration = Migrations()[static_cast<size_t>(next)];
    connection.Execute(migration.sql);
    if (migration.fill != nullptr) migration.fill(connection);
  }
  // Pragmas take no bound values; this is a number.
  connection.Execute(absl::StrCat("PRAGMA user_version = ", latest).c_str());
  connection.Execute("COMMIT");
  return absl::OkStatus();
}

}  // namespace seedance::store::sqlite

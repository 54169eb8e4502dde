#include "service/store/sqlite/migrations.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"

namespace seedance::store::sqlite {
namespace {

// Bodies are seedance.gateway.store.v1 records; the other columns are what statements look for. Numbers of states are
// those of the protos. Times are microseconds since 1970.
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

int Version(Connection& connection) { return std::atoi(connection.Value("PRAGMA user_version").c_str()); }

}  // namespace

const std::vector<const char*>& Migrations() {
  static const auto* all = new std::vector<const char*>{kFirst};
  return *all;
}

absl::Status Migrate(Connection& connection) {
  const int latest = static_cast<int>(Migrations().size());
  const int version = Version(connection);
  if (version > latest) {
    return absl::FailedPreconditionError(absl::StrCat("the database has version ", version,
                                                      ", made by a newer release; this release knows up to ", latest));
  }
  if (version == latest) return absl::OkStatus();
  connection.Execute("BEGIN IMMEDIATE");
  for (int next = version; next < latest; ++next) connection.Execute(Migrations()[static_cast<size_t>(next)]);
  // A pragma takes no bound values; this one is a number.
  connection.Execute(absl::StrCat("PRAGMA user_version = ", latest).c_str());
  connection.Execute("COMMIT");
  return absl::OkStatus();
}

}  // namespace seedance::store::sqlite

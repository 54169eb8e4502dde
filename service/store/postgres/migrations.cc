#include "service/store/postgres/migrations.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "service/store/sql/raw_store.h"

namespace seedance::store::postgres {
namespace {

// Bodies are seedance.gateway.store.v1 records; other columns serve queries. Numbers of states are those of the protos.
// Times are microseconds since 1970. Texts are bytes: a vendor's may hold what is no UTF-8, or NUL, and they are
// compared and ordered by their bytes, whatever the locale. `SET bytea_output = 'escape'` lets psql show them.
constexpr char kFirst[] = R"sql(
CREATE TABLE store_meta (
  id        integer PRIMARY KEY CHECK (id = 1),
  epoch     text   NOT NULL,
  owner     bigint NOT NULL,  -- The store that may write; each opening takes the next number.
  revision  bigint NOT NULL,  -- The newest.
  commits   bigint NOT NULL,  -- Transactions that wrote, so that a database that lost some is noticed.
  forgotten bigint NOT NULL,  -- Marks of deleted tasks up to this revision may be gone.
  probes    bigint NOT NULL   -- Counted to test writes.
);

CREATE TABLE asset_groups (
  name          bytea   PRIMARY KEY,  -- {upstream}~{id}
  tenant        bytea   NOT NULL,
  upstream      bytea   NOT NULL,
  display_name  bytea   NOT NULL,
  -- The same in ASCII lower case, for searches: 'escape' leaves ASCII as it is.
  folded_name   bytea   GENERATED ALWAYS AS (decode(lower(encode(display_name, 'escape') COLLATE "C"), 'escape')) STORED,
  group_type    integer NOT NULL,  -- 0: not known.
  create_micros bigint  NOT NULL,
  revision      bigint  NOT NULL,
  body          bytea   NOT NULL
);
CREATE INDEX asset_groups_by_time ON asset_groups (tenant, create_micros, name);

CREATE TABLE assets (
  name          bytea   PRIMARY KEY,  -- {upstream}~{id}
  tenant        bytea   NOT NULL,
  upstream      bytea   NOT NULL,
  group_name    bytea   NOT NULL,  -- No foreign key: a handle may be used whose group is not stored here.
  display_name  bytea   NOT NULL,
  -- The same in ASCII lower case, for searches: 'escape' leaves ASCII as it is.
  folded_name   bytea   GENERATED ALWAYS AS (decode(lower(encode(display_name, 'escape') COLLATE "C"), 'escape')) STORED,
  media_type    integer NOT NULL,
  state         integer NOT NULL,
  sha256        bytea   NOT NULL,  -- Empty: unknown.
  vendor_id     bytea   NOT NULL,  -- Empty: that in the name.
  create_micros bigint  NOT NULL,
  used_micros   bigint  NOT NULL,  -- The last use; the creation before any.
  task_uses     bigint  NOT NULL,
  expires       integer NOT NULL,  -- 1: has an expire_time.
  expire_micros bigint  NOT NULL,  -- With expires = 1.
  revision      bigint  NOT NULL,
  body          bytea   NOT NULL
);
CREATE INDEX assets_by_time ON assets (tenant, create_micros, name);
CREATE INDEX assets_by_group ON assets (group_name, display_name);
CREATE INDEX assets_processing ON assets (name) WHERE state = 1;
CREATE INDEX assets_by_content ON assets (group_name, sha256, create_micros, name) WHERE sha256 <> '';
CREATE INDEX assets_by_vendor_id ON assets (upstream, vendor_id) WHERE vendor_id <> '';
CREATE INDEX assets_live ON assets (upstream, tenant, used_micros, name) WHERE state IN (1, 2);
CREATE INDEX assets_lapsing ON assets (upstream, tenant, expire_micros, name) WHERE state = 2 AND expires = 1;
CREATE INDEX assets_used_once ON assets (upstream, tenant, used_micros, name) WHERE state IN (1, 2) AND task_uses = 1;

CREATE TABLE asset_claims (
  holder       bytea   PRIMARY KEY,  -- Key of a row of billed_calls (model::TextOf), or a text of a rename.
  upstream     bytea   NOT NULL,
  group_name   bytea   NOT NULL,
  display_name bytea   NOT NULL,
  asset        bytea   NOT NULL,  -- Name of the asset that exists already; empty: a new one.
  place        integer NOT NULL,  -- 1: takes a place in the library.
  until_micros bigint  NOT NULL   -- Void from then on.
);
CREATE INDEX asset_claims_by_name ON asset_claims (group_name, display_name);
CREATE INDEX asset_claims_by_upstream ON asset_claims (upstream) WHERE place = 1;
CREATE INDEX asset_claims_by_time ON asset_claims (until_micros);

CREATE TABLE tasks (
  id               bytea   PRIMARY KEY,
  tenant           bytea   NOT NULL,
  state            integer NOT NULL,
  open             integer NOT NULL,  -- 1: has not ended.
  create_micros    bigint  NOT NULL,
  end_micros       bigint  NOT NULL,  -- 0: has not ended.
  upstream         bytea   NOT NULL,
  upstream_task_id bytea   NOT NULL,  -- Empty: not known.
  revision         bigint  NOT NULL,
  body             bytea   NOT NULL
);
CREATE INDEX tasks_by_time ON tasks (tenant, create_micros, id);
CREATE INDEX tasks_open ON tasks (create_micros, id) WHERE open = 1;
CREATE INDEX tasks_by_revision ON tasks (tenant, revision);
CREATE INDEX tasks_ended ON tasks (end_micros, id) WHERE open = 0;
CREATE INDEX tasks_by_upstream_id ON tasks (upstream, upstream_task_id) WHERE upstream_task_id <> '';

CREATE TABLE task_labels (
  task_id bytea   NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  key     bytea   NOT NULL,
  value   bytea   NOT NULL,
  PRIMARY KEY (task_id, key)
);
CREATE INDEX task_labels_by_value ON task_labels (key, value, task_id);

CREATE TABLE deleted_tasks (
  revision         bigint PRIMARY KEY,
  tenant           bytea   NOT NULL,
  id               bytea   NOT NULL,
  delete_micros    bigint NOT NULL,
  upstream         bytea   NOT NULL,
  upstream_task_id bytea   NOT NULL  -- Empty: not known.
);
CREATE INDEX deleted_tasks_by_tenant ON deleted_tasks (tenant, revision);
CREATE INDEX deleted_tasks_by_time ON deleted_tasks (delete_micros);
CREATE INDEX deleted_tasks_by_upstream_id ON deleted_tasks (upstream, upstream_task_id) WHERE upstream_task_id <> '';

CREATE TABLE billed_calls (
  tenant        bytea   NOT NULL,
  method        bytea   NOT NULL,
  request_id    bytea   NOT NULL,
  state         integer NOT NULL,
  for_task      integer NOT NULL,  -- 1: its resource was known from the start.
  task_id       bytea   NOT NULL,  -- Of a task's row.
  update_micros bigint  NOT NULL,
  body          bytea   NOT NULL,
  PRIMARY KEY (tenant, method, request_id)
);
CREATE INDEX billed_calls_in_flight ON billed_calls (state) WHERE state = 1;
CREATE INDEX billed_calls_by_task ON billed_calls (task_id) WHERE task_id <> '';
CREATE INDEX billed_calls_in_doubt ON billed_calls (update_micros) WHERE state = 5;
CREATE INDEX billed_calls_by_time ON billed_calls (update_micros);
)sql";

// Replicas that share the schema.
constexpr char kReplicas[] = R"sql(
ALTER TABLE store_meta ADD COLUMN assignment bigint NOT NULL DEFAULT 0;  -- Counts changes of shards and replicas.

CREATE TABLE replicas (
  number  bigint      PRIMARY KEY,  -- No other ever had it.
  until   timestamptz NOT NULL,     -- Then its lease is over.
  commits bigint      NOT NULL,     -- Transactions that it wrote.
  name    bytea       NOT NULL      -- For operators.
);

CREATE TABLE shards (
  shard integer PRIMARY KEY,
  owner bigint  NOT NULL  -- Number of a replica; 0: nobody's.
);

-- For those who follow all changes.
CREATE INDEX tasks_changed ON tasks (revision);
CREATE INDEX assets_changed ON assets (revision);
)sql";

// What replicas tell each other, and what they count together.
constexpr char kNotices[] = R"sql(
-- Nobody writes between the count and the trigger.
LOCK TABLE tasks IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE notices (
  key          bytea  PRIMARY KEY,
  sender       bigint NOT NULL,  -- Number of a replica.
  until_micros bigint NOT NULL,
  revision     bigint NOT NULL,
  text         bytea  NOT NULL
);

-- Counted by a trigger, so that a release that does not know it counts too; with the rights of who migrates, for the role
-- of the gateways may have none for a new table yet.
CREATE TABLE open_tasks (
  tenant bytea  PRIMARY KEY,
  tasks  bigint NOT NULL  -- That have not ended.
);
INSERT INTO open_tasks (tenant, tasks) SELECT tenant, count(*) FROM tasks WHERE open = 1 GROUP BY tenant;
CREATE FUNCTION count_open_tasks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
  more integer := 0;
  whose bytea;
BEGIN
  IF TG_OP <> 'DELETE' THEN more := NEW.open; whose := NEW.tenant; END IF;
  IF TG_OP <> 'INSERT' THEN more := more - OLD.open; whose := OLD.tenant; END IF;
  IF more <> 0 THEN
    INSERT INTO open_tasks AS counted (tenant, tasks) VALUES (whose, more)
      ON CONFLICT (tenant) DO UPDATE SET tasks = counted.tasks + excluded.tasks;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_open_tasks AFTER INSERT OR DELETE OR UPDATE OF open ON tasks
  FOR EACH ROW EXECUTE FUNCTION count_open_tasks();
)sql";

// With what exists, the role needs no permission to create schemas.
void MakeSchema(Connection& connection, const std::string& schema) {
  Query there(connection, "SELECT 1 FROM pg_namespace WHERE nspname = $1");
  if (!there.Text(schema).Step()) connection.Execute(absl::StrCat("CREATE SCHEMA ", connection.Quoted(schema)));
}

struct Version {
  int version = 0;  // 0: there is no schema.
  int needs = 0;    // As in Migration.
};

Version ReadVersion(Connection& connection) {
  if (connection.Row("SELECT to_regclass('store_version')").at(0).empty()) return {};
  const std::vector<std::string> row = connection.Row("SELECT version, needs FROM store_version WHERE id = 1");
  return row.empty() ? Version() : Version{std::atoi(row[0].c_str()), std::atoi(row[1].c_str())};
}

// Of several that share the schema one migrates at a time, and the others wait for as long as that takes.
void AwaitOthers(Connection& connection, const std::string& schema) {
  const std::string limit = connection.Row("SHOW lock_timeout").at(0);
  connection.Execute("SET LOCAL lock_timeout = 0");
  Query(connection, "SELECT pg_advisory_xact_lock(hashtextextended('seedance-gateway schema ' || $1, 0))")
      .Text(schema)
      .Run();
  connection.Execute(absl::StrCat("SET LOCAL lock_timeout = '", limit, "'"));
}

absl::StatusOr<int> MigrateInTransaction(Connection& connection, const std::string& schema) {
  // An index of a table with millions of rows takes longer than any statement of a call may.
  const Connection::Unhurried unhurried(connection);
  AwaitOthers(connection, schema);
  const int latest = static_cast<int>(Migrations().size());
  Version now = ReadVersion(connection);
  if (now.needs == kNeedsMoved) return sql::MovedAway();
  if (now.needs > latest) {
    return absl::FailedPreconditionError(absl::StrCat("the schema has version ", now.version,
                                                      ", made by a newer release; this release knows up to ", latest));
  }
  if (now.version >= latest) return now.version;
  MakeSchema(connection, schema);
  connection.Execute(
      "CREATE TABLE IF NOT EXISTS store_version (id integer PRIMARY KEY CHECK (id = 1), version integer NOT NULL, "
      "needs integer NOT NULL)");
  for (; now.version < latest; ++now.version) {
    const Migration& next = Migrations()[static_cast<size_t>(now.version)];
    connection.Execute(next.sql);
    now.needs = std::max(now.needs, next.needs);
  }
  Query(connection,
        "INSERT INTO store_version (id, version, needs) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET version = "
        "excluded.version, needs = excluded.needs")
      .Int(latest)
      .Int(now.needs)
      .Run();
  return latest;
}

}  // namespace

const std::vector<Migration>& Migrations() {
  static const auto* all = new std::vector<Migration>{{kFirst, 1}, {kReplicas, 1}, {kNotices, 1}};
  return *all;
}

absl::StatusOr<int> Migrate(Connection& connection, const std::string& schema) {
  connection.Execute("BEGIN");
  absl::StatusOr<int> migrated = MigrateInTransaction(connection, schema);
  connection.Execute(migrated.ok() ? "COMMIT" : "ROLLBACK");
  return migrated;
}

}  // namespace seedance::store::postgres

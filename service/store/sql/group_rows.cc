#include "service/store/sql/group_rows.h"

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/store/record.h"
#include "service/store/sql/columns.h"
#include "service/store/sql/list_query.h"

namespace seedance::store::sql {
namespace {

// All other types count as AIGC, unknown ones included.
constexpr model::GroupType kLiveness = model::GroupType::kLivenessFace;

// Columns: revision, body.
absl::StatusOr<model::AssetGroup> FromRow(const Query& row) {
  absl::StatusOr<model::AssetGroup> group = ParseGroup(row.BytesAt(1));
  if (group.ok()) group->revision = row.IntAt(0);
  return group;
}

}  // namespace

void WriteGroup(Session& session, model::AssetGroup& group) {
  group.revision = session.NextRevision();
  Query(session,
        "INSERT INTO asset_groups (name, tenant, upstream, display_name, group_type, create_micros, revision, body) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (name) DO UPDATE SET tenant = excluded.tenant, upstream = excluded.upstream, "
        "display_name = excluded.display_name, group_type = excluded.group_type, "
        "create_micros = excluded.create_micros, revision = excluded.revision, body = excluded.body")
      .Text(HandleKey(group.handle))
      .Text(group.tenant)
      .Text(group.handle.upstream)
      .Text(group.display_name)
      .Int(static_cast<int>(group.type))
      .Int(absl::ToUnixMicros(group.create_time))
      .Int(group.revision)
      .Bytes(SerializeGroup(group))
      .Run();
}

absl::StatusOr<model::AssetGroup> ReadGroup(Session& session, const model::UpstreamHandle& handle) {
  Query query(session, "SELECT revision, body FROM asset_groups WHERE name = $1");
  query.Text(HandleKey(handle));
  if (!query.Step()) {
    return base::ResourceNotFound("seedance.gateway.v1.AssetGroup", model::AssetGroupName(handle));
  }
  return FromRow(query);
}

absl::Status EraseGroup(Session& session, const model::UpstreamHandle& handle) {
  const std::string key = HandleKey(handle);
  if (Query(session, "DELETE FROM asset_groups WHERE name = $1").Text(key).Run() == 0) {
    return base::ResourceNotFound("seedance.gateway.v1.AssetGroup", model::AssetGroupName(handle));
  }
  Query(session, "DELETE FROM assets WHERE group_name = $1").Text(key).Run();
  return absl::OkStatus();
}

absl::StatusOr<bool> EraseEmptyGroup(Session& session, const model::UpstreamHandle& handle) {
  {
    Query inside(session, "SELECT 1 FROM assets WHERE group_name = $1 LIMIT 1");
    inside.Text(HandleKey(handle));
    if (inside.Step()) return false;
  }
  if (absl::Status erased = EraseGroup(session, handle); !erased.ok()) return erased;
  return true;
}

absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(Session& session, const Store::GroupFilter& filter,
                                                          const model::PageCursor& after, int limit) {
  ListQuery query("SELECT revision, body FROM asset_groups WHERE tenant = ?", filter.tenant);
  if (!filter.upstream.empty()) query.And("upstream = ?", filter.upstream);
  if (!filter.display_name_contains.empty()) {
    query.And(session.dialect().name_contains, absl::AsciiStrToLower(filter.display_name_contains));
  }
  if (filter.type != model::GroupType::kUnspecified) {
    query.And(filter.type == kLiveness ? "group_type = ?" : "group_type <> ?", static_cast<int64_t>(kLiveness));
  }
  query.Page(" AND (create_micros, name) < (?, ?)", " ORDER BY create_micros DESC, name DESC LIMIT ?", after, limit);
  Query rows(session, query.sql());
  query.Bind(rows);
  return ReadPage<model::AssetGroup>(rows, limit, FromRow, CursorOf);
}

}  // namespace seedance::store::sql

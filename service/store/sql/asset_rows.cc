#include "service/store/sql/asset_rows.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/store/record.h"
#include "service/store/sql/asset_claims.h"
#include "service/store/sql/columns.h"
#include "service/store/sql/list_query.h"

namespace seedance::store::sql {
absl::StatusOr<model::Asset> AssetFromRow(const Query& row) {
  absl::StatusOr<model::Asset> asset = ParseAsset(row.BytesAt(1));
  if (asset.ok()) asset->revision = row.IntAt(0);
  return asset;
}

namespace {

using model::AssetState;

absl::StatusOr<std::optional<model::Asset>> FirstOf(Query& query) {
  if (!query.Step()) return std::optional<model::Asset>();
  absl::StatusOr<model::Asset> asset = AssetFromRow(query);
  if (!asset.ok()) return asset.status();
  return std::optional<model::Asset>(*std::move(asset));
}

absl::StatusOr<std::vector<model::Asset>> AssetsOf(Query& query) {
  std::vector<model::Asset> assets;
  while (query.Step()) {
    absl::StatusOr<model::Asset> asset = AssetFromRow(query);
    if (!asset.ok()) return asset.status();
    assets.push_back(*std::move(asset));
  }
  return assets;
}

// Statements below use literals: a partial index is used only if the statement repeats its condition.
static_assert(static_cast<int>(AssetState::kProcessing) == 1 && static_cast<int>(AssetState::kActive) == 2);

absl::Status NotFound(const model::UpstreamHandle& handle) {
  return base::ResourceNotFound("seedance.gateway.v1.Asset", model::AssetName(handle));
}

}  // namespace

void WriteAsset(Session& session, model::Asset& asset) {
  asset.revision = session.NextRevision();
  Query(session,
        "INSERT INTO assets (name, tenant, upstream, group_name, display_name, media_type, state, sha256, "
        "vendor_id, create_micros, used_micros, task_uses, expires, expire_micros, revision, body) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "
        "ON CONFLICT (name) DO UPDATE SET tenant = excluded.tenant, upstream = excluded.upstream, "
        "group_name = excluded.group_name, display_name = excluded.display_name, "
        "media_type = excluded.media_type, "
        "state = excluded.state, sha256 = excluded.sha256, vendor_id = excluded.vendor_id, create_micros = "
        "excluded.create_micros, "
        "used_micros = excluded.used_micros, task_uses = excluded.task_uses, expires = excluded.expires, "
        "expire_micros = excluded.expire_micros, revision = excluded.revision, "
        "body = excluded.body")
      .Text(HandleKey(asset.handle))
      .Text(asset.tenant)
      .Text(asset.handle.upstream)
      .Text(HandleKey(asset.group))
      .Text(asset.display_name)
      .Int(static_cast<int>(asset.media_type))
      .Int(static_cast<int>(asset.state))
      .Text(asset.media_info.sha256)
      .Text(asset.vendor_id)
      .Int(absl::ToUnixMicros(asset.create_time))
      .Int(UsedMicros(asset))
      .Int(asset.task_uses)
      .Int(asset.expire_time == absl::InfiniteFuture() ? 0 : 1)
      .Int(asset.expire_time == absl::InfiniteFuture() ? 0 : absl::ToUnixMicros(asset.expire_time))
      .Int(asset.revision)
      .Bytes(SerializeAsset(asset))
      .Run();
}

absl::StatusOr<model::Asset> ReadAsset(Session& session, const model::UpstreamHandle& handle) {
  Query query(session, "SELECT revision, body FROM assets WHERE name = $1");
  query.Text(HandleKey(handle));
  if (!query.Step()) return NotFound(handle);
  return AssetFromRow(query);
}

absl::Status EraseAsset(Session& session, const model::UpstreamHandle& handle) {
  const int erased = Query(session, "DELETE FROM assets WHERE name = $1").Text(HandleKey(handle)).Run();
  return erased == 0 ? NotFound(handle) : absl::OkStatus();
}

absl::StatusOr<bool> EraseAssetOf(Session& session, const model::UpstreamHandle& handle,
                                  const std::string& upstream_id) {
  const absl::StatusOr<model::Asset> asset = ReadAsset(session, handle);
  if (!asset.ok()) return asset.status();
  if (asset->upstream_id() != upstream_id) return false;
  if (absl::Status erased = EraseAsset(session, handle); !erased.ok()) return erased;
  return true;
}

absl::StatusOr<model::Page<model::Asset>> ListAssets(Session& session, const Store::AssetFilter& filter,
                                                     const model::PageCursor& after, int limit) {
  ListQuery query("SELECT revision, body FROM assets WHERE tenant = ?", filter.tenant);
  if (!filter.groups.empty()) {
    std::vector<std::string> keys;
    for (const model::UpstreamHandle& group : filter.groups) keys.push_back(HandleKey(group));
    query.And(absl::StrCat("group_name ", session.dialect().in_texts), JsonArray(keys));
  }
  if (!filter.display_name_contains.empty()) {
    query.And(session.dialect().name_contains, absl::AsciiStrToLower(filter.display_name_contains));
  }
  if (filter.group_type != model::GroupType::kUnspecified) {
    constexpr auto kLiveness = model::GroupType::kLivenessFace;
    query.And(filter.group_type == kLiveness ? "group_name IN (SELECT name FROM asset_groups WHERE group_type = ?)"
                                             : "group_name NOT IN (SELECT name FROM asset_groups WHERE group_type = ?)",
              static_cast<int64_t>(kLiveness));
  }
  if (filter.media_type != model::MediaType::kUnspecified) {
    query.And("media_type = ?", static_cast<int>(filter.media_type));
  }
  if (filter.state != AssetState::kUnspecified) query.And("state = ?", static_cast<int>(filter.state));
  query.Page(" AND (create_micros, name) < (?, ?)", " ORDER BY create_micros DESC, name DESC LIMIT ?", after, limit);
  Query rows(session, query.sql());
  query.Bind(rows);
  return ReadPage<model::Asset>(rows, limit, AssetFromRow, CursorOf);
}

absl::StatusOr<std::optional<model::Asset>> FindAsset(Session& session, const model::UpstreamHandle& group,
                                                      const std::string& display_name) {
  Query query(session,
              "SELECT revision, body FROM assets WHERE group_name = $1 AND display_name = $2 AND state NOT IN ($3, $4) "
              "ORDER BY create_micros DESC, name DESC LIMIT 1");
  query.Text(HandleKey(group)).Text(display_name);
  query.Int(static_cast<int>(AssetState::kFailed)).Int(static_cast<int>(AssetState::kExpired));
  return FirstOf(query);
}

absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(Session& session, const model::UpstreamHandle& group,
                                                               const std::string& sha256) {
  Query query(session,
              "SELECT revision, body FROM assets WHERE group_name = $1 AND sha256 = $2 AND sha256 <> '' "
              "AND state IN (1, 2) ORDER BY create_micros, name LIMIT 1");
  query.Text(HandleKey(group)).Text(sha256);
  return FirstOf(query);
}

absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(Session& session, const std::string& upstream,
                                                                const std::string& vendor_id) {
  Query query(session,
              "SELECT revision, body FROM assets WHERE upstream = $1 AND vendor_id = $2 AND vendor_id <> '' LIMIT 1");
  query.Text(upstream).Text(vendor_id);
  return FirstOf(query);
}

absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets(Session& session) {
  Query query(session, "SELECT revision, body FROM assets WHERE state = 1");
  return AssetsOf(query);
}

absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets(Session& session) {
  Query query(session, "SELECT revision, body FROM assets WHERE state = 2 AND expires = 1");
  return AssetsOf(query);
}

int64_t CountLiveAssets(Session& session, const std::string& upstream) {
  Query query(session, "SELECT count(*) FROM assets WHERE upstream = $1 AND state IN (1, 2)");
  query.Text(upstream);
  query.Step();
  return query.IntAt(0);
}

std::map<model::AssetState, int64_t> CountAssets(Session& session, const std::string& upstream) {
  std::map<model::AssetState, int64_t> counts;
  Query query(session, "SELECT state, count(*) FROM assets WHERE upstream = $1 GROUP BY state");
  query.Text(upstream);
  while (query.Step()) counts[static_cast<model::AssetState>(query.IntAt(0))] = query.IntAt(1);
  return counts;
}

absl::StatusOr<Store::Library> ReadLibrary(Session& session, const std::string& tenant, const std::string& upstream,
                                           absl::Time now, int limit) {
  Store::Library library;
  {
    // Each is answered by an index alone.
    Query counts(session,
                 "SELECT (SELECT count(*) FROM assets WHERE upstream = $1 AND state IN (1, 2)), "
                 "(SELECT count(*) FROM assets WHERE upstream = $1 AND tenant = $2 AND state IN (1, 2)), "
                 "(SELECT count(*) FROM assets WHERE upstream = $1 AND state IN (1, 2) AND task_uses = 1), "
                 "(SELECT min(expire_micros) FROM assets WHERE upstream = $1 AND state = 2 AND expires = 1)");
    counts.Text(upstream).Text(tenant);
    counts.Step();
    library.live = counts.IntAt(0);
    library.own = counts.IntAt(1);
    library.used_once = counts.IntAt(2);
    // min() of no rows is null, which reads as 0.
    if (counts.IntAt(3) != 0) library.lapses = absl::FromUnixMicros(counts.IntAt(3));
  }
  library.claimed = CountClaimedPlaces(session, upstream, /*but=*/"", now);
  const auto read = [&](const char* sql, std::vector<model::Asset>& assets) -> absl::Status {
    Query query(session, sql);
    query.Text(upstream).Text(tenant).Int(limit);
    absl::StatusOr<std::vector<model::Asset>> found = AssetsOf(query);
    if (found.ok()) assets = std::move(*found);
    return found.status();
  };
  absl::Status status = read(
      "SELECT revision, body FROM assets WHERE upstream = $1 AND tenant = $2 AND state = 2 AND expires = 1 "
      "ORDER BY expire_micros, name LIMIT $3",
      library.lapse_next);
  status.Update(
      read("SELECT revision, body FROM assets WHERE upstream = $1 AND tenant = $2 AND state IN (1, 2) "
           "ORDER BY used_micros DESC, name DESC LIMIT $3",
           library.used_last));
  status.Update(
      read("SELECT revision, body FROM assets WHERE upstream = $1 AND tenant = $2 AND state IN (1, 2) "
           "AND task_uses = 1 ORDER BY used_micros, name LIMIT $3",
           library.own_used_once));
  if (!status.ok()) return status;
  return library;
}

absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(Session& session, const std::string& tenant,
                                                                const std::string& upstream, int limit) {
  Query query(session,
              "SELECT revision, body FROM assets WHERE upstream = $1 AND tenant = $2 AND state IN (1, 2) "
              "ORDER BY used_micros, name LIMIT $3");
  query.Text(upstream).Text(tenant).Int(limit);
  return AssetsOf(query);
}

}  // namespace seedance::store::sql

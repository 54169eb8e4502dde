#include "service/store/sql/changes.h"

#include <utility>

#include "service/store/sql/asset_rows.h"
#include "service/store/sql/task_rows.h"

namespace seedance::store::sql {
namespace {

// Fifth column.
constexpr int64_t kTask = 0;
constexpr int64_t kAsset = 2;

}  // namespace

// One statement is one snapshot; several would need a transaction.
absl::StatusOr<std::vector<Store::Change>> ListChanges(Session& session, int64_t after, int limit) {
  Query query(session,
              "SELECT revision, body, tenant, id, 0 FROM tasks WHERE revision > $1 "
              "UNION ALL SELECT revision, NULL, tenant, id, 1 FROM deleted_tasks WHERE revision > $2 "
              "UNION ALL SELECT revision, body, tenant, name, 2 FROM assets WHERE revision > $3 "
              "ORDER BY revision LIMIT $4");
  query.Int(after).Int(after).Int(after).Int(limit);
  std::vector<Store::Change> changes;
  while (query.Step()) {
    Store::Change change;
    change.revision = query.IntAt(0);
    change.tenant = query.BytesAt(2);
    const int64_t kind = query.IntAt(4);
    if (kind == kTask) {
      absl::StatusOr<model::GenerationTask> task = TaskFromRow(query);
      if (!task.ok()) return task.status();
      change.task = *std::move(task);
    } else if (kind == kAsset) {
      absl::StatusOr<model::Asset> asset = AssetFromRow(query);
      if (!asset.ok()) return asset.status();
      change.asset = *std::move(asset);
    } else {
      change.deleted_task = query.BytesAt(3);
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace seedance::store::sql

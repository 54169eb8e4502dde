#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_WAITS_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_WAITS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/model/asset.h"
#include "service/model/failure.h"
#include "service/model/generation_task.h"
#include "service/store/asset_store.h"

namespace seedance::engine {

// How a task uses an asset.
//
// Tests: tests/unit/engine/tasks/waiting_tasks_test.cc, tests/unit/rpc/reactors/create_wait_test.cc
enum class AssetUse {
  kNeededByWaitingTask,  // It waits for others, and needs this one too.
  kSent,                 // The vendor accepted it with this one.
};

// Revisions of assets, by name, at which somebody was asked to revive them for a task.
using Revivals = std::map<std::string, int64_t>;

// What the assets of a task say about sending it. It can be sent when there is neither a failure nor anything to wait
// for.
struct AssetCheck {
  std::optional<model::Failure> failure;  // It never can be; kAssetNotReady, the text names the asset and the cause.
  std::vector<std::string> waits_for;     // Names of the assets that must become ACTIVE first.
  std::vector<model::Asset> to_revive;    // Those of them that are EXPIRED and that nobody was asked to revive yet.
  std::vector<model::Asset> assets;       // All, each once, as they were read.
};

// Reads all assets of the task from the store and judges them by its flags. `revivals`: what was asked for this task
// before; an asset that was changed since and is still EXPIRED could not be revived. Only errors of the store are
// errors.
absl::StatusOr<AssetCheck> CheckAssets(store::AssetStore& store, const model::GenerationTask& task,
                                       const Revivals& revivals);

// Names of the assets that the request refers to, each once.
std::vector<std::string> AssetNames(const model::TaskRequest& request);

// The request with the ids under which the vendor knows `assets` now.
model::TaskRequest WithVendorIds(model::TaskRequest request, const std::vector<model::Asset>& assets);

// `state_message` of a task that waits for these assets.
std::string WaitMessage(const std::vector<std::string>& asset_names);

// Whether the task is PENDING because an asset is not ACTIVE yet.
bool WaitsForAssets(const model::GenerationTask& task);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_WAITS_H_

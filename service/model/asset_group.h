#ifndef SEEDANCE_SERVICE_MODEL_ASSET_GROUP_H_
#define SEEDANCE_SERVICE_MODEL_ASSET_GROUP_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "service/model/money.h"
#include "service/model/names.h"

namespace seedance::model {

// Numbers as in asset_group.proto.
// What the vendor lets the assets be used for.
enum class GroupType { kUnspecified = 0, kAigc = 1, kLivenessFace = 2 };

// A container of assets at one vendor, as stored. asset_group.proto explains the fields. A value.
struct AssetGroup {
  // Id of its creation; never changes.
  UpstreamHandle handle;
  std::string tenant;
  std::string display_name;
  // For people; empty if none.
  std::string description;
  GroupType type = GroupType::kUnspecified;
  // When the vendor accepted it.
  absl::Time create_time;
  absl::Time update_time;
  CallCost creation;     // Only in the answer of a validation. Never stored.
  int64_t revision = 0;  // Set by the store on every write.

  // Resource name, `assetGroups/{upstream}~{id}`.
  std::string name() const { return AssetGroupName(handle); }
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_ASSET_GROUP_H_

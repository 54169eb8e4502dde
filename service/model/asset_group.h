#ifndef SEEDANCE_SERVICE_MODEL_ASSET_GROUP_H_
#define SEEDANCE_SERVICE_MODEL_ASSET_GROUP_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "service/model/money.h"
#include "service/model/names.h"

namespace seedance::model {

// Numbers as in asset_group.proto.
enum class GroupType { kUnspecified = 0, kAigc = 1, kLivenessFace = 2 };

// A container of assets at one vendor. asset_group.proto explains the fields.
struct AssetGroup {
  UpstreamHandle handle;
  std::string tenant;
  std::string display_name;
  std::string description;
  GroupType type = GroupType::kUnspecified;
  absl::Time create_time;
  absl::Time update_time;
  CallCost creation;     // Only in the answer of a validation. Never stored.
  int64_t revision = 0;  // Set by the store on every write.

  std::string name() const { return AssetGroupName(handle); }
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_ASSET_GROUP_H_

#ifndef SEEDANCE_SERVICE_STORE_GROUP_STORE_H_
#define SEEDANCE_SERVICE_STORE_GROUP_STORE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/model/asset_group.h"
#include "service/model/page.h"

namespace seedance::store {

// The groups of the store. Rules for all methods: store.h.
class GroupStore {
 public:
  virtual ~GroupStore() = default;

  // Inserts or replaces. Returns the group with its revision.
  virtual absl::StatusOr<model::AssetGroup> PutGroup(const model::AssetGroup& group) = 0;
  // Inserts unless the handle exists; an existing group is not changed. Returns the stored group.
  virtual absl::StatusOr<model::AssetGroup> AddGroup(const model::AssetGroup& group) = 0;
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<model::AssetGroup> GetGroup(const model::UpstreamHandle& handle) = 0;
  // As UpdateAsset.
  virtual absl::StatusOr<model::AssetGroup> UpdateGroup(const model::UpstreamHandle& handle,
                                                        absl::FunctionRef<absl::Status(model::AssetGroup&)> change) = 0;
  // Deletes the group and its assets. NOT_FOUND when there is none.
  virtual absl::Status DeleteGroup(const model::UpstreamHandle& handle) = 0;
  // Deletes the group if it has no assets. False: it has some. NOT_FOUND when there is none.
  virtual absl::StatusOr<bool> DeleteEmptyGroup(const model::UpstreamHandle& handle) = 0;

  // Which groups a list returns.
  struct GroupFilter {
    std::string tenant;                 // Required.
    std::string upstream;               // Empty: all.
    std::string display_name_contains;  // ASCII letters in any case. Empty: all.
    // kUnspecified: all. kAigc includes groups whose type is unknown, here and below.
    model::GroupType type = model::GroupType::kUnspecified;
  };
  // At most `limit` (>= 1) groups after `after`, newest first. Pages end earlier at the size of a message.
  virtual absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(const GroupFilter& filter,
                                                                    const model::PageCursor& after, int limit) = 0;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_GROUP_STORE_H_

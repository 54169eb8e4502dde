#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_GROUPS_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_GROUPS_H_

#include <optional>
#include <string>
#include <vector>

#include "service/engine/assets/adoption.h"
#include "service/engine/assets/asset_dependencies.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/watch/watch_hub.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/page.h"

namespace seedance::engine {

struct CreateGroupParams {
  std::string upstream;  // Empty: the tenant's first.
  std::string display_name;
  std::string description;
  model::GroupType type = model::GroupType::kUnspecified;  // kUnspecified: AIGC, which the vendor is not told.
  std::string request_id;                                  // Empty: one is made.
  bool validate_only = false;
};

struct ListGroupsParams {
  std::string upstream;
  std::string display_name_contains;
  model::GroupType type = model::GroupType::kUnspecified;  // kUnspecified: all.
  model::PageCursor after;
  int page_size = 50;
  bool read_upstream = false;
};

struct UpdateGroupParams {
  model::UpstreamHandle handle;
  std::optional<std::string> display_name;
  std::optional<std::string> description;
};

struct DeleteGroupParams {
  model::UpstreamHandle handle;
  bool force = false;
  bool allow_missing = false;
};

// Use cases of AssetGroupService; asset_group.proto states rules and errors. Groups of a vendor that has none are kept
// in the store alone. Methods may block on the store; calls to
// the vendor run on the upstream's own threads. Input is checked by the caller; names are owned by the context's
// tenant or NOT_FOUND. Thread-safe.
class Groups {
 public:
  Groups(const AssetDependencies& dependencies, Adoption& adoption, WatchHub<model::Asset>& asset_hub)
      : store_(dependencies.store),
        upstreams_(dependencies.upstreams),
        billed_(dependencies.journal),
        adoption_(adoption),
        asset_hub_(asset_hub),
        clock_(dependencies.clock),
        random_(dependencies.random) {}

  void Create(const CallContext& context, const CreateGroupParams& params, Done<model::AssetGroup> done);
  void Get(const CallContext& context, const model::UpstreamHandle& handle, Done<model::AssetGroup> done);
  void List(const CallContext& context, const ListGroupsParams& params, Done<model::Page<model::AssetGroup>> done);
  void Update(const CallContext& context, const UpdateGroupParams& params, Done<model::AssetGroup> done);
  void Delete(const CallContext& context, const DeleteGroupParams& params, Done<Nothing> done);

 private:
  void Send(const CallContext& context, const CreateGroupParams& params, VendorAccount& account,
            model::JournalEntry call);
  // Ends the journalled call with the new group of this id.
  void Keep(const CallContext& context, const CreateGroupParams& params, const VendorAccount& account,
            model::JournalEntry call, const std::string& id);
  absl::StatusOr<model::Page<model::AssetGroup>> ReadPage(const CallContext& context, const ListGroupsParams& params);
  absl::StatusOr<model::AssetGroup> UpdateNow(const CallContext& context, const UpdateGroupParams& params,
                                              VendorAccount& account);
  absl::Status DeleteNow(const CallContext& context, const DeleteGroupParams& params, VendorAccount& account);
  absl::StatusOr<std::vector<model::Asset>> AssetsOf(const CallContext& context, const model::UpstreamHandle& group);
  // GROUP_NOT_EMPTY when the vendor knows an asset of the group: it deletes whatever is inside.
  absl::Status CheckEmptyAtVendor(const CallContext& context, const model::UpstreamHandle& group,
                                  VendorAccount& account);
  // Deletes a group that only the store keeps, and with `force` the assets in it, those included that come meanwhile.
  absl::Status DeleteKept(const CallContext& context, const DeleteGroupParams& params, std::vector<model::Asset> assets,
                          VendorAccount& account);
  // At the vendor and in the store.
  absl::Status DeleteAssetAtVendor(const CallContext& context, const model::Asset& asset, VendorAccount& account);

  store::Store& store_;
  Upstreams& upstreams_;
  Journal& billed_;
  Adoption& adoption_;
  WatchHub<model::Asset>& asset_hub_;
  base::Clock& clock_;
  base::Random& random_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_GROUPS_H_

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
// in the store alone.
//
// Methods may block on the store; requests to the vendor run on the account's own threads, and `done` is called there
// or before the method returns. The caller has checked the input. A group of another tenant is NOT_FOUND like one that
// does not exist. Thread-safe.
class Groups {
 public:
  Groups(const AssetDependencies& with, Adoption& adoption, WatchHub<model::Asset>& asset_hub)
      : store_(with.store),
        accounts_(with.accounts),
        journal_(with.journal),
        adoption_(adoption),
        asset_hub_(asset_hub),
        clock_(with.clock),
        random_(with.random) {}

  // At most one request to the vendor per request id, journalled before it leaves. Goes on without its caller. With
  // `validate_only` nothing is stored or sent: the answer is the group as it would be, with its cost.
  void Create(const CallContext& context, const CreateGroupParams& params, Done<model::AssetGroup> done);

  // The stored group. One that only the vendor has is adopted first if the account is dedicated to the tenant; else
  // NOT_FOUND.
  void Get(const CallContext& context, const model::UpstreamHandle& handle, Done<model::AssetGroup> done);

  // A page of the store, after the vendor's whole list was adopted with `read_upstream` (see Adoption).
  void List(const CallContext& context, const ListGroupsParams& params, Done<model::Page<model::AssetGroup>> done);

  // Renames at the vendor first, then in the store. A description changes in the store alone.
  void Update(const CallContext& context, const UpdateGroupParams& params, Done<model::AssetGroup> done);

  // GROUP_NOT_EMPTY when the store or the vendor has an asset of the group, unless `force` is set: then those are
  // deleted with it, and their watchers told. A group that the vendor does not have any more counts as deleted there.
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
  VendorAccounts& accounts_;
  Journal& journal_;
  Adoption& adoption_;
  WatchHub<model::Asset>& asset_hub_;
  base::Clock& clock_;
  base::Random& random_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_GROUPS_H_

#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSETS_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSETS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/engine/assets/adoption.h"
#include "service/engine/assets/asset_creation.h"
#include "service/engine/assets/asset_dependencies.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/watch/resume_token.h"
#include "service/engine/watch/watch_hub.h"
#include "service/http/http_transport.h"
#include "service/model/asset.h"
#include "service/model/page.h"

namespace seedance::engine {

struct ListAssetsParams {
  std::vector<model::UpstreamHandle> groups;
  std::string display_name_contains;
  model::MediaType media_type = model::MediaType::kUnspecified;
  model::AssetState state = model::AssetState::kUnspecified;
  model::GroupType group_type = model::GroupType::kUnspecified;  // kUnspecified: all.
  model::PageCursor after;
  int page_size = 50;
  bool read_upstream = false;
};

// What is not set stays as it is; at least one is set.
struct UpdateAssetParams {
  model::UpstreamHandle handle;
  std::optional<std::string> display_name = {};
  std::optional<std::string> rights_note = {};
};

// Use cases of AssetService; asset.proto states rules and errors. Threads and ownership as in Groups. Field paths in
// violations are those of CreateAssetRequest (`asset.display_name`, `uri`) and UploadAssetRequest
// (`metadata.asset.display_name`). An asset of another tenant is NOT_FOUND like one that does not exist. Thread-safe.
class Assets {
 public:
  Assets(const AssetDependencies& with, AssetCreation& creation, Adoption& adoption, WatchHub<model::Asset>& hub,
         const ResumeTokens& tokens)
      : store_(with.store),
        accounts_(with.accounts),
        creation_(creation),
        adoption_(adoption),
        tracker_(with.tracker),
        hub_(hub),
        tokens_(tokens),
        clock_(with.clock),
        random_(with.random) {}

  // See AssetCreation.
  void Create(const CallContext& context, const CreateAssetParams& params, Done<model::Asset> done) {
    creation_.Create(context, params, std::move(done));
  }
  void Upload(const CallContext& context, const UploadAssetParams& params, std::shared_ptr<http::ByteSource> bytes,
              Done<model::Asset> done) {
    creation_.Upload(context, params, std::move(bytes), std::move(done));
  }

  // The stored asset. One that only the vendor has is adopted first if the account is dedicated to the tenant; else
  // NOT_FOUND.
  void Get(const CallContext& context, const model::UpstreamHandle& handle, Done<model::Asset> done);

  // A page of the store, after all lists of the tenant's vendors were adopted with `read_upstream` (see Adoption).
  void List(const CallContext& context, const ListAssetsParams& params, Done<model::Page<model::Asset>> done);

  // Renames at the vendor first, where it can, then in the store; the new name is claimed meanwhile. ALREADY_EXISTS:
  // the group has the name. When the vendor's answer is lost and it does not show the new name, its error is returned
  // and the name stays claimed for a while: the vendor may still carry the rename out. A rights note changes in the
  // store alone.
  void Update(const CallContext& context, const UpdateAssetParams& params, Done<model::Asset> done);

  // Deletes at the vendor, then in the store, and tells the asset's watchers. An asset that the vendor does not have
  // any more counts as deleted there. UNAVAILABLE with RetryInfo: it kept being created again meanwhile.
  void Delete(const CallContext& context, const model::UpstreamHandle& handle, bool allow_missing, Done<Nothing> done);

  // What the store knows of the library of the upstream; empty: of the tenant's first. Asks no vendor.
  void GetLibraryUsage(const CallContext& context, const std::string& upstream, Done<LibraryUsage> done);

  // Opens a watch. `on_change`: see WatchHub::Subscribe. The first Take is ready when `done` is called.
  void Watch(const CallContext& context, const model::UpstreamHandle& handle, const std::string& resume_token,
             absl::AnyInvocable<void()> on_change, Done<WatchStart<model::Asset>> done);

  // Token with which a reader of this revision of the asset goes on; `last`: it was the stream's last message.
  std::string ResumeToken(const model::UpstreamHandle& handle, int64_t revision, bool last = false) const;

 private:
  absl::StatusOr<model::Page<model::Asset>> ReadPage(const CallContext& context, const ListAssetsParams& params);
  absl::Status AdoptAll(const CallContext& context, const ListAssetsParams& params);
  absl::StatusOr<model::Asset> UpdateNow(const CallContext& context, const UpdateAssetParams& params,
                                         VendorAccount& account);
  absl::StatusOr<model::Asset> Rename(const CallContext& context, const model::UpstreamHandle& handle,
                                      const std::string& display_name, VendorAccount& account);
  // Whether the vendor says that the asset has this name. False also when it cannot be asked.
  bool HasName(VendorAccount& account, const model::Asset& asset, const std::string& display_name);
  absl::Status DeleteNow(const CallContext& context, const model::UpstreamHandle& handle, VendorAccount& account);

  store::AssetStore& store_;
  VendorAccounts& accounts_;
  AssetCreation& creation_;
  Adoption& adoption_;
  AssetTracker& tracker_;
  WatchHub<model::Asset>& hub_;
  const ResumeTokens& tokens_;
  base::Clock& clock_;
  base::Random& random_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSETS_H_

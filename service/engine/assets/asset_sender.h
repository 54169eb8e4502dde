#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_SENDER_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_SENDER_H_

#include <string>

#include "service/engine/assets/asset_dependencies.h"
#include "service/engine/assets/read_asset.h"
#include "service/engine/uploads/file_stager.h"

namespace seedance::engine {

// Sends a creation that is checked and journalled to the vendor, and tells the journal what came of it. Thread-safe;
// one thread per creation, which may be kept for long.
//
// Tests: tests/unit/engine/assets/asset_creation_test.cc, tests/unit/engine/assets/asset_staging_test.cc
class AssetSender {
 public:
  AssetSender(const AssetDependencies& with, FileStager& stager)
      : store_(with.store),
        accounts_(with.accounts),
        journal_(with.journal),
        tracker_(with.tracker),
        stager_(stager),
        clock_(with.clock),
        random_(with.random) {}

  // Blocks for the vendor's answer, and for the waits between tries where a try surely did not reach the vendor. A
  // stream is sent once, and cut when its caller goes away; all else is cut only at the end of a stop. Ends the
  // journal's row exactly once; an accepted asset is tracked.
  void Send(JournalledAsset& draft);

 private:
  upstream::BilledResult<std::string> SendIntoGroup(JournalledAsset& draft, upstream::NewAsset& asset,
                                                    const upstream::CallOptions& options);
  upstream::BilledResult<std::string> SendOnce(JournalledAsset& draft, upstream::NewAsset& asset,
                                               const upstream::CallOptions& options);
  // What the vendor's "no such group" to a new asset means, with the error for it; RATE_LIMITED: the vendor could not
  // be asked. True: it may only not see a young group yet.
  bool ExplainNoGroup(const JournalledAsset& draft, bool young, const upstream::CallOptions& options,
                      absl::Status& status);
  // Whether the vendor lists an asset of this name in the group.
  absl::StatusOr<bool> VendorHasName(const JournalledAsset& draft, const upstream::CallOptions& options) const;
  bool IsYoung(const model::AssetGroup& group) const;
  void AwaitGroup(const JournalledAsset& draft, const upstream::CallOptions& options);
  // Ends the row with the asset that the vendor has accepted under this id.
  void Keep(JournalledAsset& draft, const std::string& id);
  // Takes over what the end of a stream showed, for whoever comes again with the request.
  void KnowStream(JournalledAsset& draft);

  store::Store& store_;
  VendorAccounts& accounts_;
  Journal& journal_;
  AssetTracker& tracker_;
  FileStager& stager_;
  base::Clock& clock_;
  base::Random& random_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_SENDER_H_

#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_CREATION_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_CREATION_H_

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "service/base/mutex.h"
#include "service/engine/assets/adoption.h"
#include "service/engine/assets/asset_dependencies.h"
#include "service/engine/assets/asset_request.h"
#include "service/engine/assets/asset_sender.h"
#include "service/engine/assets/checked_asset.h"
#include "service/engine/assets/read_asset.h"
#include "service/engine/assets/single_flight.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/uploads/file_stager.h"
#include "service/engine/uploads/staging_directory.h"
#include "service/engine/uploads/temp_file.h"
#include "service/http/http_transport.h"
#include "service/model/asset.h"
#include "service/upstream/media_fetch.h"

namespace seedance::engine {

// Makes assets at the vendor: at most one billed request per request id. Input rules that need the upstream's profile,
// or the bytes themselves, are checked here, together with the violations that the caller found. Nothing is sent before
// all of them were checked and the journal has the row. Once journalled, a creation goes on without its caller, except
// an upload whose bytes are sent as they come. Thread-safe.
class AssetCreation {
 public:
  struct Options {
    upstream::MediaFetchOptions media_fetch;
    std::shared_ptr<upstream::MediaFetcher> fetcher;          // Null: one is made of `media_fetch`.
    StagingDirectory* staging = nullptr;                      // Outlives the engine. Null: the gateway serves no files.
    TempFileQuota::Options spool;                             // Its directory, when empty, is that of `staging`.
    bool require_rights_note = false;                         // Of every new asset, but for tenants in
    std::map<std::string, bool> tenants_require_rights_note;  // this, where their own setting counts.
  };

  AssetCreation(const Options& options, const AssetDependencies& with, Adoption& adoption);

  // Takes over from Options who must give a rights note.
  void SetRightsRules(const Options& options);

  // The broken rule where an asset of the tenant must have a rights note and this is none.
  std::optional<base::FieldViolation> CheckRightsNote(const std::string& tenant, const std::string& note,
                                                      const std::string& field);

  // Answers with the asset as PROCESSING once the vendor has accepted it, or with an existing one of the same bytes
  // (`reuse_content`, Asset::reused). With `validate_only` nothing is stored or sent: the answer is a preview with its
  // cost. Errors: INVALID_ARGUMENT with all violations; ALREADY_EXISTS: the group has the name, or the request id was
  // used with other values; RESOURCE_EXHAUSTED: the vendor's library, or the account's queue, is full; UNKNOWN: the
  // vendor's answer was lost, or that of another creation of the same bytes (see Journal); and the vendor's own.
  void Create(const CallContext& context, const CreateAssetParams& params, Done<model::Asset> done);

  // The same for bytes that the caller sends. Reads `bytes` on one of the upstream's transfer threads until its end, or
  // until the vendor or a limit says stop. The context's cancel token breaks it off. `bytes` is read even when the
  // answer is known (same request id), to compare its hash.
  void Upload(const CallContext& context, const UploadAssetParams& params, std::shared_ptr<http::ByteSource> bytes,
              Done<model::Asset> done);

 private:
  // What the store knows that decides about a creation.
  struct Known {
    std::optional<model::Asset> content;   // An asset of the same bytes, when those are to be reused.
    std::optional<model::Asset> namesake;  // An asset of the same name.
    std::optional<model::JournalEntry> earlier;
  };

  // The steps in their order, from one stage (asset_request.h) to the next; each goes on with the next step or answers.
  void FindGroup(AssetRequest request, Done<model::Asset> done);
  void Check(AssetRequest request, VendorAccount& account, model::AssetGroup group, Done<model::Asset> done);
  void Read(CheckedAsset asset, Done<model::Asset> done);
  void ShareContent(ReadAsset asset, Done<model::Asset> done);
  void Decide(ReadAsset asset, Done<model::Asset> done);
  // `earlier`: the journal has a call of this request id.
  void Launch(ReadAsset asset, bool earlier, Done<model::Asset> done);
  void AwaitTurn(const std::shared_ptr<JournalledAsset>& asset);

  // Goes on when another creation of the same bytes has come to `leader`.
  void Follow(ReadAsset asset, const absl::StatusOr<model::Asset>& leader, Done<model::Asset> done);
  absl::StatusOr<Known> LookUp(const CheckedAsset& asset);
  // What the creation would answer: a preview, or why its name or place is not free now.
  absl::StatusOr<model::Asset> Foresee(const ReadAsset& asset);
  // Whether name and place are free now.
  absl::Status CheckClaim(const CheckedAsset& asset);
  // Whether an upload is the same request as the journalled one; a stream is read to its end where its hash is needed.
  absl::Status CompareWithEarlier(const ReadAsset& asset, const model::JournalEntry& earlier);
  // Answers as the earlier request did, and sends nothing.
  void AnswerAsEarlier(const CheckedAsset& asset, Done<model::Asset> done);
  void AnswerWithContent(const ReadAsset& asset, model::Asset content, Done<model::Asset> done);
  // The journal's answer to the request (a name) becomes the asset itself.
  Journal::Waiter AnswerWith(const AssetRequest& request, Done<model::Asset> done);

  const bool plain_http_;
  base::Mutex mutex_;
  bool require_rights_note_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, bool> tenants_require_rights_note_ ABSL_GUARDED_BY(mutex_);
  store::Store& store_;
  VendorAccounts& accounts_;
  Journal& journal_;
  Adoption& adoption_;
  base::Clock& clock_;
  const std::shared_ptr<upstream::MediaFetcher> fetcher_;
  TempFileQuota spools_;
  FileStager stager_;
  AssetSender sender_;
  SingleFlight contents_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_CREATION_H_

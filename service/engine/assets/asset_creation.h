#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_CREATION_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_CREATION_H_

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/assets/adoption.h"
#include "service/engine/assets/asset_draft.h"
#include "service/engine/assets/asset_sender.h"
#include "service/engine/assets/asset_tracker.h"
#include "service/engine/assets/single_flight.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/upstreams.h"
#include "service/engine/journal/journal.h"
#include "service/engine/uploads/file_stager.h"
#include "service/engine/uploads/staging_directory.h"
#include "service/engine/uploads/temp_file.h"
#include "service/http/http_transport.h"
#include "service/model/asset.h"
#include "service/store/store.h"
#include "service/upstream/media_fetch.h"

namespace seedance::engine {

// Makes assets at the vendor: at most one billed call per request id. Input rules that need the upstream's profile, or
// the bytes themselves, are checked here, together with the violations that the caller found. Thread-safe.
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

  AssetCreation(const Options& options, store::Store& store, Upstreams& upstreams, Journal& billed, Adoption& adoption,
                AssetTracker& tracker, base::Clock& clock, base::Random& random);

  // The broken rule where an asset of the tenant must have a rights note and this is none.
  std::optional<base::FieldViolation> CheckRightsNote(const std::string& tenant, const std::string& note,
                                                      const std::string& field) const;

  void Create(const CallContext& context, const CreateAssetParams& params, Done<model::Asset> done);

  // Reads `bytes` on one of the upstream's transfer threads until its end, or until the vendor or a limit says stop.
  // The context's cancel token breaks it off. `bytes` is read even when the answer is known (same request id), to
  // compare its hash.
  void Upload(const CallContext& context, const UploadAssetParams& params, std::shared_ptr<http::ByteSource> bytes,
              Done<model::Asset> done);

 private:
  using DraftPtr = std::shared_ptr<AssetDraft>;

  // What the store knows that decides about a draft.
  struct Known {
    std::optional<model::Asset> content;   // An asset of the same bytes, when those are to be reused.
    std::optional<model::Asset> namesake;  // An asset of the same name.
    std::optional<model::JournalEntry> earlier;
  };

  // The steps in their order; each goes on with the next or answers.
  void Begin(const DraftPtr& draft, Done<model::Asset> done);
  void WithGroup(const DraftPtr& draft, Done<model::Asset> done);
  void Check(const DraftPtr& draft, Done<model::Asset> done);
  void Read(const DraftPtr& draft, Done<model::Asset> done);
  void ShareContent(const DraftPtr& draft, Done<model::Asset> done);
  void Decide(const DraftPtr& draft, Done<model::Asset> done);
  void Launch(const DraftPtr& draft, Done<model::Asset> done);

  // Reads the caller's stream as far as it must be read before the vendor is called.
  absl::Status ReadStream(AssetDraft& draft);
  absl::Status ToSpool(AssetDraft& draft);
  void Follow(const DraftPtr& draft, const absl::StatusOr<model::Asset>& leader, Done<model::Asset> done);
  absl::StatusOr<Known> LookUp(const AssetDraft& draft);
  // What the creation would answer: a preview, or why its name or place is not free now.
  absl::StatusOr<model::Asset> Foresee(const AssetDraft& draft);
  absl::Status CompareWithEarlier(AssetDraft& draft, const model::JournalEntry& earlier);
  void AnswerWithContent(const DraftPtr& draft, model::Asset asset, Done<model::Asset> done);
  Journal::Waiter AnswerWith(const DraftPtr& draft, Done<model::Asset> done);

  const bool plain_http_;
  const bool require_rights_note_;
  const std::map<std::string, bool> tenants_require_rights_note_;
  store::Store& store_;
  Upstreams& upstreams_;
  Journal& billed_;
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

#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_CHECKED_ASSET_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_CHECKED_ASSET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "service/engine/assets/asset_request.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/uploads/file_stager.h"
#include "service/engine/uploads/media_validator.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/journal_entry.h"

namespace seedance::engine {

// What is known of the file of a new asset.
struct FileFacts {
  model::MediaType type = model::MediaType::kUnspecified;
  model::MediaInfo info;
};

// What the whole file showed.
FileFacts FactsOf(const MediaValidator& validator, int64_t size, std::string sha256);

// The second stage of a creation: its group is known, and every rule was checked that needs no reading of a stream or
// of a file behind a URL. May have violations: then only more of them are collected.
//
// Tests: tests/unit/engine/assets/asset_creation_test.cc, tests/unit/engine/assets/asset_media_test.cc
struct CheckedAsset : AssetRequest {
  // Neither checked nor read yet; see CheckAtHand. `owner` outlives it.
  CheckedAsset(AssetRequest request, VendorAccount& owner, model::AssetGroup owned)
      : AssetRequest(std::move(request)), account(&owner), group(std::move(owned)) {
    file.type = given_type;
  }

  VendorAccount* account;             // Never null.
  model::AssetGroup group;            // Empty when the request had violations.
  std::optional<std::string> memory;  // The bytes: inline, or decoded from `uri`. Empty for URLs and uploads.
  FileFacts file;                     // All of it with `memory`; else what the request or the URL says.

  const model::AssetProfile& profile() const { return account->profile().assets; }
  // For the bytes of this file.
  MediaValidator MakeValidator() const { return {profile(), {bytes_field, prefix + "asset.media_type"}, given_type}; }
  // Whether the vendor gets `uri` as it is.
  bool sends_uri() const;
};

// Decodes what is at hand and adds every rule to `violations` that can be judged without reading anything else.
// `plain_http`: http URLs are allowed.
CheckedAsset CheckAtHand(AssetRequest request, VendorAccount& account, model::AssetGroup group,
                         const FileStager& stager, bool plain_http);

// The asset that the creation would make, by what is known now.
model::Asset Preview(const CheckedAsset& asset);

// The asset as it will be stored when the vendor takes it, but for id and times.
model::Asset IntentOf(const CheckedAsset& asset);

// The name and the place that the creation needs to be free.
model::AssetClaim ClaimOf(const CheckedAsset& asset);

// The row that journals the creation.
model::JournalEntry EntryOf(const CheckedAsset& asset);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_CHECKED_ASSET_H_

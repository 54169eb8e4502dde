#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_READ_ASSET_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_READ_ASSET_H_

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "service/engine/assets/checked_asset.h"
#include "service/engine/uploads/file_stager.h"
#include "service/engine/uploads/temp_file.h"
#include "service/engine/uploads/upload_source.h"
#include "service/model/journal_entry.h"

namespace seedance::engine {

// The vendor gets the request's `uri`, and reads it itself.
struct VendorReadsUri {};

// How the vendor gets the bytes of a new asset: in memory, at rest on disk, or as they are being read from the caller,
// which can be done once.
using AssetBytes = std::variant<VendorReadsUri, std::string, std::unique_ptr<TempFile>, std::unique_ptr<UploadSource>>;

// The third stage of a creation: it broke no rule, and its bytes were read as far as they must be before the vendor is
// called. `file` has the media type. Move-only.
//
// Tests: tests/unit/engine/assets/asset_creation_test.cc, tests/unit/engine/assets/asset_reuse_test.cc
struct ReadAsset : CheckedAsset {
  ReadAsset(CheckedAsset checked, AssetBytes source) : CheckedAsset(std::move(checked)), bytes(std::move(source)) {}

  AssetBytes bytes;

  // The caller's stream if the bytes leave this machine as they are being read from it; else null.
  UploadSource* streaming() const {
    const auto* upload = std::get_if<std::unique_ptr<UploadSource>>(&bytes);
    return upload == nullptr ? nullptr : upload->get();
  }
};

// The last stage: `call` has entered the journal and nobody else may send it. It is in the store before it is sent; its
// holder ends it exactly once (Journal::Accepted, Journal::Failed).
struct JournalledAsset : ReadAsset {
  JournalledAsset(ReadAsset read, model::JournalEntry row) : ReadAsset(std::move(read)), call(std::move(row)) {}

  model::JournalEntry call;
};

// For an asset whose bytes need no reading: they are in memory, or a URL that was not asked to be validated.
ReadAsset ReadAtHand(CheckedAsset asset);

// Reads the caller's stream: to its end onto disk where its hash is needed first (`reuse_content`) or where the vendor
// takes only URLs; else its beginning, which shows most broken files before anything is sent. Blocks. Errors:
// INVALID_ARGUMENT and OUT_OF_RANGE as UploadSource::Next, or because the media type cannot be told; those of
// `spools`; those of the stream.
absl::StatusOr<ReadAsset> ReadStream(CheckedAsset asset, TempFileQuota& spools, const FileStager& stager);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_READ_ASSET_H_

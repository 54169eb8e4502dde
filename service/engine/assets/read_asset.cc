#include "service/engine/assets/read_asset.h"

#include "service/base/error.h"

namespace seedance::engine {
namespace {

using model::MediaType;

// So much of a stream is read before the vendor is called: headers are mostly there, and short files are whole.
constexpr size_t kLookAhead = 1 << 20;

absl::StatusOr<ReadAsset> ToDisk(CheckedAsset asset, UploadSource& upload, TempFileQuota& spools,
                                 const FileStager& stager) {
  absl::StatusOr<std::unique_ptr<TempFile>> file = spools.Create();
  if (!file.ok()) return file.status();
  for (;;) {
    absl::StatusOr<std::string> piece = upload.Next();
    if (!piece.ok()) return piece.status();
    if (piece->empty()) break;
    if (absl::Status written = (*file)->Append(*piece); !written.ok()) return written;
  }
  asset.file = FactsOf(upload.judge(), upload.size(), upload.sha256());
  if (!asset.profile().bytes) {
    if (auto refusal = stager.Refusal(asset.profile(), (*file)->size(), asset.bytes_field)) {
      return base::InvalidInput({*refusal});
    }
  }
  return ReadAsset(std::move(asset), *std::move(file));
}

absl::StatusOr<ReadAsset> Beginning(CheckedAsset asset, std::unique_ptr<UploadSource> upload) {
  absl::Status read = upload->LookAhead(kLookAhead);
  if (!read.ok()) return read;
  MediaValidator& validator = upload->judge();
  if (validator.type() == MediaType::kUnspecified) {
    validator.Assume(model::MediaTypeOfFileName(asset.file_name));
    if (validator.type() == MediaType::kUnspecified) {
      return base::InvalidField("metadata.asset.media_type",
                                "is required: neither the beginning of the file nor its name shows it");
    }
  }
  asset.file.type = validator.type();
  if (const int64_t size = upload->Size().value_or(0); size > validator.MaxBytes()) {
    return base::InvalidInput({DeclaredTooLong(size, validator.MaxBytes())});
  }
  return ReadAsset(std::move(asset), std::move(upload));
}

}  // namespace

ReadAsset ReadAtHand(CheckedAsset asset) {
  AssetBytes bytes = VendorReadsUri();
  if (!asset.sends_uri()) bytes = *std::move(asset.memory);
  asset.memory.reset();
  return {std::move(asset), std::move(bytes)};
}

absl::StatusOr<ReadAsset> ReadStream(CheckedAsset asset, TempFileQuota& spools, const FileStager& stager) {
  auto upload = std::make_unique<UploadSource>(std::move(asset.stream), asset.declared_size, asset.MakeValidator());
  if (!asset.reuse_content && asset.profile().bytes) return Beginning(std::move(asset), std::move(upload));
  return ToDisk(std::move(asset), *upload, spools, stager);
}

}  // namespace seedance::engine

#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_FILE_STAGER_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_FILE_STAGER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/error.h"
#include "service/engine/uploads/staging_directory.h"
#include "service/engine/uploads/temp_file.h"
#include "service/model/profile.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// Puts bytes behind a URL for upstreams that take nothing else: with the vendor's own upload, or with the gateway's.
// Thread-safe.
//
// Tests: tests/unit/engine/uploads/staging_directory_test.cc, tests/unit/engine/assets/asset_staging_test.cc
class FileStager {
 public:
  // `staging` may be null: the gateway serves no files.
  FileStager(TempFileQuota& spools, StagingDirectory* staging) : spools_(spools), staging_(staging) {}

  // Why a file of `size` bytes cannot be staged, as a violation of `field`.
  std::optional<base::FieldViolation> Refusal(const model::AssetProfile& profile, int64_t size,
                                              const std::string& field) const;

  // The URL of the bytes of `file`, which has `suffix`. Nothing is billed. A refusal comes as INVALID_ARGUMENT on
  // `field`; other errors are those of FileApi::UploadToVendor and StagingDirectory::Publish.
  absl::StatusOr<std::string> Stage(upstream::Upstream& upstream, const upstream::CallOptions& call,
                                    const TempFile& file, const std::string& suffix, const std::string& field);

  // As above, for bytes in memory.
  absl::StatusOr<std::string> Stage(upstream::Upstream& upstream, const upstream::CallOptions& call,
                                    const std::string& bytes, const std::string& suffix, const std::string& field);

 private:
  TempFileQuota& spools_;
  StagingDirectory* const staging_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_FILE_STAGER_H_

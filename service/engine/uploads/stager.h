#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_STAGER_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_STAGER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/error.h"
#include "service/engine/uploads/spool.h"
#include "service/engine/uploads/staging.h"
#include "service/model/profile.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// Puts bytes behind a URL for upstreams that take nothing else: with the vendor's own upload, or with the gateway's.
// Thread-safe.
class Stager {
 public:
  // `staging` may be null: the gateway serves no files.
  Stager(SpoolSpace& spools, Staging* staging) : spools_(spools), staging_(staging) {}

  // Why a file of `size` bytes cannot be staged, as a violation of `field`.
  std::optional<base::FieldViolation> Refusal(const model::AssetProfile& profile, int64_t size,
                                              const std::string& field) const;

  // The URL of the bytes of `file`, which has `suffix`. Nothing is billed. A refusal comes as INVALID_ARGUMENT on
  // `field`; other errors are those of Upstream::StageFile and Staging::Publish.
  absl::StatusOr<std::string> Stage(upstream::Upstream& upstream, const upstream::CallOptions& call,
                                    const SpoolFile& file, const std::string& suffix, const std::string& field);

  // As above, for bytes in memory.
  absl::StatusOr<std::string> Stage(upstream::Upstream& upstream, const upstream::CallOptions& call,
                                    const std::string& bytes, const std::string& suffix, const std::string& field);

 private:
  SpoolSpace& spools_;
  Staging* const staging_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_STAGER_H_

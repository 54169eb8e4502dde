#ifndef SEEDANCE_SERVICE_RPC_BATCH_PREVIEW_H_
#define SEEDANCE_SERVICE_RPC_BATCH_PREVIEW_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "service/base/mutex.h"
#include "service/engine/assets/adoption.h"
#include "service/engine/assets/asset_request.h"
#include "service/engine/journal/claim_conflict.h"
#include "service/model/asset.h"
#include "service/model/names.h"

namespace seedance::rpc {

// Detects that previews of one batch would take the same name: a preview itself claims nothing. For requests that share
// a display name. Thread-safe.
class BatchPreview {
 public:
  // `preview` (the engine's answer to the next of these requests), or DISPLAY_NAME_TAKEN when an earlier one would have
  // the name.
  absl::StatusOr<model::Asset> Judge(const engine::CreateAssetParams& params, absl::StatusOr<model::Asset> preview) {
    if (!preview.ok() || preview->reused) return preview;
    const std::string& hash = preview->media_info.sha256;
    std::string request_id = absl::AsciiStrToLower(params.request_id);
    base::MutexLock lock(mutex_);
    if (!first_.has_value()) {
      first_ = {std::move(request_id), hash};
      return preview;
    }
    // An equal request, or equal bytes to be reused, would be answered with the first one's asset.
    const bool same_request = !request_id.empty() && request_id == first_->request_id;
    const bool same_bytes = params.reuse_content && !hash.empty() && hash == first_->hash;
    if (same_request || same_bytes) return preview;
    return engine::DisplayNameTaken(model::AssetGroupName(params.group), params.display_name);
  }

 private:
  struct First {
    std::string request_id;
    std::string hash;  // SHA-256 of the bytes; empty: unknown.
  };

  base::Mutex mutex_;
  std::optional<First> first_ ABSL_GUARDED_BY(mutex_);  // The request that would have the name.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_BATCH_PREVIEW_H_

#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_URL_CHECK_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_URL_CHECK_H_

#include <memory>

#include "absl/status/statusor.h"
#include "service/base/cancel.h"
#include "service/engine/assets/read_asset.h"
#include "service/engine/dispatch/transfer_queue.h"
#include "service/upstream/media_fetch.h"

namespace seedance::engine {

// Reads the file behind the asset's URL: its headers, or all of it when the hash is needed for reuse. `cancel` breaks
// it off. Blocks. Errors: INVALID_ARGUMENT with all violations, those of the request and those of the file, also that
// it cannot be read; CANCELLED and DEADLINE_EXCEEDED when the caller went away; ABORTED when the file came so slowly
// that `slot` was ended for others.
//
// Tests: tests/unit/engine/assets/asset_url_test.cc
absl::StatusOr<ReadAsset> ReadUrl(upstream::MediaFetcher& fetcher, CheckedAsset asset,
                                  const std::shared_ptr<base::CancelToken>& cancel, TransferSlot& slot);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_URL_CHECK_H_

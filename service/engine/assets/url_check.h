#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_URL_CHECK_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_URL_CHECK_H_

#include <memory>

#include "absl/status/status.h"
#include "service/base/cancel.h"
#include "service/engine/assets/asset_draft.h"
#include "service/engine/dispatch/transfer_queue.h"
#include "service/upstream/media_fetch.h"

namespace seedance::engine {

// Reads the file behind the draft's URL: its headers, or all of it when the hash is needed for reuse. Adds the rules
// that it breaks, and that it cannot be read, to the draft's violations. An error only when the caller went away, its
// deadline has passed, or the file came so slowly that `turn` was ended for others (ABORTED). `cancel` breaks it off.
// Blocks.
//
// Tests: tests/unit/engine/assets/asset_url_test.cc
absl::Status CheckUrlMedia(upstream::MediaFetcher& fetcher, AssetDraft& draft,
                           const std::shared_ptr<base::CancelToken>& cancel, TransferSlot& turn);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_URL_CHECK_H_

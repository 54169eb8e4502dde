#ifndef SEEDANCE_SERVICE_ENGINE_URL_CHECK_H_
#define SEEDANCE_SERVICE_ENGINE_URL_CHECK_H_

#include "absl/status/status.h"
#include "service/engine/asset_draft.h"
#include "service/upstream/media_fetch.h"

namespace seedance::engine {

// Reads the file behind the draft's URL: its headers, or all of it when the hash is needed for reuse. Adds the rules
// that it breaks, and that it cannot be read, to the draft's violations. An error only when the caller went away or its
// deadline has passed. Blocks.
absl::Status CheckUrlMedia(upstream::MediaFetcher& fetcher, AssetDraft& draft);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_URL_CHECK_H_

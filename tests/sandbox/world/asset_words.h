#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_ASSET_WORDS_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_ASSET_WORDS_H_

#include "absl/time/time.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// Sets the moment in which the asset settles, and its failure, by the words in its name and URL: `fail-<Code>` makes it
// Failed with that code, `slow` in the name takes ten times as long, `lasts-<N>` N virtual seconds. `asset.created`
// must be set.
void ApplyAssetWords(absl::Duration asset_time, Asset& asset);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_ASSET_WORDS_H_

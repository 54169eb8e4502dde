#ifndef SEEDANCE_TESTS_CONTRACT_STORE_SAMPLES_H_
#define SEEDANCE_TESTS_CONTRACT_STORE_SAMPLES_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"

// Resources for tests of the store.
namespace seedance::testing {

// A fixed moment plus so many seconds.
absl::Time At(double seconds);

// Small ones of tenant `tenant-a`, made at At(0).
model::AssetGroup MakeGroup(const std::string& id);
model::Asset MakeAsset(const std::string& id);
model::GenerationTask MakeTask(const std::string& id);
model::JournalEntry MakeCall(const std::string& request_id);

// Ones where every field differs from its default.
model::AssetGroup FullGroup();
model::Asset FullAsset();
model::GenerationTask FullTask();
model::JournalEntry FullCall();

// Every field but the revision, one per line: equal texts mean equal resources.
std::string Describe(const model::AssetGroup& group);
std::string Describe(const model::Asset& asset);
std::string Describe(const model::GenerationTask& task);
std::string Describe(const model::JournalEntry& call);

// Number of PROCESSING or ACTIVE assets at the upstream; -1: the store failed.
template <typename Store>
int64_t LiveAssets(Store& store, const std::string& upstream) {
  auto counts = store.CountAssets(upstream);
  return counts.ok() ? (*counts)[model::AssetState::kProcessing] + (*counts)[model::AssetState::kActive] : -1;
}

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_CONTRACT_STORE_SAMPLES_H_

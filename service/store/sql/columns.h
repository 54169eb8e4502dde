#ifndef SEEDANCE_SERVICE_STORE_SQL_COLUMNS_H_
#define SEEDANCE_SERVICE_STORE_SQL_COLUMNS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"
#include "service/model/page.h"

// Values of the columns that stand beside the stored bodies and serve queries, the same for every backend. Pure and
// thread-safe.
//
// Tests: tests/contract/store_contract_tasks.cc, tests/contract/store_contract_assets.cc
namespace seedance::store::sql {

// Primary key of a group or asset: `{upstream}~{id}`.
std::string HandleKey(const model::UpstreamHandle& handle);

// Last use of an asset; its creation before any.
int64_t UsedMicros(const model::Asset& asset);

// 1 while the task is not terminal, else 0.
int IsOpen(const model::GenerationTask& task);
// 0 while it is open. Without an end_time, the time of its last change.
int64_t EndMicros(const model::GenerationTask& task);

// Id of the task that the entry is about; empty for other entries.
std::string TaskIdOf(const model::JournalEntry& call);

// Expiry of a claim; the greatest number for InfiniteFuture.
int64_t ClaimMicros(absl::Time until);
// Key of the asset that a claim is about; empty: a new one.
std::string ClaimedKey(const model::AssetClaim& claim);

// Positions in lists.
model::PageCursor CursorOf(const model::AssetGroup& group);
model::PageCursor CursorOf(const model::Asset& asset);
model::PageCursor CursorOf(const model::GenerationTask& task);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_COLUMNS_H_

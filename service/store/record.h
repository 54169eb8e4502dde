#ifndef SEEDANCE_SERVICE_STORE_RECORD_H_
#define SEEDANCE_SERVICE_STORE_RECORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"

// Resources as bytes (seedance.gateway.store.v1), the same for every backend. Every field survives but `revision`,
// which the backends keep themselves, `reused` of an asset, which is never stored, and what a time has below a
// nanosecond. Infinite times survive where they have a meaning (record.proto).
namespace seedance::store {

std::string SerializeGroup(const model::AssetGroup& group);
std::string SerializeAsset(const model::Asset& asset);
std::string SerializeTask(const model::GenerationTask& task);
std::string SerializeCall(const model::JournalEntry& call);

// The reverse; revisions are 0. base::StoreUnavailable when the bytes are not such a record or hold an enum number
// that this release does not know.
absl::StatusOr<model::AssetGroup> ParseGroup(const std::string& bytes);
absl::StatusOr<model::Asset> ParseAsset(const std::string& bytes);
absl::StatusOr<model::GenerationTask> ParseTask(const std::string& bytes);
absl::StatusOr<model::JournalEntry> ParseCall(const std::string& bytes);

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_RECORD_H_

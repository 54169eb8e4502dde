#ifndef SEEDANCE_SERVICE_STORE_RECORD_H_
#define SEEDANCE_SERVICE_STORE_RECORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"

// Serialization of resources (seedance.gateway.store.v1), the same for every backend. All fields survive except
// `revision` (kept by the backend), `reused` and `creation` of an asset (never stored) and fractions of a nanosecond.
// Infinite times survive where they have a meaning (record.proto).
//
// All functions are pure and thread-safe.
namespace seedance::store {

// Never fail.
std::string SerializeGroup(const model::AssetGroup& group);
std::string SerializeAsset(const model::Asset& asset);
std::string SerializeTask(const model::GenerationTask& task);
std::string SerializeEntry(const model::JournalEntry& call);

// Inverse of the above; revisions are 0. base::StoreUnavailable (cause `unreadable_record`) when the bytes are no such
// record or hold an enum number unknown to this release.
absl::StatusOr<model::AssetGroup> ParseGroup(const std::string& bytes);
absl::StatusOr<model::Asset> ParseAsset(const std::string& bytes);
absl::StatusOr<model::GenerationTask> ParseTask(const std::string& bytes);
absl::StatusOr<model::JournalEntry> ParseEntry(const std::string& bytes);

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_RECORD_H_

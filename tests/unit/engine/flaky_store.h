#ifndef SEEDANCE_TESTS_UNIT_ENGINE_FLAKY_STORE_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_FLAKY_STORE_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/store/store.h"

namespace seedance::testing {

// A store whose next writes fail when the test says so.
class FlakyStore : public store::Store {
 public:
  explicit FlakyStore(std::shared_ptr<store::Store> store) : store_(std::move(store)) {}

  // For a store that several engines share: who owns what. Set it before the first use. Null: the store's own.
  store::Ownership* shards = nullptr;
  const std::shared_ptr<store::Store>& shared() const { return store_; }

  // How many of the next calls of that method fail.
  std::atomic<int> failing_updates{0};        // UpdateTask.
  std::atomic<int> updates{0};                // Calls of UpdateTask.
  std::atomic<int> failing_begins{0};         // BeginEntry.
  std::atomic<int> moved_begins{0};           // BeginEntry: the shard is another process's.
  std::atomic<int> unsure_begins{0};          // BeginEntry: it is written all the same.
  std::atomic<int> failing_finishes{0};       // FinishEntry.
  std::atomic<int> late_finishes{0};          // FinishEntry: others have put the call in doubt.
  std::atomic<int> failing_reads{0};          // GetTask.
  std::atomic<int> failing_asset_updates{0};  // UpdateAsset.
  std::atomic<int> failing_asset_reads{0};    // GetAsset.
  std::atomic<int> failing_histories{0};      // ListTaskChanges, ListChanges.

  // Who sent what the journal has.
  std::atomic<int64_t> sender{0};

  // Runs when GetEntry has read, before it returns. Set it while nobody calls.
  std::function<void()> after_get_call;

  std::string epoch() override { return store_->epoch(); }
  store::Ownership& ownership() override { return shards != nullptr ? *shards : store_->ownership(); }
  Health Probe(absl::Time now, absl::Duration max_age) override { return store_->Probe(now, max_age); }
  absl::StatusOr<std::vector<Change>> ListChanges(int64_t after, int limit) override {
    if (Fails(failing_histories)) return base::StoreUnavailable("test");
    return store_->ListChanges(after, limit);
  }
  absl::StatusOr<model::AssetGroup> PutGroup(const model::AssetGroup& group) override {
    return store_->PutGroup(group);
  }
  absl::StatusOr<model::AssetGroup> AddGroup(const model::AssetGroup& group) override {
    return store_->AddGroup(group);
  }
  absl::StatusOr<model::AssetGroup> GetGroup(const model::UpstreamHandle& handle) override {
    return store_->GetGroup(handle);
  }
  absl::StatusOr<model::AssetGroup> UpdateGroup(const model::UpstreamHandle& handle,
                                                absl::FunctionRef<absl::Status(model::AssetGroup&)> change) override {
    return store_->UpdateGroup(handle, change);
  }
  absl::Status DeleteGroup(const model::UpstreamHandle& handle) override { return store_->DeleteGroup(handle); }
  absl::StatusOr<bool> DeleteEmptyGroup(const model::UpstreamHandle& handle) override {
    return store_->DeleteEmptyGroup(handle);
  }
  absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(const GroupFilter& filter, const model::PageCursor& after,
                                                            int limit) override {
    return store_->ListGroups(filter, after, limit);
  }
  absl::StatusOr<model::Asset> PutAsset(const model::Asset& asset) override { return store_->PutAsset(asset); }
  absl::StatusOr<model::Asset> AddAsset(const model::Asset& asset) override { return store_->AddAsset(asset); }
  absl::StatusOr<model::Asset> GetAsset(const model::UpstreamHandle& handle) override {
    if (Fails(failing_asset_reads)) return base::StoreUnavailable("test");
    return store_->GetAsset(handle);
  }
  absl::StatusOr<model::Asset> UpdateAsset(const model::UpstreamHandle& handle,
                                           absl::FunctionRef<absl::Status(model::Asset&)> change) override {
    if (Fails(failing_asset_updates)) return base::StoreUnavailable("test");
    return store_->UpdateAsset(handle, change);
  }
  absl::StatusOr<model::Asset> UpdateOwnedAsset(const model::UpstreamHandle& handle,
                                                absl::FunctionRef<absl::Status(model::Asset&)> change) override {
    if (Fails(failing_asset_updates)) return base::StoreUnavailable("test");
    if (!ownership().OwnsId(model::AssetName(handle))) return absl::AbortedError("not owned");
    return store_->UpdateOwnedAsset(handle, change);
  }
  absl::Status DeleteAsset(const model::UpstreamHandle& handle) override { return store_->DeleteAsset(handle); }
  absl::StatusOr<bool> DeleteAssetOf(const model::UpstreamHandle& handle, const std::string& upstream_id) override {
    return store_->DeleteAssetOf(handle, upstream_id);
  }
  absl::StatusOr<model::Page<model::Asset>> ListAssets(const AssetFilter& filter, const model::PageCursor& after,
                                                       int limit) override {
    return store_->ListAssets(filter, after, limit);
  }
  absl::StatusOr<std::optional<model::Asset>> FindAsset(const model::UpstreamHandle& group,
                                                        const std::string& display_name) override {
    return store_->FindAsset(group, display_name);
  }
  absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(const model::UpstreamHandle& group,
                                                                 const std::string& sha256) override {
    return store_->FindAssetByContent(group, sha256);
  }
  absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(const std::string& upstream,
                                                                  const std::string& vendor_id) override {
    return store_->FindAssetByVendorId(upstream, vendor_id);
  }
  absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets() override { return store_->ListProcessingAssets(); }
  absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets() override { return store_->ListExpiringAssets(); }
  absl::StatusOr<std::optional<ClaimConflict>> ClaimAsset(const std::string& holder, const model::AssetClaim& claim,
                                                          absl::Time now) override {
    return store_->ClaimAsset(holder, claim, now);
  }
  absl::StatusOr<std::optional<ClaimConflict>> FindClaimConflict(const std::string& holder,
                                                                 const model::AssetClaim& claim,
                                                                 absl::Time now) override {
    return store_->FindClaimConflict(holder, claim, now);
  }
  absl::Status ReleaseClaim(const std::string& holder) override { return store_->ReleaseClaim(holder); }
  absl::StatusOr<std::map<model::AssetState, int64_t>> CountAssets(const std::string& upstream) override {
    return store_->CountAssets(upstream);
  }
  absl::StatusOr<Library> ReadLibrary(const std::string& tenant, const std::string& upstream, absl::Time now,
                                      int limit) override {
    if (Fails(failing_reads)) return base::StoreUnavailable("test");
    return store_->ReadLibrary(tenant, upstream, now, limit);
  }
  absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(const std::string& tenant,
                                                                  const std::string& upstream, int limit) override {
    return store_->ListLeastRecentlyUsed(tenant, upstream, limit);
  }
  absl::StatusOr<model::GenerationTask> GetTask(const std::string& id) override {
    if (Fails(failing_reads)) return base::StoreUnavailable("test");
    return store_->GetTask(id);
  }
  std::shared_ptr<const model::GenerationTask> PeekTask(const std::string& id) override { return store_->PeekTask(id); }
  absl::StatusOr<model::GenerationTask> UpdateTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) override {
    ++updates;
    if (Fails(failing_updates)) return base::StoreUnavailable("test");
    return store_->UpdateTask(id, change);
  }
  absl::StatusOr<model::GenerationTask> UpdateOwnedTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) override {
    ++updates;
    if (Fails(failing_updates)) return base::StoreUnavailable("test");
    if (!ownership().OwnsId(id)) return absl::AbortedError("not owned");
    return store_->UpdateOwnedTask(id, change);
  }
  absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(const TaskFilter& filter, const model::PageCursor& after,
                                                               int limit) override {
    return store_->ListTasks(filter, after, limit);
  }
  absl::StatusOr<std::map<model::TaskState, int64_t>> CountTasks(const TaskFilter& filter) override {
    return store_->CountTasks(filter);
  }
  absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks() override { return store_->ListOpenTasks(); }
  absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(
      const std::string& upstream, const std::string& upstream_task_id) override {
    return store_->FindTaskByUpstreamId(upstream, upstream_task_id);
  }
  absl::StatusOr<bool> IsDeletedTaskOf(const std::string& upstream, const std::string& upstream_task_id) override {
    return store_->IsDeletedTaskOf(upstream, upstream_task_id);
  }
  absl::StatusOr<int64_t> DeleteTask(const std::string& id, absl::Time now,
                                     absl::FunctionRef<absl::Status(const model::GenerationTask&)> check) override {
    return store_->DeleteTask(id, now, check);
  }
  absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(absl::Time ended_before, absl::Time now,
                                                                int limit) override {
    return store_->PurgeTasks(ended_before, now, limit);
  }
  absl::StatusOr<std::vector<TaskChange>> ListTaskChanges(const std::string& tenant, int64_t after,
                                                          int limit) override {
    if (Fails(failing_histories)) return base::StoreUnavailable("test");
    return store_->ListTaskChanges(tenant, after, limit);
  }
  absl::StatusOr<HistoryBounds> GetHistoryBounds() override { return store_->GetHistoryBounds(); }
  absl::StatusOr<int> TrimDeletions(absl::Time before) override { return store_->TrimDeletions(before); }
  using JournalStore::BeginEntry;
  absl::StatusOr<Begun> BeginEntry(const model::JournalEntry& call, const model::GenerationTask* task,
                                   int64_t max_open) override {
    if (Fails(failing_begins)) return base::StoreUnavailable("test");
    if (Fails(moved_begins)) return base::StoreUnavailable("not_owner");
    absl::StatusOr<Begun> begun = store_->BeginEntry(call, task, max_open);
    if (Fails(unsure_begins)) return base::StoreUnavailable("test");
    if (begun.ok() && begun->existing.has_value()) begun->existing->sender = sender;
    return begun;
  }
  absl::Status FinishEntry(const model::JournalEntry& call, model::AssetGroup* group, model::Asset* asset) override {
    if (Fails(failing_finishes)) return base::StoreUnavailable("test");
    if (Fails(late_finishes)) return absl::AbortedError("test");
    return store_->FinishEntry(call, group, asset);
  }
  absl::Status ExtendFingerprint(const model::JournalKey& key, const model::Fingerprint& more) override {
    return store_->ExtendFingerprint(key, more);
  }
  absl::StatusOr<std::optional<model::JournalEntry>> GetEntry(const model::JournalKey& key) override {
    absl::StatusOr<std::optional<model::JournalEntry>> call = store_->GetEntry(key);
    if (after_get_call) after_get_call();
    if (call.ok() && call->has_value()) (*call)->sender = sender;
    return call;
  }
  absl::StatusOr<int> DoubtInFlightEntries(const std::string& error, absl::Time now) override {
    return store_->DoubtInFlightEntries(error, now);
  }
  absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInFlight() override {
    return store_->ListEntriesInFlight();
  }
  absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInDoubt(int limit) override {
    return store_->ListEntriesInDoubt(limit);
  }
  absl::StatusOr<int> PurgeEntries(absl::Time before, int limit) override {
    return store_->PurgeEntries(before, limit);
  }

 private:
  static bool Fails(std::atomic<int>& left) {
    int now = left;
    while (now > 0 && !left.compare_exchange_weak(now, now - 1)) {
    }
    return now > 0;
  }

  const std::shared_ptr<store::Store> store_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_FLAKY_STORE_H_

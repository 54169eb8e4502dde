#ifndef SEEDANCE_SERVICE_STORE_SQL_SQL_STORE_H_
#define SEEDANCE_SERVICE_STORE_SQL_SQL_STORE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/error.h"
#include "service/store/probe.h"
#include "service/store/sql/asset_claims.h"
#include "service/store/sql/asset_rows.h"
#include "service/store/sql/call_rows.h"
#include "service/store/sql/changes.h"
#include "service/store/sql/group_rows.h"
#include "service/store/sql/session.h"
#include "service/store/sql/task_history.h"
#include "service/store/sql/task_rows.h"
#include "service/store/store.h"
#include "service/store/task_cache.h"

namespace seedance::store::sql {

// The Store over a relational database: which row functions each method runs, on a
// connection for reads or in a write transaction, and the tasks in memory. Thread-safe.
//
// A Backend has thread-safe methods:
//   epoch()               as Store.
//   Read(read)            runs `read(Session&)` and returns its result, or an error of the database.
//   Write(write)          runs `write(Session&)` in a transaction; OK after a durable commit. An error of `write` is
//                         returned, and undoes it.
//   AdmitBilled()         in a write after which something is billed: an error refuses it.
//   Trusted()             OK, or why every write fails from now on. Cheap.
//   ownership()           as Store.
//   IsOwner(session, id)  in a write: whether the shard of the task or asset is this process's.
//   Sender(session)       in a write: number of this process as a sender of billed requests; nullopt: it may send none.
//   IsOwnSender(sender)   whether this process has, or had, that number.
//   Live(session)         in a write: the numbers of all processes that may be sending some.
//   OpenTasks(session, tenant)  in a write: how many tasks of the tenant have not ended; 0 if it does not count them.
//   sole()                whether no other process may write the database. Never blocks.
//   write_failed()        whether the last write failed.
//   ProbeWrite()          a small durable write.
//
// Tests: tests/contract/store_contract.h
template <typename Backend>
class SqlStore : public Store {
 public:
  SqlStore(std::unique_ptr<Backend> backend, size_t task_cache_bytes)
      : backend_(std::move(backend)), tasks_(task_cache_bytes) {}

  std::string epoch() override { return backend_->epoch(); }
  Ownership& ownership() override { return backend_->ownership(); }

  Health Probe(absl::Time now, absl::Duration max_age) override {
    // Cheap, so it is checked every time.
    if (absl::Status trusted = backend_->Trusted(); !trusted.ok()) return {trusted, now};
    return probe_.Ask(now, max_age, backend_->write_failed(), [&] { return backend_->ProbeWrite(); });
  }

  absl::StatusOr<model::AssetGroup> PutGroup(const model::AssetGroup& group) override {
    return Write<model::AssetGroup>([&](Session& session) -> absl::StatusOr<model::AssetGroup> {
      model::AssetGroup written = group;
      WriteGroup(session, written);
      return written;
    });
  }

  absl::StatusOr<model::AssetGroup> AddGroup(const model::AssetGroup& group) override {
    return Write<model::AssetGroup>([&](Session& session) -> absl::StatusOr<model::AssetGroup> {
      absl::StatusOr<model::AssetGroup> there = ReadGroup(session, group.handle);
      if (!absl::IsNotFound(there.status())) return there;
      model::AssetGroup written = group;
      WriteGroup(session, written);
      return written;
    });
  }

  absl::StatusOr<model::AssetGroup> GetGroup(const model::UpstreamHandle& handle) override {
    return backend_->Read([&](Session& session) { return ReadGroup(session, handle); });
  }

  absl::StatusOr<model::AssetGroup> UpdateGroup(const model::UpstreamHandle& handle,
                                                absl::FunctionRef<absl::Status(model::AssetGroup&)> change) override {
    return Write<model::AssetGroup>([&](Session& session) -> absl::StatusOr<model::AssetGroup> {
      absl::StatusOr<model::AssetGroup> group = ReadGroup(session, handle);
      if (!group.ok()) return group;
      if (absl::Status changed = change(*group); !changed.ok()) return changed;
      WriteGroup(session, *group);
      return group;
    });
  }

  absl::Status DeleteGroup(const model::UpstreamHandle& handle) override {
    return backend_->Write([&](Session& session) { return EraseGroup(session, handle); });
  }

  absl::StatusOr<bool> DeleteEmptyGroup(const model::UpstreamHandle& handle) override {
    return Write<bool>([&](Session& session) { return EraseEmptyGroup(session, handle); });
  }

  absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(const GroupFilter& filter, const model::PageCursor& after,
                                                            int limit) override {
    return backend_->Read([&](Session& session) { return sql::ListGroups(session, filter, after, limit); });
  }

  absl::StatusOr<model::Asset> PutAsset(const model::Asset& asset) override {
    return Write<model::Asset>([&](Session& session) -> absl::StatusOr<model::Asset> {
      model::Asset written = asset;
      WriteAsset(session, written);
      return written;
    });
  }

  absl::StatusOr<model::Asset> AddAsset(const model::Asset& asset) override {
    return Write<model::Asset>([&](Session& session) -> absl::StatusOr<model::Asset> {
      absl::StatusOr<model::Asset> there = ReadAsset(session, asset.handle);
      if (!absl::IsNotFound(there.status())) return there;
      model::Asset written = asset;
      WriteAsset(session, written);
      return written;
    });
  }

  absl::StatusOr<model::Asset> GetAsset(const model::UpstreamHandle& handle) override {
    return backend_->Read([&](Session& session) { return ReadAsset(session, handle); });
  }

  absl::StatusOr<model::Asset> UpdateAsset(const model::UpstreamHandle& handle,
                                           absl::FunctionRef<absl::Status(model::Asset&)> change) override {
    return ChangeAsset(handle, change, /*owned=*/false);
  }

  absl::StatusOr<model::Asset> UpdateOwnedAsset(const model::UpstreamHandle& handle,
                                                absl::FunctionRef<absl::Status(model::Asset&)> change) override {
    return ChangeAsset(handle, change, /*owned=*/true);
  }

  absl::Status DeleteAsset(const model::UpstreamHandle& handle) override {
    return backend_->Write([&](Session& session) { return EraseAsset(session, handle); });
  }

  absl::StatusOr<bool> DeleteAssetOf(const model::UpstreamHandle& handle, const std::string& upstream_id) override {
    return Write<bool>([&](Session& session) { return EraseAssetOf(session, handle, upstream_id); });
  }

  absl::StatusOr<model::Page<model::Asset>> ListAssets(const AssetFilter& filter, const model::PageCursor& after,
                                                       int limit) override {
    return backend_->Read([&](Session& session) { return sql::ListAssets(session, filter, after, limit); });
  }

  absl::StatusOr<std::optional<model::Asset>> FindAsset(const model::UpstreamHandle& group,
                                                        const std::string& display_name) override {
    return backend_->Read([&](Session& session) { return sql::FindAsset(session, group, display_name); });
  }

  absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(const model::UpstreamHandle& group,
                                                                 const std::string& sha256) override {
    return backend_->Read([&](Session& session) { return sql::FindAssetByContent(session, group, sha256); });
  }

  absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(const std::string& upstream,
                                                                  const std::string& vendor_id) override {
    return backend_->Read([&](Session& session) { return sql::FindAssetByVendorId(session, upstream, vendor_id); });
  }

  absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets() override {
    return backend_->Read([](Session& session) { return sql::ListProcessingAssets(session); });
  }

  absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets() override {
    return backend_->Read([](Session& session) { return sql::ListExpiringAssets(session); });
  }

  absl::StatusOr<std::map<model::AssetState, int64_t>> CountAssets(const std::string& upstream) override {
    return backend_->Read([&](Session& session) -> absl::StatusOr<std::map<model::AssetState, int64_t>> {
      return sql::CountAssets(session, upstream);
    });
  }

  absl::StatusOr<Library> ReadLibrary(const std::string& tenant, const std::string& upstream, absl::Time now,
                                      int limit) override {
    return backend_->Read([&](Session& session) { return sql::ReadLibrary(session, tenant, upstream, now, limit); });
  }

  absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(const std::string& tenant,
                                                                  const std::string& upstream, int limit) override {
    return backend_->Read(
        [&](Session& session) { return sql::ListLeastRecentlyUsed(session, tenant, upstream, limit); });
  }

  absl::StatusOr<std::optional<ClaimConflict>> ClaimAsset(const std::string& holder, const model::AssetClaim& claim,
                                                          absl::Time now) override {
    return Write<std::optional<ClaimConflict>>([&](Session& session) -> absl::StatusOr<std::optional<ClaimConflict>> {
      return MakeClaim(session, holder, claim, now, now + kRenameInDoubt);
    });
  }

  absl::StatusOr<std::optional<ClaimConflict>> FindClaimConflict(const std::string& holder,
                                                                 const model::AssetClaim& claim,
                                                                 absl::Time now) override {
    return backend_->Read([&](Session& session) -> absl::StatusOr<std::optional<ClaimConflict>> {
      return sql::FindClaimConflict(session, holder, claim, now);
    });
  }

  absl::Status ReleaseClaim(const std::string& holder) override {
    return backend_->Write([&](Session& session) {
      DropClaim(session, holder);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<model::GenerationTask> GetTask(const std::string& id) override {
    const uint64_t turn = tasks_.BeginRead(id);
    absl::StatusOr<model::GenerationTask> task =
        backend_->Read([&](Session& session) { return ReadTask(session, id); });
    tasks_.EndRead(id, turn, task.ok() ? Shared(*task) : nullptr);
    return task;
  }

  std::shared_ptr<const model::GenerationTask> PeekTask(const std::string& id) override {
    // What another process has changed is not known here.
    return backend_->sole() ? tasks_.Find(id) : nullptr;
  }

  absl::StatusOr<model::GenerationTask> UpdateTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) override {
    return ChangeTask(id, change, /*owned=*/false);
  }

  absl::StatusOr<model::GenerationTask> UpdateOwnedTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) override {
    return ChangeTask(id, change, /*owned=*/true);
  }

  absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(const TaskFilter& filter, const model::PageCursor& after,
                                                               int limit) override {
    return backend_->Read([&](Session& session) { return sql::ListTasks(session, filter, after, limit); });
  }

  absl::StatusOr<std::map<model::TaskState, int64_t>> CountTasks(const TaskFilter& filter) override {
    using Counts = absl::StatusOr<std::map<model::TaskState, int64_t>>;
    return backend_->Read([&](Session& session) -> Counts { return sql::CountTasks(session, filter); });
  }

  absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks() override {
    return backend_->Read([](Session& session) { return sql::ListOpenTasks(session); });
  }

  absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(
      const std::string& upstream, const std::string& upstream_task_id) override {
    return backend_->Read(
        [&](Session& session) { return sql::FindTaskByUpstreamId(session, upstream, upstream_task_id); });
  }

  absl::StatusOr<bool> IsDeletedTaskOf(const std::string& upstream, const std::string& upstream_task_id) override {
    return backend_->Read([&](Session& session) -> absl::StatusOr<bool> {
      return sql::IsDeletedTaskOf(session, upstream, upstream_task_id);
    });
  }

  absl::StatusOr<int64_t> DeleteTask(const std::string& id, absl::Time now,
                                     absl::FunctionRef<absl::Status(const model::GenerationTask&)> check) override {
    tasks_.BeginWrite(id);
    const absl::StatusOr<int64_t> revision =
        Write<int64_t>([&](Session& session) { return sql::DeleteTask(session, id, now, check); });
    tasks_.EndWrite(id, nullptr);
    return revision;
  }

  absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(absl::Time ended_before, absl::Time now,
                                                                int limit) override {
    using Tasks = std::vector<model::GenerationTask>;
    std::vector<std::string> ids;
    const absl::StatusOr<Tasks> purged = Write<Tasks>([&](Session& session) {
      absl::StatusOr<Tasks> tasks = sql::PurgeTasks(session, ended_before, now, limit);
      // Before the commit is early enough.
      for (const model::GenerationTask& task : tasks.ok() ? *tasks : Tasks()) {
        tasks_.BeginWrite(task.id);
        ids.push_back(task.id);
      }
      return tasks;
    });
    for (const std::string& id : ids) tasks_.EndWrite(id, nullptr);
    return purged;
  }

  absl::StatusOr<std::vector<TaskChange>> ListTaskChanges(const std::string& tenant, int64_t after,
                                                          int limit) override {
    return backend_->Read([&](Session& session) { return sql::ListTaskChanges(session, tenant, after, limit); });
  }

  absl::StatusOr<std::vector<Change>> ListChanges(int64_t after, int limit) override {
    return backend_->Read([&](Session& session) { return sql::ListChanges(session, after, limit); });
  }

  absl::StatusOr<HistoryBounds> GetHistoryBounds() override {
    return backend_->Read([](Session& session) -> absl::StatusOr<HistoryBounds> { return ReadHistoryBounds(session); });
  }

  absl::StatusOr<int> TrimDeletions(absl::Time before) override {
    return Write<int>([&](Session& session) -> absl::StatusOr<int> { return sql::TrimDeletions(session, before); });
  }

  using JournalStore::BeginEntry;
  absl::StatusOr<Begun> BeginEntry(const model::JournalEntry& call, const model::GenerationTask* task,
                                   int64_t max_open) override {
    if (task != nullptr) tasks_.BeginWrite(task->id);
    absl::StatusOr<Begun> begun = Write<Begun>([&](Session& session) -> absl::StatusOr<Begun> {
      if (task != nullptr) {
        if (!backend_->IsOwner(session, task->id)) return base::StoreUnavailable("not_owner");
      }
      model::JournalEntry entry = call;
      const std::optional<int64_t> sender = backend_->Sender(session);
      if (!sender.has_value()) return base::StoreUnavailable("no_lease");
      entry.sender = *sender;
      absl::StatusOr<Begun> done = sql::BeginEntry(session, entry, task);
      if (!done.ok() || done->existing.has_value() || done->conflict.has_value()) return done;
      if (task != nullptr && backend_->OpenTasks(session, task->tenant) > max_open) {
        return absl::ResourceExhaustedError("too many open tasks");
      }
      if (absl::Status admitted = backend_->AdmitBilled(); !admitted.ok()) return admitted;
      return done;
    });
    if (task != nullptr) {
      tasks_.EndWrite(task->id, begun.ok() && begun->task.has_value() ? Shared(*begun->task) : nullptr);
    }
    return begun;
  }

  absl::Status FinishEntry(const model::JournalEntry& call, model::AssetGroup* group, model::Asset* asset) override {
    return backend_->Write([&](Session& session) {
      const bool written = group != nullptr || asset != nullptr;
      const auto is_own = [this](int64_t sender) { return backend_->IsOwnSender(sender); };
      if (absl::Status ended = EndCall(session, call, is_own, written); !ended.ok()) return ended;
      if (group != nullptr) WriteGroup(session, *group);
      if (asset != nullptr) WriteAsset(session, *asset);
      return absl::OkStatus();
    });
  }

  absl::Status ExtendFingerprint(const model::JournalKey& key, const model::Fingerprint& more) override {
    return backend_->Write([&](Session& session) { return sql::ExtendFingerprint(session, key, more); });
  }

  absl::StatusOr<std::optional<model::JournalEntry>> GetEntry(const model::JournalKey& key) override {
    return backend_->Read([&](Session& session) { return ReadCall(session, key); });
  }

  absl::StatusOr<int> DoubtInFlightEntries(const std::string& error, absl::Time now) override {
    return Write<int>(
        [&](Session& session) { return sql::DoubtInFlightEntries(session, backend_->Live(session), error, now); });
  }

  absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInFlight() override {
    return backend_->Read([](Session& session) { return sql::ListEntriesInFlight(session); });
  }

  absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInDoubt(int limit) override {
    return backend_->Read([&](Session& session) { return sql::ListEntriesInDoubt(session, limit); });
  }

  absl::StatusOr<int> PurgeEntries(absl::Time before, int limit) override {
    return Write<int>(
        [&](Session& session) -> absl::StatusOr<int> { return sql::PurgeEntries(session, before, limit); });
  }

 private:
  static absl::Status NotOwner() { return absl::AbortedError("the shard is another process's"); }
  static TaskCache::Task Shared(const model::GenerationTask& task) {
    return std::make_shared<const model::GenerationTask>(task);
  }

  absl::StatusOr<model::Asset> ChangeAsset(const model::UpstreamHandle& handle,
                                           absl::FunctionRef<absl::Status(model::Asset&)> change, bool owned) {
    return Write<model::Asset>([&](Session& session) -> absl::StatusOr<model::Asset> {
      absl::StatusOr<model::Asset> asset = ReadAsset(session, handle);
      if (!asset.ok()) return asset;
      if (owned && !backend_->IsOwner(session, asset->name())) return NotOwner();
      if (absl::Status changed = change(*asset); !changed.ok()) return changed;
      WriteAsset(session, *asset);
      return asset;
    });
  }

  absl::StatusOr<model::GenerationTask> ChangeTask(const std::string& id,
                                                   absl::FunctionRef<absl::Status(model::GenerationTask&)> change,
                                                   bool owned) {
    tasks_.BeginWrite(id);
    absl::StatusOr<model::GenerationTask> task = Write<model::GenerationTask>([&](Session& session) {
      return sql::ChangeTask(session, id, [&](model::GenerationTask& edited) {
        const bool pending = edited.state == model::TaskState::kPending;
        if (owned && !backend_->IsOwner(session, id)) return NotOwner();
        if (absl::Status changed = change(edited); !changed.ok()) return changed;
        // The request is sent as soon as this is written.
        const bool billed = pending && edited.state == model::TaskState::kSubmitting;
        return billed ? backend_->AdmitBilled() : absl::OkStatus();
      });
    });
    tasks_.EndWrite(id, task.ok() ? Shared(*task) : nullptr);
    return task;
  }

  // A write whose result is returned only after its commit.
  template <typename Result>
  absl::StatusOr<Result> Write(absl::FunctionRef<absl::StatusOr<Result>(Session&)> write) {
    absl::StatusOr<Result> result;
    const absl::Status committed = backend_->Write([&](Session& session) {
      result = write(session);
      return result.status();
    });
    if (!committed.ok()) return committed;
    return result;
  }

  const std::unique_ptr<Backend> backend_;
  TaskCache tasks_;
  store::Probe probe_;
};

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_SQL_STORE_H_

#ifndef SEEDANCE_SERVICE_STORE_SQL_STORE_H_
#define SEEDANCE_SERVICE_STORE_SQL_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/store/probe.h"
#include "service/store/store.h"
#include "service/store/task_cache.h"

namespace seedance::store {

// The Store over a relational database that only this process writes: which row functions each method runs, on a
// connection for reads or in a write transaction, and the tasks in memory. Thread-safe.
//
// A Backend has the types Connection and Rows (the row functions of the methods of Store with the same name), finds the
// other row functions by their argument, and has thread-safe methods:
//   epoch()               as Store.
//   Read(read)            runs `read(Connection&)` and returns its result, or an error of the database.
//   Write(write)          runs `write(Connection&)` in a transaction; OK after a durable commit. An error of `write` is
//                         returned, and undoes it.
//   AdmitBilled()         in a write after which something is billed: an error refuses it.
//   Trusted()             OK, or why every write fails from now on. Cheap.
//   owned()               false: another process may write the database. Never blocks.
//   write_failed()        whether the last write failed.
//   ProbeWrite()          a small durable write.
//
// Tests: tests/contract/store_contract.h
template <typename Backend>
class SqlStore : public Store {
 public:
  using Connection = typename Backend::Connection;
  using Rows = typename Backend::Rows;

  SqlStore(std::unique_ptr<Backend> backend, size_t task_cache_bytes)
      : backend_(std::move(backend)), tasks_(task_cache_bytes) {}

  std::string epoch() override { return backend_->epoch(); }

  Health Probe(absl::Time now, absl::Duration max_age) override {
    // Cheap, so it is checked every time.
    if (absl::Status trusted = backend_->Trusted(); !trusted.ok()) return {trusted, now};
    return probe_.Ask(now, max_age, backend_->write_failed(), [&] { return backend_->ProbeWrite(); });
  }

  absl::StatusOr<model::AssetGroup> PutGroup(const model::AssetGroup& group) override {
    return Write<model::AssetGroup>([&](Connection& connection) -> absl::StatusOr<model::AssetGroup> {
      model::AssetGroup written = group;
      WriteGroup(connection, written);
      return written;
    });
  }

  absl::StatusOr<model::AssetGroup> AddGroup(const model::AssetGroup& group) override {
    return Write<model::AssetGroup>([&](Connection& connection) -> absl::StatusOr<model::AssetGroup> {
      absl::StatusOr<model::AssetGroup> there = ReadGroup(connection, group.handle);
      if (!absl::IsNotFound(there.status())) return there;
      model::AssetGroup written = group;
      WriteGroup(connection, written);
      return written;
    });
  }

  absl::StatusOr<model::AssetGroup> GetGroup(const model::UpstreamHandle& handle) override {
    return backend_->Read([&](Connection& connection) { return ReadGroup(connection, handle); });
  }

  absl::StatusOr<model::AssetGroup> UpdateGroup(const model::UpstreamHandle& handle,
                                                absl::FunctionRef<absl::Status(model::AssetGroup&)> change) override {
    return Write<model::AssetGroup>([&](Connection& connection) -> absl::StatusOr<model::AssetGroup> {
      absl::StatusOr<model::AssetGroup> group = ReadGroup(connection, handle);
      if (!group.ok()) return group;
      if (absl::Status changed = change(*group); !changed.ok()) return changed;
      WriteGroup(connection, *group);
      return group;
    });
  }

  absl::Status DeleteGroup(const model::UpstreamHandle& handle) override {
    return backend_->Write([&](Connection& connection) { return EraseGroup(connection, handle); });
  }

  absl::StatusOr<bool> DeleteEmptyGroup(const model::UpstreamHandle& handle) override {
    return Write<bool>([&](Connection& connection) { return EraseEmptyGroup(connection, handle); });
  }

  absl::StatusOr<model::Page<model::AssetGroup>> ListGroups(const GroupFilter& filter, const model::PageCursor& after,
                                                            int limit) override {
    return backend_->Read([&](Connection& connection) { return Rows::ListGroups(connection, filter, after, limit); });
  }

  absl::StatusOr<model::Asset> PutAsset(const model::Asset& asset) override {
    return Write<model::Asset>([&](Connection& connection) -> absl::StatusOr<model::Asset> {
      model::Asset written = asset;
      WriteAsset(connection, written);
      return written;
    });
  }

  absl::StatusOr<model::Asset> AddAsset(const model::Asset& asset) override {
    return Write<model::Asset>([&](Connection& connection) -> absl::StatusOr<model::Asset> {
      absl::StatusOr<model::Asset> there = ReadAsset(connection, asset.handle);
      if (!absl::IsNotFound(there.status())) return there;
      model::Asset written = asset;
      WriteAsset(connection, written);
      return written;
    });
  }

  absl::StatusOr<model::Asset> GetAsset(const model::UpstreamHandle& handle) override {
    return backend_->Read([&](Connection& connection) { return ReadAsset(connection, handle); });
  }

  absl::StatusOr<model::Asset> UpdateAsset(const model::UpstreamHandle& handle,
                                           absl::FunctionRef<absl::Status(model::Asset&)> change) override {
    return Write<model::Asset>([&](Connection& connection) -> absl::StatusOr<model::Asset> {
      absl::StatusOr<model::Asset> asset = ReadAsset(connection, handle);
      if (!asset.ok()) return asset;
      if (absl::Status changed = change(*asset); !changed.ok()) return changed;
      WriteAsset(connection, *asset);
      return asset;
    });
  }

  absl::Status DeleteAsset(const model::UpstreamHandle& handle) override {
    return backend_->Write([&](Connection& connection) { return EraseAsset(connection, handle); });
  }

  absl::StatusOr<bool> DeleteAssetOf(const model::UpstreamHandle& handle, const std::string& upstream_id) override {
    return Write<bool>([&](Connection& connection) { return EraseAssetOf(connection, handle, upstream_id); });
  }

  absl::StatusOr<model::Page<model::Asset>> ListAssets(const AssetFilter& filter, const model::PageCursor& after,
                                                       int limit) override {
    return backend_->Read([&](Connection& connection) { return Rows::ListAssets(connection, filter, after, limit); });
  }

  absl::StatusOr<std::optional<model::Asset>> FindAsset(const model::UpstreamHandle& group,
                                                        const std::string& display_name) override {
    return backend_->Read([&](Connection& connection) { return Rows::FindAsset(connection, group, display_name); });
  }

  absl::StatusOr<std::optional<model::Asset>> FindAssetByContent(const model::UpstreamHandle& group,
                                                                 const std::string& sha256) override {
    return backend_->Read([&](Connection& connection) { return Rows::FindAssetByContent(connection, group, sha256); });
  }

  absl::StatusOr<std::optional<model::Asset>> FindAssetByVendorId(const std::string& upstream,
                                                                  const std::string& vendor_id) override {
    return backend_->Read(
        [&](Connection& connection) { return Rows::FindAssetByVendorId(connection, upstream, vendor_id); });
  }

  absl::StatusOr<std::vector<model::Asset>> ListProcessingAssets() override {
    return backend_->Read([](Connection& connection) { return Rows::ListProcessingAssets(connection); });
  }

  absl::StatusOr<std::vector<model::Asset>> ListExpiringAssets() override {
    return backend_->Read([](Connection& connection) { return Rows::ListExpiringAssets(connection); });
  }

  absl::StatusOr<int64_t> CountLiveAssets(const std::string& upstream) override {
    return backend_->Read(
        [&](Connection& connection) -> absl::StatusOr<int64_t> { return Rows::CountLiveAssets(connection, upstream); });
  }

  absl::StatusOr<Library> ReadLibrary(const std::string& tenant, const std::string& upstream, absl::Time now,
                                      int limit) override {
    return backend_->Read(
        [&](Connection& connection) { return Rows::ReadLibrary(connection, tenant, upstream, now, limit); });
  }

  absl::StatusOr<std::vector<model::Asset>> ListLeastRecentlyUsed(const std::string& tenant,
                                                                  const std::string& upstream, int limit) override {
    return backend_->Read(
        [&](Connection& connection) { return Rows::ListLeastRecentlyUsed(connection, tenant, upstream, limit); });
  }

  absl::StatusOr<std::optional<ClaimConflict>> ClaimAsset(const std::string& holder, const model::AssetClaim& claim,
                                                          absl::Time now) override {
    return Write<std::optional<ClaimConflict>>(
        [&](Connection& connection) -> absl::StatusOr<std::optional<ClaimConflict>> {
          return MakeClaim(connection, holder, claim, now, now + kRenameInDoubt);
        });
  }

  absl::StatusOr<std::optional<ClaimConflict>> FindClaimConflict(const std::string& holder,
                                                                 const model::AssetClaim& claim,
                                                                 absl::Time now) override {
    return backend_->Read([&](Connection& connection) -> absl::StatusOr<std::optional<ClaimConflict>> {
      return Rows::FindClaimConflict(connection, holder, claim, now);
    });
  }

  absl::Status ReleaseClaim(const std::string& holder) override {
    return backend_->Write([&](Connection& connection) {
      DropClaim(connection, holder);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<model::GenerationTask> GetTask(const std::string& id) override {
    const uint64_t turn = tasks_.BeginRead(id);
    absl::StatusOr<model::GenerationTask> task =
        backend_->Read([&](Connection& connection) { return ReadTask(connection, id); });
    tasks_.EndRead(id, turn, task.ok() ? Shared(*task) : nullptr);
    return task;
  }

  std::shared_ptr<const model::GenerationTask> PeekTask(const std::string& id) override {
    // Another process may have changed a database that is not ours any more.
    return backend_->owned() ? tasks_.Find(id) : nullptr;
  }

  absl::StatusOr<model::GenerationTask> UpdateTask(
      const std::string& id, absl::FunctionRef<absl::Status(model::GenerationTask&)> change) override {
    tasks_.BeginWrite(id);
    absl::StatusOr<model::GenerationTask> task = Write<model::GenerationTask>([&](Connection& connection) {
      return ChangeTask(connection, id, [&](model::GenerationTask& edited) {
        const bool pending = edited.state == model::TaskState::kPending;
        if (absl::Status changed = change(edited); !changed.ok()) return changed;
        // The request is sent as soon as this is written.
        const bool billed = pending && edited.state == model::TaskState::kSubmitting;
        return billed ? backend_->AdmitBilled() : absl::OkStatus();
      });
    });
    tasks_.EndWrite(id, task.ok() ? Shared(*task) : nullptr);
    return task;
  }

  absl::StatusOr<model::Page<model::GenerationTask>> ListTasks(const TaskFilter& filter, const model::PageCursor& after,
                                                               int limit) override {
    return backend_->Read([&](Connection& connection) { return Rows::ListTasks(connection, filter, after, limit); });
  }

  absl::StatusOr<std::vector<model::GenerationTask>> ListOpenTasks() override {
    return backend_->Read([](Connection& connection) { return Rows::ListOpenTasks(connection); });
  }

  absl::StatusOr<std::optional<model::GenerationTask>> FindTaskByUpstreamId(
      const std::string& upstream, const std::string& upstream_task_id) override {
    return backend_->Read(
        [&](Connection& connection) { return Rows::FindTaskByUpstreamId(connection, upstream, upstream_task_id); });
  }

  absl::StatusOr<bool> IsDeletedTaskOf(const std::string& upstream, const std::string& upstream_task_id) override {
    return backend_->Read([&](Connection& connection) -> absl::StatusOr<bool> {
      return Rows::IsDeletedTaskOf(connection, upstream, upstream_task_id);
    });
  }

  absl::StatusOr<int64_t> DeleteTask(const std::string& id, absl::Time now,
                                     absl::FunctionRef<absl::Status(const model::GenerationTask&)> check) override {
    tasks_.BeginWrite(id);
    const absl::StatusOr<int64_t> revision =
        Write<int64_t>([&](Connection& connection) { return Rows::DeleteTask(connection, id, now, check); });
    tasks_.EndWrite(id, nullptr);
    return revision;
  }

  absl::StatusOr<std::vector<model::GenerationTask>> PurgeTasks(absl::Time ended_before, absl::Time now,
                                                                int limit) override {
    using Tasks = std::vector<model::GenerationTask>;
    std::vector<std::string> ids;
    const absl::StatusOr<Tasks> purged = Write<Tasks>([&](Connection& connection) {
      absl::StatusOr<Tasks> tasks = Rows::PurgeTasks(connection, ended_before, now, limit);
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
    return backend_->Read(
        [&](Connection& connection) { return Rows::ListTaskChanges(connection, tenant, after, limit); });
  }

  absl::StatusOr<HistoryBounds> GetHistoryBounds() override {
    return backend_->Read(
        [](Connection& connection) -> absl::StatusOr<HistoryBounds> { return ReadHistoryBounds(connection); });
  }

  absl::StatusOr<int> TrimDeletions(absl::Time before) override {
    return Write<int>(
        [&](Connection& connection) -> absl::StatusOr<int> { return Rows::TrimDeletions(connection, before); });
  }

  absl::StatusOr<Begun> BeginEntry(const model::JournalEntry& call, const model::GenerationTask* task) override {
    if (task != nullptr) tasks_.BeginWrite(task->id);
    absl::StatusOr<Begun> begun = Write<Begun>([&](Connection& connection) -> absl::StatusOr<Begun> {
      absl::StatusOr<Begun> done = Rows::BeginEntry(connection, call, task);
      if (!done.ok() || done->existing.has_value() || done->conflict.has_value()) return done;
      if (absl::Status admitted = backend_->AdmitBilled(); !admitted.ok()) return admitted;
      return done;
    });
    if (task != nullptr) {
      tasks_.EndWrite(task->id, begun.ok() && begun->task.has_value() ? Shared(*begun->task) : nullptr);
    }
    return begun;
  }

  absl::Status FinishEntry(const model::JournalEntry& call, model::AssetGroup* group, model::Asset* asset) override {
    return backend_->Write([&](Connection& connection) {
      const bool written = group != nullptr || asset != nullptr;
      if (absl::Status ended = EndCall(connection, call, written); !ended.ok()) return ended;
      if (group != nullptr) WriteGroup(connection, *group);
      if (asset != nullptr) WriteAsset(connection, *asset);
      return absl::OkStatus();
    });
  }

  absl::Status ExtendFingerprint(const model::JournalKey& key, const model::Fingerprint& more) override {
    return backend_->Write([&](Connection& connection) { return Rows::ExtendFingerprint(connection, key, more); });
  }

  absl::StatusOr<std::optional<model::JournalEntry>> GetEntry(const model::JournalKey& key) override {
    return backend_->Read([&](Connection& connection) { return ReadCall(connection, key); });
  }

  absl::StatusOr<int> DoubtInFlightEntries(const std::string& error, absl::Time now) override {
    return Write<int>([&](Connection& connection) { return Rows::DoubtInFlightEntries(connection, error, now); });
  }

  absl::StatusOr<std::vector<model::JournalEntry>> ListEntriesInDoubt(int limit) override {
    return backend_->Read([&](Connection& connection) { return Rows::ListEntriesInDoubt(connection, limit); });
  }

  absl::StatusOr<int> PurgeEntries(absl::Time before, int limit) override {
    return Write<int>(
        [&](Connection& connection) -> absl::StatusOr<int> { return Rows::PurgeEntries(connection, before, limit); });
  }

 private:
  static TaskCache::Task Shared(const model::GenerationTask& task) {
    return std::make_shared<const model::GenerationTask>(task);
  }

  // A write whose result is returned only after its commit.
  template <typename Result>
  absl::StatusOr<Result> Write(absl::FunctionRef<absl::StatusOr<Result>(Connection&)> write) {
    absl::StatusOr<Result> result;
    const absl::Status committed = backend_->Write([&](Connection& connection) {
      result = write(connection);
      return result.status();
    });
    if (!committed.ok()) return committed;
    return result;
  }

  const std::unique_ptr<Backend> backend_;
  TaskCache tasks_;
  store::Probe probe_;
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_SQL_STORE_H_

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/store_contract.h"

namespace seedance::testing {
namespace {

using model::TaskState;
using Changes = std::vector<store::Store::TaskChange>;

model::GenerationTask Ended(const std::string& id, double at, const std::string& tenant = "tenant-a") {
  model::GenerationTask task = MakeTask(id);
  task.tenant = tenant;
  task.state = TaskState::kSucceeded;
  task.end_time = At(at);
  return task;
}

absl::Status Agree(const model::GenerationTask&) { return absl::OkStatus(); }

// `id` of a task, `-id` of a deletion.
std::vector<std::string> Words(const absl::StatusOr<Changes>& changes) {
  std::vector<std::string> words;
  if (!changes.ok()) return {changes.status().ToString()};
  for (const auto& change : *changes) words.push_back((change.task.has_value() ? "" : "-") + change.id);
  return words;
}

using Texts = std::vector<std::string>;

TEST_P(StoreContract, ChangesComeInTheOrderOfRevisionsEachTaskOnce) {
  const model::GenerationTask first = AddTask(MakeTask("a"));
  AddTask(MakeTask("b"));
  const auto changed = store().UpdateTask("a", [](model::GenerationTask& task) {
    task.progress_percent = 50;
    return absl::OkStatus();
  });
  ASSERT_TRUE(changed.ok());
  const auto all = store().ListTaskChanges("tenant-a", 0, 10);
  EXPECT_EQ(Words(all), (Texts{"b", "a"}));
  EXPECT_EQ(all->back().revision, changed->revision);
  EXPECT_EQ(all->back().task->revision, changed->revision);
  EXPECT_EQ(all->back().task->progress_percent, 50);
  EXPECT_EQ(Words(store().ListTaskChanges("tenant-a", 0, 1)), (Texts{"b"}));
  EXPECT_EQ(Words(store().ListTaskChanges("tenant-a", all->front().revision, 10)), (Texts{"a"}));
  EXPECT_EQ(Words(store().ListTaskChanges("tenant-a", changed->revision, 10)), Texts{});
}

TEST_P(StoreContract, ChangesOfAllTenantsTasksAndAssetsComeInOneOrder) {
  const auto words = [this](int64_t after, int limit) {
    const auto changes = store().ListChanges(after, limit);
    Texts texts;
    if (!changes.ok()) return Texts{changes.status().ToString()};
    int64_t last = after;
    for (const store::Store::Change& change : *changes) {
      EXPECT_GT(change.revision, last);
      last = change.revision;
      std::string text = change.tenant + " ";
      if (change.task.has_value()) text += change.task->id;
      if (change.asset.has_value()) text += change.asset->name();
      if (!change.deleted_task.empty()) text += "-" + change.deleted_task;
      texts.push_back(text);
    }
    return texts;
  };
  EXPECT_EQ(words(0, 10), Texts{});
  AddTask(Ended("a", 1));
  AddTask(Ended("b", 1, "tenant-b"));
  const model::Asset asset = *store().PutAsset(FullAsset());
  AddTask(MakeTask("c"));
  EXPECT_EQ(words(0, 10), (Texts{"tenant-a a", "tenant-b b", asset.tenant + " " + asset.name(), "tenant-a c"}));
  ASSERT_TRUE(store().DeleteTask("b", At(2), Agree).ok());
  const auto changed = store().UpdateAsset(asset.handle, [](model::Asset&) { return absl::OkStatus(); });
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(words(0, 10), (Texts{"tenant-a a", "tenant-a c", "tenant-b -b", asset.tenant + " " + asset.name()}));
  EXPECT_EQ(words(0, 2), (Texts{"tenant-a a", "tenant-a c"}));
  EXPECT_EQ(words(changed->revision - 1, 10), (Texts{asset.tenant + " " + asset.name()}));
  EXPECT_EQ(store().ListChanges(changed->revision - 1, 1)->front().asset->revision, changed->revision);
}

TEST_P(StoreContract, FollowerOfRevisionsMissesNothingThatTwoWritersCommit) {
  constexpr int kTasks = 60;
  std::atomic<int> writing = 2;
  std::vector<std::thread> writers;
  for (const char* name : {"first", "second"}) {
    writers.emplace_back([this, name, &writing] {
      for (int i = 0; i < kTasks; ++i) AddTask(MakeTask(name + std::to_string(i)));
      --writing;
    });
  }
  Texts followed;
  int64_t after = 0;
  for (bool more = true; more;) {
    more = writing > 0;  // Before the read: what is committed by then is in it.
    const auto changes = store().ListTaskChanges("tenant-a", after, 1000);
    EXPECT_TRUE(changes.ok()) << changes.status();
    for (const auto& change : changes.ok() ? *changes : Changes()) {
      EXPECT_GT(change.revision, after);
      after = change.revision;
      followed.push_back(change.id);
    }
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(followed.size(), 2u * kTasks);
  EXPECT_EQ(Words(store().ListTaskChanges("tenant-a", 0, 1000)), followed);
}

TEST_P(StoreContract, ChangesAreOfOneTenant) {
  model::GenerationTask foreign = MakeTask("foreign");
  foreign.tenant = "tenant-b";
  AddTask(foreign);
  AddTask(MakeTask("own"));
  EXPECT_EQ(Words(store().ListTaskChanges("tenant-a", 0, 10)), (Texts{"own"}));
}

TEST_P(StoreContract, DeletionLeavesAMarkUnderTheNextRevision) {
  const model::GenerationTask task = AddTask(Ended("a", 5));
  const auto deleted = store().DeleteTask("a", At(10), Agree);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_GT(*deleted, task.revision);
  EXPECT_EQ(base::GetReason(store().GetTask("a").status()), base::Reason::kResourceNotFound);
  Reopen();
  const auto changes = store().ListTaskChanges("tenant-a", task.revision, 10);
  EXPECT_EQ(Words(changes), (Texts{"-a"}));
  EXPECT_EQ(changes->front().revision, *deleted);
  EXPECT_EQ(Words(store().ListTaskChanges("tenant-b", 0, 10)), Texts{});
  EXPECT_EQ(store().GetHistoryBounds()->newest, *deleted);
}

TEST_P(StoreContract, DeletionOfAMissingTaskIsNotFound) {
  EXPECT_EQ(base::GetReason(store().DeleteTask("none", At(1), Agree).status()), base::Reason::kResourceNotFound);
}

TEST_P(StoreContract, DeletionThatTheCheckRefusesDeletesNothing) {
  AddTask(Ended("a", 5));
  const auto refused = store().DeleteTask(
      "a", At(10), [](const model::GenerationTask&) { return absl::FailedPreconditionError("open"); });
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_TRUE(store().GetTask("a").ok());
}

TEST_P(StoreContract, DeletedTaskKeepsItsRequestId) {
  AddTask(Ended("a", 5));
  ASSERT_TRUE(store().DeleteTask("a", At(10), Agree).ok());
  model::JournalEntry call = MakeCall("a");
  call.key.method = "CreateGenerationTask";
  EXPECT_TRUE((*store().GetEntry(call.key)).has_value());
}

TEST_P(StoreContract, PurgeTakesTheOldestEndedTasksWithTheirRequestIds) {
  AddTask(Ended("late", 30));
  AddTask(Ended("early", 10));
  AddTask(Ended("middle", 20));
  AddTask(MakeTask("open"));
  const auto first = store().PurgeTasks(At(25), At(40), 1);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ(first->front().id, "early");
  EXPECT_EQ(store().PurgeTasks(At(25), At(40), 10)->size(), 1u);
  EXPECT_TRUE(store().PurgeTasks(At(25), At(40), 10)->empty());
  EXPECT_TRUE(store().GetTask("late").ok());
  EXPECT_TRUE(store().GetTask("open").ok());
  model::JournalEntry call = MakeCall("early");
  call.key.method = "CreateGenerationTask";
  EXPECT_FALSE((*store().GetEntry(call.key)).has_value());
  call.key.request_id = "late";
  EXPECT_TRUE((*store().GetEntry(call.key)).has_value());
  EXPECT_EQ(Words(store().ListTaskChanges("tenant-a", 0, 10)), (Texts{"late", "open", "-early", "-middle"}));
}

TEST_P(StoreContract, TaskThatEndsLaterIsPurgedByItsEnd) {
  AddTask(MakeTask("a"));
  EXPECT_TRUE(store().PurgeTasks(At(1000), At(1000), 10)->empty());
  const auto ended = store().UpdateTask("a", [](model::GenerationTask& task) {
    task.state = TaskState::kFailed;
    task.end_time = At(50);
    return absl::OkStatus();
  });
  ASSERT_TRUE(ended.ok());
  EXPECT_TRUE(store().PurgeTasks(At(50), At(1000), 10)->empty());
  EXPECT_EQ(store().PurgeTasks(At(51), At(1000), 10)->size(), 1u);
}

TEST_P(StoreContract, TrimmedDeletionsAreKnownToBeForgotten) {
  AddTask(Ended("a", 5));
  AddTask(Ended("b", 5));
  const int64_t first = *store().DeleteTask("a", At(10), Agree);
  const int64_t second = *store().DeleteTask("b", At(20), Agree);
  EXPECT_EQ(store().GetHistoryBounds()->forgotten, 0);
  EXPECT_EQ(*store().TrimDeletions(At(15)), 1);
  EXPECT_EQ(store().GetHistoryBounds()->forgotten, first);
  EXPECT_EQ(Words(store().ListTaskChanges("tenant-a", 0, 10)), (Texts{"-b"}));
  EXPECT_EQ(*store().TrimDeletions(At(15)), 0);
  EXPECT_EQ(store().GetHistoryBounds()->forgotten, first);
  Reopen();
  EXPECT_EQ(store().GetHistoryBounds()->forgotten, first);
  EXPECT_EQ(*store().TrimDeletions(At(100)), 1);
  EXPECT_EQ(store().GetHistoryBounds()->forgotten, second);
}

TEST_P(StoreContract, TaskIsFoundByTheVendorsId) {
  model::GenerationTask task = MakeTask("a");
  task.request.upstream = "piapi";
  AddTask(task);
  EXPECT_FALSE((*store().FindTaskByUpstreamId("piapi", "v-1")).has_value());
  EXPECT_FALSE((*store().FindTaskByUpstreamId("piapi", "")).has_value());
  ASSERT_TRUE(store()
                  .UpdateTask("a",
                              [](model::GenerationTask& edited) {
                                edited.upstream_task_id = "v-1";
                                return absl::OkStatus();
                              })
                  .ok());
  EXPECT_EQ((*store().FindTaskByUpstreamId("piapi", "v-1"))->id, "a");
  EXPECT_FALSE((*store().FindTaskByUpstreamId("anyfast", "v-1")).has_value());
}

TEST_P(StoreContract, DeletedTaskIsKnownByTheVendorsIdUntilItsMarkIsTrimmed) {
  for (const char* id : {"a", "b", "never-sent"}) {
    model::GenerationTask task = Ended(id, 1);
    task.request.upstream = "piapi";
    if (*id != 'n') task.upstream_task_id = std::string("v-") + id;
    AddTask(task);
  }
  EXPECT_FALSE(*store().IsDeletedTaskOf("piapi", "v-a"));
  ASSERT_TRUE(store().DeleteTask("a", At(10), Agree).ok());
  ASSERT_EQ(store().PurgeTasks(At(5), At(20), 10)->size(), 2u);
  Reopen();
  EXPECT_TRUE(*store().IsDeletedTaskOf("piapi", "v-a"));
  EXPECT_TRUE(*store().IsDeletedTaskOf("piapi", "v-b"));
  EXPECT_FALSE(*store().IsDeletedTaskOf("anyfast", "v-a"));
  EXPECT_FALSE(*store().IsDeletedTaskOf("piapi", ""));
  ASSERT_TRUE(store().TrimDeletions(At(15)).ok());
  EXPECT_FALSE(*store().IsDeletedTaskOf("piapi", "v-a"));
  EXPECT_TRUE(*store().IsDeletedTaskOf("piapi", "v-b"));
}

TEST_P(StoreContract, CallsInDoubtAreListedOldestFirst) {
  for (const auto& [id, at] : {std::pair("late", 20.0), std::pair("early", 10.0)}) {
    model::JournalEntry call = MakeCall(id);
    call.state = model::JournalState::kInFlight;
    ASSERT_TRUE(store().BeginEntry(call, nullptr).ok());
    call.state = model::JournalState::kInDoubt;
    call.update_time = At(at);
    ASSERT_TRUE(store().FinishEntry(call, nullptr, nullptr).ok());
  }
  const auto doubtful = store().ListEntriesInDoubt(10);
  ASSERT_TRUE(doubtful.ok()) << doubtful.status();
  ASSERT_EQ(doubtful->size(), 2u);
  EXPECT_EQ(doubtful->front().key.request_id, "early");
  EXPECT_EQ(store().ListEntriesInDoubt(1)->size(), 1u);
}

TEST_P(StoreContract, PurgeOfCallsTakesOnlyWhatStandsForNothing) {
  const auto end = [&](const std::string& id, model::JournalState state) {
    model::JournalEntry call = MakeCall(id);
    call.state = model::JournalState::kInFlight;
    ASSERT_TRUE(store().BeginEntry(call, nullptr).ok());
    call.state = state;
    call.update_time = At(10);
    ASSERT_TRUE(store().FinishEntry(call, nullptr, nullptr).ok());
  };
  end("refused", model::JournalState::kRefused);
  end("not-accepted", model::JournalState::kNotAccepted);
  end("doubtful", model::JournalState::kInDoubt);
  end("done", model::JournalState::kDone);
  AddTask(Ended("deleted", 5));
  AddTask(Ended("kept", 5));
  ASSERT_TRUE(store().DeleteTask("deleted", At(6), Agree).ok());
  EXPECT_EQ(*store().PurgeEntries(At(-1), 10), 0);
  EXPECT_EQ(*store().PurgeEntries(At(100), 2), 2);
  EXPECT_EQ(*store().PurgeEntries(At(100), 10), 1);
  EXPECT_EQ(*store().PurgeEntries(At(100), 10), 0);
  for (const char* id : {"doubtful", "done"}) EXPECT_TRUE((*store().GetEntry(MakeCall(id).key)).has_value()) << id;
}

}  // namespace
}  // namespace seedance::testing

#include <thread>

#include "tests/unit/store/postgres/postgres_fixture.h"

namespace seedance::store::postgres {
namespace {

class TakeoverTest : public PostgresTest {};

model::GenerationTask AddTask(Store& store, const std::string& id) {
  const model::GenerationTask task = testing::MakeTask(id);
  model::JournalEntry call = testing::MakeCall(id);
  call.resource_name = task.name();
  EXPECT_TRUE(store.BeginEntry(call, &task).ok());
  return task;
}

TEST_F(TakeoverTest, SecondStoreIsRefused) {
  const std::unique_ptr<Store> first = Open();
  const auto second = TryOpen();
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_NE(second.status().message().find("another gateway uses this database"), absl::string_view::npos);
  EXPECT_EQ(Put(*first, "a"), "OK");
}

TEST_F(TakeoverTest, WaitingStoreTakesOverWhenTheFirstCloses) {
  std::unique_ptr<Store> first = Open();
  ASSERT_EQ(Put(*first, "a"), "OK");
  options_.wait.limit = absl::Minutes(1);
  options_.wait.on_wait = [&] { first.reset(); };
  const std::unique_ptr<Store> second = Open();
  EXPECT_TRUE(Has(*second, "a"));
  EXPECT_EQ(Put(*second, "b"), "OK");
}

TEST_F(TakeoverTest, WaitEndsWithACancel) {
  const std::unique_ptr<Store> first = Open();
  options_.wait.limit = absl::Minutes(1);
  options_.wait.cancel = std::make_shared<base::CancelToken>();
  options_.wait.cancel->Cancel();
  EXPECT_TRUE(absl::IsCancelled(TryOpen().status()));
}

TEST_F(TakeoverTest, StoreThatLostItsSessionToAnotherWritesNeverAgain) {
  const std::unique_ptr<Store> first = Open();
  AddTask(*first, "task");
  ASSERT_NE(first->PeekTask("task"), nullptr);
  ASSERT_EQ(Put(*first, "a"), "OK");
  EndSessions();
  {
    const std::unique_ptr<Store> second = Open();
    EXPECT_EQ(Put(*second, "b"), "OK");
    EXPECT_EQ(Put(*first, "c"), "taken_over");
    EXPECT_EQ(first->PeekTask("task"), nullptr) << "the other one may change it";
  }
  // Though the lock is free again.
  EXPECT_EQ(Put(*first, "d"), "taken_over");
  EXPECT_EQ(CauseOfStatus(first->Probe(absl::Now(), absl::Hours(1)).status), "taken_over");
  EXPECT_TRUE(Has(*first, "b")) << "reads go on";
  EXPECT_FALSE(Has(*first, "c"));
}

TEST_F(TakeoverTest, StoreThatSleptThroughItsReplacementWritesNothing) {
  const std::unique_ptr<Store> first = Open();
  ASSERT_EQ(Put(*first, "a"), "OK");
  EndSessions();
  EXPECT_EQ(Put(*Open(), "b"), "OK");
  // Nobody holds the lock any more.
  EXPECT_EQ(Put(*first, "c"), "taken_over");
  EXPECT_EQ(Put(*first, "d"), "taken_over");
  EXPECT_FALSE(Has(*first, "c"));
}

TEST_F(TakeoverTest, OwnerInTheRowDecidesWhateverTheLockSays) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_EQ(Put(*store, "a"), "OK");
  Raw()->Execute("UPDATE store_meta SET owner = owner + 1");
  EXPECT_EQ(Put(*store, "b"), "taken_over");
  EXPECT_FALSE(Has(*store, "b"));
}

TEST_F(TakeoverTest, DatabaseThatLostCommitsIsNotWrittenTo) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_EQ(Put(*store, "a"), "OK");
  Raw()->Execute("UPDATE store_meta SET commits = commits - 1");
  EXPECT_EQ(Put(*store, "b"), "commits_lost");
  Raw()->Execute("UPDATE store_meta SET commits = commits + 1");
  EXPECT_EQ(Put(*store, "c"), "commits_lost");
}

TEST_F(TakeoverTest, AnotherDatabaseInItsPlaceIsNotWrittenTo) {
  const std::unique_ptr<Store> store = Open();
  Raw()->Execute("UPDATE store_meta SET epoch = 'another'");
  EXPECT_EQ(Put(*store, "a"), "replaced");
}

TEST_F(TakeoverTest, RevisionsOfTwoWritersAreInTheOrderOfTheirCommits) {
  const std::unique_ptr<Store> store = Open();
  const int64_t before = store->PutGroup(MakeGroup("a"))->revision;
  const std::unique_ptr<Connection> other = Raw();
  const std::optional<Meta> meta = BeginWrite(*other);
  ASSERT_TRUE(meta.has_value());
  EXPECT_EQ(other->NextRevision(), before + 1);
  int64_t revision = 0;
  std::thread writer([&] { revision = store->PutGroup(MakeGroup("b"))->revision; });
  // It waits for the other one's commit.
  const std::unique_ptr<Connection> watcher = Raw();
  EXPECT_TRUE(Eventually([&] {
    return watcher->Row("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'BEGIN%'")
               .size() == 1;
  }));
  EXPECT_EQ(store->GetHistoryBounds()->newest, before);
  CommitWrite(*other, *meta);
  writer.join();
  EXPECT_EQ(revision, before + 2);
}

TEST_F(TakeoverTest, SchemasOfOneDatabaseAreStoresOfTheirOwn) {
  const std::unique_ptr<Store> first = Open();
  options_.schema += "_b";
  const std::unique_ptr<Store> second = Open();
  ASSERT_EQ(Put(*first, "a"), "OK");
  EXPECT_FALSE(Has(*second, "a"));
  EXPECT_EQ(Put(*second, "a"), "OK");
  EXPECT_NE(first->epoch(), second->epoch());
}

}  // namespace
}  // namespace seedance::store::postgres

#include "service/engine/watch/task_feeds.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/engine/watch/task_feeds_fixture.h"

namespace seedance::engine {
namespace {

TEST_F(TaskFeedsTest, BeginsWithAllThatMatchesAndIsSynced) {
  Add("a");
  Add("b");
  Add("foreign", kOther);
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  EXPECT_EQ(dashboard.ids(), (Texts{"a", "b"}));
  EXPECT_TRUE(dashboard.synced);
  EXPECT_FALSE(dashboard.token.empty());
  EXPECT_EQ(dashboard.batches, 1);
}

TEST_F(TaskFeedsTest, ATenantWithoutTasksIsSyncedByAnEmptyBatch) {
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  EXPECT_TRUE(dashboard.synced);
  EXPECT_EQ(dashboard.batches, 1);
}

TEST_F(TaskFeedsTest, ChangesComeOnceAndDeletionsAreNamed) {
  Add("a");
  Add("b");
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  const int64_t changed = Change("a");
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.view["a"] == changed; }));
  Delete("b");
  Add("c");
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.ids() == (Texts{"a", "c"}); }));
  EXPECT_EQ(dashboard.removed, Texts{"b"});
}

TEST_F(TaskFeedsTest, ASlowReaderGetsTheNewestOfEachTaskAndNoMore) {
  Add("a");
  Add("b");
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  int64_t last = 0;
  for (int i = 0; i < 50; ++i) last = Change(i % 2 == 0 ? "a" : "b");
  const size_t before = dashboard.revisions.size();
  ASSERT_TRUE(Eventually([&] {
    feeds_->Changed(kTenant);
    return dashboard.pokes > 0;
  }));
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.view["b"] == last; }));
  EXPECT_LE(dashboard.revisions.size(), before + 4) << "not each of the fifty";
}

TEST_F(TaskFeedsTest, AReaderOfStatesHearsOfThoseThatLeave) {
  Add("a", kTenant, TaskState::kRunning);
  Add("done", kTenant, TaskState::kSucceeded);
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, {kTenant, {TaskState::kRunning}, {}}).ok());
  dashboard.TakeAll();
  EXPECT_EQ(dashboard.ids(), Texts{"a"});
  Change("a", TaskState::kSucceeded);
  ASSERT_TRUE(Follow(dashboard, [&] { return !dashboard.removed.empty(); }));
  EXPECT_EQ(dashboard.ids(), Texts{});
  EXPECT_EQ(dashboard.removed, Texts{"a"});
}

TEST_F(TaskFeedsTest, AReaderOfLabelsHearsNothingOfOthers) {
  Add("mine", kTenant, TaskState::kRunning, {{"show", "one"}});
  Add("other", kTenant, TaskState::kRunning, {{"show", "two"}});
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, {kTenant, {}, {{"show", "one"}}}).ok());
  dashboard.TakeAll();
  EXPECT_EQ(dashboard.ids(), Texts{"mine"});
  Change("other", TaskState::kSucceeded);
  const int64_t changed = Change("mine", TaskState::kSucceeded);
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.view["mine"] == changed; }));
  EXPECT_EQ(dashboard.removed, Texts{});
  EXPECT_EQ(dashboard.terminals.size(), 1u);
}

TEST_F(TaskFeedsTest, LongListsComeInBoundedBatchesAndEachTaskOnce) {
  for (int i = 0; i < 500; ++i) Add(absl::StrCat("task-", 1000 + i));
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  EXPECT_EQ(dashboard.view.size(), 500u);
  EXPECT_TRUE(dashboard.synced);
  EXPECT_GT(dashboard.batches, 5);
  EXPECT_LE(dashboard.biggest, 200u);
}

TEST_F(TaskFeedsTest, BigTasksMakeSmallBatches) {
  for (int i = 0; i < 20; ++i) Add(absl::StrCat("task-", 10 + i), kTenant, TaskState::kPending, {}, 20'000);
  Add("huge", kTenant, TaskState::kPending, {}, 500'000);
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  EXPECT_EQ(dashboard.view.size(), 21u);
  EXPECT_LE(dashboard.biggest, 2u);
}

// What changes while the list is read is listed or comes as a change, never both, and never neither.
TEST_F(TaskFeedsTest, ChangesWhileTheListIsReadComeOnce) {
  for (int i = 0; i < 300; ++i) Add(absl::StrCat("task-", 1000 + i));
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  std::map<std::string, int64_t> expected;
  ASSERT_TRUE(dashboard.TakeOne());
  ASSERT_FALSE(dashboard.synced);
  EXPECT_TRUE(dashboard.token.empty()) << "a stream that breaks here begins anew";
  // The first that are listed are the newest.
  for (const int i : {299, 150, 0}) {
    const std::string id = absl::StrCat("task-", 1000 + i);
    expected[id] = Change(id);
  }
  Delete("task-1298");
  Delete("task-1001");
  expected["late"] = Add("late").revision;
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.synced && dashboard.view.count("late") > 0; }));
  for (const auto& [id, revision] : expected) EXPECT_EQ(dashboard.view[id], revision) << id;
  EXPECT_EQ(dashboard.view.size(), 299u);
  EXPECT_EQ(dashboard.view.count("task-1298"), 0u);
  EXPECT_EQ(dashboard.view.count("task-1001"), 0u);
}

TEST_F(TaskFeedsTest, AReaderGoesOnWhereItWasAlsoInANewProcess) {
  for (int i = 0; i < 10; ++i) Add(absl::StrCat("task-", i));
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  dashboard.Close();
  const int64_t changed = Change("task-3", TaskState::kSucceeded);
  Delete("task-4");
  Restart();
  Add("new");
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.synced; }));
  EXPECT_EQ(dashboard.view["task-3"], changed);
  EXPECT_EQ(dashboard.removed, Texts{"task-4"});
  EXPECT_EQ(dashboard.revisions.size(), 12u) << "ten, one change, one new; nothing twice";
  // Nothing happened: it is told that it knows everything.
  const int batches = dashboard.batches;
  dashboard.Close();
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.synced; }));
  EXPECT_EQ(dashboard.batches, batches + 1);
  EXPECT_EQ(dashboard.revisions.size(), 12u);
}

// A page that was read but not taken is not behind any token.
TEST_F(TaskFeedsTest, TheTokenOfAReaderThatHasNotTakenItsPageDoesNotSkipIt) {
  options_.max_changes = 2;
  Restart();
  Add("a");
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  ASSERT_TRUE(Eventually([&] { return dashboard.pokes > 0; })) << "the read at the opening is over";
  for (int i = 0; i < 10; ++i) Add(absl::StrCat("task-", i));
  TaskBatch batch;
  feeds_->Changed(kTenant);
  ASSERT_TRUE(Eventually([&] { return dashboard.reader().Take(batch) == TaskFeedReader::Next::kRead; }));
  TaskBatch before;
  dashboard.reader().Describe(before);
  ASSERT_TRUE(dashboard.reader().Read().ok());
  TaskBatch after;
  dashboard.reader().Describe(after);
  EXPECT_EQ(after.resume_token, before.resume_token);
  dashboard.token = after.resume_token;
  dashboard.Close();
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.synced; }));
  EXPECT_EQ(dashboard.view.size(), 11u);
}

TEST_F(TaskFeedsTest, ReadersFarBehindReadTheStoreAndCatchUp) {
  options_.max_changes = 8;
  Restart();
  for (int i = 0; i < 200; ++i) Add(absl::StrCat("task-", 1000 + i));
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  const int reads = dashboard.reads;
  for (int i = 0; i < 200; ++i) Change(absl::StrCat("task-", 1000 + i), TaskState::kSucceeded);
  feeds_->Changed(kTenant);
  ASSERT_TRUE(Eventually([&] {
    dashboard.TakeAll();
    return dashboard.terminals.size() == 200;
  }));
  EXPECT_GT(dashboard.reads, reads);
  for (const auto& [id, count] : dashboard.terminals) EXPECT_EQ(count, 1) << id;
  const int caught_up = dashboard.reads;
  const int64_t last = Change("task-1000", TaskState::kSucceeded);
  ASSERT_TRUE(Follow(dashboard, [&] { return dashboard.view["task-1000"] == last; }));
  EXPECT_EQ(dashboard.reads, caught_up) << "it is not behind any more";
}

TEST_F(TaskFeedsTest, ForgottenDeletionsMakeATokenTooOld) {
  Add("a");
  Add("b");
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  dashboard.Close();
  Delete("a");
  ASSERT_TRUE(store_->TrimDeletions(absl::InfiniteFuture()).ok());
  const absl::Status refused = dashboard.Open(*feeds_, All());
  EXPECT_EQ(refused.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReasonOf(refused), base::Reason::kResumeTokenExpired);
  Dashboard fresh;
  fresh.token = base::GetErrorDetail(refused).metadata["resume_token"];
  ASSERT_TRUE(fresh.Open(*feeds_, All()).ok());
  fresh.TakeAll();
  EXPECT_EQ(fresh.ids(), Texts{"b"});
  EXPECT_TRUE(fresh.synced);
}

TEST_F(TaskFeedsTest, AReaderThatStalledUntilDeletionsWereForgottenIsToldSo) {
  options_.max_changes = 2;
  Restart();
  Add("a");
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  // The deletion last: whatever part of this the feed reads early, the reader is behind the ring, or has not seen it.
  for (int i = 0; i < 10; ++i) Add(absl::StrCat("task-", i));
  Delete("a");
  ASSERT_TRUE(store_->TrimDeletions(absl::InfiniteFuture()).ok());
  ASSERT_TRUE(Follow(dashboard, [&] { return !dashboard.read.ok(); }));
  EXPECT_EQ(ReasonOf(dashboard.read), base::Reason::kResumeTokenExpired);
}

TEST_F(TaskFeedsTest, TokensOfOthersAreRefused) {
  Add("a");
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  dashboard.Close();
  const auto refusal = [&](const TaskFilter& filter) { return dashboard.Open(*feeds_, filter).code(); };
  EXPECT_EQ(refusal(All(kOther)), absl::StatusCode::kInvalidArgument) << "another tenant";
  EXPECT_EQ(refusal({kTenant, {TaskState::kRunning}, {}}), absl::StatusCode::kInvalidArgument) << "another filter";
  tokens_ = std::make_unique<ResumeTokens>("another store");
  feeds_ = std::make_unique<TaskFeeds>(options_, *store_, *tokens_);
  EXPECT_EQ(refusal(All()), absl::StatusCode::kOutOfRange);
}

TEST_F(TaskFeedsTest, FeedsLiveAsLongAsTheyAreRead) {
  EXPECT_EQ(feeds_->size(), 0u);
  feeds_->Changed(kTenant);
  EXPECT_EQ(feeds_->size(), 0u);
  Dashboard one, two, other;
  ASSERT_TRUE(one.Open(*feeds_, All()).ok());
  ASSERT_TRUE(two.Open(*feeds_, {kTenant, {TaskState::kRunning}, {}}).ok());
  ASSERT_TRUE(other.Open(*feeds_, All(kOther)).ok());
  EXPECT_EQ(feeds_->size(), 2u);
  auto dropped = feeds_->Open(All(), "", [] {});
  ASSERT_TRUE(dropped.ok());
  EXPECT_EQ(feeds_->readers(), 4u);
  one.reader().Close();
  two.Close();
  dropped->reset();
  // Its thread may still hold a reader that it is telling.
  EXPECT_TRUE(Eventually([&] { return feeds_->size() == 1; }));
  EXPECT_TRUE(Eventually([&] { return feeds_->readers() == 1; }));
}

TEST_F(TaskFeedsTest, AStoreThatFailsForAWhileDelaysAndLosesNothing) {
  Add("a");
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  ASSERT_TRUE(Eventually([&] { return dashboard.pokes > 0; })) << "the read at the opening is over";
  const int64_t changed = Change("a");
  store_->failing_histories = 1;
  feeds_->Changed(kTenant);
  ASSERT_TRUE(Eventually([&] { return store_->failing_histories == 0; }));
  dashboard.TakeAll();
  EXPECT_NE(dashboard.view["a"], changed);
  // Nobody makes a change known: a heartbeat looks again.
  dashboard.reader().LookAgain();
  ASSERT_TRUE(Eventually([&] {
    dashboard.TakeAll();
    return dashboard.view["a"] == changed;
  }));
}

TEST_F(TaskFeedsTest, AQuietTenantsTokenMovesOnWithTheStore) {
  Add("a");
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
  dashboard.TakeAll();
  Add("gone", kOther);
  Delete("gone");
  ASSERT_TRUE(store_->TrimDeletions(absl::InfiniteFuture()).ok());
  const auto bounds = store_->GetHistoryBounds();
  ASSERT_TRUE(bounds.ok());
  // Not the first token that is new: the read that Open began may have come between the two writes.
  const std::string newest = tokens_->Make(ScopeOf(All()), {bounds->newest, false});
  dashboard.reader().LookAgain();
  ASSERT_TRUE(Eventually([&] {
    dashboard.TakeAll();
    TaskBatch heartbeat;
    dashboard.reader().Describe(heartbeat);
    dashboard.token = heartbeat.resume_token;
    return dashboard.token == newest;
  }));
  dashboard.Close();
  EXPECT_TRUE(dashboard.Open(*feeds_, All()).ok()) << "deletions of others do not make it too old";
}

// Many threads commit and make known in any order, readers come, stall, break off and go on: each sees each task's last
// state, no revision twice, one end for each.
TEST_F(TaskFeedsTest, NothingIsLostOrDoubledWhileThreadsCommitAndTellInAnyOrder) {
  constexpr int kWriters = 4;
  constexpr int kTasks = 40;  // Of each.
  options_.max_changes = 16;
  Restart();
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kTasks; ++i) {
        const std::string id = absl::StrCat("w", writer, "-", i);
        {
          static base::Mutex add_mutex;  // Add counts.
          base::MutexLock lock(add_mutex);
          Add(id);
        }
        if (i % 3 == 0) feeds_->Changed(kTenant);
        Change(id, TaskState::kRunning);
        // Told late, after the commits of others, or only by the next.
        if (i % 2 == 0) std::this_thread::yield();
        Change(id, TaskState::kSucceeded);
        feeds_->Changed(kTenant);
        if (i % 5 == 0) {
          Delete(id);
          feeds_->Changed(kTenant);
        }
      }
      --writing;
    });
  }
  std::vector<Dashboard> dashboards(4);
  std::vector<std::thread> readers;
  for (size_t i = 0; i < dashboards.size(); ++i) {
    readers.emplace_back([&, i] {
      Dashboard& dashboard = dashboards[i];
      ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
      for (int taken = 0; writing > 0; ++taken) {
        (void)dashboard.TakeOne();
        // Some break off, but not before they have a token: without one everything would come again.
        if (i % 2 == 1 && taken % 7 == 6 && !dashboard.token.empty()) {
          dashboard.Close();
          ASSERT_TRUE(dashboard.Open(*feeds_, All()).ok());
        }
        std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : writers) thread.join();
  for (std::thread& thread : readers) thread.join();
  std::map<std::string, int64_t> expected;
  const auto changes = store_->ListTaskChanges(kTenant, 0, 10'000);
  ASSERT_TRUE(changes.ok());
  for (const auto& change : *changes) {
    if (change.task.has_value()) expected[change.id] = change.revision;
  }
  ASSERT_EQ(expected.size(), static_cast<size_t>(kWriters * kTasks * 4 / 5));
  for (Dashboard& dashboard : dashboards) {
    EXPECT_TRUE(Follow(dashboard, [&] { return dashboard.view == expected; }));
    EXPECT_TRUE(dashboard.synced);
    EXPECT_TRUE(dashboard.read.ok()) << dashboard.read;
    for (const auto& [id, count] : dashboard.terminals) EXPECT_EQ(count, 1) << id;
  }
}

}  // namespace
}  // namespace seedance::engine

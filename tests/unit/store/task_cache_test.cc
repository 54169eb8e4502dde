#include "service/store/task_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace seedance::store {
namespace {

TaskCache::Task At(int64_t revision, size_t prompt_bytes = 0) {
  auto task = std::make_shared<model::GenerationTask>();
  task->revision = revision;
  task->request.prompt = std::string(prompt_bytes, 'p');
  return task;
}

class TaskCacheTest : public ::testing::Test {
 protected:
  // The revision that is kept; 0: none.
  int64_t Kept(const std::string& id = "a") {
    const TaskCache::Task task = cache_.Find(id);
    return task == nullptr ? 0 : task->revision;
  }
  void Write(const std::string& id, TaskCache::Task task) {
    cache_.BeginWrite(id);
    cache_.EndWrite(id, std::move(task));
  }
  void Read(const std::string& id, TaskCache::Task task) {
    const uint64_t turn = cache_.BeginRead(id);
    cache_.EndRead(id, turn, std::move(task));
  }

  TaskCache cache_{100'000};
};

TEST_F(TaskCacheTest, KeepsWhatWasWrittenAndRead) {
  EXPECT_EQ(Kept(), 0);
  Write("a", At(1));
  EXPECT_EQ(Kept(), 1);
  Write("a", At(2));
  EXPECT_EQ(Kept(), 2);
  Read("b", At(7));
  EXPECT_EQ(Kept("b"), 7);
}

TEST_F(TaskCacheTest, TellsNothingWhileAWriteIsUnderWay) {
  Write("a", At(1));
  cache_.BeginWrite("a");
  EXPECT_EQ(Kept(), 0) << "the database may have the next revision already";
  Write("b", At(2));
  EXPECT_EQ(Kept("b"), 2);
  cache_.EndWrite("a", At(3));
  EXPECT_EQ(Kept(), 3);
}

TEST_F(TaskCacheTest, WritesThatOverlapLeaveTheNewest) {
  cache_.BeginWrite("a");
  cache_.BeginWrite("a");
  cache_.EndWrite("a", At(2));
  EXPECT_EQ(Kept(), 0);
  cache_.EndWrite("a", At(1));  // Committed first, told last.
  EXPECT_EQ(Kept(), 2);
}

TEST_F(TaskCacheTest, AnEndThatIsNotKnownOrADeletionLeavesNothing) {
  Write("a", At(1));
  Write("a", nullptr);
  EXPECT_EQ(Kept(), 0);
  EXPECT_EQ(cache_.bytes(), 0u);
  cache_.BeginWrite("a");
  cache_.BeginWrite("a");
  cache_.EndWrite("a", nullptr);
  cache_.EndWrite("a", At(2));
  EXPECT_EQ(Kept(), 0) << "which of the two came last is not known";
}

TEST_F(TaskCacheTest, AReadThatAWriteOvertookIsNotKept) {
  const uint64_t before = cache_.BeginRead("a");
  Write("a", At(2));
  cache_.EndRead("a", before, At(1));
  EXPECT_EQ(Kept(), 2);

  const uint64_t crossed = cache_.BeginRead("b");
  cache_.BeginWrite("b");
  cache_.EndRead("b", crossed, At(1));
  cache_.EndWrite("b", nullptr);
  EXPECT_EQ(Kept("b"), 0);

  cache_.BeginWrite("c");
  const uint64_t within = cache_.BeginRead("c");
  cache_.EndWrite("c", nullptr);
  cache_.EndRead("c", within, At(1));
  EXPECT_EQ(Kept("c"), 0);
}

TEST_F(TaskCacheTest, AReadThatFindsNothingLeavesNothing) {
  Read("a", nullptr);
  EXPECT_EQ(Kept(), 0);
  EXPECT_EQ(cache_.bytes(), 0u) << "names that do not exist fill no memory";
}

TEST_F(TaskCacheTest, IsBoundedAndForgetsWhatWasNotAskedForLongest) {
  for (int i = 0; i < 10; ++i) Write(absl::StrCat(i), At(i + 1, 20'000));
  EXPECT_LE(cache_.bytes(), 100'000u);
  EXPECT_EQ(Kept("0"), 0);
  EXPECT_EQ(Kept("9"), 10);
  EXPECT_EQ(Kept("6"), 7);  // Now the last to go.
  for (int i = 10; i < 13; ++i) Write(absl::StrCat(i), At(i + 1, 20'000));
  EXPECT_EQ(Kept("6"), 7);
  EXPECT_EQ(Kept("8"), 0);
  Write("big", At(99, 200'000));
  EXPECT_EQ(Kept("big"), 0);
  EXPECT_LE(cache_.bytes(), 100'000u);
}

TEST_F(TaskCacheTest, AWriteUnderWayOutlivesTheBound) {
  cache_.BeginWrite("a");
  for (int i = 0; i < 20; ++i) Write(absl::StrCat(i), At(i + 1, 20'000));
  cache_.EndWrite("a", At(50));
  EXPECT_EQ(Kept(), 50);
}

// One number in place of a database: what the cache tells is never older than what it held when it was asked.
TEST_F(TaskCacheTest, IsNeverBehindTheDatabase) {
  std::atomic<int64_t> database{1};
  base::Mutex one_writer;
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        cache_.BeginWrite("a");
        int64_t written = 0;
        {
          base::MutexLock lock(one_writer);
          written = ++database;
        }
        cache_.EndWrite("a", n % 7 == 0 ? nullptr : At(written));
      }
      over = true;
    });
  }
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!over) {
        std::this_thread::yield();  // A mutex is not fair: the writers have to get their turn.
        const int64_t before = database;
        if (const int64_t kept = Kept(); kept != 0) {
          ASSERT_GE(kept, before);
          continue;
        }
        const uint64_t turn = cache_.BeginRead("a");
        cache_.EndRead("a", turn, At(database));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace seedance::store

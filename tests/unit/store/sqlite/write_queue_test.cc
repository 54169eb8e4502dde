#include "service/store/sqlite/write_queue.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "service/base/error.h"
#include "service/store/sqlite/files/file_lock.h"
#include "service/store/sqlite/migrations.h"
#include "service/store/sqlite/store_meta.h"
#include "tests/contract/scratch_dir.h"

namespace seedance::store::sqlite {
namespace {

class WriteQueueTest : public ::testing::Test {
 protected:
  WriteQueueTest() {
    SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("CREATE TABLE numbers (number INTEGER PRIMARY KEY)");
    auto lock = FileLock::TakeDatabase(path_);
    if (!lock.ok()) abort();
    lock_ = std::make_unique<FileLock>(*std::move(lock));
    auto connection = std::make_unique<Connection>(path_, Connection::Use::kWrite, 0);
    if (!Migrate(*connection).ok()) abort();
    ReadOrMakeEpoch(*connection, "epoch");
    auto files = FileGuard::Over(DatabaseFiles::At(path_), lock_->descriptor());
    if (!files.ok()) abort();
    guard_ = std::make_unique<CommitGuard>(*files, soundness_, marker_);
    queue_ = std::make_unique<WriteQueue>(std::move(connection), *guard_);
  }

  int64_t CountedCommits() {
    SQLite::Database database(path_);
    return database.execAndGet("SELECT commits FROM store_meta").getInt64();
  }

  static void Insert(Connection& connection, int number) {
    Query(connection, "INSERT INTO numbers (number) VALUES (?)").Int(number).Run();
  }

  // As another connection sees it: only what is committed.
  std::string Committed() {
    SQLite::Database database(path_);
    return database.execAndGet("SELECT coalesce(group_concat(number), '') FROM numbers").getString();
  }

  testing::ScratchDir directory_;
  const std::string path_ = directory_.File("queue.db");
  std::unique_ptr<FileLock> lock_;
  Soundness soundness_{path_};
  MarkerWriter marker_{path_ + ".marker", {"epoch", {}, false}, base::RealClock()};
  std::unique_ptr<CommitGuard> guard_;
  std::unique_ptr<WriteQueue> queue_;
};

TEST_F(WriteQueueTest, WriteIsCommittedWhenRunReturns) {
  ASSERT_TRUE(queue_
                  ->Run([](Connection& connection) {
                    Insert(connection, 1);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(Committed(), "1");
}

TEST_F(WriteQueueTest, CommitsAreCountedWhenTheyChangeSomething) {
  const auto write = [&](int number, bool ok) {
    return queue_->Run([&](Connection& connection) {
      if (number > 0) Insert(connection, number);
      return ok ? absl::OkStatus() : absl::AbortedError("no");
    });
  };
  EXPECT_TRUE(write(1, true).ok());
  EXPECT_EQ(CountedCommits(), 1);
  EXPECT_TRUE(write(0, true).ok());
  EXPECT_EQ(CountedCommits(), 1);
  EXPECT_TRUE(write(2, true).ok());
  EXPECT_EQ(CountedCommits(), 2);
}

TEST_F(WriteQueueTest, ACallerThatFindsNothingUnderWayCommitsByItselfAndTheQueueTheOthers) {
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  std::thread::id first_thread;
  std::thread first([&] {
    EXPECT_TRUE(queue_
                    ->Run([&](Connection& connection) {
                      first_thread = std::this_thread::get_id();
                      Insert(connection, 1);
                      inside = true;
                      inside.notify_all();
                      leave.wait(false);
                      return absl::OkStatus();
                    })
                    .ok());
    EXPECT_EQ(first_thread, std::this_thread::get_id());
  });
  inside.wait(false);
  std::thread second([&] {
    EXPECT_TRUE(queue_
                    ->Run([&](Connection& connection) {
                      EXPECT_NE(std::this_thread::get_id(), first_thread);
                      Insert(connection, 2);
                      return absl::OkStatus();
                    })
                    .ok());
  });
  leave = true;
  leave.notify_all();
  first.join();
  second.join();
  EXPECT_EQ(Committed(), "1,2");
}

TEST_F(WriteQueueTest, WhatFailsAloneIsRolledBackAndCountsAsNoCommit) {
  const auto fail = [&](const absl::Status& status) {
    return queue_->Run([&](Connection& connection) {
      Insert(connection, 1);
      return status;
    });
  };
  EXPECT_FALSE(fail(absl::AbortedError("no")).ok());
  EXPECT_FALSE(guard_->failed());
  EXPECT_EQ(CountedCommits(), 0);
  EXPECT_FALSE(fail(base::StoreUnavailable("disk_full")).ok());
  EXPECT_TRUE(guard_->failed()) << "the next question for the store's health writes again";
  EXPECT_TRUE(fail(absl::OkStatus()).ok());
  EXPECT_FALSE(guard_->failed());
  EXPECT_EQ(Committed(), "1");
}

TEST_F(WriteQueueTest, ManyThreadsLoseNothingWhoeverCommits) {
  constexpr int kThreads = 8;
  constexpr int kWrites = 100;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kWrites; ++i) {
        const int number = thread * kWrites + i;
        const absl::Status status = queue_->Run([&](Connection& connection) {
          Insert(connection, number);
          return number % 5 == 0 ? absl::AbortedError("no") : absl::OkStatus();
        });
        EXPECT_EQ(status.ok(), number % 5 != 0) << number;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  SQLite::Database database(path_);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM numbers").getInt(), kThreads * kWrites * 4 / 5);
}

TEST_F(WriteQueueTest, CommitIntoAFileThatWasRemovedDoesNotCount) {
  const auto write = [&] {
    return queue_->Run([&](Connection& connection) {
      Insert(connection, 1);
      // While the transaction is under way: what matters is what is there when it has ended.
      unlink(path_.c_str());
      return absl::OkStatus();
    });
  };
  EXPECT_EQ(base::GetErrorDetail(write()).metadata["cause"], "file_removed");
  EXPECT_TRUE(guard_->failed());
  EXPECT_EQ(base::GetErrorDetail(write()).metadata["cause"], "file_removed") << "nothing is written any more";
}

TEST_F(WriteQueueTest, ReturnedErrorUndoesTheWrite) {
  const absl::Status status = queue_->Run([](Connection& connection) {
    Insert(connection, 1);
    return absl::AbortedError("no");
  });
  EXPECT_EQ(status, absl::AbortedError("no"));
  EXPECT_EQ(Committed(), "");
}

TEST_F(WriteQueueTest, ThrownErrorUndoesTheWriteAndBecomesAStatus) {
  const absl::Status status = queue_->Run([](Connection& connection) {
    Insert(connection, 1);
    Insert(connection, 1);
    return absl::OkStatus();
  });
  EXPECT_EQ(base::GetErrorDetail(status).metadata["cause"], "constraint");
  EXPECT_EQ(Committed(), "");
}

// Holds the queue's thread inside a first write until `others` are about to queue theirs.
TEST_F(WriteQueueTest, FailureInAGroupUndoesOnlyItself) {
  constexpr int kOthers = 8;
  std::atomic<int> queueing{0};
  std::thread first([&] {
    EXPECT_TRUE(queue_
                    ->Run([&](Connection&) {
                      for (int seen = queueing; seen < kOthers; seen = queueing) queueing.wait(seen);
                      return absl::OkStatus();
                    })
                    .ok());
  });
  std::vector<std::thread> others;
  for (int i = 0; i < kOthers; ++i) {
    others.emplace_back([&, i] {
      ++queueing;
      queueing.notify_all();
      const absl::Status status = queue_->Run([i](Connection& connection) {
        Insert(connection, i);
        return i % 3 == 0 ? absl::AbortedError("no") : absl::OkStatus();
      });
      EXPECT_EQ(status.ok(), i % 3 != 0);
    });
  }
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(Committed(), "1,2,4,5,7");
}

TEST_F(WriteQueueTest, LostTransactionFailsTheWriteAndTheNextOneWorks) {
  const absl::Status lost = queue_->Run([](Connection& connection) {
    Insert(connection, 1);
    connection.Execute("ROLLBACK");  // As SQLite does by itself after some errors.
    return absl::OkStatus();
  });
  EXPECT_EQ(base::GetErrorDetail(lost).metadata["cause"], "rolled_back");
  const absl::Status next = queue_->Run([](Connection& connection) {
    Insert(connection, 2);
    return absl::OkStatus();
  });
  EXPECT_TRUE(next.ok()) << next;
  EXPECT_EQ(Committed(), "2");
}

TEST_F(WriteQueueTest, FailedCommitFailsEveryWriteInIt) {
  const absl::Status status = queue_->Run([](Connection& connection) {
    connection.Execute(
        "CREATE TABLE children (number INTEGER REFERENCES numbers (number) DEFERRABLE INITIALLY DEFERRED)");
    connection.Execute("INSERT INTO children VALUES (7)");  // Judged at COMMIT.
    return absl::OkStatus();
  });
  EXPECT_EQ(base::GetErrorDetail(status).metadata["cause"], "constraint");
  const absl::Status next = queue_->Run([](Connection& connection) {
    Insert(connection, 2);
    return absl::OkStatus();
  });
  EXPECT_TRUE(next.ok()) << next;
  EXPECT_EQ(Committed(), "2");
}

}  // namespace
}  // namespace seedance::store::sqlite

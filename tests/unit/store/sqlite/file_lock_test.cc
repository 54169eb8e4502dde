#include "service/store/sqlite/files/file_lock.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "tests/contract/scratch_dir.h"

namespace seedance::store::sqlite {
namespace {

using testing::ScratchDir;

class FileLockTest : public ::testing::Test {
 protected:
  FileLockTest() {
    wait_.limit = absl::Seconds(10);
    wait_.clock = &clock_;
    wait_.cancel = std::make_shared<base::CancelToken>();
    wait_.on_wait = [this] { ++looks_; };
  }

  const ScratchDir directory_;
  const std::string path_ = directory_.File("store.db.lock");
  base::SimulatedClock clock_{absl::UnixEpoch()};
  LockWait wait_;
  int looks_ = 0;  // Of the waiting thread.
};

TEST_F(FileLockTest, AFreeLockIsTakenWithoutWaiting) {
  EXPECT_TRUE(FileLock::Take(path_, wait_).ok());
  EXPECT_EQ(looks_, 0);
}

TEST_F(FileLockTest, WithoutPatienceItFailsAtOnce) {
  const auto first = FileLock::Take(path_);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = FileLock::Take(path_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(second.status().message()).find("another gateway uses this database"), std::string::npos);
}

TEST_F(FileLockTest, ItIsTakenAsSoonAsItsHolderIsGone) {
  auto holder = std::make_optional(FileLock::Take(path_));
  ASSERT_TRUE((*holder).ok());
  wait_.on_wait = [&] {
    if (++looks_ == 3) holder.reset();
    clock_.Advance(kLockLook);
  };
  const auto second = FileLock::Take(path_, wait_);
  EXPECT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(looks_, 3);
}

TEST_F(FileLockTest, PatienceEnds) {
  const auto holder = FileLock::Take(path_);
  ASSERT_TRUE(holder.ok());
  wait_.on_wait = [&] {
    ++looks_;
    clock_.Advance(absl::Seconds(1));
  };
  const auto second = FileLock::Take(path_, wait_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(second.status().message()).find("even after waiting 10s"), std::string::npos)
      << second.status();
  EXPECT_EQ(looks_, 10);
}

TEST_F(FileLockTest, ACancellationEndsTheWaitAlsoInItsPause) {
  const auto holder = FileLock::Take(path_);
  ASSERT_TRUE(holder.ok());
  // The clock stands still: the pause has no other end.
  std::thread stop;
  wait_.on_wait = [&] {
    if (!stop.joinable()) stop = std::thread([&] { wait_.cancel->Cancel(); });
  };
  EXPECT_EQ(FileLock::Take(path_, wait_).status().code(), absl::StatusCode::kCancelled);
  stop.join();
  wait_.on_wait = nullptr;
  EXPECT_EQ(FileLock::Take(path_, wait_).status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace seedance::store::sqlite

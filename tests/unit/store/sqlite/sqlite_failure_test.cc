#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "service/store/sqlite/sqlite_error.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/contract/scratch_dir.h"
#include "tests/contract/store_samples.h"
#include "tests/unit/store/sqlite/open_at.h"

namespace seedance::store::sqlite {
namespace {

using testing::MakeAsset;
using testing::ScratchDir;

model::Asset BigAsset(int number) {
  model::Asset asset = MakeAsset(std::to_string(number));
  asset.preview_uri = std::string(20'000, 'x');
  return asset;
}

TEST(SqliteError, EachCodeHasItsCause) {
  EXPECT_EQ(CauseOf(SQLITE_FULL), "disk_full");
  EXPECT_EQ(CauseOf(SQLITE_READONLY_DBMOVED), "read_only");
  EXPECT_EQ(CauseOf(SQLITE_CORRUPT_INDEX), "corrupt");
  EXPECT_EQ(CauseOf(SQLITE_NOTADB), "corrupt");
  EXPECT_EQ(CauseOf(SQLITE_IOERR_FSYNC), "input_output");
  EXPECT_EQ(CauseOf(SQLITE_BUSY_SNAPSHOT), "busy");
  EXPECT_EQ(CauseOf(SQLITE_MISUSE), "sqlite_error");
  EXPECT_EQ(CauseOf(-1), "sqlite_error");
}

TEST(SqliteError, BecomesStoreUnavailable) {
  const absl::Status status = StatusOf(SQLite::Exception("database or disk is full", SQLITE_FULL));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(base::GetReason(status), base::Reason::kStoreUnavailable);
  EXPECT_EQ(Cause(status), "disk_full");
}

TEST(SqliteFailure, FullDatabaseRefusesWritesAndKeepsWhatItHas) {
  const ScratchDir directory;
  const auto store = OpenAt(directory.File("store.db"), 100);
  ASSERT_TRUE(store.ok()) << store.status();
  int written = 0;
  absl::Status full;
  while (full.ok() && written < 100) {
    full = (*store)->PutAsset(BigAsset(written)).status();
    if (full.ok()) ++written;
  }
  EXPECT_EQ(base::GetReason(full), base::Reason::kStoreUnavailable);
  EXPECT_EQ(Cause(full), "disk_full");
  EXPECT_GT(written, 5);
  for (int i = 0; i < written; ++i) EXPECT_TRUE((*store)->GetAsset(BigAsset(i).handle).ok()) << i;
  EXPECT_EQ((*store)->GetAsset(BigAsset(written).handle).status().code(), absl::StatusCode::kNotFound);

  ASSERT_TRUE((*store)->DeleteAsset(BigAsset(0).handle).ok());
  const auto again = (*store)->PutAsset(BigAsset(written));
  EXPECT_TRUE(again.ok()) << "room was made: " << again.status();
}

// In a child, because the limit is the process's. The codes say which step failed.
int WriteBeyondAFileSizeLimit(const std::string& path) {
  signal(SIGXFSZ, SIG_IGN);
  const auto store = OpenAt(path);
  if (!store.ok()) return 1;
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  // Room for some writes, however much the migrations have written.
  limit.rlim_cur = std::filesystem::file_size(path + "-wal") + 100'000;
  setrlimit(RLIMIT_FSIZE, &limit);
  int written = 0;
  absl::Status failed;
  while (failed.ok() && written < 1000) {
    failed = (*store)->PutAsset(BigAsset(written)).status();
    if (failed.ok()) ++written;
  }
  if (base::GetReason(failed) != base::Reason::kStoreUnavailable || Cause(failed).empty()) return 2;
  if (written == 0) return 6;
  for (int i = 0; i < written; ++i) {
    if (!(*store)->GetAsset(BigAsset(i).handle).ok()) return 3;
  }
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_FSIZE, &limit);
  const auto next = (*store)->PutAsset(BigAsset(written));
  if (!next.ok()) return 4;
  // A revision of the failed write may be given again, because nobody ever saw it; one that was seen may not.
  if (next->revision <= (*store)->GetAsset(BigAsset(written - 1).handle)->revision) return 5;
  return 0;
}

TEST(SqliteFailure, FailedCommitLosesNothingAcknowledgedAndTheStoreRecovers) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  const pid_t child = fork();
  if (child == 0) _exit(WriteBeyondAFileSizeLimit(path));
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Writes assets from several threads for ever; the number of each goes to `acknowledged` after its write returned.
void WriteUntilKilled(const std::string& path, int acknowledged) {
  const auto store = OpenAt(path);
  if (!store.ok()) _exit(1);
  std::vector<std::thread> threads;
  for (int32_t thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int32_t number = thread;; number += 8) {
        if (!(*store)->PutAsset(MakeAsset(std::to_string(number))).ok()) _exit(2);
        if (write(acknowledged, &number, sizeof number) != sizeof number) _exit(3);
      }
    });
  }
  threads[0].join();
}

TEST(SqliteFailure, KilledProcessLosesNoAcknowledgedWrite) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  size_t total = 0;
  for (int round = 0; round < 3; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      WriteUntilKilled(path, ends[1]);
      _exit(4);
    }
    close(ends[1]);
    std::vector<int32_t> acknowledged;
    int32_t number = 0;
    while (read(ends[0], &number, sizeof number) == sizeof number) {
      acknowledged.push_back(number);
      // Goes on reading: what the child wrote before it died was acknowledged too.
      if (acknowledged.size() == 200) kill(child, SIGKILL);
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);

    const auto store = OpenAt(path);
    ASSERT_TRUE(store.ok()) << store.status();
    for (int32_t written : acknowledged) {
      const auto read_back = (*store)->GetAsset(MakeAsset(std::to_string(written)).handle);
      ASSERT_TRUE(read_back.ok()) << "round " << round << ", " << read_back.status();
    }
    total += acknowledged.size();
  }
  EXPECT_GE(total, 600u);
}

}  // namespace
}  // namespace seedance::store::sqlite

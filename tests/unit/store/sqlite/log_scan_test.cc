#include "service/store/sqlite/files/log_scan.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/contract/scratch_dir.h"

namespace seedance::store::sqlite {
namespace {

constexpr int kHeader = 32;
constexpr int kFrame = 24 + 4096;

// A log of one frame for each transaction, as a killed process leaves it.
class LogScanTest : public ::testing::Test {
 protected:
  LogScanTest() : database_(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
    database_.exec("PRAGMA journal_mode = WAL");
    database_.exec("CREATE TABLE numbers (number INTEGER)");
    database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    Write(10);
  }

  void Write(int transactions) {
    for (int i = 0; i < transactions; ++i) database_.exec(absl::StrCat("INSERT INTO numbers VALUES (", i, ")"));
  }

  // What is found in a copy where the byte is another one, or which ends there.
  std::string Damaged(int offset) {
    Copy();
    std::fstream file(copy_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const int byte = file.get();
    file.seekp(offset);
    file.put(static_cast<char>(byte ^ 0x55));
    file.close();
    return Find();
  }
  std::string Cut(int size) {
    Copy();
    std::filesystem::resize_file(copy_, static_cast<uintmax_t>(size));
    return Find();
  }
  std::string Find() {
    const absl::StatusOr<std::string> damage = FindLogDamage(copy_);
    EXPECT_TRUE(damage.ok()) << damage.status();
    return damage.value_or("");
  }
  void Copy() { std::filesystem::copy_file(path_ + "-wal", copy_, std::filesystem::copy_options::overwrite_existing); }

  const seedance::testing::ScratchDir directory_;
  const std::string path_ = directory_.File("store.db");
  const std::string copy_ = directory_.File("copy");
  SQLite::Database database_;
};

TEST_F(LogScanTest, AWholeLogIsNotDamagedNorIsNone) {
  EXPECT_EQ(Find(), "");
  Copy();
  ASSERT_EQ(std::filesystem::file_size(copy_), static_cast<uintmax_t>(kHeader + 10 * kFrame));
  EXPECT_EQ(Find(), "");
  EXPECT_EQ(Cut(0), "");
}

TEST_F(LogScanTest, ADamagedFrameBeforeCommittedOnesIsFound) {
  const std::string text = "frame 4 of its write-ahead log is damaged, and committed changes follow it";
  EXPECT_EQ(Damaged(kHeader + 3 * kFrame + 100), text);
  EXPECT_EQ(Damaged(kHeader + 3 * kFrame + 10), text) << "in the salts";
}

TEST_F(LogScanTest, ATransactionThatWasTornIsNoDamage) {
  EXPECT_EQ(Damaged(kHeader + 9 * kFrame + 100), "");
  EXPECT_EQ(Cut(kHeader + 9 * kFrame + 100), "");
}

TEST_F(LogScanTest, WhatATornTransactionLeftIsNoDamage) {
  // Three frames and more at once, of which the first does not get to the disk, but all others do.
  database_.exec("CREATE TABLE blobs (bytes BLOB)");
  database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  Write(2);
  database_.exec("INSERT INTO blobs VALUES (randomblob(30000))");
  Copy();
  const auto frames = static_cast<int>((std::filesystem::file_size(copy_) - kHeader) / kFrame);
  ASSERT_GT(frames, 2 + 5);
  EXPECT_EQ(Damaged(kHeader + 2 * kFrame + 100), "");
  // After the loss of power a shorter one is written in its place, and is torn too.
  const std::string torn = directory_.File("torn.db");
  std::filesystem::copy_file(path_, torn);
  std::filesystem::copy_file(copy_, torn + "-wal");
  const std::string image = directory_.File("image");
  {
    SQLite::Database again(torn, SQLite::OPEN_READWRITE);
    again.exec("INSERT INTO blobs VALUES (randomblob(5000))");
    std::filesystem::copy_file(torn + "-wal", image);
  }
  std::filesystem::copy_file(image, copy_, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(Find(), "") << "before it is torn";
  std::filesystem::copy_file(image, path_ + "-wal", std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(Damaged(kHeader + 2 * kFrame + 100), "");
}

TEST_F(LogScanTest, ADamagedChecksumBeforeCommittedFramesIsFound) {
  const std::string text = "frame 4 of its write-ahead log is damaged, and committed changes follow it";
  EXPECT_EQ(Damaged(kHeader + 3 * kFrame + 17), text);
}

TEST_F(LogScanTest, ADamagedFrameBeforeTheLastOneIsFound) {
  EXPECT_EQ(Damaged(kHeader + 8 * kFrame + 100),
            "frame 9 of its write-ahead log is damaged, and committed changes follow it");
}

TEST_F(LogScanTest, ADamagedHeaderIsFound) {
  for (const int offset : {0, 9, 16, 25}) {
    EXPECT_EQ(Damaged(offset), "the header of its write-ahead log is damaged") << offset;
  }
  EXPECT_EQ(Cut(20), "the header of its write-ahead log is damaged");
}

TEST_F(LogScanTest, FramesOfAnEarlierTimeOfTheLogAreNoDamage) {
  database_.exec("PRAGMA wal_checkpoint(RESTART)");
  Write(3);
  Copy();
  ASSERT_EQ(std::filesystem::file_size(copy_), static_cast<uintmax_t>(kHeader + 10 * kFrame));
  EXPECT_EQ(Find(), "");
  EXPECT_EQ(Damaged(kHeader + 5 * kFrame + 100), "") << "nothing of it counts any more";
  EXPECT_NE(Damaged(kHeader + 100), "");
}

}  // namespace
}  // namespace seedance::store::sqlite

// An open store notices what happens to its files, and lets nobody else in.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "service/base/error.h"
#include "service/store/sqlite/files/marker_writer.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/contract/scratch_dir.h"
#include "tests/contract/store_samples.h"
#include "tests/testing/eventually.h"
#include "tests/unit/store/sqlite/open_at.h"

namespace seedance::store::sqlite {
namespace {

namespace fs = std::filesystem;
using seedance::testing::At;
using seedance::testing::Eventually;
using seedance::testing::MakeCall;
using seedance::testing::MakeGroup;
using seedance::testing::MakeTask;

// Whether the marker says all that is committed.
bool IsMarked(const std::string& path) {
  const int64_t commits = SQLite::Database(path).execAndGet("SELECT commits FROM store_meta").getInt64();
  const auto marker = ReadMarker(path + ".marker");
  return marker.ok() && marker->has_value() && (*marker)->extent.commits == commits;
}

class StoreSoundnessTest : public ::testing::Test {
 protected:
  StoreSoundnessTest() : store_(*OpenAt(path_)) {
    EXPECT_TRUE(store_->PutGroup(MakeGroup("before")).ok());
    EXPECT_TRUE(Probe().ok());
    // From here on nothing is written beside what a test does.
    EXPECT_TRUE(Eventually([&] { return IsMarked(path_); }));
  }

  absl::Status Probe() { return store_->Probe(At(0), absl::Seconds(2)).status; }

  // Nothing counts as written any more; what is known can still be read.
  void ExpectLost(const std::string& cause) {
    EXPECT_EQ(Cause(Probe()), cause);
    const model::GenerationTask task = MakeTask("task");
    for (int i = 0; i < 2; ++i) {
      const auto begun = store_->BeginEntry(MakeCall("call"), &task);
      EXPECT_EQ(base::GetReason(begun.status()), base::Reason::kStoreUnavailable);
      EXPECT_EQ(Cause(begun.status()), cause);
    }
    EXPECT_EQ(Cause(store_->PutGroup(MakeGroup("after")).status()), cause);
  }

  const seedance::testing::ScratchDir directory_;
  const std::string path_ = directory_.File("store.db");
  std::unique_ptr<Store> store_;
};

TEST_F(StoreSoundnessTest, RemovedDatabase) {
  fs::remove(path_);
  ExpectLost("file_removed");
  EXPECT_TRUE(store_->GetGroup(MakeGroup("before").handle).ok());
}

TEST_F(StoreSoundnessTest, WithoutAProbeTheFirstWriteNotices) {
  fs::remove(path_);
  const auto begun = store_->BeginEntry(MakeCall("call"), nullptr);
  EXPECT_EQ(Cause(begun.status()), "file_removed");
}

TEST_F(StoreSoundnessTest, ReplacedDatabaseStaysLostWhenItIsBroughtBack) {
  const std::string aside = directory_.File("aside.db");
  fs::rename(path_, aside);
  fs::copy_file(aside, path_);
  ExpectLost("file_replaced");
  fs::rename(aside, path_);
  ExpectLost("file_replaced");
}

TEST_F(StoreSoundnessTest, RemovedLog) {
  fs::remove(path_ + "-wal");
  ExpectLost("log_removed");
}

TEST_F(StoreSoundnessTest, RemovedIndexOfTheLog) {
  fs::remove(path_ + "-shm");
  ExpectLost("log_removed");
}

TEST_F(StoreSoundnessTest, LogThatWasEmptiedInItsPlace) {
  fs::resize_file(path_ + "-wal", 0);
  EXPECT_EQ(Cause(store_->BeginEntry(MakeCall("call"), nullptr).status()), "log_removed");
  ExpectLost("log_removed");
}

TEST_F(StoreSoundnessTest, LogThatAnotherProgramMergedIsNotLost) {
  SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_EQ(fs::file_size(path_ + "-wal"), 0u);
  EXPECT_TRUE(Probe().ok());
  EXPECT_TRUE(store_->PutGroup(MakeGroup("after")).ok());
  EXPECT_TRUE(Probe().ok());
}

TEST_F(StoreSoundnessTest, OverwrittenHeader) {
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file << std::string(100, '#');
  file.close();
  ExpectLost("corrupt");
}

TEST_F(StoreSoundnessTest, ClosingALostStoreLeavesTheFilesOfTheOneInItsPlaceAlone) {
  fs::remove(path_);
  for (const char* name : {"", "-wal", ".marker"}) {
    fs::remove(path_ + name);
    std::ofstream(path_ + name) << "another's";
  }
  ExpectLost("file_replaced");
  store_.reset();
  for (const char* name : {"", "-wal", ".marker"}) {
    std::ifstream file(path_ + name);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "another's") << name;
  }
}

// A store whose marker is written when the test's clock says so.
class StoreMarkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.path = directory_.File("store.db");
    options_.clock = &clock_;
    auto opened = OpenSqliteStore(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  // In small steps: the pause after the writing must not be over.
  void WaitUntilMarked() {
    ASSERT_TRUE(Eventually([&] {
      clock_.Advance(absl::Milliseconds(1));
      return IsMarked(options_.path);
    }));
  }

  const seedance::testing::ScratchDir directory_;
  base::SimulatedClock clock_{At(0)};
  SqliteOptions options_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreMarkerTest, ALostStoreDoesNotWriteItsMarkerOverAnothers) {
  const std::string marker = options_.path + ".marker";
  ASSERT_TRUE(store_->PutGroup(MakeGroup("written")).ok());
  WaitUntilMarked();
  ASSERT_TRUE(store_->PutGroup(MakeGroup("written after a pause")).ok());
  for (const std::string& path : {options_.path, marker}) {
    fs::remove(path);
    std::ofstream(path) << "another's";
  }
  clock_.Advance(MarkerWriter::kPace);
  EXPECT_TRUE(seedance::testing::Always(
      [&] {
        std::ifstream file(marker);
        return std::string(std::istreambuf_iterator<char>(file), {}) == "another's";
      },
      absl::Milliseconds(300)));
}

TEST_F(StoreSoundnessTest, ALockFileThatWasRemovedLetsNobodyIn) {
  fs::remove(path_ + ".lock");
  const auto second = OpenAt(path_);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(absl::StrContains(std::string(second.status().message()), "another gateway uses this database"))
      << second.status();
  EXPECT_TRUE(Probe().ok());
  EXPECT_TRUE(store_->PutGroup(MakeGroup("after")).ok()) << "the first still works";
}

TEST_F(StoreSoundnessTest, NoOtherNameOfTheDatabaseLetsAnybodyIn) {
  const std::string link = directory_.File("link.db");
  fs::create_symlink(path_, link);
  const std::string hard = directory_.File("hard.db");
  fs::create_hard_link(path_, hard);
  for (const std::string& other : {link, hard}) {
    const auto second = OpenAt(other);
    ASSERT_FALSE(second.ok()) << other;
    EXPECT_TRUE(absl::StrContains(std::string(second.status().message()), "another gateway uses this database"))
        << second.status();
  }
}

TEST_F(StoreSoundnessTest, ThroughASymbolicLinkItIsTheSameDatabaseWithTheSameMarker) {
  store_.reset();
  const std::string folder = directory_.File("folder");
  fs::create_directory(folder);
  fs::create_symlink("../store.db", folder + "/link.db");
  {
    const auto linked = OpenAt(folder + "/link.db");
    ASSERT_TRUE(linked.ok()) << linked.status();
    EXPECT_TRUE((*linked)->GetGroup(MakeGroup("before").handle).ok());
  }
  fs::remove(path_);
  EXPECT_FALSE(OpenAt(folder + "/link.db").ok()) << "the marker says that there was a database";
}

// A write that was refused after it was committed is settled by the next start alone: until then nothing goes on.
TEST(StoreFolderTest, ACommitWhoseFilesCannotBeSeenIsTheLastOne) {
  const seedance::testing::ScratchDir directory;
  const std::string folder = directory.File("folder");
  fs::create_directory(folder);
  const std::string path = folder + "/store.db";
  const model::GenerationTask task = MakeTask("task");
  {
    const auto store = OpenAt(path);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutGroup(MakeGroup("before")).ok());
    fs::rename(folder, directory.File("away"));
    std::ofstream(folder) << "no folder";
    EXPECT_EQ(Cause((*store)->BeginEntry(MakeCall("call"), &task).status()), "unknown_files");
    fs::remove(folder);
    fs::rename(directory.File("away"), folder);
    EXPECT_EQ(Cause((*store)->PutGroup(MakeGroup("after")).status()), "unknown_files");
    EXPECT_EQ(Cause((*store)->Probe(At(9), absl::ZeroDuration()).status), "unknown_files");
  }
  const auto store = OpenAt(path);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->ListOpenTasks()->size(), 1u) << "the next start follows it";
  EXPECT_TRUE((*store)->PutGroup(MakeGroup("after")).ok());
}

// What a start would not notice to be lost must not be billed.
TEST_F(StoreMarkerTest, WithoutAMarkerNothingIsBilledAfterAWhile) {
  const model::GenerationTask task = MakeTask("task");
  ASSERT_TRUE(store_->BeginEntry(MakeCall("known"), &task).ok());
  const std::string marker = options_.path + ".marker";
  const auto probe = [&] { return Cause(store_->Probe(clock_.Now(), absl::ZeroDuration()).status); };
  WaitUntilMarked();
  fs::remove(marker);
  fs::create_directory(marker);
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(MarkerWriter::kPace);
    return probe() == "marker_not_written";
  }));
  clock_.Advance(MarkerWriter::kPatience + absl::Seconds(1));

  const model::GenerationTask other = MakeTask("other");
  EXPECT_EQ(Cause(store_->BeginEntry(MakeCall("new"), &other).status()), "marker_not_written");
  EXPECT_FALSE(store_->GetTask("other").ok()) << "it was undone";
  EXPECT_TRUE(store_->BeginEntry(MakeCall("known"), nullptr)->existing.has_value()) << "what is known is told";
  const auto become = [&](model::TaskState state) {
    return store_->UpdateTask("task", [&](model::GenerationTask& edited) {
      edited.state = state;
      return absl::OkStatus();
    });
  };
  EXPECT_EQ(Cause(become(model::TaskState::kSubmitting).status()), "marker_not_written");
  EXPECT_EQ(store_->GetTask("task")->state, model::TaskState::kPending);
  EXPECT_TRUE(store_->PutGroup(MakeGroup("free")).ok()) << "what is not billed is written";

  fs::remove(marker);
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(MarkerWriter::kPace);
    return probe().empty();
  }));
  EXPECT_TRUE(become(model::TaskState::kSubmitting).ok());
  EXPECT_TRUE(store_->BeginEntry(MakeCall("new"), &other).ok());
}

}  // namespace
}  // namespace seedance::store::sqlite

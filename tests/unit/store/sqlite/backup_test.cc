#include "service/store/sqlite/backup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/store/sqlite/files/marker.h"
#include "service/store/sqlite/restore.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/contract/scratch_dir.h"
#include "tests/contract/store_samples.h"

namespace seedance::store::sqlite {
namespace {

namespace fs = std::filesystem;
using seedance::testing::MakeCall;
using seedance::testing::MakeGroup;
using seedance::testing::MakeTask;

class BackupTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> MustOpen() {
    SqliteOptions options;
    options.path = path_;
    auto store = OpenSqliteStore(options);
    if (!store.ok()) throw std::runtime_error(store.status().ToString());
    return *std::move(store);
  }
  static void Put(Store& store, const std::string& id) { ASSERT_TRUE(store.PutGroup(MakeGroup(id)).ok()); }
  static bool Has(Store& store, const std::string& id) { return store.GetGroup(MakeGroup(id).handle).ok(); }

  absl::StatusOr<Contents> MakeBackup() { return BackUp(path_, backup_); }
  absl::StatusOr<Restored> DoRestore(bool accept_data_loss = false) {
    return Restore(path_, backup_, accept_data_loss, base::RealClock());
  }
  void ExpectRefused(const absl::Status& status, const std::string& text) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(absl::StrContains(std::string(status.message()), text)) << status;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      EXPECT_FALSE(absl::StrContains(entry.path().string(), ".unfinished")) << entry.path();
      EXPECT_FALSE(absl::StrContains(entry.path().string(), ".restoring")) << entry.path();
      EXPECT_FALSE(absl::StrContains(entry.path().string(), ".aside")) << entry.path();
    }
  }

  void SpoilHeader() const {
    std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary) << std::string(100, '#');
  }
  // As a killed gateway leaves it.
  void UncleanMarker() const {
    Marker marker = **ReadMarker(path_ + ".marker");
    marker.clean = false;
    ASSERT_TRUE(WriteMarker(path_ + ".marker", marker).ok());
  }
  Extent ReadBackup() const {
    Connection backup(backup_, Connection::Use::kPlain, 0);
    return ReadFacts(backup).extent;
  }
  // A backup with a task to be sent, which is the only thing in it.
  void BackUpAPendingTask() {
    {
      const auto store = MustOpen();
      const model::GenerationTask task = MakeTask("pending");
      ASSERT_TRUE(store->BeginEntry(MakeCall("call"), &task).ok());
    }
    ASSERT_TRUE(MakeBackup().ok());
  }
  // Refused for this reason; when accepted, the task is not sent again.
  void ExpectNotTrusted(const std::string& reason) {
    ExpectRefused(DoRestore().status(), reason);
    const auto restored = DoRestore(/*accept_data_loss=*/true);
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_TRUE(restored->distrusted.has_value());
    EXPECT_EQ(MustOpen()->GetTask("pending")->state, model::TaskState::kSubmitting) << "it may have been sent";
  }

  const seedance::testing::ScratchDir directory_;
  const std::string path_ = directory_.File("store.db");
  const std::string backup_ = directory_.File("backup.db");
};

TEST_F(BackupTest, IsOneMomentOfAStoreInUseAsOneFile) {
  const auto store = MustOpen();
  Put(*store, "before");
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const model::GenerationTask task = MakeTask(absl::StrCat("task", i));
      model::JournalEntry call = MakeCall(task.id);
      call.resource_name = task.name();
      if (!store->BeginEntry(call, &task).ok()) return;
    }
  });
  const auto contents = MakeBackup();
  stop = true;
  writer.join();
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->facts.epoch, store->epoch());
  EXPECT_EQ(contents->groups, 1);
  EXPECT_EQ(contents->tasks, contents->billed_calls) << "a task and its journal row are one transaction";
  EXPECT_EQ(contents->open_tasks, contents->tasks);
  EXPECT_EQ(contents->facts.extent.revision, 1 + contents->tasks);
  EXPECT_FALSE(fs::exists(backup_ + "-wal"));
  struct stat found {};
  ASSERT_EQ(stat(backup_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_TRUE(store->Probe(absl::Now(), absl::ZeroDuration()).status.ok()) << "the store was disturbed";
  EXPECT_TRUE(absl::StrContains(Describe(*contents), absl::StrCat("epoch ", store->epoch(), ", revision ")));
}

TEST_F(BackupTest, DoesNotReplaceAFile) {
  Put(*MustOpen(), "g");
  std::ofstream(backup_) << "precious";
  ExpectRefused(MakeBackup().status(), "File exists");
  EXPECT_EQ(fs::file_size(backup_), 8u);
}

TEST_F(BackupTest, WhatIsNoStoreIsNotCopied) {
  ExpectRefused(MakeBackup().status(), path_);
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (a)");
  ExpectRefused(MakeBackup().status(), "not a gateway's database");
  EXPECT_FALSE(fs::exists(backup_));
}

TEST_F(BackupTest, DamagedStoreGivesNoBackup) {
  {
    const auto store = MustOpen();
    for (int i = 0; i < 200; ++i) Put(*store, absl::StrCat("g", i));
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(4096 * 2));
  file << std::string(4096, '#');
  file.close();
  EXPECT_FALSE(MakeBackup().ok());
  EXPECT_FALSE(fs::exists(backup_));
}

TEST_F(BackupTest, ALogBesideAnEmptyDatabaseIsLeftWhereItIs) {
  Put(*MustOpen(), "g");
  ASSERT_TRUE(MakeBackup().ok());
  const std::string empty = directory_.File("empty.db");
  std::ofstream(empty).close();
  std::ofstream(empty + "-wal") << "all there is";
  const std::string text = "the database is empty, but its write-ahead log exists";
  ExpectRefused(BackUp(empty, directory_.File("other.db")).status(), text);
  ExpectRefused(Restore(path_, empty, /*accept_data_loss=*/true, base::RealClock()).status(), text);
  EXPECT_EQ(fs::file_size(empty + "-wal"), 12u);
}

TEST_F(BackupTest, AStoreWithADamagedLogGivesNoBackup) {
  const std::string image = directory_.File("image.db");
  {
    const auto store = MustOpen();
    for (int i = 0; i < 9; ++i) Put(*store, absl::StrCat("g", i));
    for (const char* name : {"", "-wal"}) fs::copy_file(path_ + name, image + name);
  }
  std::fstream log(image + "-wal", std::ios::in | std::ios::out | std::ios::binary);
  log.seekp(static_cast<std::streamoff>(fs::file_size(image + "-wal") / 2));
  log << std::string(100, '#');
  log.close();
  ExpectRefused(BackUp(image, backup_).status(), "of its write-ahead log is damaged");
  EXPECT_FALSE(fs::exists(backup_));
}

TEST_F(BackupTest, RestoreOfAllThereWasChangesNothingElse) {
  std::string epoch;
  {
    const auto store = MustOpen();
    epoch = store->epoch();
    Put(*store, "g");
    const model::GenerationTask task = MakeTask("pending");
    ASSERT_TRUE(store->BeginEntry(MakeCall("call"), &task).ok());
  }
  ASSERT_TRUE(MakeBackup().ok());
  std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary) << std::string(100, '#');
  const auto restored = DoRestore();
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_FALSE(restored->distrusted.has_value());
  EXPECT_TRUE(fs::exists(restored->set_aside));
  const auto store = MustOpen();
  EXPECT_EQ(store->epoch(), epoch);
  EXPECT_TRUE(Has(*store, "g"));
  EXPECT_EQ(store->GetTask("pending")->state, model::TaskState::kPending);
}

TEST_F(BackupTest, RestoreOfLessIsRefusedUntilAccepted) {
  std::string epoch;
  {
    const auto store = MustOpen();
    epoch = store->epoch();
    Put(*store, "old");
    const model::GenerationTask task = MakeTask("pending");
    ASSERT_TRUE(store->BeginEntry(MakeCall("call"), &task).ok());
    ASSERT_TRUE(MakeBackup().ok());
    Put(*store, "new");
  }
  ExpectRefused(DoRestore().status(), "the marker says revision 3");
  EXPECT_TRUE(Has(*MustOpen(), "new")) << "nothing was changed";

  const auto restored = DoRestore(/*accept_data_loss=*/true);
  ASSERT_TRUE(restored.ok()) << restored.status();
  ASSERT_TRUE(restored->distrusted.has_value());
  EXPECT_EQ(restored->distrusted->tasks, 1);
  const auto store = MustOpen();
  EXPECT_NE(store->epoch(), epoch);
  EXPECT_TRUE(Has(*store, "old"));
  EXPECT_FALSE(Has(*store, "new"));
  EXPECT_EQ(store->GetTask("pending")->state, model::TaskState::kSubmitting) << "it may have been sent";
}

TEST_F(BackupTest, RestoreToAnEmptyPlaceKnowsNothingOfWhatCameLater) {
  {
    const auto store = MustOpen();
    const model::GenerationTask task = MakeTask("pending");
    ASSERT_TRUE(store->BeginEntry(MakeCall("call"), &task).ok());
  }
  ASSERT_TRUE(MakeBackup().ok());
  for (const char* name : {"", ".marker", ".lock"}) fs::remove(path_ + name);
  const auto restored = DoRestore();
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_TRUE(restored->distrusted.has_value());
  EXPECT_EQ(restored->set_aside, "");
  EXPECT_EQ(MustOpen()->GetTask("pending")->state, model::TaskState::kSubmitting);
}

TEST_F(BackupTest, RestoreOverWhatCannotBeReadIsRefusedUntilAccepted) {
  Put(*MustOpen(), "g");
  ASSERT_TRUE(MakeBackup().ok());
  fs::remove(path_ + ".marker");
  std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary) << std::string(100, '#');
  ExpectRefused(DoRestore().status(), "it is unknown what the database held");
  EXPECT_TRUE(DoRestore(/*accept_data_loss=*/true).ok());
  EXPECT_TRUE(Has(*MustOpen(), "g"));
}

TEST_F(BackupTest, ADatabaseWithoutAMarkerProvesNothing) {
  BackUpAPendingTask();
  fs::remove(path_ + ".marker");
  ExpectNotTrusted("is missing, so it may be an older copy");
}

TEST_F(BackupTest, ADatabaseWithADamagedMarkerProvesNothing) {
  BackUpAPendingTask();
  fs::resize_file(path_ + ".marker", 100);
  ExpectNotTrusted("is not a marker, or is damaged");
}

TEST_F(BackupTest, ADatabaseWithADamagedLogProvesNothing) {
  BackUpAPendingTask();
  const std::string image = directory_.File("image");
  {
    const auto store = MustOpen();
    for (int i = 0; i < 9; ++i) Put(*store, absl::StrCat("g", i));
    fs::create_directory(image);
    for (const char* name : {"", "-wal"}) fs::copy_file(path_ + name, absl::StrCat(image, "/store.db", name));
  }
  // Of the time of the backup, as when it could not be written since.
  Marker marker = **ReadMarker(path_ + ".marker");
  marker.clean = false;
  marker.extent = ReadBackup();
  ASSERT_TRUE(WriteMarker(path_ + ".marker", marker).ok());
  for (const char* name : {"", "-wal"}) {
    fs::copy_file(absl::StrCat(image, "/store.db", name), path_ + name, fs::copy_options::overwrite_existing);
  }
  std::fstream log(path_ + "-wal", std::ios::in | std::ios::out | std::ios::binary);
  log.seekp(32 + 24 + 100);
  log << std::string(100, '#');
  log.close();
  ExpectNotTrusted("frame 1 of its write-ahead log is damaged");
}

TEST_F(BackupTest, ADatabaseThatMayHaveLostSomethingProvesNothing) {
  BackUpAPendingTask();
  const std::string older = directory_.File("older.db");
  fs::copy_file(path_, older);
  Put(*MustOpen(), "later");
  fs::remove(backup_);
  ASSERT_TRUE(MakeBackup().ok());
  UncleanMarker();
  fs::copy_file(older, path_, fs::copy_options::overwrite_existing);
  ExpectNotTrusted("the database ends at revision 1, the marker says 2");
}

TEST_F(BackupTest, TheMarkerOfAGatewayThatWasNotStoppedProvesNothing) {
  BackUpAPendingTask();
  UncleanMarker();
  SpoilHeader();
  ExpectNotTrusted("the marker was not written by a clean stop, so it may be behind what was committed");
}

TEST_F(BackupTest, TheMarkerOfAStopBeforeTheBackupProvesNothing) {
  Put(*MustOpen(), "first");
  fs::copy_file(path_ + ".marker", directory_.File("older.marker"));
  BackUpAPendingTask();
  fs::copy_file(directory_.File("older.marker"), path_ + ".marker", fs::copy_options::overwrite_existing);
  SpoilHeader();
  ExpectNotTrusted("before the backup, and does not tell what came after it");
}

TEST_F(BackupTest, AReadableDatabaseOfAKilledGatewayAndItsMarkerProveThatNothingCameLater) {
  BackUpAPendingTask();
  UncleanMarker();
  const auto restored = DoRestore();
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_FALSE(restored->distrusted.has_value());
  EXPECT_EQ(MustOpen()->GetTask("pending")->state, model::TaskState::kPending);
}

TEST_F(BackupTest, RestoreOverAForeignDatabaseIsRefusedAlways) {
  Put(*MustOpen(), "g");
  ASSERT_TRUE(MakeBackup().ok());
  for (const char* name : {"", ".marker"}) fs::remove(path_ + name);
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (a)");
  ExpectRefused(DoRestore(/*accept_data_loss=*/true).status(), "is not a gateway's database");
}

TEST_F(BackupTest, RestoreUnderARunningGatewayIsRefused) {
  const auto store = MustOpen();
  Put(*store, "g");
  ASSERT_TRUE(MakeBackup().ok());
  ExpectRefused(DoRestore(/*accept_data_loss=*/true).status(), "another gateway uses this database");
  fs::remove(path_ + ".lock");
  ExpectRefused(DoRestore(/*accept_data_loss=*/true).status(), "another gateway uses this database");
  EXPECT_TRUE(store->PutGroup(MakeGroup("after")).ok());
}

TEST_F(BackupTest, RestoreOfADamagedBackupChangesNothing) {
  Put(*MustOpen(), "g");
  std::ofstream(backup_) << "no database at all, but a longer text than a header needs";
  EXPECT_EQ(DoRestore(/*accept_data_loss=*/true).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Has(*MustOpen(), "g"));
}

}  // namespace
}  // namespace seedance::store::sqlite

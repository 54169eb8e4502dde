// A start that finds less than there was refuses, changes nothing, and says what is missing; told to, it goes on and
// sends nothing again.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/store/sqlite/files/marker.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/contract/scratch_dir.h"
#include "tests/contract/store_samples.h"
#include "tests/testing/eventually.h"
#include "tests/unit/store/sqlite/open_at.h"

namespace seedance::store::sqlite {
namespace {

namespace fs = std::filesystem;
using seedance::testing::At;
using seedance::testing::MakeCall;
using seedance::testing::MakeGroup;
using seedance::testing::MakeTask;

constexpr auto kReplace = fs::copy_options::overwrite_existing;

class StoreLossTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Store>> Open(bool accept_data_loss = false) {
    SqliteOptions options;
    options.path = path_;
    options.accept_data_loss = accept_data_loss;
    return OpenSqliteStore(options);
  }
  std::unique_ptr<Store> MustOpen() {
    auto store = Open();
    if (!store.ok()) throw std::runtime_error(store.status().ToString());
    return *std::move(store);
  }

  static void AddTask(Store& store, const std::string& id) {
    model::JournalEntry call = MakeCall(id);
    call.key.method = "CreateGenerationTask";
    call.resource_name = "generationTasks/" + id;
    call.state = model::JournalState::kDone;
    const model::GenerationTask task = MakeTask(id);
    ASSERT_TRUE(store.BeginEntry(call, &task).ok());
  }

  // What a process that is killed now would leave, in the place of what `store` leaves.
  void Die(std::unique_ptr<Store> store) {
    const seedance::testing::ScratchDir image;
    for (const char* name : {"", "-wal", ".marker"}) fs::copy_file(path_ + name, image.File(absl::StrCat("db", name)));
    store.reset();
    for (const char* name : {"", "-wal", ".marker"}) {
      fs::copy_file(image.File(absl::StrCat("db", name)), path_ + name, kReplace);
    }
  }

  // Writes, dies, and leaves what a killed process leaves, all of it in the log.
  void WriteAndDie(int groups) {
    auto store = MustOpen();
    for (int i = 0; i < groups; ++i) ASSERT_TRUE(store->PutGroup(MakeGroup(absl::StrCat("g", i))).ok());
    int64_t commits = 0;
    {
      SQLite::Database database(path_);
      commits = database.execAndGet("SELECT commits FROM store_meta").getInt64();
    }
    ASSERT_TRUE(
        seedance::testing::Eventually([&] { return (*ReadMarker(path_ + ".marker"))->extent.commits == commits; }));
    Die(std::move(store));
  }

  // Refused with this text and untouched; accepted when told to, and by every later start.
  void ExpectRefused(const std::string& text) {
    const auto contents = [this] {
      std::string all;
      for (const char* name : {"", "-wal", ".marker"}) {
        std::ifstream file(path_ + name, std::ios::binary);
        absl::StrAppend(&all, name, ":", std::string(std::istreambuf_iterator<char>(file), {}));
      }
      // An empty log says as much as none.
      return all;
    };
    const std::string before = contents();
    for (int i = 0; i < 2; ++i) {
      const auto refused = Open();
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_TRUE(absl::StrContains(Says(refused.status()), text)) << refused.status();
      EXPECT_TRUE(absl::StrContains(Says(refused.status()), "--accept-data-loss")) << refused.status();
      EXPECT_TRUE(contents() == before) << "the evidence was changed";
    }
    auto accepted = Open(/*accept_data_loss=*/true);
    ASSERT_TRUE(accepted.ok()) << accepted.status();
    const std::string epoch = (*accepted)->epoch();
    EXPECT_NE(epoch, epoch_);
    EXPECT_TRUE((*accepted)->PutGroup(MakeGroup("after")).ok());
    Die(*std::move(accepted));
    const auto later = Open();
    ASSERT_TRUE(later.ok()) << later.status();
    EXPECT_EQ((*later)->epoch(), epoch);
    EXPECT_TRUE((*later)->GetGroup(MakeGroup("after").handle).ok());
  }

  // A database that was closed well, with some groups.
  void WriteAndClose(int groups = 3) {
    auto store = MustOpen();
    epoch_ = store->epoch();
    for (int i = 0; i < groups; ++i) ASSERT_TRUE(store->PutGroup(MakeGroup(absl::StrCat("g", i))).ok());
  }

  const seedance::testing::ScratchDir directory_;
  const std::string path_ = directory_.File("store.db");
  const seedance::testing::ScratchDir elsewhere_;
  const std::string copy_ = elsewhere_.File("copy.db");
  std::string epoch_;
};

TEST_F(StoreLossTest, WholeDatabaseIsTakenAfterAStopAndAfterADeath) {
  WriteAndClose();
  EXPECT_TRUE((*ReadMarker(path_ + ".marker"))->clean);
  EXPECT_FALSE(fs::exists(path_ + "-wal"));
  WriteAndDie(5);
  EXPECT_FALSE((*ReadMarker(path_ + ".marker"))->clean);
  const auto store = MustOpen();
  EXPECT_EQ(store->epoch(), epoch_);
  EXPECT_TRUE(store->GetGroup(MakeGroup("g4").handle).ok());
}

TEST_F(StoreLossTest, MissingDatabase) {
  WriteAndClose();
  fs::remove(path_);
  ExpectRefused("the database is missing; its marker says that it held revision 3");
}

TEST_F(StoreLossTest, MissingDatabaseWithItsLog) {
  WriteAndDie(3);
  fs::remove(path_);
  fs::remove(path_ + ".marker");
  ExpectRefused("the database is missing, but its write-ahead log exists");
}

TEST_F(StoreLossTest, EmptyFile) {
  WriteAndDie(3);
  fs::resize_file(path_, 0);
  ExpectRefused("the database is empty; its marker says that it held revision 3");
}

TEST_F(StoreLossTest, EmptyDatabase) {
  WriteAndClose();
  fs::remove(path_);
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (a); DROP TABLE t");
  ExpectRefused("the database is empty; its marker says that it held revision 3");
}

TEST_F(StoreLossTest, AnotherDatabase) {
  WriteAndClose();
  fs::copy_file(path_ + ".marker", copy_);
  fs::remove(path_);
  fs::remove(path_ + ".marker");
  const std::string first = epoch_;
  WriteAndClose();
  fs::copy_file(copy_, path_ + ".marker", kReplace);
  ExpectRefused(absl::StrCat("it is not the database of its marker: epoch ", epoch_, ", not ", first));
}

TEST_F(StoreLossTest, OlderCopy) {
  WriteAndClose(2);
  fs::copy_file(path_, copy_);
  WriteAndClose(40);
  fs::copy_file(copy_, path_, kReplace);
  ExpectRefused(
      "the database ends at revision 2, the marker says 42: 40 changes and possibly journal entries of billed calls "
      "are "
      "missing");
}

TEST_F(StoreLossTest, OlderCopyThatLacksOnlyAJournalEntry) {
  WriteAndClose();
  fs::copy_file(path_, copy_);
  ASSERT_TRUE(MustOpen()->BeginEntry(MakeCall("call"), nullptr).ok());
  fs::copy_file(copy_, path_, kReplace);
  ExpectRefused("commits and possibly journal entries of billed calls are missing");
}

TEST_F(StoreLossTest, MissingLog) {
  WriteAndClose();
  WriteAndDie(4);
  fs::remove(path_ + "-wal");
  ExpectRefused("the database ends at revision 3, the marker says 7: 4 changes");
}

TEST_F(StoreLossTest, LogThatWasCutOff) {
  WriteAndClose();
  WriteAndDie(40);
  fs::resize_file(path_ + "-wal", fs::file_size(path_ + "-wal") / 2);
  ExpectRefused("and possibly journal entries of billed calls are missing");
}

TEST_F(StoreLossTest, LogThatWasDamagedInTheMiddleAlsoWithAMarkerOfLongAgo) {
  WriteAndClose();
  fs::copy_file(path_ + ".marker", copy_);
  WriteAndDie(40);
  fs::copy_file(copy_, path_ + ".marker", kReplace);
  std::fstream log(path_ + "-wal", std::ios::in | std::ios::out | std::ios::binary);
  log.seekp(static_cast<std::streamoff>(fs::file_size(path_ + "-wal") / 2));
  log << std::string(100, '#');
  log.close();
  ExpectRefused("of its write-ahead log is damaged, and committed changes follow it");
}

TEST_F(StoreLossTest, SpoiltHeader) {
  WriteAndClose();
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file << std::string(100, '#');
  file.close();
  ExpectRefused(
      "the header of the database is damaged, or the file is not a database; its marker says that it held revision 3");
  bool kept = false;
  for (const auto& entry : fs::directory_iterator(directory_.path())) {
    kept = kept || absl::StrContains(entry.path().string(), "store.db.aside-");
  }
  EXPECT_TRUE(kept) << "what could not be used was thrown away";
}

TEST_F(StoreLossTest, DamagedPage) {
  WriteAndClose();
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(2 * 4096);
  file << std::string(4096, '#');
  file.close();
  const auto refused = Open();
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(absl::StrContains(Says(refused.status()), "its pages are damaged") ||
              absl::StrContains(Says(refused.status()), "cannot be read"))
      << refused.status();
}

TEST_F(StoreLossTest, MissingMarker) {
  WriteAndClose();
  fs::remove(path_ + ".marker");
  ExpectRefused("its marker " + path_ + ".marker is missing, so it may be an older copy");
}

TEST_F(StoreLossTest, DamagedMarker) {
  WriteAndClose();
  fs::resize_file(path_ + ".marker", 100);
  ExpectRefused("is not a marker, or is damaged");
}

TEST_F(StoreLossTest, DatabaseThatIsAheadOfTheMarkerOfAStop) {
  WriteAndClose(2);
  fs::copy_file(path_ + ".marker", copy_);
  WriteAndClose(40);
  fs::copy_file(copy_, path_ + ".marker", kReplace);
  ExpectRefused("its marker says that it was closed at commit");
}

// Refused without the advice to lose anything, also when told to; nothing is moved.
TEST_F(StoreLossTest, WhatCannotBeReadIsNotTakenForLost) {
  WriteAndClose();
  fs::create_directory(path_ + "-wal");
  for (const bool accept : {false, true}) {
    const auto refused = Open(accept);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(absl::StrContains(Says(refused.status()), "(it may be undamaged)")) << refused.status();
    EXPECT_FALSE(absl::StrContains(Says(refused.status()), "--accept-data-loss")) << refused.status();
  }
  fs::remove(path_ + "-wal");
  const auto store = MustOpen();
  EXPECT_EQ(store->epoch(), epoch_);
  EXPECT_TRUE(store->GetGroup(MakeGroup("g2").handle).ok());
}

TEST_F(StoreLossTest, AForeignDatabaseIsLeftAlone) {
  for (const char* version : {"0", "3"}) {
    fs::remove(path_);
    SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec(absl::StrCat("CREATE TABLE t (a); PRAGMA user_version = ", version));
    for (const bool accept : {false, true}) {
      const auto refused = Open(accept);
      ASSERT_FALSE(refused.ok());
      EXPECT_TRUE(absl::StrContains(Says(refused.status()), "is not a gateway's database")) << refused.status();
      EXPECT_FALSE(absl::StrContains(Says(refused.status()), "--accept-data-loss")) << refused.status();
    }
    EXPECT_EQ(SQLite::Database(path_).execAndGet("SELECT group_concat(name) FROM sqlite_master").getString(), "t");
  }
}

TEST_F(StoreLossTest, AnAcceptedLossSendsNothingAgain) {
  {
    auto store = MustOpen();
    epoch_ = store->epoch();
    AddTask(*store, "pending");
    AddTask(*store, "running");
    ASSERT_TRUE(store
                    ->UpdateTask("running",
                                 [](model::GenerationTask& task) {
                                   task.state = model::TaskState::kRunning;
                                   return absl::OkStatus();
                                 })
                    .ok());
    model::JournalEntry call = MakeCall("call");
    call.state = model::JournalState::kInFlight;
    ASSERT_TRUE(store->BeginEntry(call, nullptr).ok());
    call.state = model::JournalState::kNotAccepted;
    ASSERT_TRUE(store->FinishEntry(call, nullptr, nullptr).ok());
  }
  fs::copy_file(path_, copy_);
  WriteAndClose();
  fs::copy_file(copy_, path_, kReplace);
  ASSERT_FALSE(Open().ok());
  const auto store = Open(/*accept_data_loss=*/true);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->GetTask("pending")->state, model::TaskState::kSubmitting) << "read as in doubt by the next start";
  EXPECT_EQ((*store)->GetTask("running")->state, model::TaskState::kRunning);
  EXPECT_EQ((*(*store)->GetEntry(MakeCall("call").key))->state, model::JournalState::kInFlight);
  const auto begun = (*store)->BeginEntry(MakeCall("call"), nullptr);
  ASSERT_TRUE(begun.ok());
  EXPECT_TRUE(begun->existing.has_value()) << "the call could be sent again";
}

// An asset that the gateway could create again by itself may have been created again since.
TEST_F(StoreLossTest, AnAcceptedLossLeavesTheNextCreationOfAnAssetInDoubt) {
  model::Asset asset = seedance::testing::MakeAsset("by-uri");
  asset.source_uri = "https://media.example/a.png";
  asset.recreations = 2;
  model::Asset settled = seedance::testing::MakeAsset("settled");
  settled.source_uri = asset.source_uri;
  model::Asset sent = seedance::testing::MakeAsset("of-bytes");
  {
    auto store = MustOpen();
    epoch_ = store->epoch();
    for (model::Asset* each : {&asset, &settled, &sent}) {
      each->handle.id = each->display_name = absl::StrCat("a-", each->handle.id);
      ASSERT_TRUE(store->PutAsset(*each).ok());
    }
    // Its answer is known, though the asset does not show it yet.
    model::JournalEntry call = model::RecreationOf(settled, 1);
    call.create_time = call.update_time = At(0);
    ASSERT_TRUE(store->BeginEntry(call, nullptr).ok());
    call.state = model::JournalState::kDone;
    call.resource_name = "assets/fake~new";
    ASSERT_TRUE(store->FinishEntry(call, nullptr, nullptr).ok());
  }
  fs::copy_file(path_, copy_);
  WriteAndClose();
  fs::copy_file(copy_, path_, kReplace);
  const auto store = Open(/*accept_data_loss=*/true);
  ASSERT_TRUE(store.ok()) << store.status();
  model::JournalEntry again = model::RecreationOf(asset, 3);
  again.create_time = again.update_time = At(1);
  const auto begun = (*store)->BeginEntry(again, nullptr);
  ASSERT_TRUE(begun.ok()) << begun.status();
  ASSERT_TRUE(begun->existing.has_value()) << "it could be created a second time";
  EXPECT_EQ(begun->existing->state, model::JournalState::kInDoubt);
  EXPECT_EQ(begun->existing->fingerprint, again.fingerprint);
  EXPECT_EQ(base::GetReason(base::ParseStatus(begun->existing->error)), base::Reason::kOutcomeUnknown);
  EXPECT_EQ((*(*store)->GetEntry(model::RecreationOf(settled, 1).key))->state, model::JournalState::kDone);
  EXPECT_FALSE((*(*store)->GetEntry(model::RecreationOf(sent, 1).key)).has_value()) << "its bytes are not kept";
  EXPECT_EQ((*store)->ListEntriesInDoubt(10)->size(), 1u);
}

}  // namespace
}  // namespace seedance::store::sqlite

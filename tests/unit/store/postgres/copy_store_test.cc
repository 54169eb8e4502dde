#include "service/store/sql/copy_store.h"

#include <string>
#include <vector>

#include "service/store/sqlite/sqlite_store.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace seedance::store::sql {
namespace {

using postgres::CauseOfStatus;
using testing::At;
using testing::Describe;
using testing::FullAsset;
using testing::FullCall;
using testing::FullGroup;
using testing::FullTask;
using testing::MakeAsset;
using testing::MakeCall;
using testing::MakeGroup;
using testing::MakeTask;

constexpr int kTasks = 1203;  // More than two pages.

class CopyStoreTest : public postgres::PostgresTest {
 protected:
  CopyStoreTest() { sqlite_.path = dir_.File("store.db"); }

  std::unique_ptr<Store> OpenSqlite() { return Opened(sqlite::OpenSqliteStore(sqlite_)); }
  std::unique_ptr<RawStore> RawSqlite() { return Opened(sqlite::OpenRawSqliteStore(sqlite_)); }
  std::unique_ptr<RawStore> RawPostgres() { return Opened(postgres::OpenRawPostgresStore(options_)); }

  // One of everything, with bytes that are no text, and many tasks.
  static void Fill(Store& store, int tasks = 8) {
    ASSERT_TRUE(store.PutGroup(FullGroup()).ok());
    model::AssetGroup odd = MakeGroup("odd");
    odd.display_name = std::string("\xff\x00'; DROP", 9);
    ASSERT_TRUE(store.PutGroup(odd).ok());
    ASSERT_TRUE(store.PutAsset(FullAsset()).ok());
    ASSERT_TRUE(store.PutAsset(MakeAsset("a")).ok());
    AddTask(store, FullTask());
    for (int i = 0; i < tasks; ++i) AddTask(store, MakeTask(absl::StrCat("task-", i)));
    ASSERT_TRUE(store.DeleteTask("task-7", At(5), [](const auto&) { return absl::OkStatus(); }).ok());
    ASSERT_TRUE(store.BeginEntry(FullCall(), nullptr).ok());
    model::JournalEntry flying = MakeCall("flying");
    flying.state = model::JournalState::kInFlight;
    ASSERT_TRUE(store.BeginEntry(flying, nullptr).ok());
    model::AssetClaim claim;
    claim.group = FullGroup().handle;
    claim.display_name = "claimed";
    ASSERT_TRUE(store.ClaimAsset("holder", claim, At(1)).ok());
  }
  static void AddTask(Store& store, const model::GenerationTask& task) {
    model::JournalEntry call = MakeCall(task.id);
    call.resource_name = task.name();
    ASSERT_TRUE(store.BeginEntry(call, &task).ok());
  }

  // What callers see of a filled store.
  static std::vector<std::string> Seen(Store& store) {
    std::vector<std::string> seen;
    seen.push_back(Describe(*store.GetGroup(FullGroup().handle)));
    seen.push_back(Describe(*store.GetGroup(MakeGroup("odd").handle)));
    seen.push_back(Describe(*store.GetAsset(FullAsset().handle)));
    seen.push_back(Describe(*store.GetTask(FullTask().id)));
    const std::vector<model::GenerationTask> open = *store.ListOpenTasks();
    for (const model::GenerationTask& task : open) {
      seen.push_back(absl::StrCat(task.revision, " ", Describe(task)));
    }
    const std::vector<Store::Change> changes = *store.ListChanges(0, 10000);
    for (const Store::Change& change : changes) {
      seen.push_back(absl::StrCat(change.revision, " ", change.deleted_task));
    }
    seen.push_back(Describe(**store.GetEntry(FullCall().key)));
    const Store::HistoryBounds bounds = *store.GetHistoryBounds();
    seen.push_back(absl::StrCat(bounds.newest, " ", bounds.forgotten));
    return seen;
  }

  template <typename T>
  static T Opened(absl::StatusOr<T> opened) {
    if (!opened.ok()) {
      ADD_FAILURE() << opened.status();
      abort();  // Nothing of the test can run.
    }
    return *std::move(opened);
  }

  testing::TempDir dir_;
  sqlite::SqliteOptions sqlite_;
};

TEST_F(CopyStoreTest, ThereAndBackAgainNothingIsLost) {
  std::vector<std::string> before;
  std::string epoch;
  {
    const std::unique_ptr<Store> store = OpenSqlite();
    Fill(*store, kTasks);
    ASSERT_FALSE(HasFailure());
    before = Seen(*store);
    epoch = store->epoch();
  }
  const absl::StatusOr<Copied> there = CopyStore(*RawSqlite(), *RawPostgres(), At(100));
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_EQ(there->doubted, 1);
  {
    const std::unique_ptr<Store> store = Open();
    EXPECT_EQ(Seen(*store), before);
    EXPECT_NE(store->epoch(), epoch);
    EXPECT_EQ((*store->GetEntry(MakeCall("flying").key))->state, model::JournalState::kInDoubt);
    EXPECT_TRUE(store->FindClaimConflict("other", {FullGroup().handle, "claimed"}, At(2))->has_value());
    // What comes then is newer than all that is there.
    EXPECT_GT(store->PutGroup(MakeGroup("new"))->revision, there->revision);
    ASSERT_TRUE(store->DeleteGroup(MakeGroup("new").handle).ok());
  }
  // Who comes to the old one by mistake is turned away.
  const absl::Status moved = sqlite::OpenSqliteStore(sqlite_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(moved));
  EXPECT_THAT(std::string(moved.message()), ::testing::HasSubstr("was copied to another store with --copy-store-to"));
  sqlite_.path = dir_.File("back.db");
  const absl::StatusOr<Copied> back = CopyStore(*RawPostgres(), *RawSqlite(), At(200));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->doubted, 0);
  for (const auto& [table, rows] : back->rows) {
    if (table == "tasks") {
      EXPECT_EQ(rows, kTasks);
    }
  }
  const absl::Status moved_too = TryOpen().status();
  EXPECT_THAT(std::string(moved_too.message()),
              ::testing::HasSubstr("was copied to another store with --copy-store-to"));
  std::vector<std::string> after = Seen(*OpenSqlite());
  // But for the newest revision, which the new group took.
  after.pop_back();
  before.pop_back();
  EXPECT_EQ(after, before);
}

TEST_F(CopyStoreTest, AStoreThatIsNotEmptyIsLeftAlone) {
  Fill(*OpenSqlite());
  ASSERT_TRUE(Open()->PutAsset(MakeAsset("mine")).ok());
  const absl::Status refused = CopyStore(*RawSqlite(), *RawPostgres(), At(1)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("is not empty: its table assets has rows"));
  EXPECT_TRUE(Open()->GetAsset(MakeAsset("mine").handle).ok());
  EXPECT_TRUE(absl::IsNotFound(Open()->GetTask(FullTask().id).status()));
}

TEST_F(CopyStoreTest, NothingIsCopiedInPart) {
  Fill(*OpenSqlite());
  Open().reset();
  // The last table cannot be written.
  Raw()->Execute("ALTER TABLE billed_calls ADD CHECK (request_id <> 'flying')");
  EXPECT_FALSE(CopyStore(*RawSqlite(), *RawPostgres(), At(1)).ok());
  EXPECT_TRUE(Open()->ListOpenTasks()->empty());
}

TEST_F(CopyStoreTest, ACopyThatDiffersIsUndone) {
  Fill(*OpenSqlite());
  Open().reset();
  Raw()->Execute(
      "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.end_micros := 1; RETURN NEW; END $$; "
      "CREATE TRIGGER spoil BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION spoil()");
  const absl::Status differs = CopyStore(*RawSqlite(), *RawPostgres(), At(1)).status();
  EXPECT_TRUE(absl::IsDataLoss(differs)) << differs;
  EXPECT_THAT(std::string(differs.message()), ::testing::HasSubstr("table tasks"));
  EXPECT_TRUE(Open()->ListOpenTasks()->empty());
  EXPECT_TRUE(OpenSqlite()->GetTask(FullTask().id).ok()) << "the original is still the one to use";
}

TEST_F(CopyStoreTest, AnEmptyStoreIsNotTheOneThatWasMeant) {
  const absl::Status refused = CopyStore(*RawSqlite(), *RawPostgres(), At(1)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("is it the right one?"));
}

TEST_F(CopyStoreTest, AGatewayThatReturnsToAMovedSchemaWritesNothing) {
  options_.replica = postgres::ReplicaOptions();
  const std::unique_ptr<Store> sleeper = Open();
  ASSERT_TRUE(sleeper->PutGroup(MakeGroup("mine")).ok());
  // Its session was lost, and with it its lock.
  EndSessions();
  sqlite_.path = dir_.File("moved.db");
  ASSERT_TRUE(CopyStore(*RawPostgres(), *RawSqlite(), At(1)).ok());
  EXPECT_EQ(CauseOfStatus(sleeper->PutGroup(MakeGroup("more")).status()), "replaced");
}

TEST_F(CopyStoreTest, AStoreInUseIsNotCopied) {
  options_.replica = postgres::ReplicaOptions();
  const std::unique_ptr<Store> in_use = Open();
  const absl::Status refused = postgres::OpenRawPostgresStore(options_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
}

}  // namespace
}  // namespace seedance::store::sql

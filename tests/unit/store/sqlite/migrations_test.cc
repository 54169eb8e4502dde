#include "service/store/sqlite/migrations.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/store/record.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/contract/scratch_dir.h"
#include "tests/contract/store_samples.h"
#include "tests/unit/store/sqlite/open_at.h"

namespace seedance::store::sqlite {
namespace {

using model::AssetState;
using testing::At;
using testing::Describe;
using testing::MakeAsset;
using testing::ScratchDir;

// The file of the first release, which the test fills as that release did.
class VersionOne {
 public:
  explicit VersionOne(const std::string& path) : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
    database_.exec("PRAGMA journal_mode = WAL");
    database_.exec(Migrations()[0].sql);
    database_.exec("INSERT INTO store_meta (id, epoch, revision) VALUES (1, 'first', 70)");
    database_.exec("PRAGMA user_version = 1");
  }

  void Insert(const model::Asset& asset) { Insert(asset, SerializeAsset(asset)); }

  void Insert(const model::Asset& asset, const std::string& body) {
    SQLite::Statement insert(database_,
                             "INSERT INTO assets (name, tenant, group_name, display_name, media_type, state, "
                             "create_micros, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, asset.handle.upstream + "~" + asset.handle.id);
    insert.bind(2, asset.tenant);
    insert.bind(3, asset.group.upstream + "~" + asset.group.id);
    insert.bind(4, asset.display_name);
    insert.bind(5, static_cast<int>(asset.media_type));
    insert.bind(6, static_cast<int>(asset.state));
    insert.bind(7, absl::ToUnixMicros(asset.create_time));
    insert.bind(8, 7);
    insert.bind(9, body.data(), static_cast<int>(body.size()));
    insert.exec();
  }

  void Insert(const model::AssetGroup& group) {
    const std::string body = SerializeGroup(group);
    SQLite::Statement insert(database_,
                             "INSERT INTO asset_groups (name, tenant, upstream, display_name, create_micros, revision, "
                             "body) VALUES (?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, group.handle.upstream + "~" + group.handle.id);
    insert.bind(2, group.tenant);
    insert.bind(3, group.handle.upstream);
    insert.bind(4, group.display_name);
    insert.bind(5, absl::ToUnixMicros(group.create_time));
    insert.bind(6, 7);
    insert.bind(7, body.data(), static_cast<int>(body.size()));
    insert.exec();
  }

  void Begin() { database_.exec("BEGIN"); }
  void Commit() { database_.exec("COMMIT"); }

 private:
  SQLite::Database database_;
};

// As the first release wrote it: none of the fields of today.
model::Asset Old(const std::string& id, double seconds, AssetState state = AssetState::kActive) {
  model::Asset asset = MakeAsset(id);
  asset.create_time = At(seconds);
  asset.state = state;
  return asset;
}

// How the query is carried out.
std::string PlanOf(SQLite::Database& database, const std::string& select) {
  SQLite::Statement explain(database, "EXPLAIN QUERY PLAN SELECT " + select);
  std::string text;
  while (explain.executeStep()) text += explain.getColumn(3).getString() + "; ";
  return text;
}

TEST(MigrationToVersionTwo, AssetsOfTheFirstReleaseAreFoundByEveryNewLook) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  model::Asset expiring = Old("expiring", 2);
  expiring.expire_time = At(100);
  model::Asset hashed = Old("hashed", 1);
  hashed.media_info.sha256 = "abcd";
  {
    VersionOne database(path);
    database.Insert(expiring);
    database.Insert(hashed);
    database.Insert(Old("gone", 0, AssetState::kExpired));
  }
  const auto store = OpenAt(path);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->epoch(), "first");
  EXPECT_EQ(Describe(*(*store)->GetAsset(hashed.handle)), Describe(hashed));
  EXPECT_EQ((*store)->GetAsset(hashed.handle)->revision, 7);
  EXPECT_EQ(testing::LiveAssets(**store, "vendor"), 2);
  const auto unused = (*store)->ListLeastRecentlyUsed("tenant-a", "vendor", 10);
  ASSERT_TRUE(unused.ok() && unused->size() == 2) << unused.status();
  EXPECT_EQ((*unused)[0].handle, hashed.handle) << "by creation, without a use";
  const auto twin = (*store)->FindAssetByContent(hashed.group, "abcd");
  ASSERT_TRUE(twin.ok() && twin->has_value()) << twin.status();
  EXPECT_EQ((*twin)->handle, hashed.handle);
  const auto soon = (*store)->ListExpiringAssets();
  ASSERT_TRUE(soon.ok() && soon->size() == 1) << soon.status();
  EXPECT_EQ((*soon)[0].handle, expiring.handle);
}

TEST(MigrationToVersionTwo, EveryRowOfALargeDatabaseIsFilledIn) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  constexpr int kAssets = 1'001;  // More than are read at once.
  {
    VersionOne database(path);
    database.Begin();
    for (int i = 0; i < kAssets; ++i) {
      model::Asset asset = Old(absl::StrCat("a", i), i);
      asset.media_info.sha256 = absl::StrCat("hash", i);
      database.Insert(asset);
    }
    database.Commit();
  }
  const auto store = OpenAt(path);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(testing::LiveAssets(**store, "vendor"), kAssets);
  for (int i = 0; i < kAssets; ++i) {
    const auto twin = (*store)->FindAssetByContent({"vendor", "group"}, absl::StrCat("hash", i));
    ASSERT_TRUE(twin.ok() && twin->has_value()) << i;
  }
}

TEST(MigrationToVersionTwo, ARowThatCannotBeReadStopsNothing) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  {
    VersionOne database(path);
    database.Insert(Old("broken", 0), "\x0a\xff");
    database.Insert(Old("whole", 1));
  }
  const auto store = OpenAt(path);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->GetAsset({"vendor", "whole"}).ok());
  EXPECT_EQ(testing::LiveAssets(**store, "vendor"), 2);
}

TEST(MigrationToVersionTwo, TheNewLooksUseTheirIndexes) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  ASSERT_TRUE(OpenAt(path).ok());
  SQLite::Database database(path);
  const auto plan = [&](const std::string& where) {
    return PlanOf(database, "revision, body FROM assets WHERE " + where);
  };
  EXPECT_NE(plan("group_name = 'g' AND sha256 = 'h' AND sha256 <> '' AND state IN (1, 2) ORDER BY create_micros, name")
                .find("assets_by_content"),
            std::string::npos);
  const std::string unused = plan("upstream = 'u' AND tenant = 't' AND state IN (1, 2) ORDER BY used_micros, name");
  EXPECT_NE(unused.find("assets_live"), std::string::npos) << unused;
  EXPECT_EQ(unused.find("TEMP B-TREE"), std::string::npos) << unused;
  EXPECT_NE(plan("upstream = 'u' AND state IN (1, 2)").find("assets_live"), std::string::npos);
  EXPECT_NE(plan("upstream = 'u' AND vendor_id = 'v' AND vendor_id <> ''").find("assets_by_vendor_id"),
            std::string::npos);
  // That of version 7, which holds the same assets.
  EXPECT_NE(plan("state = 2 AND expires = 1").find("assets_lapsing"), std::string::npos);
}

TEST(MigrationToVersionFour, MarksOfOldDeletionsStayAndNewOnesKnowTheVendorsId) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA journal_mode = WAL");
    for (int i = 0; i < 3; ++i) database.exec(Migrations()[i].sql);
    database.exec("INSERT INTO store_meta (id, epoch, revision) VALUES (1, 'third', 70)");
    database.exec("INSERT INTO deleted_tasks (revision, tenant, id, delete_micros) VALUES (70, 'tenant-a', 'old', 5)");
    database.exec("PRAGMA user_version = 3");
  }
  const auto store = OpenAt(path);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto changes = (*store)->ListTaskChanges("tenant-a", 0, 10);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ(changes->front().id, "old");
  EXPECT_FALSE(*(*store)->IsDeletedTaskOf("vendor", ""));
  model::GenerationTask task = testing::MakeTask("new");
  task.state = model::TaskState::kSucceeded;
  task.request.upstream = "vendor";
  task.upstream_task_id = "v-1";
  model::JournalEntry call = testing::MakeCall("new");
  ASSERT_TRUE((*store)->BeginEntry(call, &task).ok());
  ASSERT_TRUE((*store)->DeleteTask("new", At(1), [](const auto&) { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(*(*store)->IsDeletedTaskOf("vendor", "v-1"));
}

// A call of the journal as versions before 6 wrote it.
void InsertCall(SQLite::Database& database, const model::JournalEntry& call) {
  SQLite::Statement insert(
      database,
      "INSERT INTO billed_calls (tenant, method, request_id, state, for_task, body, update_micros) "
      "VALUES (?, ?, ?, ?, 0, ?, ?)");
  const std::string body = SerializeEntry(call);
  insert.bind(1, call.key.tenant);
  insert.bind(2, call.key.method);
  insert.bind(3, call.key.request_id);
  insert.bind(4, static_cast<int>(call.state));
  insert.bind(5, body.data(), static_cast<int>(body.size()));
  insert.bind(6, absl::ToUnixMicros(call.update_time));
  insert.exec();
}

model::JournalEntry OldCreation(const std::string& name, model::JournalState state) {
  model::JournalEntry call = testing::MakeCall(name);
  call.state = state;
  call.asset = MakeAsset("");
  call.asset->handle = {"vendor", ""};
  call.asset->group = {"vendor", "g"};
  call.asset->display_name = name;
  return call;
}

TEST(MigrationToVersionSix, OpenCallsOfOlderVersionsHoldTheirNamesAndPlaces) {
  using model::JournalState;
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  model::Asset again = MakeAsset("again");
  again.group = {"vendor", "g"};
  again.display_name = "again";
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA journal_mode = WAL");
    for (int i = 0; i < 5; ++i) database.exec(Migrations()[i].sql);
    database.exec("INSERT INTO store_meta (id, epoch, revision) VALUES (1, 'fifth', 70)");
    InsertCall(database, OldCreation("flying", JournalState::kInFlight));
    InsertCall(database, OldCreation("doubtful", JournalState::kInDoubt));
    InsertCall(database, OldCreation("done", JournalState::kDone));
    InsertCall(database, OldCreation("refused", JournalState::kRefused));
    model::JournalEntry recreation = model::RecreationOf(again, 1);
    recreation.state = JournalState::kInFlight;
    InsertCall(database, recreation);
    model::JournalEntry group = testing::MakeCall("group");
    group.state = JournalState::kInFlight;
    group.asset.reset();
    InsertCall(database, group);
    InsertCall(database, OldCreation("broken", JournalState::kInFlight));
    database.exec("UPDATE billed_calls SET body = x'0aff' WHERE request_id = 'broken'");
    database.exec("PRAGMA user_version = 5");
  }
  const auto store = OpenAt(path);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto look = [&](const std::string& name, absl::Time at, int most = 0) {
    model::AssetClaim claim = {{"vendor", "g"}, name};
    claim.most = most;
    const auto conflict = (*store)->FindClaimConflict("another", claim, at);
    EXPECT_TRUE(conflict.ok()) << conflict.status();
    return conflict.ok() && conflict->has_value() ? **conflict : Store::ClaimConflict();
  };
  const absl::Time then = OldCreation("", JournalState::kInDoubt).update_time;
  EXPECT_EQ(look("flying", then).name_holder, "assetGroups/vendor~g");
  EXPECT_EQ(look("doubtful", then).name_holder, "assetGroups/vendor~g");
  EXPECT_EQ(look("again", then).name_holder, "assets/vendor~again");
  for (const char* free : {"done", "refused", "broken", "other"}) EXPECT_EQ(look(free, then).name_holder, "") << free;
  EXPECT_EQ(look("other", then, 3).places_taken, 3);
  EXPECT_EQ(look("other", then, 4).places_taken, 0) << "there is a place";
  const absl::Time later = then + Store::kClaimInDoubt;
  EXPECT_EQ(look("doubtful", later).name_holder, "");
  EXPECT_EQ(look("flying", later).name_holder, "assetGroups/vendor~g") << "until it has ended";
  model::JournalEntry ended = OldCreation("flying", JournalState::kRefused);
  ASSERT_TRUE((*store)->FinishEntry(ended, nullptr, nullptr).ok());
  EXPECT_EQ(look("flying", then).name_holder, "");
}

TEST(MigrationOfGroupTypes, GroupsOfOlderVersionsCountAsAigcAndAssetsKeepTheirExpireTimes) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  model::Asset expiring = Old("expiring", 2);
  expiring.expire_time = At(100);
  {
    VersionOne database(path);
    database.Insert(expiring);
    database.Insert(Old("for-ever", 1));
    database.Insert(testing::MakeGroup("old"));
  }
  ASSERT_TRUE(OpenAt(path).ok());
  {
    const auto store = OpenAt(path);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ((*store)->GetGroup({"vendor", "old"})->type, model::GroupType::kUnspecified);
    EXPECT_EQ((*store)->ListGroups({"tenant-a", "", "", model::GroupType::kAigc}, {}, 10)->items.size(), 1u);
    EXPECT_EQ((*store)->ListGroups({"tenant-a", "", "", model::GroupType::kLivenessFace}, {}, 10)->items.size(), 0u);
  }
  SQLite::Database database(path);
  SQLite::Statement times(database, "SELECT name, expire_micros, task_uses FROM assets ORDER BY name");
  ASSERT_TRUE(times.executeStep());
  EXPECT_EQ(times.getColumn(1).getInt64(), absl::ToUnixMicros(At(100)));
  EXPECT_EQ(times.getColumn(2).getInt64(), 0);
  ASSERT_TRUE(times.executeStep());
  EXPECT_EQ(times.getColumn(1).getInt64(), 0);
}

TEST(MigrationToVersionSeven, ALibraryIsReadFromIndexes) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  ASSERT_TRUE(OpenAt(path).ok());
  SQLite::Database database(path);
  const auto plan = [&](const std::string& select) { return PlanOf(database, select); };
  const auto holds = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  // As in ReadLibrary.
  const std::pair<const char*, const char*> counts[] = {
      {"count(*) FROM assets WHERE upstream = 'u' AND state IN (1, 2)", "COVERING INDEX assets_live "},
      {"count(*) FROM assets WHERE upstream = 'u' AND tenant = 't' AND state IN (1, 2)", "COVERING INDEX assets_live "},
      {"count(*) FROM assets WHERE upstream = 'u' AND state IN (1, 2) AND task_uses = 1",
       "COVERING INDEX assets_used_once "},
      {"min(expire_micros) FROM assets WHERE upstream = 'u' AND state = 2 AND expires = 1",
       "COVERING INDEX assets_lapsing "}};
  for (const auto& [select, index] : counts) EXPECT_TRUE(holds(plan(select), index)) << select << ": " << plan(select);
  const std::string of_tenant = "revision, body FROM assets WHERE upstream = 'u' AND tenant = 't' AND ";
  const std::pair<std::string, const char*> lists[] = {
      {of_tenant + "state = 2 AND expires = 1 ORDER BY expire_micros, name LIMIT 10", "INDEX assets_lapsing "},
      {of_tenant + "state IN (1, 2) AND task_uses = 1 ORDER BY used_micros, name LIMIT 10", "INDEX assets_used_once "}};
  for (const auto& [select, index] : lists) {
    EXPECT_TRUE(holds(plan(select), index)) << select << ": " << plan(select);
    EXPECT_FALSE(holds(plan(select), "TEMP B-TREE")) << select << ": " << plan(select);
  }
}

}  // namespace
}  // namespace seedance::store::sqlite

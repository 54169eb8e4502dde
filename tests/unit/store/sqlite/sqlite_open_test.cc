#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "service/store/sqlite/migrations.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/contract/scratch_dir.h"
#include "tests/contract/store_samples.h"
#include "tests/unit/store/sqlite/open_at.h"

namespace seedance::store::sqlite {
namespace {

using testing::ScratchDir;

// Runs `body` in a forked child. True when it returned true.
template <typename Body>
bool InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(SqliteOpen, EmptyDatabaseGetsTheLatestVersion) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  ASSERT_TRUE(OpenAt(path).ok());
  SQLite::Database database(path);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), static_cast<int>(Migrations().size()));
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
}

TEST(SqliteOpen, MigratingTwiceChangesNothing) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  ASSERT_TRUE(OpenAt(path).ok());
  const auto schema = [&path] {
    SQLite::Database database(path);
    return database.execAndGet("SELECT group_concat(sql) FROM sqlite_schema").getString();
  };
  const std::string before = schema();
  ASSERT_TRUE(OpenAt(path).ok());
  EXPECT_EQ(schema(), before);
}

TEST(SqliteOpen, ForeignDatabaseIsRefusedUntouched) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  {
    // The name that the first migration's last table wants, but nothing else of a gateway.
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("CREATE TABLE billed_calls (id INTEGER)");
  }
  const auto opened = OpenAt(path);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Says(opened.status()).find("billed_calls"), std::string::npos) << opened.status();
  SQLite::Database database(path);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").getInt(), 1);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 0);
}

TEST(SqliteOpen, FailedMigrationLeavesNothingBehind) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  ASSERT_TRUE(OpenAt(path).ok());
  {
    // The last migration adds a column that is there already, after which nothing of it may be left.
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("DROP TABLE store_probe");
    database.exec("PRAGMA user_version = 4");
  }
  ASSERT_EQ(std::remove((path + ".marker").c_str()), 0);
  const auto opened = OpenAt(path);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Says(opened.status()).find("commits"), std::string::npos) << opened.status();
  SQLite::Database database(path);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'store_probe'").getInt(), 0);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 4);
}

TEST(SqliteOpen, DatabaseOfANewerReleaseIsRefusedUntouched) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  ASSERT_TRUE(OpenAt(path).ok());
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA user_version = 1000");
  }
  const auto opened = OpenAt(path);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Says(opened.status()).find("newer release"), std::string::npos) << opened.status();
  SQLite::Database database(path);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 1000);
}

TEST(SqliteOpen, SecondOpenInTheSameProcessIsRefused) {
  const ScratchDir directory;
  const auto first = OpenAt(directory.File("store.db"));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = OpenAt(directory.File("store.db"));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Says(second.status()).find("another gateway uses this database"), std::string::npos) << second.status();
  EXPECT_TRUE((*first)->PutGroup(testing::MakeGroup("g")).ok()) << "the first still works";
}

TEST(SqliteOpen, SecondProcessIsRefusedAndTheNextOneAfterItsDeathIsNot) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto opened = OpenAt(path);
    const char answer = opened.ok() ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_EQ(OpenAt(path).status().code(), absl::StatusCode::kFailedPrecondition);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  const auto after = OpenAt(path);
  EXPECT_TRUE(after.ok()) << after.status();
}

TEST(SqliteOpen, ReadOnlyDirectoryIsRefusedWithItsName) {
  const ScratchDir directory;
  ASSERT_EQ(chmod(directory.path().c_str(), 0555), 0);
  const bool refused = InChild([&] {
    constexpr uid_t kNobody = 65534;  // The superuser may write anywhere.
    if (getuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) return false;
    const auto opened = OpenAt(directory.File("store.db"));
    return opened.status().code() == absl::StatusCode::kFailedPrecondition &&
           Says(opened.status()).find("Permission denied") != std::string::npos &&
           Says(opened.status()).find(directory.path()) != std::string::npos;
  });
  EXPECT_TRUE(refused);
  ASSERT_EQ(chmod(directory.path().c_str(), 0755), 0);
}

TEST(SqliteOpen, MissingDirectoryIsRefused) {
  const ScratchDir directory;
  const auto opened = OpenAt(directory.File("none/store.db"));
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Says(opened.status()).find("No such file"), std::string::npos) << opened.status();
}

TEST(SqliteOpen, FileThatIsNoDatabaseIsRefusedUntouched) {
  const ScratchDir directory;
  const std::string path = directory.File("store.db");
  const std::string text(10000, 'x');
  std::ofstream(path) << text;
  const auto opened = OpenAt(path);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Says(opened.status()).find("not a database"), std::string::npos) << opened.status();
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST(SqliteOpen, OnlyTheOwnerMayReadTheFiles) {
  const ScratchDir directory;
  const auto opened = OpenAt(directory.File("store.db"));
  ASSERT_TRUE(opened.ok()) << opened.status();
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm", "store.db.lock"}) {
    struct stat info {};
    ASSERT_EQ(stat(directory.File(name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

}  // namespace
}  // namespace seedance::store::sqlite

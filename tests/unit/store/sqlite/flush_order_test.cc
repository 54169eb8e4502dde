// In which order the files are flushed, seen in place of the system calls of this process.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/mutex.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/contract/scratch_dir.h"
#include "tests/contract/store_samples.h"

namespace seedance::store::sqlite {
namespace {

namespace fs = std::filesystem;

struct Flushes {
  base::Mutex mutex;
  std::vector<std::string> paths ABSL_GUARDED_BY(mutex);
};

Flushes& Recorded() {
  static auto* all = new Flushes;
  return *all;
}

void Record(int file) {
  std::error_code error;
  const fs::path path = fs::read_symlink(absl::StrCat("/proc/self/fd/", file), error);
  Flushes& recorded = Recorded();
  base::MutexLock lock(recorded.mutex);
  recorded.paths.push_back(path.string());
}

}  // namespace
}  // namespace seedance::store::sqlite

// SQLite's library finds these too.
extern "C" int fsync(int file) {
  seedance::store::sqlite::Record(file);
  return static_cast<int>(syscall(SYS_fsync, file));
}
extern "C" int fdatasync(int file) {
  seedance::store::sqlite::Record(file);
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

namespace seedance::store::sqlite {
namespace {

TEST(FlushOrder, WhatAKilledProcessWroteIsOnDiskBeforeTheMarkerTellsOfIt) {
  const seedance::testing::ScratchDir directory;
  const seedance::testing::ScratchDir image;
  SqliteOptions options;
  options.path = directory.File("store.db");
  {
    const auto store = OpenSqliteStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutGroup(seedance::testing::MakeGroup("g")).ok());
    for (const char* name : {"", "-wal", ".marker"}) {
      fs::copy_file(options.path + name, image.File(absl::StrCat("store.db", name)));
    }
  }
  options.path = image.File("store.db");
  std::vector<std::string> paths;
  {
    Flushes& recorded = Recorded();
    {
      base::MutexLock lock(recorded.mutex);
      recorded.paths.clear();
    }
    const auto store = OpenSqliteStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    base::MutexLock lock(recorded.mutex);
    paths = recorded.paths;
  }
  const auto first = [&](const std::string& ending) {
    return std::find_if(paths.begin(), paths.end(),
                        [&](const std::string& path) { return absl::EndsWith(path, ending); });
  };
  ASSERT_NE(first(".marker"), paths.end()) << "the recorder does not see what it should";
  EXPECT_LT(first("-wal"), first(".marker"));
}

}  // namespace
}  // namespace seedance::store::sqlite

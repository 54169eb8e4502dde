#include "service/store/sqlite/backup.h"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/store/sqlite/files/database_files.h"
#include "service/store/sqlite/files/file_lock.h"
#include "service/store/sqlite/files/log_scan.h"
#include "service/store/sqlite/inspection.h"
#include "service/store/sqlite/migrations.h"

namespace seedance::store::sqlite {
namespace {

int64_t Count(Connection& connection, const char* sql) { return std::atoll(connection.Value(sql).c_str()); }

// Creates an empty file with mode 0600.
absl::Status MakeNew(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return FileError("create", path);
  close(file);
  return absl::OkStatus();
}

// Faults that the copy would hide: SQLite skips damaged parts of a log, and deletes a log beside an empty database.
absl::Status CheckFiles(const std::string& path) {
  const DatabaseFiles files = DatabaseFiles::At(path);
  const absl::StatusOr<std::optional<FileIdentity>> log = Identify(files.log);
  if (!log.ok()) return log.status();
  std::string damage;
  {
    // A log in use changes at any moment. Takes the lock on the database only, which creates no file.
    const absl::StatusOr<FileLock> unused = FileLock::TakeDatabase(files.database);
    damage = FindFileDamage(files, std::nullopt, log->has_value() && (*log)->size > 0);
    if (damage.empty() && unused.ok()) {
      absl::StatusOr<std::string> found = FindLogDamage(files.log);
      if (!found.ok()) return found.status();
      damage = *std::move(found);
    }
  }
  return damage.empty() ? absl::OkStatus() : absl::FailedPreconditionError(absl::StrCat(path, " is damaged: ", damage));
}

void CopyPages(const std::string& from, const std::string& to) {
  Connection source(from, Connection::Use::kRead, 0);
  // Refuses a foreign database before anything is copied.
  ReadFacts(source);
  SQLite::Database target(to, SQLite::OPEN_READWRITE);
  SQLite::Backup backup(target, source.database());
  // In one step: a single snapshot, whatever is written meanwhile.
  const int code = backup.executeStep(-1);
  if (code != SQLITE_DONE) throw SQLite::Exception(sqlite3_errstr(code), code);
}

}  // namespace

Contents CountContents(Connection& connection) {
  Contents contents;
  contents.facts = ReadFacts(connection);
  contents.groups = Count(connection, "SELECT count(*) FROM asset_groups");
  contents.assets = Count(connection, "SELECT count(*) FROM assets");
  contents.tasks = Count(connection, "SELECT count(*) FROM tasks");
  contents.open_tasks = Count(connection, "SELECT count(*) FROM tasks WHERE open = 1");
  contents.billed_calls = Count(connection, "SELECT count(*) FROM billed_calls");
  // In flight and in doubt, each with its own index.
  contents.calls_unsure = Count(connection, "SELECT count(*) FROM billed_calls WHERE state IN (1, 5)");
  return contents;
}

std::string Describe(const Contents& contents) {
  return absl::StrCat("epoch ", contents.facts.epoch, ", revision ", contents.facts.extent.revision, ", commit ",
                      contents.facts.extent.commits, ", schema version ", contents.facts.version, "\n", contents.groups,
                      " groups, ", contents.assets, " assets, ", contents.tasks, " tasks (", contents.open_tasks,
                      " open), ", contents.billed_calls, " billed calls in the journal (", contents.calls_unsure,
                      " in flight or in doubt)\n");
}

absl::StatusOr<Contents> CopyDatabase(const std::string& from, const std::string& to) {
  if (absl::Status whole = CheckFiles(from); !whole.ok()) return whole;
  if (absl::Status made = MakeNew(to); !made.ok()) return made;
  CopyPages(from, to);
  Contents contents;
  {
    Connection copy(to, Connection::Use::kPlain, 0);
    // The copy inherits WAL mode; without a log it is a single file.
    copy.Value("PRAGMA journal_mode = DELETE");
    const std::string checked = copy.Value("PRAGMA integrity_check(1)");
    if (checked != "ok") return absl::FailedPreconditionError(absl::StrCat(from, " is damaged: ", checked));
    const DatabaseFacts facts = ReadFacts(copy);
    if (facts.epoch.empty()) return absl::FailedPreconditionError(from + " is not a gateway's database");
    if (absl::Status known = CheckVersion(facts.version); !known.ok()) return known;
    contents = CountContents(copy);
  }
  if (absl::Status flushed = Sync(to); !flushed.ok()) return flushed;
  return contents;
}

absl::StatusOr<Contents> BackUp(const std::string& path, const std::string& target) {
  const std::string unfinished = absl::StrCat(target, ".unfinished-", getpid());
  absl::StatusOr<Contents> contents = absl::UnknownError("");
  try {
    contents = CopyDatabase(DatabaseFiles::At(path).database, unfinished);
  } catch (const SQLite::Exception& error) {
    contents = absl::FailedPreconditionError(absl::StrCat(path, " cannot be copied: ", error.what()));
  }
  // Not rename, which would replace an existing backup.
  if (contents.ok() && link(unfinished.c_str(), target.c_str()) != 0) contents = FileError("create", target);
  std::remove(unfinished.c_str());
  if (!contents.ok()) return contents;
  if (absl::Status synced = SyncFolderOf(target); !synced.ok()) return synced;
  return contents;
}

}  // namespace seedance::store::sqlite

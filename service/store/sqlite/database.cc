#include "service/store/sqlite/database.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/random.h"
#include "service/store/sqlite/data_loss.h"
#include "service/store/sqlite/inspection.h"
#include "service/store/sqlite/migrations.h"
#include "service/store/sqlite/store_meta.h"

namespace seedance::store::sqlite {
namespace {

// Creates the file with mode 0600, and reports a bad path in plain terms.
absl::Status MakeFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return FileError("open", path);
  close(file);
  return absl::OkStatus();
}

absl::Status Refusal(const Inspection& found) {
  return absl::FailedPreconditionError(
      absl::StrCat(absl::StrJoin(found.missing, "; "),
                   ". Bring back the latest database, or restore a backup; only if there is neither, start once with "
                   "--accept-data-loss, which continues with what is there (see deploy/backup.md)"));
}

// Refuses, or, if the operator accepts the loss, moves unusable files aside.
absl::Status Judge(const DatabaseFiles& files, const Inspection& found, bool accept, base::Clock& clock) {
  if (found.missing.empty()) return absl::OkStatus();
  if (!accept) return Refusal(found);
  std::string aside;
  if (found.unusable) {
    absl::StatusOr<std::string> moved = SetAside(files, absl::StrCat(absl::ToUnixMicros(clock.Now())));
    if (!moved.ok()) return moved.status();
    aside = *std::move(moved);
  }
  base::Log(base::LogLevel::kError, "store_data_loss_accepted",
            {{"path", files.database}, {"missing", absl::StrJoin(found.missing, "; ")}, {"set_aside", aside}});
  return absl::OkStatus();
}

absl::Status GoOnAfterLoss(Connection& writer, absl::Time now) {
  const absl::StatusOr<Distrusted> distrusted = Distrust(writer, now);
  if (!distrusted.ok()) return distrusted.status();
  base::Log(base::LogLevel::kError, "store_distrusted",
            {{"epoch", distrusted->epoch},
             {"tasks_in_doubt", distrusted->tasks},
             {"calls_in_doubt", distrusted->calls},
             {"recreations_in_doubt", distrusted->assets},
             {"hint", "anything created after the remaining state is unknown: see deploy/backup.md"}});
  // Otherwise the next start would find the rest of a damaged log after what is written now.
  if (writer.Value("PRAGMA wal_checkpoint(TRUNCATE)") != "0") {
    return absl::FailedPreconditionError("another program is reading the database, so its log cannot be emptied");
  }
  return absl::OkStatus();
}

// A killed process may have written changes that this one has read but that are not on disk yet.
absl::Status FlushLog(const DatabaseFiles& files) {
  const absl::Status status = Sync(files.log);
  return status.ok() ? SyncFolderOf(files.log) : status;
}

// Writes the marker of the open database before any commit that counts; the marker is never ahead of the disk.
absl::StatusOr<Marker> Mark(const DatabaseFiles& files, Connection& writer) {
  const absl::StatusOr<std::optional<Marker>> before = ReadMarker(files.marker);
  const DatabaseFacts facts = ReadFacts(writer);
  Marker marker{facts.epoch, facts.extent};
  if (before.ok() && before->has_value()) marker.number = (*before)->number;
  if (absl::Status written = WriteMarker(files.marker, marker); !written.ok()) return written;
  return marker;
}

}  // namespace

absl::StatusOr<DatabaseLocks> LockDatabase(const DatabaseFiles& files, const LockWait& wait) {
  absl::StatusOr<FileLock> lock_file = FileLock::Take(files.lock, wait);
  if (!lock_file.ok()) return lock_file.status();
  DatabaseLocks locks{*std::move(lock_file), nullptr};
  const absl::StatusOr<std::optional<FileIdentity>> database = Identify(files.database);
  if (!database.ok()) return database.status();
  if (!database->has_value()) return locks;
  absl::StatusOr<FileLock> lock = FileLock::TakeDatabase(files.database, wait);
  if (!lock.ok()) {
    // If it was removed during the wait, the marker decides.
    const absl::StatusOr<std::optional<FileIdentity>> still = Identify(files.database);
    if (still.ok() && !still->has_value()) return locks;
    return lock.status();
  }
  locks.database = std::make_unique<FileLock>(*std::move(lock));
  return locks;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const SqliteOptions& options) {
  const DatabaseFiles files = DatabaseFiles::At(options.path);
  absl::StatusOr<DatabaseLocks> locks = LockDatabase(files, options.wait);
  if (!locks.ok()) return locks.status();
  const absl::StatusOr<Inspection> found = Inspect(files, options.check_time, *options.clock);
  if (!found.ok()) return found.status();
  if (absl::Status good = Judge(files, *found, options.accept_data_loss, *options.clock); !good.ok()) return good;
  if (found->unusable) locks->database.reset();
  if (locks->database == nullptr) {
    if (absl::Status made = MakeFile(files.database); !made.ok()) return made;
    absl::StatusOr<FileLock> lock = FileLock::TakeDatabase(files.database, options.wait);
    if (!lock.ok()) return lock.status();
    locks->database = std::make_unique<FileLock>(*std::move(lock));
  }
  auto writer = std::make_unique<Connection>(files.database, Connection::Use::kWrite, options.max_pages);
  if (absl::Status migrated = Migrate(*writer); !migrated.ok()) return migrated;
  ReadOrMakeEpoch(*writer, base::MakeUuidV4(base::SystemRandom()));
  if (!found->missing.empty()) {
    if (absl::Status ready = GoOnAfterLoss(*writer, options.clock->Now()); !ready.ok()) return ready;
  }
  if (absl::Status flushed = FlushLog(files); !flushed.ok()) return flushed;
  const absl::StatusOr<Marker> marker = Mark(files, *writer);
  if (!marker.ok()) return marker.status();
  absl::StatusOr<FileGuard> guard = FileGuard::Over(files, locks->database->descriptor());
  if (!guard.ok()) return guard.status();
  return std::unique_ptr<Database>(
      new Database(files, {*std::move(locks), *std::move(guard), *marker, std::move(writer)}, options));
}

Database::Database(const DatabaseFiles& files, Parts parts, const SqliteOptions& options)
    : locks_(std::move(parts.locks)),
      epoch_(parts.marker.epoch),
      soundness_(files.database),
      marker_(files.marker, parts.marker, *options.clock, [guard = parts.files] { return guard.Problem().empty(); }),
      guard_(std::move(parts.files), soundness_, marker_),
      writer_(std::move(parts.writer), guard_, options.metrics),
      readers_(std::make_unique<ReadPool>(files.database, options.read_connections, soundness_)) {}

absl::Status Database::AdmitBilled() {
  return marker_.overdue() ? base::StoreUnavailable("marker_not_written") : absl::OkStatus();
}

Database::~Database() {
  readers_.reset();
  std::unique_ptr<Connection> last = writer_.Stop();
  // The log and the marker may belong to another database by now.
  const bool sound = guard_.CheckFiles().ok();
  // Its thread would mistake the missing log for another database's.
  marker_.Join();
  if (sound) last->MergeLogWhenClosed();
  last.reset();
  if (sound) marker_.Stop(/*clean=*/true);
}

}  // namespace seedance::store::sqlite

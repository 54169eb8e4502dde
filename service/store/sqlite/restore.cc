#include "service/store/sqlite/restore.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/store/sqlite/database.h"
#include "service/store/sqlite/files/marker.h"
#include "service/store/sqlite/inspection.h"
#include "service/store/sqlite/migrations.h"

namespace seedance::store::sqlite {
namespace {

// What exists at the place of the restore.
struct Place {
  std::optional<Marker> marker;
  std::vector<std::string> reasons;  // Why it is not proved that the backup is complete.
};

void Compare(const char* what, const std::string& epoch, const Extent& there, const DatabaseFacts& backup,
             Place& place) {
  if (epoch != backup.epoch) {
    place.reasons.push_back(absl::StrCat(what, " is of another database: epoch ", epoch, ", not ", backup.epoch));
  } else if (there.commits > backup.extent.commits || there.revision > backup.extent.revision) {
    place.reasons.push_back(absl::StrCat(what, " says revision ", there.revision, " and commit ", there.commits,
                                         ", the backup ends at revision ", backup.extent.revision, " and commit ",
                                         backup.extent.commits));
  }
}

// Without a readable database only the marker remains. It proves something only after a clean stop: otherwise it may be
// behind the commits.
void JudgeByMarker(const DatabaseFacts& backup, const std::vector<std::string>& missing, Place& place) {
  if (!place.marker.has_value()) {
    if (missing.empty()) return;
    place.reasons.push_back("it is unknown what the database held: " + absl::StrJoin(missing, "; "));
  } else if (!place.marker->clean) {
    place.reasons.push_back("the marker was not written by a clean stop, so it may be behind what was committed");
  } else if (place.marker->extent.commits < backup.extent.commits) {
    place.reasons.push_back(absl::StrCat("the marker ends at commit ", place.marker->extent.commits,
                                         ", before the backup, and does not tell what came after it"));
  }
}

absl::StatusOr<Place> LookAt(const DatabaseFiles& files, const DatabaseFacts& backup, base::Clock& clock) {
  Place place;
  const absl::StatusOr<std::optional<Marker>> marker = ReadMarker(files.marker);
  if (!marker.ok() && !absl::IsDataLoss(marker.status())) return marker.status();
  if (!marker.ok()) place.reasons.push_back(std::string(marker.status().message()));
  if (marker.ok()) place.marker = *marker;
  if (place.marker.has_value()) Compare("the marker", place.marker->epoch, place.marker->extent, backup, place);
  const absl::StatusOr<std::optional<FileIdentity>> there = Identify(files.database);
  if (!there.ok()) return there.status();
  Inspection found;
  if (there->has_value()) {
    absl::StatusOr<Inspection> inspected = Inspect(files, absl::ZeroDuration(), clock);
    if (!inspected.ok()) return inspected.status();
    found = *std::move(inspected);
    if (found.missing.empty() && found.facts.epoch.empty()) found.missing.push_back("it is empty");
  }
  if (found.facts.epoch.empty()) {
    JudgeByMarker(backup, found.missing, place);
    return place;
  }
  Compare("the database", found.facts.epoch, found.facts.extent, backup, place);
  // A database that lost data itself, such as an older copy, proves nothing.
  for (const std::string& missing : found.missing) place.reasons.push_back(missing);
  return place;
}

// A restore as root must not leave files that the gateway cannot open.
void GiveToOwnerOf(const std::string& like, const std::string& path) {
  struct stat owner {};
  if (geteuid() != 0 || stat(like.c_str(), &owner) != 0) return;
  if (chown(path.c_str(), owner.st_uid, owner.st_gid) != 0) return;
}

// Prepares the copy for use by a gateway.
absl::StatusOr<std::optional<Distrusted>> Prepare(const std::string& copy, bool distrust, Marker& marker,
                                                  base::Clock& clock) {
  Connection connection(copy, Connection::Use::kPlain, 0);
  if (absl::Status migrated = Migrate(connection); !migrated.ok()) return migrated;
  std::optional<Distrusted> distrusted;
  if (distrust) {
    absl::StatusOr<Distrusted> done = Distrust(connection, clock.Now());
    if (!done.ok()) return done.status();
    distrusted = *std::move(done);
  }
  const DatabaseFacts facts = ReadFacts(connection);
  marker.epoch = facts.epoch;
  marker.extent = facts.extent;
  marker.clean = true;
  return distrusted;
}

absl::Status PutInPlace(const std::string& copy, const DatabaseFiles& files, Marker& marker, Restored& restored,
                        base::Clock& clock) {
  const bool replaces = access(files.database.c_str(), F_OK) == 0;
  const std::filesystem::path folder = std::filesystem::path(files.database).parent_path();
  GiveToOwnerOf(replaces ? files.database : folder.empty() ? "." : folder.string(), copy);
  // Even without a database: a remaining log would be applied to the new one.
  absl::StatusOr<std::string> aside = SetAside(files, absl::StrCat(absl::ToUnixMicros(clock.Now())));
  if (!aside.ok()) return aside.status();
  if (replaces) restored.set_aside = *std::move(aside);
  if (std::rename(copy.c_str(), files.database.c_str()) != 0) {
    return FileError("rename", copy);
  }
  if (absl::Status synced = SyncFolderOf(files.database); !synced.ok()) return synced;
  if (absl::Status marked = WriteMarker(files.marker, marker); !marked.ok()) return marked;
  GiveToOwnerOf(files.database, files.marker);
  GiveToOwnerOf(files.database, files.lock);
  return absl::OkStatus();
}

absl::StatusOr<Restored> RestoreVia(const std::string& copy, const DatabaseFiles& files, const std::string& from,
                                    bool accept_data_loss, base::Clock& clock) {
  absl::StatusOr<Contents> contents = CopyDatabase(from, copy);
  if (!contents.ok()) return contents.status();
  const absl::StatusOr<Place> place = LookAt(files, contents->facts, clock);
  if (!place.ok()) return place.status();
  if (!place->reasons.empty() && !accept_data_loss) {
    return absl::FailedPreconditionError(
        absl::StrCat("the backup holds less than the present store: ", absl::StrJoin(place->reasons, "; "),
                     ". With --accept-data-loss it is restored anyway (see deploy/backup.md)"));
  }
  Marker marker;
  if (place->marker.has_value()) marker.number = place->marker->number;
  Restored restored;
  absl::StatusOr<std::optional<Distrusted>> prepared =
      Prepare(copy, !place->marker.has_value() || !place->reasons.empty(), marker, clock);
  if (!prepared.ok()) return prepared.status();
  restored.contents = *std::move(contents);
  restored.distrusted = *std::move(prepared);
  if (absl::Status done = PutInPlace(copy, files, marker, restored, clock); !done.ok()) return done;
  return restored;
}

}  // namespace

absl::StatusOr<Restored> Restore(const std::string& path, const std::string& from, bool accept_data_loss,
                                 base::Clock& clock) {
  const DatabaseFiles files = DatabaseFiles::At(path);
  const absl::StatusOr<DatabaseLocks> locks = LockDatabase(files, LockWait{});
  if (!locks.ok()) return locks.status();
  const std::string copy = absl::StrCat(files.database, ".restoring-", getpid());
  absl::StatusOr<Restored> restored = absl::UnknownError("");
  try {
    restored = RestoreVia(copy, files, from, accept_data_loss, clock);
  } catch (const SQLite::Exception& error) {
    restored = absl::FailedPreconditionError(absl::StrCat(from, " cannot be restored: ", error.what()));
  }
  std::remove(copy.c_str());
  return restored;
}

}  // namespace seedance::store::sqlite

#include "service/store/sqlite/inspection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/store/sqlite/files/log_scan.h"
#include "service/store/sqlite/migrations.h"
#include "service/store/sqlite/sqlite_error.h"

namespace seedance::store::sqlite {
namespace {

// SQLite VM steps between two readings of the clock: some tenths of a millisecond.
constexpr int kStepsBetweenLooks = 10'000;

std::string Describe(const Marker& marker) {
  return absl::StrCat("revision ", marker.extent.revision, " (commit ", marker.extent.commits, ")");
}

struct TimeLimit {
  base::Clock& clock;
  absl::Time end;
};

int IsOver(void* data) {
  const auto& limit = *static_cast<const TimeLimit*>(data);
  return limit.clock.Now() >= limit.end ? 1 : 0;
}

// Compares the database with its marker.
std::string FindLoss(const DatabaseFacts& facts, const std::optional<Marker>& marker, const DatabaseFiles& files) {
  const Extent& now = facts.extent;
  if (!marker.has_value()) {
    // The marker exists before the first commit is counted.
    return now.commits == 0 ? "" : absl::StrCat("its marker ", files.marker, " is missing, so it may be an older copy");
  }
  const Extent& then = marker->extent;
  if (facts.version == 0 || facts.epoch.empty())
    return "the database is empty; its marker says that it held " + Describe(*marker) +
           " at least: its tasks and possibly journal entries of billed calls are missing";
  if (facts.epoch != marker->epoch) {
    return absl::StrCat("it is not the database of its marker: epoch ", facts.epoch, ", not ", marker->epoch, " with ",
                        Describe(*marker));
  }
  if (now.commits > then.commits && marker->clean) {
    return absl::StrCat("the database is at commit ", now.commits, ", its marker says that it was closed at commit ",
                        then.commits, ": they do not match, so it may be an older copy");
  }
  if (now.commits >= then.commits) return "";
  if (now.revision < then.revision) {
    return absl::StrCat("the database ends at revision ", now.revision, ", the marker says ", then.revision, ": ",
                        then.revision - now.revision,
                        " changes and possibly journal entries of billed calls are missing");
  }
  return absl::StrCat("the database ends at commit ", now.commits, ", the marker says ", then.commits, ": ",
                      then.commits - now.commits, " commits and possibly journal entries of billed calls are missing");
}

// SQLite opens any database, and this release's schema would be added to a foreign one.
absl::Status CheckOurs(Connection& connection, const DatabaseFiles& files) {
  const bool known = connection.Value("SELECT count(*) FROM sqlite_master WHERE name = 'store_meta'") == "1" &&
                     connection.Value("PRAGMA user_version") != "0";
  if (known || connection.Value("SELECT count(*) FROM sqlite_master") == "0") return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(files.database, " is not a gateway's database: it contains ",
                                                    connection.Value("SELECT name FROM sqlite_master LIMIT 1")));
}

absl::Status InspectContents(const DatabaseFiles& files, const std::optional<Marker>& marker, absl::Duration check_time,
                             base::Clock& clock, Inspection& found) {
  try {
    Connection connection(files.database, Connection::Use::kRead, 0);
    if (absl::Status ours = CheckOurs(connection, files); !ours.ok()) return ours;
    found.facts = ReadFacts(connection);
    if (absl::Status known = CheckVersion(found.facts.version); !known.ok()) return known;
    if (std::string loss = FindLoss(found.facts, marker, files); !loss.empty())
      found.missing.push_back(std::move(loss));
    const std::string damage = FindPageDamage(connection, check_time, clock);
    if (!damage.empty()) found.missing.push_back("its pages are damaged: " + damage);
  } catch (const SQLite::Exception& error) {
    if (CauseOf(error.getErrorCode()) != "corrupt") {
      // For instance a lock, or lack of memory: the database may be undamaged.
      return absl::FailedPreconditionError(
          absl::StrCat("the database cannot be read (it may be undamaged): ", error.what()));
    }
    found.missing.push_back(absl::StrCat("the database cannot be read: ", error.what()));
    found.unusable = true;
  }
  return absl::OkStatus();
}

}  // namespace

std::string FindFileDamage(const DatabaseFiles& files, const std::optional<Marker>& marker, bool has_log) {
  const std::string held = marker.has_value() ? "; its marker says that it held " + Describe(*marker) : "";
  const int file = open(files.database.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (marker.has_value()) return "the database is missing" + held;
    return has_log ? "the database is missing, but its write-ahead log exists" : "";
  }
  const off_t size = lseek(file, 0, SEEK_END);
  const bool header = HasDatabaseHeader(file);
  close(file);
  if (size > 0) return header ? "" : "the header of the database is damaged, or the file is not a database" + held;
  if (marker.has_value()) return "the database is empty" + held;
  return has_log ? "the database is empty, but its write-ahead log exists" : "";
}

absl::StatusOr<Inspection> Inspect(const DatabaseFiles& files, absl::Duration check_time, base::Clock& clock) {
  Inspection found;
  absl::StatusOr<std::optional<Marker>> read = ReadMarker(files.marker);
  if (!read.ok() && !absl::IsDataLoss(read.status())) return read.status();
  if (!read.ok()) found.missing.push_back(std::string(read.status().message()));
  const std::optional<Marker> marker = read.ok() ? *read : std::nullopt;
  const absl::StatusOr<std::optional<FileIdentity>> log = Identify(files.log);
  if (!log.ok()) return log.status();
  const bool has_log = log->has_value() && (*log)->size > 0;
  if (std::string damage = FindFileDamage(files, marker, has_log); !damage.empty()) {
    found.missing.push_back(std::move(damage));
    found.unusable = true;
    return found;
  }
  absl::StatusOr<std::string> log_damage = FindLogDamage(files.log);
  if (!log_damage.ok()) return log_damage.status();
  if (!log_damage->empty()) found.missing.push_back(*std::move(log_damage));
  const absl::StatusOr<std::optional<FileIdentity>> database = Identify(files.database);
  if (!database.ok()) return database.status();
  if (!database->has_value() || (*database)->size == 0) return found;
  if (marker.has_value() && !marker->clean && !log->has_value()) {
    // Another program may have opened the database and merged the log.
    base::Log(base::LogLevel::kWarning, "store_log_missing", {{"path", files.log}});
  }
  if (absl::Status done = InspectContents(files, marker, check_time, clock, found); !done.ok()) return done;
  return found;
}

std::string FindPageDamage(Connection& connection, absl::Duration limit, base::Clock& clock) {
  if (limit <= absl::ZeroDuration()) return "";
  const absl::Time begin = clock.Now();
  TimeLimit until{clock, begin + limit};
  sqlite3_progress_handler(connection.handle(), kStepsBetweenLooks, IsOver, &until);
  std::string damage;
  bool whole = true;
  try {
    damage = connection.Value("PRAGMA quick_check(1)");
    if (damage == "ok") damage.clear();
  } catch (const SQLite::Exception& error) {
    whole = false;
    if (CauseOf(error.getErrorCode()) == "corrupt") {
      damage = error.what();
    } else if (error.getErrorCode() != SQLITE_INTERRUPT) {
      sqlite3_progress_handler(connection.handle(), 0, nullptr, nullptr);
      throw;
    }
  }
  sqlite3_progress_handler(connection.handle(), 0, nullptr, nullptr);
  base::Log(base::LogLevel::kInfo, "store_checked",
            {{"seconds", absl::ToDoubleSeconds(clock.Now() - begin)}, {"whole", whole}, {"damage", damage}});
  return damage;
}

}  // namespace seedance::store::sqlite

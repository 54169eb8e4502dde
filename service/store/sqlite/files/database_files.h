#ifndef SEEDANCE_SERVICE_STORE_SQLITE_FILES_DATABASE_FILES_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_FILES_DATABASE_FILES_H_

#include <sys/types.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace seedance::store::sqlite {

// FAILED_PRECONDITION `cannot <what> <path>: <words of errno>`.
absl::Status FileError(const char* what, const std::string& path);

// The files of one database.
struct DatabaseFiles {
  std::string database;  // Symbolic links resolved, as SQLite does it: the others stand beside the file itself.
  std::string log;       // SQLite's write-ahead log.
  std::string index;     // SQLite's shared memory, the index of the log.
  std::string marker;    // See marker.h.
  std::string lock;      // Beside the path that was given, where earlier releases look for it.

  static DatabaseFiles At(const std::string& path);
};

// Which file a path names.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;

  bool IsSameFile(const FileIdentity& other) const { return device == other.device && inode == other.inode; }
};

// nullopt: there is none. FAILED_PRECONDITION with the system's words when that cannot be said.
absl::StatusOr<std::optional<FileIdentity>> Identify(const std::string& path);

// Whether the file begins as a SQLite database does, or as a write-ahead log.
bool HasDatabaseHeader(int file);
bool HasLogHeader(int file);

// Renames the database, its log and its index to `<database>.aside-<suffix>` and so on, so that SQLite could open them
// there, and flushes the folder. What is not there is left out. Returns the new path of the database.
absl::StatusOr<std::string> SetAside(const DatabaseFiles& files, const std::string& suffix);

// Makes the bytes of a file, or the names in a folder, durable.
absl::Status Sync(const std::string& path);
// The same for the folder of `path`.
absl::Status SyncFolderOf(const std::string& path);

// Notices that the files of an open database were removed or replaced, or that the header was overwritten. Thread-safe.
class FileGuard {
 public:
  // `database` is open and outlives the guard. The log and the index are those that are there now.
  static absl::StatusOr<FileGuard> Over(const DatabaseFiles& files, int database);

  // Empty: all is as it was. Else what is wrong, for base::StoreUnavailable: `file_removed`, `file_replaced`,
  // `log_removed`, `log_replaced`, `corrupt`; or `unknown_files` when the system does not say, which may pass.
  std::string_view Problem() const;
  // The same right after a commit, which is in the log: also `log_removed` when the log was emptied in its place.
  std::string_view ProblemAfterCommit() const;
  // Whether such a problem can end by itself.
  static bool MayPass(std::string_view problem) { return problem == "unknown_files"; }

 private:
  struct Watched {
    std::string path;
    FileIdentity identity;
    std::string_view removed;
    std::string_view replaced;
  };
  FileGuard(int database, std::shared_ptr<const int> log, std::array<Watched, 3> watched)
      : database_(database), log_(std::move(log)), watched_(std::move(watched)) {}

  int database_;
  std::shared_ptr<const int> log_;  // Open, also when the process has no descriptor left.
  std::array<Watched, 3> watched_;
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILES_DATABASE_FILES_H_

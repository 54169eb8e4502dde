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

// FAILED_PRECONDITION `cannot <what> <path>: <text of errno>`.
//
// Tests: tests/unit/store/sqlite/store_soundness_test.cc, tests/unit/store/sqlite/sqlite_open_test.cc
absl::Status FileError(const char* what, const std::string& path);

// Paths of the files of one database.
struct DatabaseFiles {
  std::string database;  // Symbolic links resolved, as SQLite does: the others are beside the file itself.
  std::string log;       // SQLite's write-ahead log.
  std::string index;     // SQLite's shared memory: the index of the log.
  std::string marker;    // See marker.h.
  std::string lock;      // Beside the given path, where earlier releases look for it.

  // The paths for a database at `path`, which need not exist.
  static DatabaseFiles At(const std::string& path);
};

// Identity of the file that a path names.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;

  bool IsSameFile(const FileIdentity& other) const { return device == other.device && inode == other.inode; }
};

// nullopt: there is no such file. FAILED_PRECONDITION with the system's text when that cannot be determined.
absl::StatusOr<std::optional<FileIdentity>> Identify(const std::string& path);

// Whether the file begins like a SQLite database, or like a write-ahead log.
bool HasDatabaseHeader(int file);
bool HasLogHeader(int file);

// Renames the database, its log and its index to `<database>.aside-<suffix>` and so on, such that SQLite can open them
// there, and syncs the directory. Missing files are skipped. Returns the new path of the database.
absl::StatusOr<std::string> SetAside(const DatabaseFiles& files, const std::string& suffix);

// fsync of a file, or of the names in a directory.
absl::Status Sync(const std::string& path);
// The same for the directory that holds `path`.
absl::Status SyncFolderOf(const std::string& path);

// Detects that files of an open database were removed or replaced, or that its header was overwritten. Thread-safe.
class FileGuard {
 public:
  // `database`: open descriptor, must outlive the guard. Log and index are those that exist now.
  static absl::StatusOr<FileGuard> Over(const DatabaseFiles& files, int database);

  // Empty: unchanged. Otherwise the cause for base::StoreUnavailable: `file_removed`, `file_replaced`, `log_removed`,
  // `log_replaced`, `corrupt`; or `unknown_files` when the system does not tell, which may pass.
  std::string_view Problem() const;
  // The same right after a commit, which is in the log: also `log_removed` when the log was truncated.
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
  std::shared_ptr<const int> log_;  // Kept open, so it works without a free descriptor.
  std::array<Watched, 3> watched_;
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILES_DATABASE_FILES_H_

#include "service/store/sqlite/files/database_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace seedance::store::sqlite {
namespace {

constexpr std::string_view kHeader("SQLite format 3\0", 16);
constexpr size_t kLogHeaderBytes = 32;
constexpr std::string_view kLogMagic("\x37\x7f\x06", 3);

// Resolves symbolic links, also to a file that does not exist yet.
std::string Resolved(const std::string& path) {
  constexpr int kMostLinks = 40;  // As Linux.
  std::filesystem::path at = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(at, error); ++i) {
    const std::filesystem::path target = std::filesystem::read_symlink(at, error);
    at = target.is_absolute() ? target : at.parent_path() / target;
  }
  const std::filesystem::path whole = std::filesystem::weakly_canonical(at, error);
  return error ? path : whole.string();
}

}  // namespace

absl::Status FileError(const char* what, const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot ", what, " ", path, ": ", std::generic_category().message(errno)));
}

DatabaseFiles DatabaseFiles::At(const std::string& path) {
  const std::string database = Resolved(path);
  return {database, database + "-wal", database + "-shm", database + ".marker", path + ".lock"};
}

absl::StatusOr<std::optional<FileIdentity>> Identify(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) == 0) return FileIdentity{found.st_dev, found.st_ino, found.st_size};
  if (errno == ENOENT) return std::nullopt;
  return FileError("inspect", path);
}

bool HasDatabaseHeader(int file) {
  char bytes[kHeader.size()];
  return pread(file, bytes, sizeof bytes, 0) == static_cast<ssize_t>(sizeof bytes) &&
         std::string_view(bytes, sizeof bytes) == kHeader;
}

bool HasLogHeader(int file) {
  char bytes[kLogHeaderBytes];
  return pread(file, bytes, sizeof bytes, 0) == static_cast<ssize_t>(sizeof bytes) &&
         std::string_view(bytes, kLogMagic.size()) == kLogMagic;
}

absl::StatusOr<std::string> SetAside(const DatabaseFiles& files, const std::string& suffix) {
  const std::string aside = absl::StrCat(files.database, ".aside-", suffix);
  for (const auto& [from, to] : {std::pair(files.database, aside), std::pair(files.log, aside + "-wal"),
                                 std::pair(files.index, aside + "-shm")}) {
    if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) return FileError("rename", from);
  }
  if (absl::Status synced = SyncFolderOf(files.database); !synced.ok()) return synced;
  return aside;
}

absl::Status Sync(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FileError("open", path);
  const absl::Status status = fsync(file) == 0 ? absl::OkStatus() : FileError("flush", path);
  close(file);
  return status;
}

absl::Status SyncFolderOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  return Sync(parent.empty() ? "." : parent.string());
}

absl::StatusOr<FileGuard> FileGuard::Over(const DatabaseFiles& files, int database) {
  std::array<Watched, 3> watched = {{{files.database, {}, "file_removed", "file_replaced"},
                                     {files.log, {}, "log_removed", "log_replaced"},
                                     {files.index, {}, "log_removed", "log_replaced"}}};
  for (Watched& each : watched) {
    const absl::StatusOr<std::optional<FileIdentity>> found = Identify(each.path);
    if (!found.ok()) return found.status();
    if (!found->has_value()) return absl::FailedPreconditionError(absl::StrCat(each.path, " was removed"));
    each.identity = **found;
  }
  const std::shared_ptr<const int> log(new int(open(files.log.c_str(), O_RDONLY | O_CLOEXEC)), [](const int* file) {
    if (*file >= 0) close(*file);
    delete file;
  });
  if (*log < 0) return FileError("open", files.log);
  return FileGuard(database, log, std::move(watched));
}

std::string_view FileGuard::Problem() const {
  for (const Watched& each : watched_) {
    const absl::StatusOr<std::optional<FileIdentity>> found = Identify(each.path);
    if (!found.ok()) return "unknown_files";
    if (!found->has_value()) return each.removed;
    if (!(*found)->IsSameFile(each.identity)) return each.replaced;
  }
  return HasDatabaseHeader(database_) ? "" : "corrupt";
}

std::string_view FileGuard::ProblemAfterCommit() const {
  const std::string_view problem = Problem();
  if (!problem.empty()) return problem;
  return HasLogHeader(*log_) ? "" : "log_removed";
}

}  // namespace seedance::store::sqlite

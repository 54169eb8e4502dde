#include "service/engine/uploads/temp_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"

namespace seedance::engine {
namespace {

constexpr size_t kPiece = 256 << 10;

absl::Status NoSpace(const std::string& why) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.quota_subject = "gateway:spool";
  detail.retry_delay = absl::Seconds(10);
  return base::MakeError(absl::StrCat("no space on the gateway's disk for the file: ", why), detail);
}

absl::Status DiskError(const char* what) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE) return NoSpace(std::strerror(error));
  return base::InternalError(absl::StrCat(what, " a temporary file: ", std::strerror(error)));
}

class FileSource : public http::ByteSource {
 public:
  FileSource(int fd, int64_t size) : fd_(fd), size_(size) {}

  absl::StatusOr<std::string> Next() override {
    std::string piece(kPiece, '\0');
    ssize_t n = 0;
    do {
      n = pread(fd_, piece.data(), piece.size(), at_);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return DiskError("reading");
    piece.resize(static_cast<size_t>(n));
    at_ += n;
    return piece;
  }
  std::optional<int64_t> Size() const override { return size_; }

 private:
  const int fd_;
  const int64_t size_;
  int64_t at_ = 0;
};

// Not every file system knows O_TMPFILE.
int OpenNameless(const std::string& directory) {
  int fd = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
  std::string path = directory + "/spool-XXXXXX";
  fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd >= 0) unlink(path.c_str());
  return fd;
}

struct Folder {
  std::string path;
  std::string variable;  // Of the environment, which named it; empty: none did.
};

// As std::filesystem::temp_directory_path, which hides a folder that does not exist.
Folder TemporaryFolder() {
  for (const char* variable : {"TMPDIR", "TMP", "TEMP", "TEMPDIR"}) {
    const char* path = std::getenv(variable);
    if (path != nullptr && *path != '\0') return {path, variable};
  }
  return {"/tmp", ""};
}

TempFileQuota::Options WithDirectory(TempFileQuota::Options options) {
  if (options.directory.empty()) options.directory = TemporaryFolder().path;
  return options;
}

}  // namespace

TempFile::~TempFile() {
  close(fd_);
  space_.Release(size_);
}

absl::Status TempFile::Append(std::string_view bytes) {
  if (!space_.Reserve(static_cast<int64_t>(bytes.size()))) return NoSpace("too many files are waiting there");
  size_ += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    const ssize_t n = write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return DiskError("writing");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

std::unique_ptr<http::ByteSource> TempFile::Read() const { return std::make_unique<FileSource>(fd_, size_); }

TempFileQuota::TempFileQuota(Options options) : options_(WithDirectory(std::move(options))) {}

absl::Status TempFileQuota::Check(const std::string& directory) {
  const Folder folder = directory.empty() ? TemporaryFolder() : Folder{directory, ""};
  const int fd = OpenNameless(folder.path);
  if (fd >= 0) {
    close(fd);
    return absl::OkStatus();
  }
  const int error = errno;
  const std::string source = !directory.empty() ? ""
                             : folder.variable.empty()
                                 ? " (the environment variable TMPDIR names another one)"
                                 : absl::StrCat(" (named by the environment variable ", folder.variable, ")");
  return absl::FailedPreconditionError(
      absl::StrCat(folder.path, source, " cannot be written to: ", std::strerror(error)));
}

absl::StatusOr<std::unique_ptr<TempFile>> TempFileQuota::Create() {
  const int fd = OpenNameless(options_.directory);
  if (fd < 0) return DiskError("making");
  return std::unique_ptr<TempFile>(new TempFile(*this, fd));
}

int64_t TempFileQuota::used() {
  base::MutexLock lock(mutex_);
  return used_;
}

bool TempFileQuota::Reserve(int64_t bytes) {
  base::MutexLock lock(mutex_);
  if (used_ + bytes > options_.max_total_bytes) return false;
  used_ += bytes;
  return true;
}

void TempFileQuota::Release(int64_t bytes) {
  base::MutexLock lock(mutex_);
  used_ -= bytes;
}

}  // namespace seedance::engine

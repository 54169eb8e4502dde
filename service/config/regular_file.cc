#include "service/config/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace seedance::config {
namespace {

template <typename... Parts>
absl::Status Failed(const std::string& path, const Parts&... parts) {
  return absl::FailedPreconditionError(absl::StrCat("file ", path, " ", parts...));
}

}  // namespace

absl::StatusOr<RegularFile> ReadRegularFile(const std::string& path, size_t max_bytes) {
  // Opening a FIFO without a writer would block.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return Failed(path, "cannot be opened: ", strerror(errno));
  const absl::Cleanup close_file = [fd] { close(fd); };
  struct stat status {};
  if (fstat(fd, &status) != 0) return Failed(path, "cannot be read: ", strerror(errno));
  if (S_ISDIR(status.st_mode)) return Failed(path, "is a directory");
  if (!S_ISREG(status.st_mode)) return Failed(path, "is not a regular file");
  RegularFile file;
  file.mode = status.st_mode;
  char buffer[16 << 10];
  for (;;) {
    const ssize_t size = read(fd, buffer, std::min(sizeof(buffer), max_bytes + 1 - file.bytes.size()));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed(path, "cannot be read: ", strerror(errno));
    if (size == 0) return file;
    file.bytes.append(buffer, static_cast<size_t>(size));
    if (file.bytes.size() > max_bytes) return Failed(path, "has more than ", max_bytes, " bytes");
  }
}

}  // namespace seedance::config

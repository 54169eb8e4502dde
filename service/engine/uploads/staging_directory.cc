#include "service/engine/uploads/staging_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/uploads/file_format.h"

namespace seedance::engine {
namespace {

constexpr std::string_view kPrefix = "staged-";
// A copy that is not whole yet; of a process that has died when one is found at the start.
constexpr std::string_view kPartial = "staging-part-";
constexpr size_t kTokenDigits = 32;

bool IsToken(std::string_view text) {
  return text.size() == kTokenDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The token in `staged-<token><suffix>`, empty for other names.
std::string TokenOf(const std::string& name) {
  if (name.rfind(kPrefix, 0) != 0) return "";
  const std::string token = name.substr(kPrefix.size(), kTokenDigits);
  return IsToken(token) ? token : "";
}

absl::Status DiskError(const char* what) {
  return base::InternalError(absl::StrCat(what, " a staged file: ", std::strerror(errno)));
}

absl::Status Full(int64_t most) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.quota_subject = "gateway:staging";
  detail.retry_delay = absl::Minutes(1);
  return base::MakeError(absl::StrCat("staged files may have at most ", most, " bytes in total"), detail);
}

// Writes what `file` holds into a new file.
absl::Status Copy(const TempFile& file, const std::string& path) {
  const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return DiskError("making");
  absl::Status status;
  const auto source = file.Read();
  while (status.ok()) {
    absl::StatusOr<std::string> piece = source->Next();
    if (!piece.ok() || piece->empty()) {
      status = piece.status();
      break;
    }
    if (write(fd, piece->data(), piece->size()) != static_cast<ssize_t>(piece->size())) status = DiskError("writing");
  }
  close(fd);
  return status;
}

// Gives the bytes the name `path`, by a link where they lie on the same disk.
absl::Status GiveName(const TempFile& file, const std::string& partial, const std::string& path) {
  const std::string self = absl::StrCat("/proc/self/fd/", file.fd());
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return absl::OkStatus();
  absl::Status copied = Copy(file, partial);
  if (copied.ok() && rename(partial.c_str(), path.c_str()) != 0) copied = DiskError("naming");
  if (!copied.ok()) unlink(partial.c_str());
  return copied;
}

}  // namespace

StagingDirectory::StagingDirectory(Options options, base::Clock& clock, base::Random& random)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      due_(clock, base::Timer::Alarm::Work::kMayBlock, [this](const std::string& token) { Expire(token); }) {
  TakeUp();
  due_.Start();
}

StagingDirectory::~StagingDirectory() { due_.Stop(); }

void StagingDirectory::TakeUp() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(kPartial, 0) == 0) unlink(entry.path().c_str());
    const std::string token = TokenOf(name);
    struct stat facts {};
    if (token.empty() || stat(entry.path().c_str(), &facts) != 0) continue;
    Kept kept;
    kept.file = {entry.path().string(), facts.st_size, std::string(ContentTypeOf(name))};
    kept.expire_time = absl::TimeFromTimespec(facts.st_mtim) + options_.lifetime;
    due_.Schedule(token, kept.expire_time);
    base::MutexLock lock(mutex_);
    used_ += kept.file.size;
    kept_[token] = std::move(kept);
  }
}

absl::StatusOr<std::string> StagingDirectory::Publish(const TempFile& file, const std::string& suffix) {
  {
    base::MutexLock lock(mutex_);
    if (used_ + file.size() > options_.max_total_bytes) return Full(options_.max_total_bytes);
    used_ += file.size();
  }
  std::string token;
  absl::StatusOr<std::string> path = NewName(file, suffix, token);
  if (!path.ok()) {
    base::MutexLock lock(mutex_);
    used_ -= file.size();
    return path.status();
  }
  const absl::Time expire_time = clock_.Now() + options_.lifetime;
  {
    base::MutexLock lock(mutex_);
    kept_[token] = {{*path, file.size(), std::string(ContentTypeOf(*path))}, expire_time};
  }
  due_.Schedule(token, expire_time);
  return absl::StrCat(options_.public_base_url, "/staging/", token, "/upload", suffix);
}

absl::StatusOr<std::string> StagingDirectory::NewName(const TempFile& file, const std::string& suffix,
                                                      std::string& token) {
  token = absl::StrCat(absl::Hex(random_.Bits(), absl::kZeroPad16), absl::Hex(random_.Bits(), absl::kZeroPad16));
  const std::string path = absl::StrCat(options_.directory, "/", std::string(kPrefix), token, suffix);
  const std::string partial = absl::StrCat(options_.directory, "/", std::string(kPartial), token);
  if (absl::Status named = GiveName(file, partial, path); !named.ok()) return named;
  const timespec now = absl::ToTimespec(clock_.Now());
  const timespec times[2] = {now, now};
  if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) {
    const absl::Status failed = DiskError("dating");
    unlink(path.c_str());
    return failed;
  }
  return path;
}

std::optional<StagedFile> StagingDirectory::Find(std::string_view token) {
  base::MutexLock lock(mutex_);
  const auto found = kept_.find(token);
  if (found == kept_.end() || clock_.Now() >= found->second.expire_time) return std::nullopt;
  return found->second.file;
}

int64_t StagingDirectory::used() {
  base::MutexLock lock(mutex_);
  return used_;
}

void StagingDirectory::Expire(const std::string& token) {
  base::MutexLock lock(mutex_);
  const auto found = kept_.find(token);
  if (found == kept_.end()) return;
  if (unlink(found->second.file.path.c_str()) != 0 && errno != ENOENT) {
    base::Log(base::LogLevel::kWarning, "staged_file_not_removed",
              {{"path", found->second.file.path}, {"cause", std::string(std::strerror(errno))}});
  }
  used_ -= found->second.file.size;
  kept_.erase(found);
}

}  // namespace seedance::engine

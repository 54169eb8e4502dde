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
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/uploads/file_format.h"

namespace seedance::engine {
namespace {

constexpr std::string_view kPrefix = "staged-";
// A copy that is not whole yet; of a process that has died when it is that old.
constexpr std::string_view kPartial = "staging-part-";
constexpr absl::Duration kPartialLives = absl::Hours(1);
constexpr size_t kTokenDigits = 32;
constexpr absl::Duration kScanPause = absl::Minutes(1);

bool IsToken(std::string_view text) {
  return text.size() == kTokenDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The token in `staged-<token><suffix>`, empty for other names.
std::string TokenOf(const std::string& name) {
  if (name.rfind(kPrefix, 0) != 0) return "";
  const std::string token = name.substr(kPrefix.size(), kTokenDigits);
  return IsToken(token) ? token : "";
}

absl::Status StagingError(const char* what) {
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
  if (fd < 0) return StagingError("making");
  absl::Status status;
  const auto source = file.Read();
  while (status.ok()) {
    absl::StatusOr<std::string> piece = source->Next();
    if (!piece.ok() || piece->empty()) {
      status = piece.status();
      break;
    }
    if (write(fd, piece->data(), piece->size()) != static_cast<ssize_t>(piece->size()))
      status = StagingError("writing");
  }
  close(fd);
  return status;
}

// Gives the bytes the name `path`, by a link where they lie on the same disk.
absl::Status GiveName(const TempFile& file, const std::string& partial, const std::string& path) {
  const std::string self = absl::StrCat("/proc/self/fd/", file.fd());
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return absl::OkStatus();
  absl::Status copied = Copy(file, partial);
  if (copied.ok() && rename(partial.c_str(), path.c_str()) != 0) copied = StagingError("naming");
  if (!copied.ok()) unlink(partial.c_str());
  return copied;
}

}  // namespace

StagingDirectory::StagingDirectory(Options options, base::Clock& clock, base::Random& random)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      due_(clock, base::Timer::Alarm::Work::kMayBlock, [this](const std::string& token) { Expire(token); }),
      scan_(clock, base::Timer::Alarm::Work::kMayBlock, [this] { Scan(); }) {
  due_.Start();
  Scan();
}

StagingDirectory::~StagingDirectory() {
  scan_.Stop();
  due_.Stop();
}

void StagingDirectory::Scan() {
  TakeUp();
  scan_.Set(clock_.Now() + kScanPause);
}

void StagingDirectory::TakeUp() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, error)) {
    const std::string name = entry.path().filename().string();
    struct stat facts {};
    if (name.rfind(kPartial, 0) == 0 && stat(entry.path().c_str(), &facts) == 0 &&
        absl::TimeFromTimespec(facts.st_mtim) + kPartialLives < clock_.Now()) {
      unlink(entry.path().c_str());
    }
    if (const std::string token = TokenOf(name); !token.empty()) (void)TakeUp(token, entry.path().string());
  }
}

bool StagingDirectory::TakeUp(const std::string& token, const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return false;
  Kept kept;
  kept.file = {path, facts.st_size, std::string(ContentTypeOf(path))};
  kept.expire_time = absl::TimeFromTimespec(facts.st_mtim) + options_.lifetime;
  const absl::Time expire_time = kept.expire_time;
  {
    base::MutexLock lock(mutex_);
    const int64_t size = kept.file.size;
    // Another caller may have found it too.
    if (!kept_.emplace(token, std::move(kept)).second) return true;
    used_ += size;
  }
  due_.Schedule(token, expire_time);
  return true;
}

bool StagingDirectory::TakeUpForeign(const std::string& token) {
  if (!IsToken(token)) return false;
  const std::string path = absl::StrCat(options_.directory, "/", std::string(kPrefix), token);
  for (const std::string_view suffix : KnownSuffixes()) {
    if (TakeUp(token, absl::StrCat(path, std::string(suffix)))) return true;
  }
  return TakeUp(token, path);
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
  // A suffix that says nothing is left out, so that the name can be guessed from the token.
  const std::vector<std::string_view> known = KnownSuffixes();
  const bool is_known = std::find(known.begin(), known.end(), suffix) != known.end();
  const std::string path =
      absl::StrCat(options_.directory, "/", std::string(kPrefix), token, is_known ? suffix : std::string());
  const std::string partial = absl::StrCat(options_.directory, "/", std::string(kPartial), token);
  if (absl::Status named = GiveName(file, partial, path); !named.ok()) return named;
  const timespec now = absl::ToTimespec(clock_.Now());
  const timespec times[2] = {now, now};
  if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) {
    const absl::Status failed = StagingError("dating");
    unlink(path.c_str());
    return failed;
  }
  return path;
}

std::optional<StagedFile> StagingDirectory::Find(std::string_view token) {
  std::optional<StagedFile> file = FindKept(token);
  if (!file.has_value() && TakeUpForeign(std::string(token))) file = FindKept(token);
  return file;
}

std::optional<StagedFile> StagingDirectory::FindKept(std::string_view token) {
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

#include "service/store/sqlite/files/marker.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/sha256.h"
#include "service/store/sqlite/files/database_files.h"

namespace seedance::store::sqlite {
namespace {

// A sector, which disks write atomically.
constexpr size_t kPlace = 512;
constexpr char kKind[] = "seedance-gateway-marker-1";

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (is_open()) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  bool Write(std::string_view bytes, off_t at) const {
    const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), at);
    if (written >= 0 && written < static_cast<ssize_t>(bytes.size())) errno = ENOSPC;
    return written == static_cast<ssize_t>(bytes.size()) && fdatasync(descriptor_) == 0;
  }
  std::string Read() const {
    std::string bytes(2 * kPlace, '\0');
    const ssize_t got = pread(descriptor_, bytes.data(), bytes.size(), 0);
    bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return bytes;
  }

 private:
  const int descriptor_;
};

std::string Sealed(const Marker& marker) {
  std::string text =
      absl::StrCat(kKind, " number=", marker.number, " epoch=", marker.epoch, " commits=", marker.extent.commits,
                   " revision=", marker.extent.revision, " clean=", marker.clean ? 1 : 0, " ");
  absl::StrAppend(&text, base::Sha256Hex(text));
  text.resize(kPlace - 1, ' ');
  return text + "\n";
}

// False: torn, or not a marker.
bool Unseal(const std::string& place, Marker& marker) {
  const std::vector<std::string> words = absl::StrSplit(place, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  if (words.size() != 7 || words[0] != kKind) return false;
  const auto value = [&](size_t word, std::string_view name) {
    return words[word].rfind(name, 0) == 0 ? words[word].substr(name.size()) : "";
  };
  marker.epoch = value(2, "epoch=");
  marker.clean = value(5, "clean=") == "1";
  return absl::SimpleAtoi(value(1, "number="), &marker.number) &&
         absl::SimpleAtoi(value(3, "commits="), &marker.extent.commits) &&
         absl::SimpleAtoi(value(4, "revision="), &marker.extent.revision) && !marker.epoch.empty() &&
         Sealed(marker) == place;
}

// Written to a temporary file and renamed, so that no reader sees a part.
absl::Status Create(const std::string& path, const Marker& marker) {
  const std::string fresh = path + ".new";
  {
    const File file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return FileError("create", fresh);
    const std::string place = Sealed(marker);
    if (!file.Write(place + place, 0)) return FileError("write", fresh);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return FileError("rename", fresh);
  return SyncFolderOf(path);
}

}  // namespace

absl::StatusOr<std::optional<Marker>> ReadMarker(const std::string& path) {
  const File file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    return FileError("open", path);
  }
  const std::string bytes = file.Read();
  std::optional<Marker> newest;
  for (size_t at = 0; at + kPlace <= bytes.size(); at += kPlace) {
    Marker marker;
    if (!Unseal(bytes.substr(at, kPlace), marker)) continue;
    if (!newest.has_value() || marker.number > newest->number) newest = marker;
  }
  if (!newest.has_value()) return absl::DataLossError(absl::StrCat(path, " is not a marker, or is damaged"));
  return newest;
}

absl::Status WriteMarker(const std::string& path, Marker& marker) {
  Marker next = marker;
  ++next.number;
  const File file(path, O_WRONLY);
  if (!file.is_open()) {
    if (errno != ENOENT) return FileError("open", path);
    if (absl::Status created = Create(path, next); !created.ok()) return created;
  } else {
    const off_t place = next.number % 2 == 0 ? 0 : static_cast<off_t>(kPlace);
    if (!file.Write(Sealed(next), place)) return FileError("write", path);
  }
  marker = next;
  return absl::OkStatus();
}

}  // namespace seedance::store::sqlite

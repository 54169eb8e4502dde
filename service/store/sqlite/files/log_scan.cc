#include "service/store/sqlite/files/log_scan.h"

#include <fstream>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/store/sqlite/files/database_files.h"

namespace seedance::store::sqlite {
namespace {

// https://www.sqlite.org/walformat.html
constexpr size_t kHeaderBytes = 32;
constexpr size_t kFrameHeaderBytes = 24;
constexpr uint32_t kMagic = 0x377f0682;  // Bit 0: checksums over big-endian words.
constexpr size_t kLeastPage = 512;
constexpr size_t kMostPage = 65536;

uint32_t BigEndian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

uint32_t LittleEndian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// Running checksum of a log.
struct Checksum {
  bool big_endian = false;
  uint32_t first = 0;
  uint32_t second = 0;

  void Add(std::string_view bytes) {
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += (big_endian ? BigEndian(bytes, at) : LittleEndian(bytes, at)) + second;
      second += (big_endian ? BigEndian(bytes, at + 4) : LittleEndian(bytes, at + 4)) + first;
    }
  }
  bool Is(std::string_view bytes, size_t at) const {
    return BigEndian(bytes, at) == first && BigEndian(bytes, at + 4) == second;
  }
};

bool Read(std::ifstream& file, size_t bytes, std::string& into) {
  into.resize(bytes);
  return static_cast<bool>(file.read(into.data(), static_cast<std::streamsize>(bytes)));
}

}  // namespace

absl::StatusOr<std::string> FindLogDamage(const std::string& path) {
  const absl::StatusOr<std::optional<FileIdentity>> found = Identify(path);
  if (!found.ok()) return found.status();
  if (!found->has_value() || (*found)->size == 0) return "";
  std::ifstream file(path, std::ios::binary);
  std::string header;
  const std::string spoilt = "the header of its write-ahead log is damaged";
  if (!Read(file, kHeaderBytes, header)) return spoilt;
  Checksum checksum{(BigEndian(header, 0) & 1) != 0};
  checksum.Add(std::string_view(header).substr(0, 24));
  const size_t page = BigEndian(header, 8);
  if ((BigEndian(header, 0) & ~1U) != kMagic || !checksum.Is(header, 24) || page < kLeastPage || page > kMostPage) {
    return spoilt;
  }
  const std::string_view salts = std::string_view(header).substr(16, 8);
  std::string before =
      header.substr(8);  // Like the header of a frame, it ends with a checksum of 8 bytes at offset 16.
  std::string frame;
  int64_t broken = 0;      // Number of the first incomplete frame.
  bool committed = false;  // The previous frame ends a transaction, and is the broken one or a later one.
  for (int64_t number = 1; Read(file, kFrameHeaderBytes + page, frame); ++number) {
    const std::string_view bytes = frame;
    const bool ours = bytes.substr(8, 8) == salts;  // Otherwise it is a leftover of an earlier generation of the log.
    Checksum next{checksum.big_endian, BigEndian(before, 16), BigEndian(before, 20)};
    next.Add(bytes.substr(0, 8));
    next.Add(bytes.substr(kFrameHeaderBytes));
    // Written directly after the previous frame, and not left by a torn or rolled-back transaction that was overwritten
    // from its start.
    const bool follows = ours && next.Is(bytes, 16);
    if (broken == 0 && !follows) broken = number;
    if (committed && follows) {
      return absl::StrCat("frame ", broken, " of its write-ahead log is damaged, and committed changes follow it");
    }
    committed = broken != 0 && ours && BigEndian(bytes, 4) != 0;
    before.swap(frame);
  }
  return "";
}

}  // namespace seedance::store::sqlite

#include "service/upstream/piapi/base64_source.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/strings/escaping.h"
#include "service/upstream/vendor_text.h"

namespace seedance::upstream {
namespace {

constexpr std::string_view kEpilogue = "\"}";
// The vendor's limit in characters, applied to bytes.
constexpr size_t kMaxName = 128;
constexpr size_t kMaxSuffix = 16;
// Bytes of the file per piece: a multiple of 3, so that only the last one is padded, and below 1 MiB when encoded.
constexpr size_t kPiece = 3 * (256 << 10);

// Keeps the suffix, by which the vendor determines the type.
std::string BoundedName(const std::string& name) {
  if (name.size() <= kMaxName) return name;
  const size_t dot = name.rfind('.');
  const bool short_suffix = dot != std::string::npos && name.size() - dot <= kMaxSuffix;
  const std::string suffix = short_suffix ? name.substr(dot) : "";
  return BoundUtf8(name, kMaxName - suffix.size()) + suffix;
}

std::string Preamble(const std::string& file_name) {
  nlohmann::json name = BoundedName(file_name.empty() ? "file" : file_name);
  return R"({"file_name":)" + name.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + R"(,"file_data":")";
}

}  // namespace

Base64Source::Base64Source(const std::string& file_name, http::ByteSource& file)
    : preamble_(Preamble(file_name)), file_(file) {}

absl::StatusOr<std::string> Base64Source::Next() {
  switch (part_) {
    case Part::kPreamble:
      part_ = Part::kFile;
      return preamble_;
    case Part::kFile:
      return NextOfFile();
    case Part::kEpilogue:
      part_ = Part::kEnd;
      return std::string(kEpilogue);
    case Part::kEnd:
      break;
  }
  return std::string();
}

absl::StatusOr<std::string> Base64Source::NextOfFile() {
  while (left_.size() < 3) {
    absl::StatusOr<std::string> piece = file_.Next();
    if (!piece.ok()) return file_status_ = piece.status();
    if (piece->empty()) {
      // An empty piece would end the body.
      part_ = left_.empty() ? Part::kEnd : Part::kEpilogue;
      return left_.empty() ? std::string(kEpilogue) : absl::Base64Escape(left_);
    }
    left_.append(*piece);
  }
  const size_t taken = std::min(left_.size() / 3 * 3, kPiece);
  std::string encoded = absl::Base64Escape(left_.substr(0, taken));
  left_.erase(0, taken);
  return encoded;
}

std::optional<int64_t> Base64Source::Size() const {
  const std::optional<int64_t> file = file_.Size();
  if (!file.has_value()) return std::nullopt;
  return static_cast<int64_t>(preamble_.size() + kEpilogue.size()) + (*file + 2) / 3 * 4;
}

}  // namespace seedance::upstream

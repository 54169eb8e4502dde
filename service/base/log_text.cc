#include "service/base/log_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/base/utf8.h"

namespace seedance::base {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// All within the Basic Multilingual Plane: one `\u` each.
constexpr std::array<Range, 8> kEscaped = {{
    {0x00, 0x1f},
    {0x7f, 0x9f},
    {0x061c, 0x061c},  // Arabic letter mark.
    {0x200b, 0x200f},  // Zero-width characters and direction marks.
    {0x2028, 0x202e},  // Line and paragraph separator, bidirectional embeddings and overrides.
    {0x2060, 0x2069},  // Word joiner, invisible operators, bidirectional isolates.
    {0xfeff, 0xfeff},  // Byte order mark.
    {0xfff9, 0xfffb},  // Interlinear annotations.
}};

// Length of the prefix that needs no escape in JSON: ASCII without quotes, backslashes and control characters.
size_t PlainLength(std::string_view text) {
  size_t length = 0;
  while (length < text.size()) {
    const auto c = static_cast<unsigned char>(text[length]);
    if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') break;
    ++length;
  }
  return length;
}

// Of a well-formed character of one to three bytes.
uint32_t CodePoint(std::string_view character) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  if (character.size() == 2) return (byte(0) & 0x1fu) << 6 | (byte(1) & 0x3fu);
  return (byte(0) & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
}

bool IsEscaped(std::string_view character) {
  if (character.size() > 3) return false;
  const uint32_t point = CodePoint(character);
  return std::any_of(kEscaped.begin(), kEscaped.end(),
                     [point](const Range& range) { return point >= range.first && point <= range.last; });
}

}  // namespace

void AppendJsonText(std::string& out, std::string_view text, size_t max_bytes) {
  const size_t begin = out.size();
  out += '"';
  size_t at = 0;
  while (at < text.size() && out.size() - begin < max_bytes) {
    // Fast path: most texts need no escape at all.
    const size_t plain = std::min(PlainLength(text.substr(at)), max_bytes - (out.size() - begin));
    if (plain > 0) {
      out += text.substr(at, plain);
      at += plain;
      continue;
    }
    const size_t length = Utf8Length(text.substr(at));
    const std::string_view character = text.substr(at, length);
    if (length == 0) {
      out += "\\ufffd";
    } else if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (IsEscaped(character)) {
      absl::StrAppendFormat(&out, "\\u%04x", CodePoint(character));
    } else {
      out += character;
    }
    at += std::max<size_t>(length, 1);
  }
  if (at < text.size()) absl::StrAppend(&out, "[", text.size() - at, " bytes cut]");
  out += '"';
}

}  // namespace seedance::base

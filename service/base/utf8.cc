#include "service/base/utf8.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_format.h"

namespace seedance::base {
namespace {

constexpr std::string_view kCut = "...";

// Whether the byte goes on with a character that began before it.
bool IsTail(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// The code point of a well-formed character.
char32_t CodeOf(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  constexpr unsigned char kFirstBits[] = {0x7f, 0x7f, 0x1f, 0x0f, 0x07};  // By length.
  char32_t code = first & kFirstBits[character.size()];
  for (const char tail : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(tail) & 0x3f);
  return code;
}

// A well-formed character as ToPrintable shows it.
std::string Shown(std::string_view character) {
  if (!IsControl(character)) return std::string(character);
  if (character == "\n" || character == "\r" || character == "\t") return " ";
  return absl::StrFormat("\\x%02x", static_cast<unsigned char>(character.back()));
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const auto tail = [&](size_t i) { return i < text.size() && IsTail(text[i]); };
  if (text.empty()) return 0;
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xc2 && byte(0) <= 0xdf && tail(1)) return 2;
  if (byte(0) >= 0xe0 && byte(0) <= 0xef && tail(1) && tail(2)) {
    const bool overlong = byte(0) == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = byte(0) == 0xed && byte(1) >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (byte(0) >= 0xf0 && byte(0) <= 0xf4 && tail(1) && tail(2) && tail(3)) {
    const bool outside = (byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) >= 0x90);
    return outside ? 0 : 4;
  }
  return 0;
}

bool IsControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  // U+0080 to U+009F begin with the byte C2.
  const bool c1 = first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
  return first < 0x20 || first == 0x7f || c1;
}

bool IsBlank(std::string_view text) {
  // Ranges of code points: spaces, what has no width, fillers, marks of direction, selectors of variants.
  constexpr struct {
    char32_t first;
    char32_t last;
  } kBlanks[] = {{0x09, 0x0a},      {0x0d, 0x0d},     {0x20, 0x20},     {0xa0, 0xa0},     {0xad, 0xad},
                 {0x034f, 0x034f},  {0x061c, 0x061c}, {0x115f, 0x1160}, {0x1680, 0x1680}, {0x17b4, 0x17b5},
                 {0x180b, 0x180f},  {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x2800, 0x2800},
                 {0x3000, 0x3000},  {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
                 {0xe0000, 0xe0fff}};
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    const char32_t code = CodeOf(text.substr(0, length));
    const bool blank = std::any_of(std::begin(kBlanks), std::end(kBlanks),
                                   [code](const auto& range) { return range.first <= code && code <= range.last; });
    if (!blank) return false;
    text.remove_prefix(length);
  }
  return true;
}

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !IsTail(c); }));
}

std::string CutUtf8(std::string text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && IsTail(text[limit])) --limit;
  text.resize(limit);
  return text;
}

std::string ToUtf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    out += length == 0 ? "\uFFFD" : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string ToPrintable(std::string_view text, size_t limit) {
  std::string out;
  size_t room_for_cut = 0;  // Length to which `out` is cut when `...` follows.
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    out += length == 0 ? "\uFFFD" : Shown(text.substr(0, length));
    if (out.size() > limit) {
      out.resize(room_for_cut);
      return out.append(kCut.substr(0, limit));
    }
    if (out.size() + kCut.size() <= limit) room_for_cut = out.size();
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace seedance::base

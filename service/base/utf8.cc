#include "service/base/utf8.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_format.h"

namespace seedance::base {
namespace {

constexpr std::string_view kCut = "...";

// How ToPrintable shows a well-formed character.
std::string Shown(std::string_view character) {
  if (!IsControl(character)) return std::string(character);
  if (character == "\n" || character == "\r" || character == "\t") return " ";
  return absl::StrFormat("\\x%02x", static_cast<unsigned char>(character.back()));
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
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
  constexpr std::string_view kBlanks[] = {" ",      "\t",     "\n",     "\r",     "\u00a0", "\u1680", "\u2000",
                                          "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
                                          "\u2008", "\u2009", "\u200a", "\u200b", "\u200c", "\u200d", "\u2028",
                                          "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff"};
  while (!text.empty()) {
    const auto blank = std::find_if(std::begin(kBlanks), std::end(kBlanks),
                                    [text](std::string_view each) { return text.substr(0, each.size()) == each; });
    if (blank == std::end(kBlanks)) return false;
    text.remove_prefix(blank->size());
  }
  return true;
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
  size_t room_for_cut = 0;  // Length of what is left of `out` when `...` has to follow.
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

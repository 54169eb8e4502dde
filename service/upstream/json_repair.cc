#include "service/upstream/json_repair.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "service/base/utf8.h"

namespace seedance::upstream {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";
constexpr size_t kUnicodeEscape = 6;  // `\uXXXX`.

// The code unit of the `\uXXXX` at the front of `text`, -1 if there is none.
int CodeUnit(std::string_view text) {
  if (text.size() < kUnicodeEscape || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (const char c : text.substr(2, 4)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return -1;
    const int digit = absl::ascii_isdigit(static_cast<unsigned char>(c)) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool IsHigh(int unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLow(int unit) { return unit >= 0xdc00 && unit < 0xe000; }

// A prefix of a string's content, and whether it is valid.
struct Piece {
  size_t size;
  bool good;
};

Piece EscapeAt(std::string_view text) {
  const int unit = CodeUnit(text);
  if (IsHigh(unit)) {
    const bool pair = IsLow(CodeUnit(text.substr(kUnicodeEscape)));
    return {pair ? 2 * kUnicodeEscape : kUnicodeEscape, pair};
  }
  if (unit >= 0) return {kUnicodeEscape, !IsLow(unit)};
  const bool known = text.size() > 1 && std::string_view("\"\\/bfnrt").find(text[1]) != std::string_view::npos;
  // Of an unknown escape only the backslash is replaced.
  return known ? Piece{2, true} : Piece{1, false};
}

Piece PieceAt(std::string_view text) {
  if (text[0] == '\\') return EscapeAt(text);
  const size_t length = base::Utf8Length(text);
  const bool control = static_cast<unsigned char>(text[0]) < 0x20;
  return {std::max<size_t>(length, 1), length > 0 && !control};
}

}  // namespace

std::string RepairJsonStrings(std::string_view text) {
  std::string repaired;
  bool quoted = false;
  while (!text.empty()) {
    if (!quoted || text[0] == '"') {
      quoted = quoted != (text[0] == '"');
      repaired.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    const Piece piece = PieceAt(text);
    repaired += piece.good ? text.substr(0, piece.size) : kReplacement;
    text.remove_prefix(piece.size);
  }
  return repaired;
}

bool IsBroken(std::string_view text) { return text.find(kReplacement) != std::string_view::npos; }

}  // namespace seedance::upstream

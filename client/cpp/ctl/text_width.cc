#include "client/cpp/ctl/text_width.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace seedance::client::ctl {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// Sorted. Blocks of the Unicode property East_Asian_Width = W or F, small gaps included.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x2705, 0x2705},
    {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18AFF},
    {0x1B000, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A},
    {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA},
    {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4}, {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440},
    {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596},
    {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D7},
    {0x1F6DC, 0x1F6DF}, {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7F0}, {0x1F90C, 0x1F9FF},
    {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
};

// Sorted. Combining marks of the scripts that prompts are likely to use, joiners and variation selectors.
constexpr Range kZero[] = {
    {0x0300, 0x036F},   {0x0483, 0x0489},   {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x093C, 0x093C},
    {0x0941, 0x0948},   {0x094D, 0x094D},   {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1160, 0x11FF},
    {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF},   {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064}, {0x2066, 0x206F},
    {0x20D0, 0x20FF},   {0x302A, 0x302D},   {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
    {0x1F3FB, 0x1F3FF}, {0xE0000, 0xE01EF},
};

template <size_t N>
bool In(const Range (&ranges)[N], uint32_t code) {
  const Range* found = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                        [](uint32_t value, const Range& range) { return value < range.first; });
  return found != std::begin(ranges) && code <= std::prev(found)->last;
}

struct Character {
  uint32_t code;
  size_t bytes;
};

// The first character of `text`, which is not empty. A byte that is not UTF-8 stands for itself.
Character First(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t bytes = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (bytes == 0 || text.size() < bytes) return {0xFFFD, 1};
  uint32_t code = bytes == 1 ? lead : lead & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {0xFFFD, 1};
    code = (code << 6) | (next & 0x3Fu);
  }
  return {code, bytes};
}

int Width(uint32_t code) {
  if (In(kZero, code)) return 0;
  return In(kWide, code) ? 2 : 1;
}

std::string Spaces(int count) { return std::string(static_cast<size_t>(std::max(count, 0)), ' '); }

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character character = First(text);
    width += Width(character.code);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string Truncate(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width <= 0) return "";
  int used = 0;
  size_t kept = 0;
  while (kept < text.size()) {
    const Character character = First(text.substr(kept));
    if (used + Width(character.code) > width - 1) break;
    used += Width(character.code);
    kept += character.bytes;
  }
  return std::string(text.substr(0, kept)) + "…";
}

std::string PadRight(std::string_view text, int width) {
  return std::string(text) + Spaces(width - DisplayWidth(text));
}

std::string PadLeft(std::string_view text, int width) { return Spaces(width - DisplayWidth(text)) + std::string(text); }

std::string OneLine(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const Character character = First(text);
    const bool blank = character.code == ' ' || (character.code >= '\t' && character.code <= '\r');
    const bool control = character.code < 0x20 || (character.code >= 0x7F && character.code < 0xA0);
    const bool direction = (character.code >= 0x202A && character.code <= 0x202E) ||
                           (character.code >= 0x2066 && character.code <= 0x2069);
    if (blank) {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else if (!control && !direction) {
      line += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace seedance::client::ctl

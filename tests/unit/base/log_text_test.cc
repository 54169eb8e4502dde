#include "service/base/log_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace seedance::base {
namespace {

std::string Text(std::string_view text) {
  std::string out;
  AppendJsonText(out, text);
  return out;
}

std::string Cut(std::string_view text, size_t max_bytes) {
  std::string out = "before";
  AppendJsonText(out, text, max_bytes);
  return out.substr(6);
}

TEST(LogText, AppendsToWhatIsThere) {
  std::string out = "a:";
  AppendJsonText(out, "b");
  EXPECT_EQ(out, "a:\"b\"");
}

TEST(LogText, EscapesEveryControlCharacter) {
  for (int c = 0; c < 0x20; ++c) {
    const std::string text = Text(std::string(1, static_cast<char>(c)));
    EXPECT_EQ(text.substr(0, 5), "\"\\u00") << c;
    EXPECT_EQ(text.size(), 8u) << c;
  }
  EXPECT_EQ(Text("\x7f"), R"("\u007f")");
  EXPECT_EQ(Text("\u0080\u0085\u009b\u009f"), R"("\u0080\u0085\u009b\u009f")");
}

TEST(LogText, EscapesWhatBreaksOrReordersOrHidesText) {
  EXPECT_EQ(Text("\u2028\u2029"), R"("\u2028\u2029")");
  EXPECT_EQ(Text("\u202a\u202b\u202c\u202d\u202e"), R"("\u202a\u202b\u202c\u202d\u202e")");
  EXPECT_EQ(Text("\u2066\u2067\u2068\u2069"), R"("\u2066\u2067\u2068\u2069")");
  EXPECT_EQ(Text("\u200e\u200f\u061c"), R"("\u200e\u200f\u061c")");
  EXPECT_EQ(Text("\u200b\u2060\ufeff\ufff9"), R"("\u200b\u2060\ufeff\ufff9")");
}

TEST(LogText, KeepsTheNeighboursOfWhatIsEscaped) {
  for (const char* text : {"\u00a0", "\u061b", "\u061d", "\u200a", "\u2010", "\u2027", "\u202f", "\u205f", "\u206a",
                           "\ufefe", "\ufff8", "\ufffc", "\ufffd", "ä猫😀"}) {
    EXPECT_EQ(Text(text), "\"" + std::string(text) + "\"");
  }
}

TEST(LogText, ALongTextIsCutAndSaysByHowMuch) {
  EXPECT_EQ(Cut("0123456789", 6), "\"01234[5 bytes cut]\"");
  EXPECT_EQ(Cut("01234", 6), "\"01234\"");
  EXPECT_EQ(Cut(std::string(1 << 20, 'x'), 100).size(), 100 + std::string_view("[1048477 bytes cut]\"").size());
}

TEST(LogText, TheBoundIsThatOfTheEscapedText) {
  EXPECT_EQ(Cut("\n\n\n\n", 12), R"("\u000a\u000a[2 bytes cut]")");
  EXPECT_LT(Cut(std::string(100'000, '\n'), 2'048).size(), 2'048u + 40);
}

TEST(LogText, ACharacterIsNotCutInTwo) {
  EXPECT_EQ(Cut("猫猫猫", 2), "\"猫[6 bytes cut]\"");
  EXPECT_EQ(Cut("😀😀", 5), "\"😀[4 bytes cut]\"");
}

}  // namespace
}  // namespace seedance::base

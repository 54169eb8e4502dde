#include "service/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace seedance::base {
namespace {

TEST(Utf8, LengthOfEachKindOfCharacter) {
  EXPECT_EQ(Utf8Length("a"), 1u);
  EXPECT_EQ(Utf8Length(std::string_view("\0", 1)), 1u);
  EXPECT_EQ(Utf8Length("é!"), 2u);
  EXPECT_EQ(Utf8Length("猫!"), 3u);
  EXPECT_EQ(Utf8Length("😀!"), 4u);
  EXPECT_EQ(Utf8Length("\xf4\x8f\xbf\xbf"), 4u) << "the last code point";
}

TEST(Utf8, CharactersAreCountedAndNeverCut) {
  EXPECT_EQ(CountCharacters("a猫😀"), 3u);
  EXPECT_EQ(CutUtf8("a猫😀", 8), "a猫😀");
  EXPECT_EQ(CutUtf8("a猫😀", 7), "a猫");
  EXPECT_EQ(CutUtf8("a猫😀", 4), "a猫");
  EXPECT_EQ(CutUtf8("a猫😀", 3), "a");
  EXPECT_EQ(CutUtf8("猫", 1), "");
}

TEST(Utf8, WhatIsNotWellFormedHasNoLength) {
  EXPECT_EQ(Utf8Length(""), 0u);
  EXPECT_EQ(Utf8Length("\x80"), 0u) << "continuation byte";
  EXPECT_EQ(Utf8Length("\xc3"), 0u) << "cut";
  EXPECT_EQ(Utf8Length("\xe7\x8c"), 0u) << "cut";
  EXPECT_EQ(Utf8Length("\xf0\x9f\x98"), 0u) << "cut";
  EXPECT_EQ(Utf8Length("\xc0\xaf"), 0u) << "overlong";
  EXPECT_EQ(Utf8Length("\xe0\x9f\xbf"), 0u) << "overlong";
  EXPECT_EQ(Utf8Length("\xf0\x8f\xbf\xbf"), 0u) << "overlong";
  EXPECT_EQ(Utf8Length("\xed\xa0\x80"), 0u) << "surrogate";
  EXPECT_EQ(Utf8Length("\xf4\x90\x80\x80"), 0u) << "beyond U+10FFFF";
  EXPECT_EQ(Utf8Length("\xff"), 0u);
}

TEST(Utf8, OnlyBrokenBytesAreReplaced) {
  EXPECT_EQ(ToUtf8(""), "");
  EXPECT_EQ(ToUtf8("a猫"), "a猫");
  EXPECT_EQ(ToUtf8("a\xff猫\xe7\x8c"), "a\uFFFD猫\uFFFD\uFFFD");
}

TEST(Utf8, ControlCharactersAreC0DelAndC1) {
  EXPECT_TRUE(IsControl(std::string_view("\0", 1)));
  EXPECT_TRUE(IsControl("\x1b"));
  EXPECT_TRUE(IsControl("\x7f"));
  EXPECT_TRUE(IsControl("\u0080"));
  EXPECT_TRUE(IsControl("\u009f"));
  EXPECT_FALSE(IsControl(" "));
  EXPECT_FALSE(IsControl("\u00a0"));
  EXPECT_FALSE(IsControl("猫"));
}

TEST(Utf8, BlankTextHoldsNothingThatIsSeen) {
  EXPECT_TRUE(IsBlank(""));
  for (const char* blank : {" ",      "\t\r\n", "\u00a0", "\u00ad", "\u034f", "\u061c", "\u115f",     "\u1160",
                            "\u1680", "\u180e", "\u2000", "\u200b", "\u200e", "\u200f", "\u2028",     "\u202a",
                            "\u202e", "\u202f", "\u205f", "\u2060", "\u2061", "\u2064", "\u2066",     "\u2800",
                            "\u3000", "\u3164", "\ufe00", "\ufe0f", "\ufeff", "\uffa0", "\U000e0020", "\U000e0100"}) {
    EXPECT_TRUE(IsBlank(blank)) << blank;
    EXPECT_TRUE(IsBlank(std::string(blank) + " " + blank)) << blank;
    EXPECT_FALSE(IsBlank(std::string(blank) + "a")) << blank;
  }
  for (const char* seen : {"a", "猫", "\u2027", "\u2010", "\u2070", "\u2801", "\u1161", "\ufe10", "\u3001", "😀"}) {
    EXPECT_FALSE(IsBlank(seen)) << seen;
  }
  EXPECT_FALSE(IsBlank("\xff"));
  EXPECT_FALSE(IsBlank("\xe2\x80")) << "a cut character";
}

TEST(Utf8, PrintableTextShowsControlCharacters) {
  EXPECT_EQ(ToPrintable("", 10), "");
  EXPECT_EQ(ToPrintable("a猫 \xff", 100), "a猫 \uFFFD");
  EXPECT_EQ(ToPrintable("\x1b[2J\x7f\u009b", 100), "\\x1b[2J\\x7f\\x9b");
  EXPECT_EQ(ToPrintable(std::string_view("a\0b", 3), 100), "a\\x00b");
  EXPECT_EQ(ToPrintable("one\r\n\ttwo", 100), "one   two");
}

TEST(Utf8, PrintableTextIsCutBetweenCharacters) {
  EXPECT_EQ(ToPrintable("0123456789", 10), "0123456789");
  EXPECT_EQ(ToPrintable("0123456789a", 10), "0123456...");
  EXPECT_EQ(ToPrintable("猫猫猫猫", 11), "猫猫...");
  EXPECT_EQ(ToPrintable("aaaa\x1b", 7), "aaaa...");
  EXPECT_EQ(ToPrintable("猫猫", 2), "..");
  EXPECT_EQ(ToPrintable(std::string(1 << 20, '\n'), 64).size(), 64u);
}

}  // namespace
}  // namespace seedance::base

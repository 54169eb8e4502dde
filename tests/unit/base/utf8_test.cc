#include "service/base/utf8.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace seedance::base

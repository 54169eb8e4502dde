#include "client/cpp/ctl/text_width.h"

#include <gtest/gtest.h>

namespace seedance::client::ctl {
namespace {

TEST(DisplayWidthTest, WideCharactersCountTwoAndMarksNothing) {
  EXPECT_EQ(DisplayWidth("hero"), 4);
  EXPECT_EQ(DisplayWidth("女主角在雨中走"), 14);
  EXPECT_EQ(DisplayWidth("@图1"), 4);
  EXPECT_EQ(DisplayWidth("カタカナ"), 8);
  EXPECT_EQ(DisplayWidth("한국"), 4);
  EXPECT_EQ(DisplayWidth("，。"), 4);
  EXPECT_EQ(DisplayWidth("🎬"), 2);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);  // e with a combining acute accent.
  EXPECT_EQ(DisplayWidth("é…"), 2);
  EXPECT_EQ(DisplayWidth(""), 0);
}

TEST(DisplayWidthTest, BytesThatAreNotUtf8CountOneEach) {
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2);
  EXPECT_EQ(DisplayWidth("\xe5\x9b"), 2);  // The first two bytes of 图.
}

TEST(TruncateTest, CutsBetweenCharactersAndMarksTheCut) {
  EXPECT_EQ(Truncate("hero", 4), "hero");
  EXPECT_EQ(Truncate("heroine", 4), "her…");
  EXPECT_EQ(Truncate("女主角", 6), "女主角");
  EXPECT_EQ(Truncate("女主角", 5), "女主…");
  EXPECT_EQ(Truncate("女主角", 4), "女…");
  EXPECT_EQ(Truncate("女主角", 1), "…");
  EXPECT_EQ(Truncate("女主角", 0), "");
}

TEST(PadTest, FillsToColumnsNotBytes) {
  EXPECT_EQ(PadRight("女", 4), "女  ");
  EXPECT_EQ(PadLeft("女", 4), "  女");
  EXPECT_EQ(PadRight("heroine", 4), "heroine");
}

TEST(OneLineTest, ControlCharactersCannotReachTheTerminal) {
  EXPECT_EQ(OneLine("a\n\tb\r\nc"), "a b c");
  EXPECT_EQ(OneLine("\x1b[31mred\x1b[0m\x07"), "[31mred[0m");
  EXPECT_EQ(OneLine("a\xC2\x9Bm"), "am");  // C1 control: starts a sequence like ESC [.
  EXPECT_EQ(OneLine("abc\xE2\x80\xAE"
                    "def"),
            "abcdef");  // Right-to-left override.
  EXPECT_EQ(OneLine("  女主角  "), "女主角");
}

}  // namespace
}  // namespace seedance::client::ctl

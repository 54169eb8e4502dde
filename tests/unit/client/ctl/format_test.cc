#include "client/cpp/ctl/format.h"

#include <gtest/gtest.h>

namespace seedance::client::ctl {
namespace {

TEST(FormatBytesTest, UsesDecimalUnits) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "1.0 kB");
  EXPECT_EQ(FormatBytes(999949), "999.9 kB");
  EXPECT_EQ(FormatBytes(999999), "1.0 MB");
  EXPECT_EQ(FormatBytes(12345678), "12.3 MB");
  EXPECT_EQ(FormatBytes(1240000000), "1.24 GB");
}

TEST(FormatSpanTest, ShowsTwoUnitsAtMost) {
  EXPECT_EQ(FormatSpan(absl::Milliseconds(420)), "0.4s");
  EXPECT_EQ(FormatSpan(absl::Milliseconds(9960)), "10s");
  EXPECT_EQ(FormatSpan(absl::Seconds(59)), "59s");
  EXPECT_EQ(FormatSpan(absl::Seconds(65)), "1m05s");
  EXPECT_EQ(FormatSpan(absl::Seconds(7380)), "2h03m");
  EXPECT_EQ(FormatSpan(absl::Hours(76)), "3d4h");
  EXPECT_EQ(FormatSpan(-absl::Seconds(5)), "0.0s");
}

TEST(FormatRelativeTest, LooksBackAndForth) {
  const absl::Time now = absl::FromUnixSeconds(1800000000);
  EXPECT_EQ(FormatRelative(now, now), "now");
  EXPECT_EQ(FormatRelative(now - absl::Seconds(12), now), "12s ago");
  EXPECT_EQ(FormatRelative(now - absl::Minutes(59), now), "59m ago");
  EXPECT_EQ(FormatRelative(now - absl::Hours(47), now), "1d ago");
  EXPECT_EQ(FormatRelative(now + absl::Hours(12), now), "in 12h");
}

TEST(FormatAbsoluteTest, IsUtc) {
  EXPECT_EQ(FormatAbsolute(absl::FromUnixSeconds(1800000000)), "2027-01-15T08:00:00Z");
}

TEST(EnumWordTest, IsTheNameWithoutPrefixInLowerCase) { EXPECT_EQ(EnumWord("STATE_RUNNING", "STATE_"), "running"); }

}  // namespace
}  // namespace seedance::client::ctl

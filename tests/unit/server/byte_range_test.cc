#include "service/server/byte_range.h"

#include <gtest/gtest.h>

namespace seedance::server {
namespace {

using Kind = ByteRange::Kind;

struct Case {
  const char* header;
  Kind kind;
  int64_t offset;
  int64_t length;
};

TEST(ByteRange, OfAFileOfAHundredBytes) {
  for (const Case& each : {
           Case{"", Kind::kWhole, 0, 100},
           Case{"bytes=0-0", Kind::kPart, 0, 1},
           Case{"bytes=0-", Kind::kPart, 0, 100},
           Case{"bytes=10-19", Kind::kPart, 10, 10},
           Case{"bytes= 10 - 19 ", Kind::kPart, 10, 10},
           Case{"bytes=90-1000", Kind::kPart, 90, 10},
           Case{"bytes=99-", Kind::kPart, 99, 1},
           Case{"bytes=-1", Kind::kPart, 99, 1},
           Case{"bytes=-1000", Kind::kPart, 0, 100},
           Case{"bytes=100-", Kind::kBeyond, 0, 0},
           Case{"bytes=-0", Kind::kBeyond, 0, 0},
           Case{"bytes=99999999999999999999999-", Kind::kBeyond, 0, 0},
           Case{"bytes=5-99999999999999999999999", Kind::kPart, 5, 95},
           Case{"bytes=20-10", Kind::kWhole, 0, 100},
           Case{"bytes=-", Kind::kWhole, 0, 100},
           Case{"bytes=", Kind::kWhole, 0, 100},
           Case{"bytes=a-b", Kind::kWhole, 0, 100},
           Case{"bytes=1-2x", Kind::kWhole, 0, 100},
           Case{"bytes=0-1,5-6", Kind::kWhole, 0, 100},
           Case{"bytes=--5", Kind::kWhole, 0, 100},
           Case{"pages=1-2", Kind::kWhole, 0, 100},
       }) {
    const ByteRange range = ResolveRange(each.header, 100);
    EXPECT_EQ(range.kind, each.kind) << each.header;
    EXPECT_EQ(range.offset, each.offset) << each.header;
    EXPECT_EQ(range.length, each.length) << each.header;
  }
}

TEST(ByteRange, NothingIsInAnEmptyFile) {
  EXPECT_EQ(ResolveRange("bytes=0-", 0).kind, Kind::kBeyond);
  EXPECT_EQ(ResolveRange("bytes=-5", 0).kind, Kind::kBeyond);
  EXPECT_EQ(ResolveRange("", 0).kind, Kind::kWhole);
}

}  // namespace
}  // namespace seedance::server

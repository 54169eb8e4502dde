#include "service/rpc/calls/stream_age.h"

#include <gtest/gtest.h>

namespace seedance::rpc {
namespace {

const absl::Time kConnected = absl::FromUnixSeconds(1'000'000);

TEST(StreamAge, WithoutALimitStreamsHaveNoEnd) {
  EXPECT_FALSE(StreamAge{}.limited());
  EXPECT_EQ(StreamAge{}.EndOf(kConnected, kConnected, 0.5), absl::InfiniteFuture());
}

TEST(StreamAge, TheEndLiesBetweenTheLatestGoawayAndTheEarliestHardClose) {
  for (const StreamAge age :
       {StreamAge{absl::Seconds(1), absl::Seconds(1)},
        StreamAge{absl::Seconds(1800), absl::Seconds(450)},  // The shortest grace allowed.
        StreamAge{absl::Seconds(1800), absl::Seconds(600)}, StreamAge{absl::Seconds(10), absl::Seconds(86400)}}) {
    for (const double unit : {0.0, 0.25, 0.5, 0.999999}) {
      for (const absl::Duration young : {absl::ZeroDuration(), age.age / 2, age.age}) {
        const absl::Time end = age.EndOf(kConnected, kConnected + young, unit);
        EXPECT_GT(end, kConnected + age.age * 1.1);
        EXPECT_LT(end + age.Tick(), kConnected + age.age * 0.9 + age.grace);
      }
    }
  }
}

TEST(StreamAge, ChanceSpreadsTheEnds) {
  const StreamAge age{absl::Seconds(1800), absl::Seconds(600)};
  const absl::Time first = age.EndOf(kConnected, kConnected, 0);
  const absl::Time last = age.EndOf(kConnected, kConnected, 0.999);
  EXPECT_GT(last - first, absl::Seconds(120));
}

TEST(StreamAge, ALateStreamHasWhatIsLeft) {
  const StreamAge age{absl::Seconds(100), absl::Seconds(100)};
  const absl::Time now = kConnected + absl::Seconds(150);  // GOAWAY was at 110 at the latest, the close is at 190.
  for (const double unit : {0.0, 0.5, 0.999}) {
    EXPECT_GE(age.EndOf(kConnected, now, unit), now);
    EXPECT_LT(age.EndOf(kConnected, now, unit), kConnected + absl::Seconds(190));
  }
}

TEST(StreamAge, AConnectionOlderThanPossibleIsTakenForANewOne) {
  const StreamAge age{absl::Seconds(100), absl::Seconds(100)};
  const absl::Time now = kConnected + absl::Seconds(1000);
  EXPECT_EQ(age.EndOf(kConnected, now, 0.5), age.EndOf(now, now, 0.5));
}

}  // namespace
}  // namespace seedance::rpc

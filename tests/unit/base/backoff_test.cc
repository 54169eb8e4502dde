#include "service/base/backoff.h"

#include <gtest/gtest.h>

namespace seedance::base {
namespace {

class FixedRandom : public Random {
 public:
  explicit FixedRandom(uint64_t bits) : bits_(bits) {}
  uint64_t Bits() override { return bits_; }

 private:
  const uint64_t bits_;
};

const absl::Duration kSlack = absl::Microseconds(1);

TEST(Backoff, DoublesUpToTheMaximum) {
  const Backoff backoff{absl::Milliseconds(500), absl::Seconds(30)};
  FixedRandom highest(~uint64_t{0});
  const double whole[] = {0.5, 1, 2, 4, 8, 16, 30, 30};
  for (int attempt = 0; attempt < 8; ++attempt) {
    const absl::Duration delay = backoff.Delay(attempt, highest);
    EXPECT_LE(delay, absl::Seconds(whole[attempt])) << attempt;
    EXPECT_GT(delay, absl::Seconds(whole[attempt]) - kSlack) << attempt;
  }
}

TEST(Backoff, NeverShorterThanATenth) {
  const Backoff backoff{absl::Seconds(1), absl::Seconds(30)};
  FixedRandom lowest(0);
  EXPECT_GE(backoff.Delay(0, lowest), absl::Milliseconds(100) - kSlack);
  EXPECT_LE(backoff.Delay(0, lowest), absl::Milliseconds(100) + kSlack);
}

TEST(Backoff, ManyAttemptsDoNotOverflow) {
  const Backoff backoff;
  FixedRandom highest(~uint64_t{0});
  EXPECT_LE(backoff.Delay(1'000'000, highest), backoff.maximum);
  EXPECT_GT(backoff.Delay(1'000'000, highest), backoff.maximum - kSlack);
}

TEST(Backoff, JitterSpreadsOverTheWholeRange) {
  const Backoff backoff{absl::Seconds(1), absl::Seconds(1)};
  SeededRandom random(1);
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most;
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration delay = backoff.Delay(0, random);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_LT(least, absl::Milliseconds(120));
  EXPECT_GT(most, absl::Milliseconds(980));
}

}  // namespace
}  // namespace seedance::base

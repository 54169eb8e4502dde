#include "service/base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace seedance::base {
namespace {

// Gives the bits that a test wants.
class FixedRandom : public Random {
 public:
  explicit FixedRandom(uint64_t bits) : bits_(bits) {}
  uint64_t Bits() override { return bits_; }

 private:
  const uint64_t bits_;
};

TEST(Random, UnitIsInTheHalfOpenInterval) {
  FixedRandom lowest(0);
  FixedRandom highest(~uint64_t{0});
  EXPECT_EQ(lowest.Unit(), 0.0);
  EXPECT_LT(highest.Unit(), 1.0);
  EXPECT_GT(highest.Unit(), 0.9999999);
}

TEST(SeededRandom, SameSeedSameBits) {
  SeededRandom left(7);
  SeededRandom right(7);
  SeededRandom other(8);
  const uint64_t first = left.Bits();
  EXPECT_EQ(first, right.Bits());
  EXPECT_NE(first, other.Bits());
  EXPECT_NE(first, left.Bits());
}

TEST(SystemRandom, DoesNotRepeat) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(SystemRandom().Bits());
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(UuidV7, HasTimeVersionAndVariantInTheirPlaces) {
  // The example of RFC 9562, appendix A.6: unix_ts_ms 0x017F22E279B0.
  const absl::Time time = absl::FromUnixMillis(0x017F22E279B0);
  FixedRandom ones(~uint64_t{0});
  FixedRandom zeros(0);
  EXPECT_EQ(MakeUuidV7(time, ones), "017f22e2-79b0-7fff-bfff-ffffffffffff");
  EXPECT_EQ(MakeUuidV7(time, zeros), "017f22e2-79b0-7000-8000-000000000000");
}

TEST(UuidV7, SortsByMillisecond) {
  SeededRandom random(1);
  std::string last;
  for (int64_t millis : {0L, 1L, 999L, 1'700'000'000'000L, 1'700'000'000'001L, 4'000'000'000'000L}) {
    const std::string uuid = MakeUuidV7(absl::FromUnixMillis(millis), random);
    EXPECT_LT(last, uuid);
    EXPECT_TRUE(IsUuid(uuid)) << uuid;
    last = uuid;
  }
}

TEST(UuidV7, DiffersWithinAMillisecond) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(MakeUuidV7(absl::UnixEpoch(), SystemRandom()));
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(UuidV4, HasVersionAndVariantInTheirPlaces) {
  FixedRandom ones(~uint64_t{0});
  FixedRandom zeros(0);
  EXPECT_EQ(MakeUuidV4(ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(MakeUuidV4(zeros), "00000000-0000-4000-8000-000000000000");
}

TEST(IsUuid, TakesTheCanonicalFormInAnyCaseOnly) {
  EXPECT_TRUE(IsUuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
  EXPECT_TRUE(IsUuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"));
  for (const char* wrong : {"", "017f22e2", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                            "017f22e279b07cc398c4dc0c0c07398f0000", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
                            "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
                            "017f22e2-79b0-7cc3-98c4_dc0c0c07398f", "-17f22e2-79b0-7cc3-98c4-dc0c0c07398f"}) {
    EXPECT_FALSE(IsUuid(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace seedance::base

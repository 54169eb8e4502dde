#include "service/engine/dispatch/lookup_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "service/base/error.h"
#include "service/base/mutex.h"
#include "tests/testing/eventually.h"

namespace seedance::engine {
namespace {

using ::testing::ElementsAre;

class LookupScheduleTest : public ::testing::Test {
 protected:
  ~LookupScheduleTest() override { schedule_.Stop(); }

  size_t Looks() {
    base::MutexLock lock(mutex_);
    return looks_.size();
  }
  // Moves the clock until `count` looks began.
  bool Reaches(size_t count) {
    return ::seedance::testing::Eventually([&] {
      clock_.Advance(absl::Seconds(1));
      return Looks() >= count;
    });
  }

  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::Mutex mutex_;
  std::vector<std::string> looks_ ABSL_GUARDED_BY(mutex_);
  LookupSchedule schedule_{clock_, [this](const std::string& key) {
                             base::MutexLock lock(mutex_);
                             looks_.push_back(key);
                           }};
};

TEST_F(LookupScheduleTest, NothingIsLookedForTwiceAtATime) {
  schedule_.Start();
  schedule_.Add("a", true);
  schedule_.Add("a", true);
  ASSERT_TRUE(Reaches(1));
  schedule_.Add("a", true);
  clock_.Advance(absl::Hours(10));
  schedule_.Done("a", false);
  ASSERT_TRUE(Reaches(2));
  schedule_.Done("a", true);
  EXPECT_EQ(schedule_.size(), 0u);
}

TEST_F(LookupScheduleTest, ATryThatWasPutOffDoesNotCount) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.retry_delay = absl::Minutes(1);
  schedule_.Start();
  schedule_.Add("a", true);
  for (size_t i = 1; i <= 10; ++i) {
    ASSERT_TRUE(Reaches(i));
    const absl::Time put_off = clock_.Now();
    schedule_.PutOff("a", base::MakeError("429", detail));
    ASSERT_TRUE(Reaches(i + 1));
    EXPECT_GE(clock_.Now(), put_off + absl::Minutes(1));
  }
  EXPECT_EQ(schedule_.size(), 1u);
}

TEST_F(LookupScheduleTest, PausesGrowAndTriesEnd) {
  schedule_.Start();
  const absl::Time begin = clock_.Now();
  schedule_.Add("a", false);
  std::vector<absl::Time> times;
  for (size_t i = 1; schedule_.size() == 1; ++i) {
    ASSERT_TRUE(Reaches(i));
    times.push_back(clock_.Now());
    schedule_.Done("a", false);
  }
  ASSERT_EQ(times.size(), 6u);
  EXPECT_GE(times.front() - begin, absl::Seconds(1));
  EXPECT_GE(times.back() - times[4], absl::Minutes(20));
}

TEST_F(LookupScheduleTest, FewAreLookedForAtATime) {
  for (const char* key : {"a", "b", "c", "d", "e", "f"}) schedule_.Add(key, true);
  schedule_.Start();
  ASSERT_TRUE(Reaches(4));
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Looks(), 4u);
  schedule_.Done("a", true);
  ASSERT_TRUE(Reaches(5));
  EXPECT_EQ(Looks(), 5u);
  schedule_.Done("b", true);
  ASSERT_TRUE(Reaches(6));
}

}  // namespace
}  // namespace seedance::engine

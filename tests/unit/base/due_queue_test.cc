#include "service/base/due_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/testing/eventually.h"

namespace seedance::base {
namespace {

using ::seedance::testing::Eventually;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DueQueueTest : public ::testing::Test {
 protected:
  std::vector<std::string> handed_out() {
    base::MutexLock lock(mutex_);
    return handed_out_;
  }
  absl::Time In(absl::Duration time) { return clock_.Now() + time; }

  // Moves the clock, and waits until the queue has seen it: `probe` is due at that very moment.
  void AdvanceTo(absl::Duration by, const std::string& probe) {
    clock_.Advance(by);
    queue_.Schedule(probe, clock_.Now());
    ASSERT_TRUE(Eventually([&] {
      const std::vector<std::string> keys = handed_out();
      return !keys.empty() && keys.back() == probe;
    }));
  }

  SimulatedClock clock_{absl::UnixEpoch()};
  base::Mutex mutex_;
  std::vector<std::string> handed_out_ ABSL_GUARDED_BY(mutex_);
  DueQueue queue_{clock_, Timer::Alarm::Work::kQuick, [this](const std::string& key) {
                    base::MutexLock lock(mutex_);
                    handed_out_.push_back(key);
                  }};
};

TEST_F(DueQueueTest, HandsOutInTheOrderOfTime) {
  queue_.Schedule("late", In(absl::Seconds(3)));
  queue_.Schedule("early", In(absl::Seconds(1)));
  queue_.Schedule("middle", In(absl::Seconds(2)));
  queue_.Start();
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(Eventually([&] { return handed_out().size() == 3; }));
  EXPECT_THAT(handed_out(), ElementsAre("early", "middle", "late"));
}

TEST_F(DueQueueTest, SaysWhetherAnythingIsDueUntilItWasHandedOut) {
  queue_.Schedule("key", In(absl::Seconds(1)));
  EXPECT_FALSE(queue_.AnyDue());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(queue_.AnyDue());
  {
    base::MutexLock lock(mutex_);  // Whoever is told of the key waits here.
    queue_.Start();
    EXPECT_TRUE(queue_.AnyDue());
  }
  EXPECT_TRUE(Eventually([&] { return !queue_.AnyDue(); }));
  EXPECT_THAT(handed_out(), ElementsAre("key"));
}

TEST_F(DueQueueTest, HandsNothingOutBeforeItsTime) {
  queue_.Start();
  queue_.Schedule("key", In(absl::Seconds(10)));
  AdvanceTo(absl::Milliseconds(9999), "probe");
  EXPECT_THAT(handed_out(), ElementsAre("probe"));
  clock_.Advance(absl::Milliseconds(1));
  ASSERT_TRUE(Eventually([&] { return handed_out().size() == 2; }));
  EXPECT_THAT(handed_out(), ElementsAre("probe", "key"));
}

TEST_F(DueQueueTest, ForgetsAKeyThatItHandedOut) {
  queue_.Start();
  queue_.Schedule("key", In(absl::ZeroDuration()));
  ASSERT_TRUE(Eventually([&] { return handed_out().size() == 1; }));
  AdvanceTo(absl::Hours(1), "probe");
  EXPECT_THAT(handed_out(), ElementsAre("key", "probe"));
  EXPECT_EQ(queue_.size(), 0u);
}

TEST_F(DueQueueTest, AnEarlierTimeReplacesALaterOneWhileTheFirstOneWaits) {
  queue_.Start();
  queue_.Schedule("key", In(absl::Hours(1)));
  queue_.Schedule("key", In(absl::Seconds(1)));
  EXPECT_EQ(queue_.size(), 1u);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] { return handed_out().size() == 1; }));
}

TEST_F(DueQueueTest, ALaterTimeReplacesAnEarlierOne) {
  queue_.Start();
  queue_.Schedule("key", In(absl::Seconds(1)));
  queue_.Schedule("key", In(absl::Seconds(10)));
  AdvanceTo(absl::Seconds(5), "probe");
  EXPECT_THAT(handed_out(), ElementsAre("probe"));
  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(Eventually([&] { return handed_out().size() == 2; }));
}

TEST_F(DueQueueTest, ARemovedKeyIsNeverHandedOut) {
  queue_.Start();
  queue_.Schedule("key", In(absl::Seconds(1)));
  queue_.Remove("key");
  queue_.Remove("never there");
  AdvanceTo(absl::Seconds(5), "probe");
  EXPECT_THAT(handed_out(), ElementsAre("probe"));
}

TEST_F(DueQueueTest, HandsNothingOutAfterStop) {
  queue_.Start();
  queue_.Schedule("key", In(absl::Seconds(1)));
  queue_.Stop();
  clock_.Advance(absl::Seconds(5));
  queue_.Schedule("another", clock_.Now());
  queue_.Stop();
  EXPECT_THAT(handed_out(), IsEmpty());
}

TEST_F(DueQueueTest, AKeyMayBeScheduledAgainFromItsOwnCall) {
  SimulatedClock clock(absl::UnixEpoch());
  std::unique_ptr<DueQueue> queue;
  base::Mutex mutex;
  int rounds = 0;
  queue = std::make_unique<DueQueue>(clock, Timer::Alarm::Work::kMayBlock, [&](const std::string& key) {
    base::MutexLock lock(mutex);
    if (++rounds < 100) queue->Schedule(key, clock.Now());
  });
  queue->Start();
  queue->Schedule("key", clock.Now());
  EXPECT_TRUE(Eventually([&] {
    base::MutexLock lock(mutex);
    return rounds == 100;
  }));
  queue->Stop();
}

TEST_F(DueQueueTest, HastenBringsAKeyForwardAndNeverBack) {
  queue_.Schedule("key", In(absl::Seconds(10)));
  queue_.Start();
  EXPECT_TRUE(queue_.Hasten("key", In(absl::Seconds(20))));
  EXPECT_TRUE(queue_.Hasten("key", In(absl::Seconds(5))));
  AdvanceTo(absl::Seconds(4), "probe 1");
  EXPECT_THAT(handed_out(), ElementsAre("probe 1"));
  AdvanceTo(absl::Seconds(1), "probe 2");
  EXPECT_THAT(handed_out(), ElementsAre("probe 1", "key", "probe 2"));
}

TEST_F(DueQueueTest, HastenDoesNotBringBackWhatDoesNotWait) {
  queue_.Schedule("key", In(absl::ZeroDuration()));
  queue_.Start();
  AdvanceTo(absl::Seconds(1), "probe 1");
  EXPECT_FALSE(queue_.Hasten("key", In(absl::ZeroDuration())));
  EXPECT_FALSE(queue_.Hasten("unknown", In(absl::ZeroDuration())));
  AdvanceTo(absl::Seconds(1), "probe 2");
  EXPECT_THAT(handed_out(), ElementsAre("key", "probe 1", "probe 2"));
}

}  // namespace
}  // namespace seedance::base

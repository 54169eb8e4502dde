#include "service/engine/call_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/testing/eventually.h"

namespace seedance::engine {
namespace {

using ::seedance::testing::Eventually;
using ::testing::ElementsAre;

class CallTurnsTest : public ::testing::Test {
 protected:
  explicit CallTurnsTest(const CallGate::Options& options = {}) : turns_(options, polls_, submits_, clock_) {}
  ~CallTurnsTest() override {
    gate_open_ = true;
    turns_.Stop();
    polls_.Stop();
    submits_.Stop();
  }

  // A call that ends when `gate_open_`.
  void Add(const std::string& tenant, const std::string& key, const CallAnswer& answer = {}) {
    turns_.Add(CallKind::kPoll, tenant, key, clock_.Now(), [this, key, answer](CallTurn& turn) {
      turn.Sends();
      {
        base::MutexLock lock(mutex_);
        begun_.push_back(key);
      }
      EXPECT_TRUE(Eventually([this] { return gate_open_.load(); }));
      turn.Answered(answer);
    });
  }
  std::vector<std::string> begun() {
    base::MutexLock lock(mutex_);
    return begun_;
  }
  bool Begun(size_t count) {
    return Eventually([&] { return begun().size() == count; });
  }

  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::atomic<bool> gate_open_{true};
  base::Mutex mutex_;
  std::vector<std::string> begun_ ABSL_GUARDED_BY(mutex_);
  base::ThreadPool polls_{"polls", 4, 100};
  base::ThreadPool submits_{"submits", 4, 100};
  CallTurns turns_;
};

class OneAtATimeTest : public CallTurnsTest {
 protected:
  static CallGate::Options One() {
    CallGate::Options options;
    options.max_polls = 1;
    return options;
  }
  OneAtATimeTest() : CallTurnsTest(One()) {}
};

TEST_F(OneAtATimeTest, WhatWaitsIsNotInThePoolButHere) {
  gate_open_ = false;
  Add("big", "big0");
  ASSERT_TRUE(Begun(1));
  for (const char* key : {"big1", "big2", "big3"}) Add("big", key);
  Add("small", "small0");
  EXPECT_EQ(turns_.facts().waiting[0], 4u);
  EXPECT_TRUE(turns_.IsCrowded(CallKind::kPoll));
  EXPECT_TRUE(turns_.Remove(CallKind::kPoll, "big2"));
  EXPECT_TRUE(turns_.Hasten(CallKind::kPoll, "big3"));
  gate_open_ = true;
  ASSERT_TRUE(Begun(4));
  const std::vector<std::string> order = begun();
  EXPECT_EQ(order[1], "big3");
  EXPECT_EQ(order[2], "small0") << "as soon as the other one had its turn";
  EXPECT_TRUE(Eventually([&] { return turns_.IsIdle(); }));
}

TEST_F(OneAtATimeTest, StopDropsWhatWaits) {
  gate_open_ = false;
  Add("t", "one");
  ASSERT_TRUE(Begun(1));
  Add("t", "two");
  turns_.Stop();
  gate_open_ = true;
  polls_.Stop();
  EXPECT_THAT(begun(), ElementsAre("one"));
  Add("t", "three");
  EXPECT_THAT(begun(), ElementsAre("one"));
}

class RateTest : public CallTurnsTest {
 protected:
  static CallGate::Options Slow() {
    CallGate::Options options;
    options.polls_per_second = 1;
    return options;
  }
  RateTest() : CallTurnsTest(Slow()) {}
};

TEST_F(RateTest, WhatWaitsForItsTimeBeginsByItself) {
  for (const char* key : {"a", "b", "c"}) Add("t", key);
  ASSERT_TRUE(Begun(1));
  EXPECT_TRUE(Eventually([&] { return turns_.IsIdle(); }));
  clock_.Advance(absl::Milliseconds(999));
  EXPECT_TRUE(turns_.IsIdle());
  EXPECT_EQ(begun().size(), 1u);
  clock_.Advance(absl::Milliseconds(1));
  ASSERT_TRUE(Begun(2));
  EXPECT_TRUE(Eventually([&] { return turns_.IsIdle(); }));
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Begun(3));
}

TEST_F(RateTest, ATurnInWhichNothingIsSentCostsNothing) {
  for (const char* key : {"x", "y", "z"}) {
    turns_.Add(CallKind::kPoll, "t", key, clock_.Now(), [](CallTurn&) {});
  }
  // But for the spread of a tenth of a second's worth.
  clock_.Advance(absl::Seconds(3));
  Add("t", "real");
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return begun().size() == 1;
  }));
}

TEST_F(CallTurnsTest, APoolThatCallersHaveFilledIsTriedAgain) {
  base::ThreadPool full("full", 1, 0);
  CallTurns turns({}, full, submits_, clock_);
  std::atomic<bool> leave{false};
  std::atomic<bool> inside{false};
  ASSERT_TRUE(full.Submit([&] {
    inside = true;
    EXPECT_TRUE(Eventually([&] { return leave.load(); }));
  }));
  ASSERT_TRUE(Eventually([&] { return inside.load(); }));
  std::atomic<bool> ran{false};
  turns.Add(CallKind::kPoll, "t", "key", clock_.Now(), [&](CallTurn&) { ran = true; });
  EXPECT_EQ(turns.facts().waiting[0], 1u);
  leave = true;
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Milliseconds(100));
    return ran.load();
  }));
  turns.Stop();
  full.Stop();
}

class DownTest : public CallTurnsTest {
 protected:
  static CallGate::Options Fragile() {
    CallGate::Options options;
    options.breaker = {2, absl::Seconds(5)};
    return options;
  }
  DownTest() : CallTurnsTest(Fragile()) {
    turns_.SetHooks([] { return true; },
                    [this](std::vector<std::string> waiting) {
                      base::MutexLock lock(mutex_);
                      told_.push_back(std::move(waiting));
                    });
  }
  std::vector<std::vector<std::string>> told_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(DownTest, IsToldOnceWithTheSubmissionsThatWait) {
  turns_.Add(CallKind::kSubmit, "t", "limit", clock_.Now(), [](CallTurn& turn) {
    turn.Sends();
    turn.Answered({true, absl::Hours(1)});
  });
  ASSERT_TRUE(Eventually([&] { return turns_.IsIdle(); }));
  turns_.Add(CallKind::kSubmit, "t", "waiting", clock_.Now(), [](CallTurn&) {});
  EXPECT_NE(turns_.WhyNot(CallKind::kSubmit), "");
  EXPECT_EQ(turns_.WhyNot(CallKind::kPoll), "");
  for (const char* key : {"a", "b", "c"}) Add("t", key, {false, std::nullopt});
  ASSERT_TRUE(Begun(2) || Begun(3));
  ASSERT_TRUE(Eventually([&] { return turns_.IsIdle(); }));
  EXPECT_TRUE(turns_.facts().is_down);
  base::MutexLock lock(mutex_);
  EXPECT_THAT(told_, ElementsAre(ElementsAre("waiting")));
}

}  // namespace
}  // namespace seedance::engine

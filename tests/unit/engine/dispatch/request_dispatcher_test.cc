#include "service/engine/dispatch/request_dispatcher.h"

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

class RequestDispatcherTest : public ::testing::Test {
 protected:
  // Counts what it is told. There is always something to poll.
  struct Observer : RequestObserver {
    bool HasToPoll(const std::string& upstream) override { return upstream == "fake"; }
    void OnWaits(RequestDispatcher&) override { ++told; }
    std::atomic<int> told{0};
  };

  explicit RequestDispatcherTest(const AdmissionControl::Options& options = {}, bool observed = false)
      : dispatcher_(options, polls_, submits_, clock_, {"fake", observed ? &observer_ : nullptr, {}, {}}) {}
  ~RequestDispatcherTest() override {
    gate_open_ = true;
    dispatcher_.Stop();
    polls_.Stop();
    submits_.Stop();
  }

  // A call that ends when `gate_open_`.
  void Add(const std::string& tenant, const std::string& key, const RequestOutcome& answer = {}) {
    dispatcher_.Add(RequestKind::kRead, tenant, key, clock_.Now(), [this, key, answer](RequestSlot& slot) {
      EXPECT_TRUE(slot.BeforeSend({}).ok());
      {
        base::MutexLock lock(mutex_);
        begun_.push_back(key);
      }
      EXPECT_TRUE(Eventually([this] { return gate_open_.load(); }));
      slot.Answered(answer);
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
  Observer observer_;
  RequestDispatcher dispatcher_;
};

class OneAtATimeTest : public RequestDispatcherTest {
 protected:
  static AdmissionControl::Options One() {
    AdmissionControl::Options options;
    options.max_polls = 1;
    return options;
  }
  OneAtATimeTest() : RequestDispatcherTest(One()) {}
};

TEST_F(OneAtATimeTest, WhatWaitsIsNotInThePoolButHere) {
  gate_open_ = false;
  Add("big", "big0");
  ASSERT_TRUE(Begun(1));
  for (const char* key : {"big1", "big2", "big3"}) Add("big", key);
  Add("small", "small0");
  EXPECT_EQ(dispatcher_.facts().waiting[0], 4u);
  EXPECT_TRUE(dispatcher_.IsCrowded(RequestKind::kRead));
  EXPECT_TRUE(dispatcher_.Remove(RequestKind::kRead, "big2"));
  EXPECT_TRUE(dispatcher_.Hasten(RequestKind::kRead, "big3"));
  gate_open_ = true;
  ASSERT_TRUE(Begun(4));
  const std::vector<std::string> order = begun();
  EXPECT_EQ(order[1], "big3");
  EXPECT_EQ(order[2], "small0") << "as soon as the other one had its turn";
  EXPECT_TRUE(Eventually([&] { return dispatcher_.IsIdle(); }));
}

TEST_F(OneAtATimeTest, ATurnIsTakenOnlyWhenNothingElseCouldHaveIt) {
  std::unique_ptr<RequestSlot> slot = dispatcher_.TryTake(RequestKind::kRead);
  ASSERT_NE(slot, nullptr);
  EXPECT_EQ(dispatcher_.TryTake(RequestKind::kRead), nullptr) << "one at a time";
  Add("t", "waits");
  EXPECT_TRUE(begun().empty());
  ASSERT_TRUE(slot->BeforeSend({}).ok());
  slot->Answered({});
  slot.reset();
  ASSERT_TRUE(Begun(1)) << "the end of the turn hands on";
  EXPECT_TRUE(Eventually([&] { return dispatcher_.IsIdle(); }));
  slot = dispatcher_.TryTake(RequestKind::kRead);
  EXPECT_NE(slot, nullptr);
  slot.reset();
  dispatcher_.Stop();
  EXPECT_EQ(dispatcher_.TryTake(RequestKind::kRead), nullptr);
}

TEST_F(OneAtATimeTest, StopDropsWhatWaits) {
  gate_open_ = false;
  Add("t", "one");
  ASSERT_TRUE(Begun(1));
  Add("t", "two");
  dispatcher_.Stop();
  gate_open_ = true;
  polls_.Stop();
  EXPECT_THAT(begun(), ElementsAre("one"));
  Add("t", "three");
  EXPECT_THAT(begun(), ElementsAre("one"));
}

class RateTest : public RequestDispatcherTest {
 protected:
  static AdmissionControl::Options Slow() {
    AdmissionControl::Options options;
    options.polls_per_second = 1;
    return options;
  }
  RateTest() : RequestDispatcherTest(Slow()) {}
};

TEST_F(RateTest, ATakenTurnCountsForTheRateOnceItIsSent) {
  ASSERT_NE(dispatcher_.TryTake(RequestKind::kRead), nullptr);
  // Given back unsent it costs nothing but the pause between two turns.
  clock_.Advance(absl::Seconds(1));
  std::unique_ptr<RequestSlot> slot = dispatcher_.TryTake(RequestKind::kRead);
  ASSERT_NE(slot, nullptr);
  ASSERT_TRUE(slot->BeforeSend({}).ok());
  slot->Answered({});
  slot.reset();
  EXPECT_EQ(dispatcher_.TryTake(RequestKind::kRead), nullptr);
  clock_.Advance(absl::Seconds(1));
  EXPECT_NE(dispatcher_.TryTake(RequestKind::kRead), nullptr);
}

TEST_F(RateTest, TheRateSaysHowLongManyPollsTake) {
  EXPECT_EQ(dispatcher_.TimeForPolls(0), absl::ZeroDuration());
  EXPECT_EQ(dispatcher_.TimeForPolls(90), absl::Seconds(90));
  RequestDispatcher unlimited({}, polls_, submits_, clock_);
  EXPECT_EQ(unlimited.TimeForPolls(90), absl::ZeroDuration());
}

TEST_F(RateTest, WhatWaitsForItsTimeBeginsByItself) {
  for (const char* key : {"a", "b", "c"}) Add("t", key);
  ASSERT_TRUE(Begun(1));
  EXPECT_TRUE(Eventually([&] { return dispatcher_.IsIdle(); }));
  clock_.Advance(absl::Milliseconds(999));
  EXPECT_TRUE(dispatcher_.IsIdle());
  EXPECT_EQ(begun().size(), 1u);
  clock_.Advance(absl::Milliseconds(1));
  ASSERT_TRUE(Begun(2));
  EXPECT_TRUE(Eventually([&] { return dispatcher_.IsIdle(); }));
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Begun(3));
}

TEST_F(RateTest, ATurnInWhichNothingIsSentCostsNothing) {
  for (const char* key : {"x", "y", "z"}) {
    dispatcher_.Add(RequestKind::kRead, "t", key, clock_.Now(), [](RequestSlot&) {});
  }
  // But for the spread of a tenth of a second's worth.
  clock_.Advance(absl::Seconds(3));
  Add("t", "real");
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return begun().size() == 1;
  }));
}

TEST_F(RequestDispatcherTest, APoolThatCallersHaveFilledIsTriedAgain) {
  base::ThreadPool full("full", 1, 0);
  RequestDispatcher turns({}, full, submits_, clock_);
  std::atomic<bool> leave{false};
  std::atomic<bool> inside{false};
  ASSERT_TRUE(full.Submit([&] {
    inside = true;
    EXPECT_TRUE(Eventually([&] { return leave.load(); }));
  }));
  ASSERT_TRUE(Eventually([&] { return inside.load(); }));
  std::atomic<bool> ran{false};
  turns.Add(RequestKind::kRead, "t", "key", clock_.Now(), [&](RequestSlot&) { ran = true; });
  EXPECT_EQ(turns.facts().waiting[0], 1u);
  leave = true;
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Milliseconds(100));
    return ran.load();
  }));
  turns.Stop();
  full.Stop();
}

class DownTest : public RequestDispatcherTest {
 protected:
  static AdmissionControl::Options Fragile() {
    AdmissionControl::Options options;
    options.breaker = {2, absl::Seconds(5)};
    return options;
  }
  explicit DownTest(const AdmissionControl::Options& options = Fragile())
      : RequestDispatcherTest(options, /*observed=*/true) {}
  std::vector<WaitReason::Kind> Reasons() {
    std::vector<WaitReason::Kind> reasons;
    for (const auto& [key, reason] : dispatcher_.WhyAllWait()) reasons.push_back(reason.kind);
    return reasons;
  }
};

TEST_F(DownTest, IsToldOnceWithTheSubmissionsThatWait) {
  dispatcher_.Add(RequestKind::kChange, "t", "limit", clock_.Now(), [](RequestSlot& slot) {
    EXPECT_TRUE(slot.BeforeSend({}).ok());
    slot.Answered({true, absl::Hours(1), upstream::LimitScope::kAccount});
  });
  ASSERT_TRUE(Eventually([&] { return dispatcher_.IsIdle(); }));
  dispatcher_.Add(RequestKind::kChange, "t", "waiting", clock_.Now(), [](RequestSlot&) {});
  EXPECT_TRUE(dispatcher_.IsHeldUp(RequestKind::kChange));
  EXPECT_FALSE(dispatcher_.IsHeldUp(RequestKind::kRead));
  EXPECT_EQ(dispatcher_.WhyItWaits("waiting")->Text(),
            WaitsForCooldown(CooldownCause::kRate, clock_.Now() + absl::Hours(1)).Text());
  EXPECT_FALSE(dispatcher_.WhyItWaits("other").has_value());
  ASSERT_TRUE(Eventually([&] { return observer_.told == 1; }));
  for (const char* key : {"a", "b", "c"}) Add("t", key, {false, std::nullopt});
  ASSERT_TRUE(Begun(2) || Begun(3));
  ASSERT_TRUE(Eventually([&] { return dispatcher_.IsIdle(); }));
  EXPECT_TRUE(dispatcher_.facts().is_down);
  EXPECT_TRUE(Eventually([&] { return observer_.told == 2; }));
  EXPECT_THAT(Reasons(), ElementsAre(WaitReason::Kind::kUnreachable));
  EXPECT_EQ(dispatcher_.WhyItWaits("waiting")->until, clock_.Now() + absl::Seconds(5));
}

class SlowSubmitsTest : public DownTest {
 protected:
  static AdmissionControl::Options Slow() {
    AdmissionControl::Options options = Fragile();
    options.submits_per_second = 1;
    return options;
  }
  SlowSubmitsTest() : DownTest(Slow()) {
    for (int i = 0; i < 20; ++i) {
      dispatcher_.Add(RequestKind::kChange, i < 15 ? "big" : "small", std::to_string(100 + i), clock_.Now(),
                      [](RequestSlot& slot) {
                        EXPECT_TRUE(slot.BeforeSend({}).ok());
                        slot.Answered({});
                      });
    }
    EXPECT_TRUE(Eventually([&] { return dispatcher_.IsIdle(); }));
  }
};

TEST_F(SlowSubmitsTest, WhatWaitsForTheRateSaysBehindHowManyAndUntilWhen) {
  // One has gone. The tenants take turns: behind the last of the small one there are five of either.
  EXPECT_FALSE(dispatcher_.WhyItWaits("101").has_value()) << "a moment is not worth telling";
  const std::optional<WaitReason> last = dispatcher_.WhyItWaits("119");
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->kind, WaitReason::Kind::kTurn);
  EXPECT_EQ(last->until, clock_.Now() + absl::Seconds(9));
  EXPECT_EQ(last->Text(),
            "waits for its turn: 9 tasks before it at 2027-01-15T08:00:00Z; the upstream's rate is 1 "
            "submissions per second; expected at 2027-01-15T08:00:09Z");
  EXPECT_EQ(dispatcher_.WhyAllWait().size(), 17u) << "but for those whose turn comes in two seconds";
}

TEST_F(SlowSubmitsTest, WhileAnythingWaitsTheReasonsAreSurveyedNowAndThen) {
  const int before = observer_.told;
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(Eventually([&] { return dispatcher_.IsIdle(); }));
  }
  EXPECT_LE(observer_.told, before + 1) << "not with every turn";
  clock_.Advance(RequestDispatcher::kTellPause);
  EXPECT_TRUE(Eventually([&] { return observer_.told > before; }));
}

TEST(WaitReasonTest, OnlyAMaterialChangeIsNews) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const auto turn = [&](int seconds) { return WaitsForTurn(1, 1, 1, now + absl::Seconds(seconds), now); };
  EXPECT_FALSE(IsNews(turn(100), turn(100), now));
  EXPECT_FALSE(IsNews(turn(100), turn(125), now)) << "within a quarter of what is left";
  EXPECT_TRUE(IsNews(turn(100), turn(140), now));
  EXPECT_TRUE(IsNews(turn(100), turn(70), now));
  EXPECT_FALSE(IsNews(turn(5), turn(14), now)) << "ten seconds at least";
  EXPECT_TRUE(IsNews(turn(0), turn(5), now)) << "the time that was told is over";
  EXPECT_TRUE(IsNews(turn(100), WaitsForCooldown(CooldownCause::kRate, now + absl::Seconds(100)), now));
  EXPECT_TRUE(IsNews(turn(100), WaitsForTurn(1, 0, 4, absl::InfiniteFuture(), now), now));
}

TEST(TellBudgetTest, TasksShareSoManyTellsASecondAndEachHasItsTurn) {
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  TellBudget budget;
  int told = 0;
  constexpr int kSeconds = 600;
  for (int second = 0; second < kSeconds; ++second) {
    for (int i = 0; i < 1000; ++i) told += budget.Take(now) ? 1 : 0;
    now += absl::Seconds(1);
  }
  EXPECT_LE(told, TellBudget::kBurst + TellBudget::kPerSecond * kSeconds);
  EXPECT_GE(told, TellBudget::kPerSecond * kSeconds);
  while (budget.Take(now)) ++told;
  EXPECT_FALSE(budget.Take(now - absl::Hours(1))) << "a clock that is set back earns nothing";
  EXPECT_TRUE(budget.Take(now - absl::Hours(1) + absl::Seconds(1))) << "and goes on from there";
  EXPECT_EQ(TellBudget::Again(10), absl::Minutes(1));
  EXPECT_GE(TellBudget::Again(100'000) * TellBudget::kPerSecond, absl::Seconds(100'000));
}

TEST(WaitReasonTest, EachCauseNamesItselfAndItsEnd) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const absl::Time end = now + absl::Milliseconds(1500);
  EXPECT_EQ(WaitsForCooldown(CooldownCause::kRate, end).Text(),
            "rate limited by the vendor until 2027-01-15T08:00:02Z");
  EXPECT_EQ(WaitsForCooldown(CooldownCause::kQuota, end).Text(),
            "the vendor's quota is exhausted; next attempt at 2027-01-15T08:00:02Z");
  EXPECT_EQ(WaitsForCooldown(CooldownCause::kTrouble, end).Text(),
            "vendor unavailable; it asked to wait until 2027-01-15T08:00:02Z");
  EXPECT_EQ(WaitsForVendor(end, now).Text(), "vendor unreachable; next attempt at 2027-01-15T08:00:02Z");
  EXPECT_EQ(WaitsForVendor(now, now).Text(), "vendor unreachable; an attempt is in progress");
}

}  // namespace
}  // namespace seedance::engine

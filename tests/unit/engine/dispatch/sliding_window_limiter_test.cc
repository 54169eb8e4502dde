#include "service/engine/dispatch/sliding_window_limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "service/base/random.h"

namespace seedance::engine {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// Most arrivals in any second. `arrivals` in the order of time.
size_t MostInASecond(const std::vector<absl::Time>& arrivals) {
  size_t most = 0;
  size_t first = 0;
  for (size_t last = 0; last < arrivals.size(); ++last) {
    while (arrivals[first] <= arrivals[last] - absl::Seconds(1)) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

struct Load {
  std::vector<absl::Time> arrivals;
  absl::Duration took;
};

// `calls` calls as fast as the window lets them go, each answered after a time up to `latency`, seen by the other side
// at any moment before that.
Load RunLoad(double per_second, int calls, absl::Duration latency, uint64_t seed) {
  SlidingWindowLimiter window(per_second);
  base::SeededRandom random(seed);
  struct Answer {
    absl::Time at;
    absl::Time mark;
    bool operator>(const Answer& other) const { return at > other.at; }
  };
  std::vector<Answer> under_way;  // A heap.
  Load load;
  absl::Time now = kStart;
  for (int i = 0; i < calls; ++i) {
    absl::Time next = window.NextAt(now);
    while (next > now) {
      const bool answer_first = !under_way.empty() && under_way.front().at < next;
      now = answer_first ? under_way.front().at : next;
      if (answer_first) {
        window.Answered(under_way.front().mark, now);
        std::pop_heap(under_way.begin(), under_way.end(), std::greater<>());
        under_way.pop_back();
      }
      next = window.NextAt(now);
    }
    window.Take(now);
    const absl::Time mark = window.Sent(now);
    const absl::Duration travel = latency * random.Unit();
    load.arrivals.push_back(now + std::min(travel * random.Unit(), SlidingWindowLimiter::kTravel));
    under_way.push_back({now + travel, mark});
    std::push_heap(under_way.begin(), under_way.end(), std::greater<>());
  }
  load.took = now - kStart;
  std::sort(load.arrivals.begin(), load.arrivals.end());
  return load;
}

TEST(SlidingWindowLimiterTest, NoSecondHoldsMoreArrivalsThanTheRateWhateverTheLatency) {
  for (const double rate : {1.0, 3.0, 10.0, 50.0, 300.0}) {
    for (const absl::Duration latency : {absl::Milliseconds(1), absl::Milliseconds(200), absl::Seconds(5)}) {
      const Load load = RunLoad(rate, static_cast<int>(rate * 20), latency, 7);
      EXPECT_LE(MostInASecond(load.arrivals), static_cast<size_t>(rate)) << rate << " " << latency;
    }
  }
}

TEST(SlidingWindowLimiterTest, UsesTheRateAndASlowVendorCostsAtMostAFifthOfIt) {
  for (const double rate : {1.0, 10.0, 50.0, 300.0}) {
    const int calls = static_cast<int>(rate * 20);
    EXPECT_LE(RunLoad(rate, calls, absl::Milliseconds(10), 7).took, absl::Seconds(21)) << rate;
    EXPECT_LE(RunLoad(rate, calls, absl::Seconds(5), 7).took, absl::Seconds(26)) << rate;
  }
}

TEST(SlidingWindowLimiterTest, CallsAreSpreadAfterATenthOfASecondsWorth) {
  SlidingWindowLimiter window(50);
  std::vector<absl::Duration> times;
  absl::Time now = kStart;
  for (int i = 0; i < 20; ++i) {
    now = window.NextAt(now);
    window.Take(now);
    (void)window.Sent(now);
    times.push_back(now - kStart);
  }
  EXPECT_EQ(times[5], absl::ZeroDuration());
  EXPECT_EQ(times[6], absl::Milliseconds(20));
  EXPECT_EQ(times[19], absl::Milliseconds(20 * 14));
}

TEST(SlidingWindowLimiterTest, APlaceThatIsNotUsedIsFreeAtOnceAndOneThatIsTakenIsNot) {
  SlidingWindowLimiter window(1);
  window.Take(kStart);
  EXPECT_EQ(window.NextAt(kStart), absl::InfiniteFuture()) << "nobody knows when it will be sent";
  window.GiveBack();
  EXPECT_LE(window.NextAt(kStart), kStart + absl::Seconds(1));
  window.Take(kStart + absl::Seconds(1));
  const absl::Time mark = window.Sent(kStart + absl::Seconds(2));
  EXPECT_EQ(window.NextAt(kStart + absl::Seconds(2)), kStart + absl::Seconds(3) + SlidingWindowLimiter::kTravel);
  window.Answered(mark, kStart + absl::Seconds(2));
  EXPECT_EQ(window.NextAt(kStart + absl::Seconds(2)), kStart + absl::Seconds(3));
}

TEST(SlidingWindowLimiterTest, TellsHowMuchIsInUse) {
  SlidingWindowLimiter window(4);
  EXPECT_EQ(window.Use(kStart), 0);
  window.Take(kStart);
  window.Take(kStart);
  window.Answered(window.Sent(kStart), kStart);
  EXPECT_EQ(window.Use(kStart), 0.5);
  EXPECT_EQ(window.Use(kStart + absl::Seconds(1)), 0.25) << "one was not sent yet";
  EXPECT_EQ(SlidingWindowLimiter(0).Use(kStart), 0);
}

TEST(SlidingWindowLimiterTest, RatesBelowOneAreFarApartAndFractionsCountAsNone) {
  SlidingWindowLimiter slow(0.1);
  slow.Take(kStart);
  slow.Answered(slow.Sent(kStart), kStart);
  EXPECT_EQ(slow.NextAt(kStart), kStart + absl::Seconds(10));
  EXPECT_EQ(MostInASecond(RunLoad(2.9, 60, absl::Milliseconds(1), 7).arrivals), 2u);
}

TEST(SlidingWindowLimiterTest, ZeroIsNoLimit) {
  SlidingWindowLimiter window(0);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_EQ(window.NextAt(kStart), kStart);
    window.Take(kStart);
    window.Answered(window.Sent(kStart), kStart);
  }
}

TEST(SlidingWindowLimiterTest, AClockThatIsSetBackCostsASecondNotTheTimeOfTheStep) {
  SlidingWindowLimiter window(2);
  for (int i = 0; i < 2; ++i) {
    window.Take(kStart);
    (void)window.Sent(kStart);
  }
  const absl::Time back = kStart - absl::Hours(10);
  EXPECT_LE(window.NextAt(back), back + absl::Seconds(1));
}

// Three processes that share a rate, each as busy as its places let it be, while places move between them.
TEST(SharedRateTest, AllTogetherNeverExceedTheRateWhileItsPartsMove) {
  static constexpr size_t kPlaces = 10;
  base::SeededRandom random(3);
  std::vector<int> owner(kPlaces, 0);
  std::vector<SlidingWindowLimiter> windows;
  for (int process = 0; process < 3; ++process) {
    windows.emplace_back(kPlaces, [&owner, process](size_t places) {
      EXPECT_EQ(places, kPlaces);
      return static_cast<size_t>(std::count(owner.begin(), owner.end(), process));
    });
  }
  std::vector<absl::Time> arrivals;
  std::vector<int> calls(3);
  for (absl::Time now = kStart; now < kStart + absl::Minutes(5); now += absl::Milliseconds(10)) {
    // A move every second or so in the first four minutes.
    const bool moves = now < kStart + absl::Minutes(4) && random.Unit() < 0.01;
    if (moves) owner[random.Bits() % kPlaces] = static_cast<int>(random.Bits() % 3);
    for (size_t process = 0; process < windows.size(); ++process) {
      SlidingWindowLimiter& window = windows[process];
      if (window.NextAt(now) > now) continue;
      window.Take(now);
      const absl::Time mark = window.Sent(now);
      // It arrives at once, or as late as it can.
      const absl::Duration travel = random.Unit() < 0.5 ? absl::ZeroDuration() : SlidingWindowLimiter::kTravel;
      arrivals.push_back(now + travel);
      window.Answered(mark, now + travel);
      if (now >= kStart + absl::Minutes(4)) ++calls[process];
    }
  }
  std::sort(arrivals.begin(), arrivals.end());
  EXPECT_LE(MostInASecond(arrivals), kPlaces);
  // And all use what they have once it rests.
  EXPECT_GE(calls[0] + calls[1] + calls[2], 60 * 7);
  for (int process = 0; process < 3; ++process) {
    EXPECT_EQ(calls[static_cast<size_t>(process)] == 0, std::count(owner.begin(), owner.end(), process) == 0);
  }
}

TEST(SharedRateTest, WithoutAPlaceNothingGoesAndItIsAskedForAgain) {
  size_t part = 0;
  SlidingWindowLimiter window(5, [&](size_t) { return part; });
  EXPECT_EQ(window.NextAt(kStart), kStart + absl::Seconds(1));
  EXPECT_EQ(window.Use(kStart), 1);
  part = 2;
  const absl::Time first = window.NextAt(kStart);
  EXPECT_EQ(first, kStart + absl::Seconds(1) + SlidingWindowLimiter::kTravel) << "another process may have used it";
  EXPECT_EQ(window.NextAt(first), first);
}

// As fast as it lets them go, all answered at once, from `from` to `until`.
void Send(SlidingWindowLimiter& window, absl::Time from, absl::Time until, std::vector<absl::Time>& arrivals) {
  for (absl::Time now = window.NextAt(from); now < until;) {
    const absl::Time next = window.NextAt(now);
    if (next > now) {
      now = next;
      continue;
    }
    window.Take(now);
    window.Answered(window.Sent(now), now);
    arrivals.push_back(now);
  }
}

TEST(SlidingWindowLimiter, AnotherRateIsKeptFromThenOnAndNoSecondHasMoreThanTheLargerOne) {
  for (const auto& [before, after] : {std::pair(10.0, 4.0), std::pair(4.0, 10.0)}) {
    SlidingWindowLimiter window(before);
    std::vector<absl::Time> arrivals;
    const absl::Time change = kStart + absl::Seconds(3.5);
    Send(window, kStart, change, arrivals);
    window.SetRate(after, change);
    const size_t earlier = arrivals.size();
    Send(window, change, change + absl::Seconds(10), arrivals);
    EXPECT_LE(MostInASecond(arrivals), 10u);
    const std::vector<absl::Time> later(std::upper_bound(arrivals.begin(), arrivals.end(), change + absl::Seconds(2)),
                                        arrivals.end());
    EXPECT_EQ(MostInASecond(later), static_cast<size_t>(after));
    EXPECT_GT(arrivals.size(), earlier);
  }
}

TEST(SlidingWindowLimiter, ACallFromBeforeTheRateHasAPlaceOfItsOwn) {
  SlidingWindowLimiter window(0);
  window.Take(kStart);
  window.SetRate(1, kStart);
  const absl::Time later = kStart + absl::Seconds(2);
  EXPECT_EQ(window.NextAt(later), absl::InfiniteFuture());
  (void)window.Sent(later);
  EXPECT_EQ(window.NextAt(later), later + absl::Seconds(1) + SlidingWindowLimiter::kTravel);
}

TEST(SlidingWindowLimiter, ARateComesAndGoesWhileCallsAreUnderWay) {
  SlidingWindowLimiter window(0);
  window.Take(kStart);
  window.SetRate(2, kStart);
  (void)window.Sent(kStart);
  window.Take(kStart);
  window.GiveBack();
  std::vector<absl::Time> arrivals;
  Send(window, kStart, kStart + absl::Seconds(5), arrivals);
  EXPECT_LE(MostInASecond(arrivals), 2u);
  EXPECT_GE(arrivals.size(), 6u);
  window.Take(kStart + absl::Seconds(5));
  window.SetRate(0, kStart + absl::Seconds(5));
  window.GiveBack();
  EXPECT_EQ(window.NextAt(kStart + absl::Seconds(5)), kStart + absl::Seconds(5));
}

}  // namespace
}  // namespace seedance::engine

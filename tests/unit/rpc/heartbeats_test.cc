#include "service/rpc/heartbeats.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace seedance::rpc {
namespace {

TEST(Heartbeats, CallsEveryOneWhenItIsDueAndAgainWhenItSays) {
  base::SimulatedClock clock(absl::FromUnixSeconds(0));
  Heartbeats heartbeats(clock);
  std::atomic<int> calls = 0;
  std::promise<void> second;
  heartbeats.Add(absl::FromUnixSeconds(10), [&]() -> absl::Time {
    if (++calls == 1) {
      clock.Advance(absl::Seconds(10));
      return absl::FromUnixSeconds(20);
    }
    second.set_value();
    return absl::InfiniteFuture();
  });
  clock.Advance(absl::Seconds(10));
  second.get_future().wait();
  EXPECT_EQ(calls, 2);
}

TEST(Heartbeats, RunInTheOrderOfTheirTimes) {
  base::SimulatedClock clock(absl::FromUnixSeconds(0));
  Heartbeats heartbeats(clock);
  std::vector<int> order;
  std::promise<void> last;
  const auto note = [&](int which) {
    return [&order, &last, which] {
      order.push_back(which);
      if (which == 3) last.set_value();
      return absl::InfiniteFuture();
    };
  };
  heartbeats.Add(absl::FromUnixSeconds(3), note(3));
  heartbeats.Add(absl::FromUnixSeconds(1), note(1));
  heartbeats.Add(absl::FromUnixSeconds(2), note(2));
  clock.Advance(absl::Seconds(5));
  last.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Heartbeats, RemovedOnesAreDroppedUncalled) {
  base::SimulatedClock clock(absl::FromUnixSeconds(0));
  Heartbeats heartbeats(clock);
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> watch = held;
  const uint64_t id = heartbeats.Add(absl::FromUnixSeconds(1), [held = std::move(held)] {
    ADD_FAILURE() << "called";
    return absl::InfiniteFuture();
  });
  heartbeats.Remove(id);
  EXPECT_TRUE(watch.expired());
  clock.Advance(absl::Seconds(5));
  heartbeats.Stop();
}

TEST(Heartbeats, AfterStopNothingIsAccepted) {
  Heartbeats heartbeats(base::RealClock());
  heartbeats.Stop();
  EXPECT_EQ(heartbeats.Add(absl::InfinitePast(), [] { return absl::InfiniteFuture(); }), 0u);
}

}  // namespace
}  // namespace seedance::rpc

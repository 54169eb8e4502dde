#include "service/rpc/calls/machine_time.h"

#include <gtest/gtest.h>

namespace seedance::rpc {
namespace {

using std::chrono::system_clock;

// Between the readings of the two clocks time goes by.
constexpr absl::Duration kSlack = absl::Minutes(1);

TEST(MachineTime, KeepsTheSpanFromNowAndNotTheTime) {
  base::SimulatedClock clock(absl::FromUnixSeconds(1000));
  const absl::Time later = FromMachineTime(system_clock::now() + std::chrono::hours(2), clock);
  EXPECT_LE(later, clock.Now() + absl::Hours(2));
  EXPECT_GT(later, clock.Now() + absl::Hours(2) - kSlack);

  const system_clock::time_point before = system_clock::now();
  const system_clock::time_point sooner = ToMachineTime(clock.Now() + absl::Hours(2), clock);
  EXPECT_GE(sooner, before + std::chrono::hours(2));
  EXPECT_LT(sooner, before + std::chrono::hours(2) + absl::ToChronoSeconds(kSlack));
}

TEST(MachineTime, WhatHasPassedHasPassedByTheOtherClockToo) {
  base::SimulatedClock clock(absl::FromUnixSeconds(1000));
  EXPECT_LT(FromMachineTime(system_clock::now() - std::chrono::seconds(1), clock), clock.Now());
  EXPECT_LT(ToMachineTime(clock.Now() - absl::Hours(1), clock), system_clock::now());
}

TEST(MachineTime, TheFarEndStaysTheFarEnd) {
  base::SimulatedClock clock(absl::FromUnixSeconds(1000));
  EXPECT_EQ(FromMachineTime(system_clock::time_point::max(), clock), absl::InfiniteFuture());
  EXPECT_EQ(ToMachineTime(absl::InfiniteFuture(), clock), system_clock::time_point::max());
}

}  // namespace
}  // namespace seedance::rpc

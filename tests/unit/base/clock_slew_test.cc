#include "service/base/clock_slew.h"

#include <gtest/gtest.h>

namespace seedance::base {
namespace {

const absl::Time kSlewStart = absl::FromUnixSeconds(1'800'000'000);

// The two clocks of a machine, and a ClockSlew that is asked ten times a second.
class Machine {
 public:
  void Run(absl::Duration time) {
    for (const absl::Duration end = steady_ + time; steady_ < end;) {
      steady_ += absl::Milliseconds(100);
      const absl::Time before = now_;
      now_ = slew_.At(Wall(), steady_);
      if (now_ <= before) ++backwards_;
    }
  }
  void SetWallClock(absl::Duration by) { set_ += by; }
  void Suspend(absl::Duration time) { steady_ += time; }

  absl::Time Wall() const { return kSlewStart + steady_ + set_; }
  absl::Time Now() const { return now_; }
  absl::Duration Steady() const { return steady_; }
  absl::Duration Lag() const { return slew_.lag(); }
  int backwards() const { return backwards_; }

 private:
  absl::Duration steady_;
  absl::Duration set_;
  ClockSlew slew_{kSlewStart, absl::ZeroDuration()};
  absl::Time now_ = kSlewStart;
  int backwards_ = 0;
};

TEST(ClockSlew, IsTheWallClockWhileNobodySetsIt) {
  Machine machine;
  machine.Run(absl::Hours(1));
  EXPECT_EQ(machine.Now(), machine.Wall());
  EXPECT_EQ(machine.Now(), kSlewStart + absl::Hours(1));
}

TEST(ClockSlew, SpansAreRightToATwentiethAfterAStepBack) {
  Machine machine;
  machine.Run(absl::Minutes(1));
  const absl::Time before = machine.Now();
  machine.SetWallClock(-absl::Hours(1));
  machine.Run(absl::Minutes(20));
  EXPECT_EQ(machine.Now() - before, absl::Minutes(19));
  EXPECT_EQ(machine.backwards(), 0);
}

TEST(ClockSlew, SpansAreRightToATwentiethAfterAStepForward) {
  Machine machine;
  machine.Run(absl::Minutes(1));
  const absl::Time before = machine.Now();
  machine.SetWallClock(absl::Hours(1));
  machine.Run(absl::Minutes(20));
  EXPECT_EQ(machine.Now() - before, absl::Minutes(21));
}

TEST(ClockSlew, AgreesAgainAfterTwentyTimesTheStep) {
  for (const absl::Duration step : {absl::Minutes(3), -absl::Minutes(3)}) {
    Machine machine;
    machine.SetWallClock(step);
    machine.Run(absl::Minutes(59));
    EXPECT_EQ(machine.Lag(), step / 60);
    machine.Run(absl::Minutes(2));
    EXPECT_EQ(machine.Now(), machine.Wall());
    EXPECT_EQ(machine.backwards(), 0);
  }
}

TEST(ClockSlew, AStepThatIsTakenBackLeavesLittle) {
  Machine machine;
  machine.SetWallClock(absl::Hours(24 * 365));
  machine.Run(absl::Minutes(20));
  machine.SetWallClock(-absl::Hours(24 * 365));
  EXPECT_EQ(machine.Now() - machine.Wall(), absl::Minutes(1));
  machine.Run(absl::Minutes(21));
  EXPECT_EQ(machine.Now(), machine.Wall());
}

TEST(ClockSlew, SuspensionIsNoStep) {
  Machine machine;
  machine.Suspend(absl::Hours(8));
  machine.Run(absl::Seconds(1));
  EXPECT_EQ(machine.Now(), machine.Wall());
}

TEST(ClockSlew, AnOvertakenReadingDoesNotTurnTimeBack) {
  ClockSlew slew(kSlewStart, absl::ZeroDuration());
  const absl::Time later = slew.At(kSlewStart + absl::Seconds(10), absl::Seconds(10));
  EXPECT_EQ(slew.At(kSlewStart + absl::Seconds(9), absl::Seconds(9)), later);
  EXPECT_EQ(slew.At(kSlewStart + absl::Seconds(11), absl::Seconds(11)), kSlewStart + absl::Seconds(11));
}

}  // namespace
}  // namespace seedance::base

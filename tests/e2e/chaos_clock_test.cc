// Somebody sets the gateway's wall clock while it works (clock_shift, preloaded): due times, deadlines, heartbeats and
// the stop come when they should, and timestamps do not jump. One form only.
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/chaos_fixture.h"
#include "tests/testing/temp_dir.h"

namespace seedance::e2e {
namespace {

absl::Time TimeOf(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

// The parameter is by how many hours the clock is set.
class ChaosClockTest : public ChaosTest, public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    ChaosTest::SetUp();
    SetClock(absl::ZeroDuration());
    StartSandbox(Pace::kStopped);
    testing::GatewayOptions options;
    options.server = {"create_wait: 0.5s", "heartbeat_interval: 0.5s"};
    options.env["LD_PRELOAD"] = SEEDANCE_CLOCK_SHIFT_LIBRARY;
    options.env["SEEDANCE_CLOCK_SHIFT_FILE"] = file_.File("shift");
    const char* sanitizer = getenv("ASAN_OPTIONS");
    options.env["ASAN_OPTIONS"] = absl::StrCat(sanitizer == nullptr ? "" : sanitizer, ":verify_asan_link_order=0");
    StartGateway(options);
  }

  // In place: the gateway has the file mapped.
  void SetClock(absl::Duration by) {
    const int64_t nanos = absl::ToInt64Nanoseconds(by);
    std::fstream file(file_.File("shift"), std::ios::binary | std::ios::in | std::ios::out);
    if (!file.is_open()) file.open(file_.File("shift"), std::ios::binary | std::ios::out);
    file.write(reinterpret_cast<const char*>(&nanos), sizeof(nanos));
    file.flush();
    ASSERT_TRUE(file.good());
  }

  // Sets it as the test's parameter says, and waits until the gateway's log, which shows the machine's time, has it.
  void SetClock() {
    SetClock(absl::Hours(GetParam()));
    ASSERT_TRUE(Eventually([&] {
      (void)api().ListTasks({});
      return absl::AbsDuration(LastLogTime() - absl::Now() - absl::Hours(GetParam())) < absl::Minutes(5);
    }));
  }

  absl::Time LastLogTime() {
    const std::string log = gateway().Log();
    const size_t line = log.rfind("{\"time\":\"");
    absl::Time time;
    std::string problem;
    if (line == std::string::npos) return absl::InfinitePast();
    const std::string text = log.substr(line + 9, log.find('"', line + 9) - line - 9);
    return absl::ParseTime(absl::RFC3339_full, text, &time, &problem) ? time : absl::InfinitePast();
  }

  const testing::TempDir file_;
};

TEST_P(ChaosClockTest, TasksAndStreamsGoOnAsIfNothingHadHappened) {
  const std::string early = NewTask("before the step");
  Advance(absl::Seconds(10));
  ASSERT_TRUE(WaitForState(early, State::STATE_RUNNING));
  SetClock();

  int heartbeats = 0;
  const TaskStream idle = api().WatchTask(early, "", [&](const auto& message) {
    heartbeats += message.heartbeat() ? 1 : 0;
    return heartbeats < 3;
  });
  EXPECT_EQ(heartbeats, 3) << idle.status.error_message();
  const std::string late = NewTask("after the step");
  Advance(absl::Seconds(30));
  for (const std::string& name : {early, late}) {
    const v1::GenerationTask end = WaitForEnd(name);
    EXPECT_EQ(end.state(), State::STATE_SUCCEEDED) << end.ShortDebugString();
    // As the clock of this process has it, which nobody has set, and as the life of the task has it.
    EXPECT_LT(absl::AbsDuration(absl::Now() - TimeOf(end.update_time())), absl::Minutes(5)) << end.ShortDebugString();
    EXPECT_GE(TimeOf(end.update_time()), TimeOf(end.create_time()));
  }
  EXPECT_EQ(Bills("CreateTask"), 2);
  EXPECT_TRUE(absl::StrContains(gateway().Log(), "wall_clock_was_set"));
}

TEST_P(ChaosClockTest, DeadlinesOfCallersHold) {
  SetClock();
  // Needs the caller's deadline: the vendor is asked within it.
  for (int i = 0; i < 3; ++i) EXPECT_NE(NewGroup(), "");
  const auto task = api().CreateTask(TaskOf("a fox"), NextRequestId());
  EXPECT_TRUE(task.ok()) << task.status.error_message();
}

TEST_P(ChaosClockTest, StopsInItsTime) {
  const std::string name = NewTask("runs");
  SetClock();
  std::jthread watcher([&] { (void)NewApi()->WatchTask(name); });
  EXPECT_EQ(Must(gateway().Stop(SIGTERM)), 0);
}

INSTANTIATE_TEST_SUITE_P(Hours, ChaosClockTest, ::testing::Values(-1, 24),
                         [](const auto& instance) { return instance.param < 0 ? "Back" : "Forward"; });

}  // namespace
}  // namespace seedance::e2e

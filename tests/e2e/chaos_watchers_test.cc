// Watchers while the gateway is killed and stopped and the network breaks: each sees one end of its task, and no
// revision twice.
//
//                          short   long
//   tasks                     10    100
//   watchers                  60   1000    on the bare stubs (9 of 10) and with the client library (1 of 10)
//   restarts                   3     20    kill -9 and SIGTERM mixed
//   all connections cut        6     40    by FIN and RST, besides those that the gates cut by chance
//
//   tests/e2e/chaos watchers           the long form
#include "tests/e2e/chaos_watchers.h"

#include <signal.h>

#include <iostream>
#include <string>
#include <vector>

#include "tests/e2e/chaos_fixture.h"

namespace seedance::e2e {
namespace {

class ChaosWatchersTest : public ChaosTest {
 protected:
  void SetUp() override {
    ChaosTest::SetUp();
    StartSandbox(Pace::kStopped);
    testing::GatewayOptions options;
    options.log_level = "info";
    options.drain_grace = absl::Seconds(5);
    options.poll_interval_queued = options.poll_interval_running = InForm(absl::Seconds(0.2), absl::Seconds(1));
    options.server = {"heartbeat_interval: 1s"};
    StartBehindGates(options);
  }

  void CreateTasks(size_t count) {
    const std::vector<std::string> prompts = {"a fox", "[fail]", "[moderation]", "[unknown]"};
    for (size_t i = 0; i < count; ++i) tasks_.push_back(NewTask(prompts[i % prompts.size()]));
  }

  // The vendor renders while gateway and network break down again and again; the last tasks end after the last restart.
  void Disturb(int restarts) {
    testing::GateWeather weather;
    weather.cut = weather.reset = InForm(0.01, 0.002);
    weather.slice = weather.delay = 0.05;
    client_gate().SetWeather(weather);
    const absl::Duration step = absl::Seconds(19) / restarts;
    for (int i = 0; i < restarts; ++i) {
      Pause(absl::Seconds(1));
      client_gate().ResetAll();
      Advance(step);
      Pause(absl::Seconds(1));
      client_gate().FinishAll();
      Pause(absl::Milliseconds(300));
      BounceGateway(Unit() < 0.5 ? SIGKILL : SIGTERM);
    }
    Advance(absl::Seconds(30));
    Pause(absl::Seconds(1));
    client_gate().SetWeather({});
  }

  std::vector<std::string> tasks_;
};

TEST_F(ChaosWatchersTest, EachSeesOneEndAndNoRevisionTwice) {
  CreateTasks(InForm(10, 100));
  const size_t watchers = InForm(60, 1000);
  int64_t streams = 0;
  {
    RawWatchers raw({client_gate().address()}, tasks_, watchers * 9 / 10, InForm(4, 16), seed());
    LibraryWatchers library(client_gate().address(), tasks_, watchers / 10);
    Disturb(InForm(3, 20));
    EXPECT_TRUE(Eventually([&] { return raw.ended() + library.ended() == watchers; }, absl::Minutes(1)))
        << raw.ended() << " raw and " << library.ended() << " library watchers have ended";
    ASSERT_FALSE(HasFailure());
    for (const std::vector<Sighting>* sightings : {&raw.sightings(), &library.sightings()}) {
      ExpectOneEndAndNoRevisionTwice(*sightings);
      streams += StreamsOf(*sightings);
    }
  }
  std::map<std::string, std::string> stages = StagesOfTasks();
  for (const std::string& name : tasks_) {
    const v1::GenerationTask task = Must(NewApi()->GetTask(name));
    const std::string& stage = stages[task.upstream_task_id()];
    EXPECT_EQ(task.state(), stage == "succeeded" ? State::STATE_SUCCEEDED : State::STATE_FAILED)
        << stage << " " << task.ShortDebugString();
  }
  EXPECT_EQ(Bills("CreateTask"), static_cast<int64_t>(tasks_.size()));
  // Otherwise nothing was disturbed.
  EXPECT_GT(streams, static_cast<int64_t>(watchers));
  std::cout << watchers << " watchers of " << tasks_.size() << " tasks: " << streams << " streams\n";
}

}  // namespace
}  // namespace seedance::e2e

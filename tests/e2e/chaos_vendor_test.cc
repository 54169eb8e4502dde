// A vendor behind a network that garbles, slices, stalls, cuts and refuses, for creates and polls alike. No transient
// error ends a task; each ends as the vendor says.
//
//            short   long
//   tasks       16    200    with each dialect (PiAPI's limit of parallel tasks is raised)
//
//   tests/e2e/chaos vendor             the long form
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "client/cpp/watch.h"
#include "tests/e2e/chaos_fixture.h"

namespace seedance::e2e {
namespace {

class ChaosVendorTest : public ChaosTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    ChaosTest::SetUp();
    // Tasks take four real seconds: a dozen polls each.
    StartSandbox(Pace::kFast, {"--speed", "5", "--piapi-max-tasks", "1000"});
    testing::GatewayOptions options = DialectOptions(GetParam());
    options.log_level = "info";
    options.server = {"create_wait: 0s"};
    options.poll_interval_queued = options.poll_interval_running = absl::Seconds(0.3);
    options.http = {"connect_timeout: 1s", "read_timeout: 1s", "submit_timeout: 2s"};
    // What is in doubt stays so.
    if (options.dialect == "anyfast") options.dialect_lines.push_back("usage_log: {mode: \"off\"}");
    StartBehindGates(options);
  }

  static testing::GateWeather Storm() {
    testing::GateWeather weather;
    weather.refuse = 0.05;
    weather.cut = weather.reset = 0.05;
    weather.stall = 0.03;
    weather.slice = weather.delay = 0.15;
    weather.garble = 0.15;
    return weather;
  }

  bool IsSettled(const v1::GenerationTask& task) {
    return task.state() == State::STATE_SUBMIT_UNKNOWN || client::IsTerminal(task.state());
  }
};

TEST_P(ChaosVendorTest, NoTransientErrorEndsATask) {
  vendor_gate().SetWeather(Storm());
  const std::vector<std::string> prompts = {"a fox", "[fail]", "a fox", "[unknown]"};
  std::vector<std::string> names;
  for (int i = 0; i < InForm(16, 200); ++i) names.push_back(NewTask(prompts[static_cast<size_t>(i) % prompts.size()]));

  // Under the storm to the end.
  std::vector<v1::GenerationTask> tasks(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_TRUE(Eventually([&] { return IsSettled(tasks[i] = Must(api().GetTask(names[i]))); }, absl::Minutes(1)))
        << tasks[i].ShortDebugString();
  }
  EXPECT_TRUE(gateway().process().running());

  std::map<std::string, std::string> stages = StagesOfTasks();
  int bound = 0;
  for (const v1::GenerationTask& task : tasks) {
    if (task.upstream_task_id().empty()) {
      EXPECT_EQ(task.state(), State::STATE_SUBMIT_UNKNOWN) << task.ShortDebugString();
      continue;
    }
    ++bound;
    ASSERT_EQ(stages.count(task.upstream_task_id()), 1u) << task.ShortDebugString();
    const std::string& stage = stages[task.upstream_task_id()];
    EXPECT_TRUE(stage == "succeeded" || stage == "failed") << stage;
    EXPECT_EQ(task.state(), stage == "succeeded" ? State::STATE_SUCCEEDED : State::STATE_FAILED)
        << stage << " " << task.ShortDebugString();
  }
  EXPECT_LE(Bills("CreateTask"), static_cast<int64_t>(tasks.size()));
  EXPECT_GT(bound, 0);
  const testing::GateStats stats = vendor_gate().Stats();
  EXPECT_GT(stats.stalls + stats.garbled + stats.cuts + stats.resets, 5) << "too little of a storm";
  std::cout << tasks.size() << " tasks: " << bound << " bound, " << Bills("CreateTask") << " billed\n";
}

TEST_P(ChaosVendorTest, AVendorThatFallsSilentAndOneThatIsAwayAreWaitedFor) {
  const std::string before = NewTask("a fox");
  ASSERT_TRUE(Eventually([&] { return !Must(api().GetTask(before)).upstream_task_id().empty(); }));
  vendor_gate().Stall(testing::GateDirection::kToClient, true);
  Pause(absl::Seconds(1));
  vendor_gate().Close();
  vendor_gate().ResetAll();
  // It surely never left, and is sent when there is a vendor again.
  const std::string during = NewTask("a fox");
  Pause(absl::Seconds(1));
  EXPECT_FALSE(client::IsTerminal(Must(api().GetTask(before)).state()));
  EXPECT_EQ(Bills("CreateTask"), 1);
  vendor_gate().Open();
  EXPECT_EQ(WaitForEnd(before).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(WaitForEnd(during).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(Bills("CreateTask"), 2);
}

INSTANTIATE_TEST_SUITE_P(Dialects, ChaosVendorTest, ::testing::Values("anyfast", "piapi"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace seedance::e2e

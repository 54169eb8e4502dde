// Rates as the vendor counts them, and what operators see of them.
#include <gmock/gmock.h>

#include <algorithm>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

constexpr char kSubmitPath[] = "/v1/video/generations";

class RateTest : public E2eTest {
 protected:
  // Most requests of the method in any second, as the vendor saw them arrive, of its last thousand.
  size_t MostInASecondOf(const std::string& method) {
    std::vector<double> times;
    for (const testing::SandboxRequest& request : Must(sandbox().Requests()).recent) {
      if (request.method == method) times.push_back(request.time);
    }
    return MostInASecond(std::move(times));
  }

  int64_t Hits429() {
    const std::vector<testing::SandboxRequest> recent = Must(sandbox().Requests()).recent;
    return std::count_if(recent.begin(), recent.end(), [](const auto& request) { return request.status == 429; });
  }
};

TEST_F(RateTest, TheVendorNeverSeesMoreInASecondThanItsCapAlsoAfterARestart) {
  constexpr int kTasks = 40;
  // Virtual time is real time here, so that the vendor's log tells real seconds.
  StartSandbox(Pace::kFast, {"--speed", "1", "--task-seconds", "600"});
  testing::GatewayOptions options;
  options.polls_per_second = 20;
  options.submits_per_second = 8;
  options.server = {"create_wait: 0s"};
  StartGateway(options);
  for (int i = 0; i < kTasks; ++i) (void)NewTask(absl::StrCat("task ", i));
  ASSERT_TRUE(Eventually([&] { return Requests(kSubmitRoute) == kTasks; }, absl::Seconds(60)));
  // Each wants twenty polls a second: the cap is always full.
  ASSERT_TRUE(Eventually([&] { return Requests(kPollRoute) >= 150; }, absl::Seconds(60)));
  EXPECT_LE(MostInASecondOf("POST"), 8u);
  EXPECT_LE(MostInASecondOf("GET"), 20u);
  Must(gateway().Stop(SIGKILL).status());
  // The cap is for one process; what the killed one sent last, and the vendor perhaps reads late, counts for a second.
  int64_t before = Requests(kPollRoute);
  absl::Time last = absl::Now();
  ASSERT_TRUE(Eventually([&] {
    if (const int64_t polls = Requests(kPollRoute); polls != before) {
      before = polls;
      last = absl::Now();
    }
    return absl::Now() > last + absl::Seconds(1.1);
  }));
  RestartGateway();
  ASSERT_TRUE(Eventually([&] { return Requests(kPollRoute) >= before + 100; }, absl::Seconds(60)));
  EXPECT_LE(MostInASecondOf("GET"), 20u);
  // All tasks have their turns.
  for (const testing::SandboxTask& task : Must(sandbox().Tasks())) EXPECT_GE(task.polls, 2) << task.id;
}

TEST_F(RateTest, OneHugeRetryAfterOfAPollRestsThatTaskForTheCapAndNoOtherOne) {
  StartSandbox(Pace::kFast, {"--speed", "1", "--task-seconds", "600"});
  testing::GatewayOptions options;
  options.rate = {"max_retry_after: 3s"};
  StartGateway(options);
  for (int i = 0; i < 5; ++i) (void)NewTask(absl::StrCat("task ", i));
  ASSERT_TRUE(Eventually([&] { return Requests(kPollRoute) >= 20; }));
  AddFault({.kind = "status", .method = "GET", .path = "/v1/video", .times = 1, .status = 429, .retry_after = 86400});
  testing::SandboxRequest refused;
  ASSERT_TRUE(Eventually([&] {
    for (const testing::SandboxRequest& request : Must(sandbox().Requests()).recent) {
      if (request.status == 429) refused = request;
    }
    return refused.status == 429;
  }));
  // All polls since then: of the task itself, and of the others.
  std::vector<double> own;
  size_t others = 0;
  ASSERT_TRUE(Eventually(
      [&] {
        own.clear();
        others = 0;
        for (const testing::SandboxRequest& request : Must(sandbox().Requests()).recent) {
          if (request.method != "GET" || request.time <= refused.time) continue;
          if (request.path == refused.path) {
            own.push_back(request.time - refused.time);
          } else if (request.time < refused.time + 3) {
            ++others;
          }
        }
        return !own.empty();
      },
      absl::Seconds(60)));
  EXPECT_GE(own.front(), 3) << "the task itself rests";
  EXPECT_GE(others, 4u) << "the others go on meanwhile";
}

TEST_F(RateTest, OneHugeRetryAfterOfASubmissionRestsThatTaskForTheCapAndNoOtherOne) {
  StartSandbox(Pace::kFast, {"--speed", "1", "--task-seconds", "600"});
  testing::GatewayOptions options;
  options.rate = {"max_retry_after: 15s"};
  options.server = {"create_wait: 0s"};
  StartGateway(options);
  AddFault({.kind = "status", .method = "POST", .path = kSubmitPath, .times = 1, .status = 429, .retry_after = 86400});
  const std::string first = NewTask("first");
  std::string message;
  ASSERT_TRUE(Eventually([&] {
    message = Must(api().GetTask(first)).state_message();
    return absl::StartsWith(message, "rate limited by the vendor until 20");
  })) << message;
  const std::string second = NewTask("second");
  EXPECT_TRUE(WaitForState(second, State::STATE_QUEUED));
  EXPECT_EQ(Requests(kSubmitRoute), 2);
  EXPECT_TRUE(Eventually([&] { return Must(api().GetTask(first)).state() == State::STATE_QUEUED; }, absl::Seconds(60)));
  EXPECT_EQ(Must(api().GetTask(first)).state_message(), "");
  EXPECT_EQ(Bills("CreateTask"), 2);
}

TEST_F(RateTest, RepeatedLimitsRestTheAccountForTheCapAtMostAndWaitingTasksSayUntilWhen) {
  StartSandbox(Pace::kFast, {"--speed", "1", "--task-seconds", "600"});
  testing::GatewayOptions options;
  // Longer than a busy machine takes for one more call.
  options.rate = {"max_retry_after: 20s"};
  options.server = {"create_wait: 0s"};
  StartGateway(options);
  AddFault({.kind = "status", .method = "POST", .path = kSubmitPath, .times = 3, .status = 429, .retry_after = 86400});
  std::vector<std::string> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(NewTask(absl::StrCat("limited ", i)));
  ASSERT_TRUE(Eventually([&] { return Hits429() == 3; }));
  // The vendor has sent the answers; each task says it once the gateway has read them.
  for (const std::string& task : tasks) {
    ASSERT_TRUE(Eventually([&] { return !Must(api().GetTask(task)).state_message().empty(); }));
  }
  tasks.push_back(NewTask("behind them"));
  std::string message;
  ASSERT_TRUE(Eventually([&] {
    message = Must(api().GetTask(tasks.back())).state_message();
    return !message.empty();
  }));
  // The vendor said nothing to this task: the account rests.
  absl::Time until;
  constexpr char kForm[] = "rate limited by the vendor until %Y-%m-%dT%H:%M:%SZ";
  ASSERT_TRUE(absl::ParseTime(kForm, message, &until, nullptr)) << message;
  EXPECT_LE(until, absl::Now() + absl::Seconds(21));
  EXPECT_EQ(Requests(kSubmitRoute), 3);
  for (const std::string& task : tasks) {
    EXPECT_TRUE(
        Eventually([&] { return Must(api().GetTask(task)).state() == State::STATE_QUEUED; }, absl::Seconds(60)));
  }
  EXPECT_EQ(Bills("CreateTask"), 4);
}

TEST_F(RateTest, TasksThatWaitForTheConfiguredRateSayHowManyAreBeforeThem) {
  StartSandbox(Pace::kFast, {"--speed", "1", "--task-seconds", "600"});
  testing::GatewayOptions options;
  options.submits_per_second = 0.1;
  options.server = {"create_wait: 0s"};
  StartGateway(options);
  constexpr int kTasks = 12;
  std::string last;
  for (int i = 0; i < kTasks; ++i) last = NewTask(absl::StrCat("task ", i));
  std::string message;
  const std::regex form(
      "waits for its turn: ([0-9]+) tasks before it at (20[^;]*Z); the upstream's rate is 0.1 submissions per second; "
      "expected at (20.*Z)");
  std::smatch parts;
  ASSERT_TRUE(Eventually([&] {
    message = Must(api().GetTask(last)).state_message();
    return std::regex_match(message, parts, form);
  })) << message;
  // On a busy machine some may have gone meanwhile; what is said fits together all the same.
  const int before = std::stoi(parts[1]);
  absl::Time told;
  absl::Time expected;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, parts[2].str(), &told, nullptr)) << message;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, parts[3].str(), &expected, nullptr)) << message;
  EXPECT_GE(before, 1) << message;
  EXPECT_LE(before, kTasks - 1) << message;
  EXPECT_GE(expected - told, absl::Seconds(10 * before - 1)) << message;
  EXPECT_LE(expected - told, absl::Seconds(10 * (before + 1) + 1)) << message;
}

TEST_F(RateTest, MetricsHaveThePromisedNames) {
  StartSandbox(Pace::kFast);
  testing::GatewayOptions options;
  options.admin = true;
  StartGateway(options);
  EXPECT_EQ(WaitForEnd(NewTask("a fox")).state(), State::STATE_SUCCEEDED);
  const std::string text = Metrics();
  for (const char* name : {"seedance_polls_total", "seedance_submits_total", "seedance_discovery_lag_seconds_bucket",
                           "seedance_oldest_poll_age_seconds", "seedance_vendor_request_delay_seconds_bucket",
                           "seedance_vendor_requests_waiting", "seedance_vendor_cooldowns_total",
                           "seedance_vendor_cooldown_seconds", "seedance_open_tasks", "seedance_breaker_open",
                           "seedance_breaker_openings_total", "seedance_task_write_seconds_bucket"}) {
    EXPECT_TRUE(absl::StrContains(text, absl::StrCat("\n", name, "{"))) << name << " is missing in\n" << text;
  }
  EXPECT_TRUE(absl::StrContains(text, "seedance_submits_total{acceptance=\"accepted\",upstream=\"anyfast\"} 1\n"));
  EXPECT_TRUE(absl::StrContains(text, "seedance_discovery_lag_seconds_count{upstream=\"anyfast\"} 1\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("\nseedance_build_info[{]revision=\"[^\"]+\",version=\"[0-9.]+\"} 1\n"));
  EXPECT_TRUE(absl::StrContains(text, "\nprocess_start_time_seconds "));
  EXPECT_TRUE(absl::StrContains(text, "\nseedance_watch_streams 0\n"));
  EXPECT_FALSE(absl::StrContains(text, "generationTasks/")) << "no ids in labels";
}

}  // namespace
}  // namespace seedance::e2e

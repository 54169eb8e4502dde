// Vendors' webhooks: they make results come sooner and polls rarer, and nothing depends on them.
#include <httplib.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/patient_client.h"

namespace seedance::e2e {
namespace {

constexpr char kPiApiPoll[] = "GET /api/v1/task/{id}";

class WebhookTest : public E2eTest {
 protected:
  // The gateway learns its own public address by a port that is fixed before it starts.
  void Start(const std::vector<std::string>& sandbox_flags, absl::Duration usual_pause, bool webhooks = true) {
    StartSandbox(Pace::kStopped, sandbox_flags);
    testing::GatewayOptions options = DialectOptions("piapi");
    options.poll_interval_queued = usual_pause;
    options.poll_interval_running = usual_pause;
    options.tasks = {"poll_interval_with_webhooks: 60s"};
    options.webhooks = webhooks;
    StartGateway(options);
  }

  std::vector<std::string> NewTasks(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(NewTask(absl::StrCat("task ", i)));
    return names;
  }
};

TEST_F(WebhookTest, TerminalStateReachesAWatcherWithinAHundredMillisecondsOfTheWebhook) {
  Start({}, absl::Minutes(1));
  const std::string name = NewTask("a fox");
  std::atomic<int64_t> seen{0};
  std::thread watcher([&] {
    (void)NewApi()->WatchTask(name, "", [&](const v1::WatchGenerationTaskResponse& message) {
      if (message.generation_task().state() == State::STATE_SUCCEEDED) seen = absl::GetCurrentTimeNanos();
      return true;
    });
  });
  EXPECT_TRUE(Eventually([&] { return Requests(kPiApiPoll) >= 1; })) << "the webhook of the creation pokes";
  const int64_t moved = absl::GetCurrentTimeNanos();
  Advance(absl::Seconds(30));
  watcher.join();
  ASSERT_GT(seen, 0);
  // From the vendor's clock jumping to the end, so delivery, poll and stream are all inside.
  EXPECT_LT(absl::Nanoseconds(seen - moved), absl::Milliseconds(SEEDANCE_SLOW_BUILD ? 500 : 100));
}

TEST_F(WebhookTest, PollsDropByFourFifths) {
  constexpr int kTasks = 10;
  int64_t polls[2] = {0, 0};
  for (const bool webhooks : {false, true}) {
    // Some hundred usual polls in the life of a task, half of them on a busy machine; its webhooks tell of its
    // creation, of two changes, and of its end.
    Start({"--speed", "10", "--task-seconds", "100"}, absl::Milliseconds(100), webhooks);
    for (const std::string& name : NewTasks(kTasks)) EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
    polls[webhooks ? 1 : 0] = Requests(kPiApiPoll);
  }
  RecordProperty("polls_without", static_cast<int>(polls[0]));
  RecordProperty("polls_with", static_cast<int>(polls[1]));
  EXPECT_LE(polls[1] * 5, polls[0]) << "with webhooks " << polls[1] << " polls, without " << polls[0];
}

TEST_F(WebhookTest, WithEveryWebhookLostNothingIsLaterThanTheUsualPoll) {
  Start({"--webhook-loss", "1"}, absl::Milliseconds(300));
  const std::vector<std::string> names = NewTasks(10);
  Advance(absl::Seconds(30));
  const absl::Time begin = absl::Now();
  for (const std::string& name : names) EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(SEEDANCE_SLOW_BUILD ? 3 : 1));
}

TEST_F(WebhookTest, DuplicatesChangeNothing) {
  Start({"--webhook-duplicates", "1"}, absl::Milliseconds(100));
  const std::string name = NewTask("a fox");
  Advance(absl::Seconds(30));
  const TaskStream stream = api().WatchTask(name);
  EXPECT_EQ(CountTerminal(stream.messages), 1);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

TEST_F(WebhookTest, ForgedOnesAreTurnedAwayAndNeverBelieved) {
  Start({"--webhook-loss", "1"}, absl::Minutes(1));
  const std::string name = NewTask("a fox");
  const std::string vendor_id = Must(api().GetTask(name)).upstream_task_id();
  httplib::Client client = testing::PatientClient(absl::StrCat("http://", gateway().admin_address()));
  const std::string body = absl::StrCat(R"({"timestamp":1,"data":{"task_id":")", vendor_id,
                                        R"(","status":"completed","output":{"video":"https://evil.example/x.mp4"}}})");
  const std::string path = gateway().webhook_path();
  const auto wrong = client.Post(path, {{"x-webhook-secret", "guess"}}, body, "application/json");
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status, 401);
  EXPECT_EQ(client.Post(path, body, "application/json")->status, 401);
  EXPECT_EQ(client
                .Post("/webhooks/piapi/0123456789abcdef0123456789abcdef",
                      {{"x-webhook-secret", gateway().webhook_secret()}}, body, "application/json")
                ->status,
            404);
  const int64_t polls = Requests(kPiApiPoll);
  const auto right = client.Post(path, {{"x-webhook-secret", gateway().webhook_secret()}}, body, "application/json");
  EXPECT_EQ(right->status, 200);
  EXPECT_TRUE(Eventually([&] { return Requests(kPiApiPoll) == polls + 1; })) << "it asks the vendor";
  EXPECT_NE(Must(api().GetTask(name)).state(), State::STATE_SUCCEEDED) << "and believes the vendor only";
  const auto unknown = client.Post(path, {{"x-webhook-secret", gateway().webhook_secret()}},
                                   R"({"data":{"task_id":"nobody"}})", "application/json");
  EXPECT_EQ(unknown->status, 200);
}

}  // namespace
}  // namespace seedance::e2e

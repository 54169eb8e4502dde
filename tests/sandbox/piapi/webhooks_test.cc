#include <gmock/gmock.h>

#include "tests/sandbox/piapi/fixture.h"
#include "tests/testing/eventually.h"

namespace seedance::sandbox {
namespace {

using ::testing::ElementsAre;

class PiApiWebhooksTest : public PiApiFixture {
 protected:
  // A task that tells `hook_`; returns its id.
  std::string Told(const std::string& prompt, const std::string& path = "/hook") {
    const HttpAnswer made = CreateTask("seedance-2-fast", {{"prompt", prompt}},
                                       {{"webhook_config", {{"endpoint", hook_.url(path)}, {"secret", "s3cret"}}}});
    EXPECT_EQ(made.status, 200) << made.body;
    return TextOf(made.json()["data"], "task_id");
  }
  // The rows of GET /webhooks, once there are `count`.
  Json Deliveries(size_t count) {
    Json rows;
    EXPECT_TRUE(testing::Eventually([&] {
      rows = Control("GET", "/webhooks").json()["deliveries"];
      return rows.size() >= count;
    })) << Dump(rows);
    return rows;
  }
  // One member of each row.
  static std::vector<Json> Column(const Json& rows, const char* name) {
    std::vector<Json> column;
    for (const Json& row : rows) column.push_back(row[name]);
    return column;
  }

  Receiver hook_;
};

TEST_F(PiApiWebhooksTest, EveryStateIsToldWhenTimeComesToIt) {
  const std::string id = Told("x");
  const std::vector<Received> first = hook_.WaitFor(1);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].secret, "s3cret");
  EXPECT_EQ(first[0].body["data"]["task_id"], id);
  EXPECT_EQ(first[0].body["data"]["status"], "Pending");
  Advance(100);
  const std::vector<Received> all = hook_.WaitFor(4);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[1].body["data"]["status"], "Staged");
  EXPECT_EQ(all[2].body["data"]["status"], "Processing");
  EXPECT_EQ(all[3].body["data"], Data(id));
  EXPECT_EQ(all[3].body["timestamp"].get<int64_t>() - all[0].body["timestamp"].get<int64_t>(), 100);
  EXPECT_THAT(Column(Deliveries(4), "event"), ElementsAre("created", "staged", "processing", "completed"));
  EXPECT_THAT(Column(Deliveries(4), "status"), ElementsAre(200, 200, 200, 200));
}

TEST_F(PiApiWebhooksTest, OnlyTheEndMayBeTold) {
  RestartWith([](Options& options) { options.webhook.events = WebhookEvents::kTerminal; });
  Told("[fail]");
  Advance(100);
  EXPECT_EQ(hook_.WaitFor(1)[0].body["data"]["status"], "Failed");
  EXPECT_THAT(Column(Deliveries(1), "event"), ElementsAre("failed"));
}

TEST_F(PiApiWebhooksTest, AStuckTaskHasNoEndAndAForgottenOneNoMoreEvents) {
  Told("[stuck]");
  Told("[forget]");
  Advance(1000);
  Told("x");
  Advance(1000);
  const Json rows = Deliveries(10);
  EXPECT_EQ(rows.size(), 10u);
  EXPECT_EQ(rows[9]["event"], "completed");
}

TEST_F(PiApiWebhooksTest, ARefusedDeliveryIsTriedThreeTimes) {
  RestartWith([](Options& options) { options.webhook.events = WebhookEvents::kTerminal; });
  hook_.AnswerWith({500, 503});
  Told("x");
  Advance(100);
  Deliveries(1);
  Advance(10);
  Deliveries(2);
  Advance(10);
  const Json rows = Deliveries(3);
  EXPECT_THAT(Column(rows, "status"), ElementsAre(500, 503, 200));
  EXPECT_THAT(Column(rows, "attempt"), ElementsAre(1, 2, 3));
  EXPECT_THAT(Column(rows, "outcome"), ElementsAre("failed", "failed", "delivered"));
  const std::vector<Received> all = hook_.WaitFor(3);
  EXPECT_EQ(all[0].body, all[2].body);
}

TEST_F(PiApiWebhooksTest, AfterThreeAttemptsItGivesUp) {
  RestartWith([](Options& options) { options.webhook.events = WebhookEvents::kTerminal; });
  Told("x", "/nowhere");
  Advance(100);
  for (size_t count = 1; count <= 3; ++count) {
    EXPECT_EQ(Deliveries(count)[count - 1]["outcome"], "failed");
    Advance(10);
  }
  Told("y");
  Advance(100);
  EXPECT_THAT(Column(Deliveries(4), "status"), ElementsAre(404, 404, 404, 200));
}

TEST_F(PiApiWebhooksTest, EventsCanBeLostAndDoubledAtRunTime) {
  EXPECT_EQ(Control("POST", "/webhooks", {{"loss", 1}}).json()["loss"], 1);
  Told("x");
  EXPECT_THAT(Column(Deliveries(1), "outcome"), ElementsAre("lost"));
  Control("POST", "/webhooks", {{"loss", 0}, {"duplicates", 1}});
  Advance(5);
  const Json rows = Deliveries(3);
  EXPECT_THAT(Column(rows, "event"), ElementsAre("created", "staged", "staged"));
  EXPECT_THAT(Column(rows, "duplicate"), ElementsAre(false, false, true));
  const std::vector<Received> all = hook_.WaitFor(2);
  EXPECT_EQ(all[0].body, all[1].body);
}

TEST_F(PiApiWebhooksTest, TheSameSeedLosesTheSameEvents) {
  const auto outcomes = [&] {
    RestartWith([](Options& options) { options.webhook.loss = 0.5; });
    for (int i = 0; i < 5; ++i) Told("x");
    Advance(100);
    return Column(Deliveries(20), "outcome");
  };
  const std::vector<Json> first = outcomes();
  EXPECT_EQ(outcomes(), first);
  EXPECT_THAT(first, ::testing::Contains("lost"));
  EXPECT_THAT(first, ::testing::Contains("delivered"));
}

TEST_F(PiApiWebhooksTest, ADelayedEventTellsTheStateOfItsMoment) {
  RestartWith([](Options& options) {
    options.webhook.events = WebhookEvents::kAll;
    options.webhook.delay = absl::Seconds(30);
  });
  Told("x");
  Advance(29);
  EXPECT_EQ(Control("GET", "/webhooks").json()["deliveries"].size(), 0u);
  Advance(1);
  EXPECT_EQ(hook_.WaitFor(1)[0].body["data"]["status"], "Pending");
}

TEST_F(PiApiWebhooksTest, ARunningClockTellsWithoutAdvance) {
  RestartWith([](Options& options) { options.speed = 1000; });
  Told("x");
  EXPECT_THAT(Column(Deliveries(4), "event"), ElementsAre("created", "staged", "processing", "completed"));
}

TEST_F(PiApiWebhooksTest, BadSettingsAreRefused) {
  for (const Json& body : std::vector<Json>{{{"loss", 2}}, {{"duplicates", -1}}, {{"delay_ms", -1}}, {{"los", 1}}}) {
    EXPECT_EQ(Control("POST", "/webhooks", body).status, 400) << Dump(body);
  }
}

}  // namespace
}  // namespace seedance::sandbox

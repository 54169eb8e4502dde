// What operators see of a job, of what is in doubt and of a stop.
#include <signal.h>

#include <string>

#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

class MetricsTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kStopped);
    testing::GatewayOptions options;
    options.admin = true;
    options.server = {"drain_delay: 5s"};
    options.drain_grace = absl::Seconds(20);
    StartGateway(options);
  }
  // What is read from the store is read every 15 s.
  bool Becomes(const std::string& sample, double value) {
    return Eventually([&] { return Metric(sample) == value; }, absl::Seconds(90));
  }
};

TEST_F(MetricsTest, AJobAndALostAnswerAreCounted) {
  const std::string group = NewGroup();
  (void)ActiveMedia(group, "hero.png");
  const std::string good = NewTask("a fox");
  const std::string bad = NewTask("[fail] a fox");
  AddFault({.kind = "drop_reply", .method = "POST", .path = "/v1/video/generations"});
  const std::string lost = NewTask("a lost fox");
  ASSERT_TRUE(WaitForState(lost, State::STATE_SUBMIT_UNKNOWN));
  Advance(absl::Minutes(5));
  EXPECT_EQ(WaitForEnd(good).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(WaitForEnd(bad).state(), State::STATE_FAILED);

  EXPECT_TRUE(Becomes("seedance_in_doubt{kind=\"task\"}", 1));
  EXPECT_TRUE(Eventually([&] { return Metric("seedance_in_doubt_oldest_seconds{kind=\"task\"}") > 0; }));
  EXPECT_TRUE(Becomes("seedance_assets{state=\"ACTIVE\",upstream=\"anyfast\"}", 1));
  EXPECT_EQ(Metric("seedance_in_doubt{kind=\"group\"}"), 0);
  EXPECT_EQ(Metric("seedance_journal_entries_total{end=\"done\",kind=\"group\"}"), 1);
  EXPECT_EQ(Metric("seedance_journal_entries_total{end=\"done\",kind=\"asset\"}"), 1);
  EXPECT_EQ(Metric("seedance_submits_total{acceptance=\"accepted\",upstream=\"anyfast\"}"), 2);
  EXPECT_EQ(Metric("seedance_submits_total{acceptance=\"unknown\",upstream=\"anyfast\"}"), 1);
  EXPECT_EQ(Metric("seedance_vendor_requests_total{operation=\"create_group\",outcome=\"OK\",upstream=\"anyfast\"}"),
            1);
  EXPECT_GE(Metric("seedance_store_writes_total"), 5);
  EXPECT_GE(Metric("seedance_store_transaction_seconds_count"), 5);
  EXPECT_GT(Metric("seedance_store_size_bytes"), 4096);
  EXPECT_GT(Metric("seedance_store_disk_free_bytes"), 0);
  EXPECT_EQ(Metric("seedance_draining"), 0);
}

TEST_F(MetricsTest, AStopIsSeenWhileItLasts) {
  gateway().process().Kill(SIGTERM);
  EXPECT_TRUE(Eventually([&] { return Metric("seedance_draining") == 1; }));
}

}  // namespace
}  // namespace seedance::e2e

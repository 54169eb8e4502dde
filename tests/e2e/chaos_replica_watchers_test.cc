// Watchers spread over three gateways that share a database, while these are restarted one after the other: each sees
// one end of its task and no revision twice, and the vendor is asked as often as by one gateway.
//
//                       short   long
//   tasks                  12     99     each watched elsewhere than where it is polled, at first
//   watchers               60    990     each goes on at the next gateway when its stream breaks off
//   restarts of all         1      2     by SIGTERM
//   polls compared for    3 s    40 s
//
//   tests/e2e/chaos replica_watchers           the long form
#include <signal.h>

#include <iostream>
#include <string>
#include <vector>

#include "tests/e2e/chaos_fixture.h"
#include "tests/e2e/chaos_watchers.h"
#include "tests/e2e/replica_set.h"

namespace seedance::e2e {
namespace {

class ChaosReplicaWatchersTest : public ChaosTest {
 protected:
  void SetUp() override {
    ChaosTest::SetUp();
    StartSandbox(Pace::kStopped);
    testing::GatewayOptions options;
    options.sandbox_url = sandbox().url();
    options.log_level = "info";
    options.drain_grace = absl::Seconds(5);
    options.poll_interval_queued = options.poll_interval_running = InForm(absl::Seconds(0.2), absl::Seconds(1));
    // Who does not know of the watchers elsewhere polls ten times less.
    options.poll_interval_unwatched = options.poll_interval_running * 10;
    options.server = {"heartbeat_interval: 1s"};
    replicas_.Start(options);
  }
  void TearDown() override {
    replicas_.ExpectClean();
    ChaosTest::TearDown();
  }

  std::vector<std::string> Endpoints() {
    std::vector<std::string> endpoints;
    for (Replica& replica : replicas_) endpoints.push_back(replica.process->address());
    return endpoints;
  }
  void CreateTasks(size_t count) {
    const std::vector<std::string> prompts = {"a fox", "[fail]", "[moderation]"};
    for (size_t i = 0; i < count; ++i) {
      // A gateway has no shard at first.
      Answer<v1::GenerationTask> created;
      const auto creates = [&] {
        created = replicas_[i % replicas_.size()].api->CreateTask(TaskOf(prompts[i % prompts.size()]), NextRequestId());
        return created.ok();
      };
      ASSERT_TRUE(Eventually(creates, absl::Minutes(1))) << created.status.error_message();
      tasks_.push_back(created.value.name());
    }
  }
  // Polls of each task in a second.
  double PollRate() {
    const int64_t before = Requests(kPollRoute);
    const absl::Time begin = absl::Now();
    EXPECT_FALSE(Eventually([] { return false; }, InForm(absl::Seconds(3), absl::Seconds(40))));
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    return static_cast<double>(Requests(kPollRoute) - before) / seconds / static_cast<double>(tasks_.size());
  }
  void Stop(Replica& replica) { EXPECT_EQ(Must(replica.process->Stop(SIGTERM, absl::Minutes(1))), 0); }

  ReplicaSet replicas_;
  std::vector<std::string> tasks_;
};

TEST_F(ChaosReplicaWatchersTest, EachSeesOneEndWhereverItWatches) {
  // Task i is polled by gateway i modulo 3; its watchers begin at the next one.
  CreateTasks(InForm<size_t>(12, 99));
  ASSERT_FALSE(HasFailure());
  const size_t watchers = InForm(60, 990);
  RawWatchers raw(Endpoints(), tasks_, watchers, InForm(6, 15), seed());
  // Who watches is known everywhere.
  Pause(absl::Seconds(3));
  const double of_three = PollRate();
  Stop(replicas_[0]);
  Stop(replicas_[1]);
  Pause(absl::Seconds(3));
  const double of_one = PollRate();
  Must(replicas_[0].process->Restart());
  Must(replicas_[1].process->Restart());
  std::cout << "polls of a task each second: " << of_one << " by one gateway, " << of_three << " by three, "
            << of_three / of_one << " times\n";
  // Three loops would be three times, and no watchers a tenth. The long form is for a machine with nothing else to do.
  EXPECT_NEAR(of_three / of_one, 1, InForm(0.4, 0.01));
  const int rounds = InForm(1, 2);
  for (int round = 0; round < rounds; ++round) {
    for (Replica& replica : replicas_) {
      Advance(absl::Seconds(18) / rounds / static_cast<double>(replicas_.size()));
      Pause(absl::Seconds(1));
      Stop(replica);
      Must(replica.process->Restart());
    }
  }
  EXPECT_LT(raw.ended(), watchers) << "they were all restarted while it was watched";
  Advance(absl::Seconds(60));
  EXPECT_TRUE(Eventually([&] { return raw.ended() == watchers; }, absl::Minutes(1))) << raw.ended() << " have ended";
  ASSERT_FALSE(HasFailure());
  ExpectOneEndAndNoRevisionTwice(raw.sightings());
  EXPECT_EQ(Bills("CreateTask"), static_cast<int64_t>(tasks_.size()));
  const int64_t streams = StreamsOf(raw.sightings());
  EXPECT_GT(streams, static_cast<int64_t>(watchers)) << "otherwise nothing was disturbed";
  std::cout << watchers << " watchers of " << tasks_.size() << " tasks: " << streams << " streams\n";
}

}  // namespace
}  // namespace seedance::e2e

// Three gateways over one schema of PostgreSQL.
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/replica_set.h"

namespace seedance::e2e {
namespace {

constexpr absl::Duration kLease = ReplicaSet::kLease;
constexpr absl::Duration kPatience = absl::Minutes(1);

class ReplicasTest : public E2eTest {
 protected:
  void StartReplicas(Pace pace, testing::GatewayOptions options = {}) {
    StartSandbox(pace);
    options.sandbox_url = sandbox().url();
    replicas_.Start(options);
    // Each has a third of the shards.
    for (Replica& replica : replicas_) {
      ASSERT_TRUE(Eventually([&] { return CreatesAt(replica); }, kPatience)) << replica.process->Log();
    }
  }
  void TearDown() override {
    replicas_.ExpectClean();
    E2eTest::TearDown();
  }

  // Whether it has a shard: tasks can be created.
  bool CreatesAt(Replica& replica) {
    const auto created = replica.api->CreateTask(Request("first"));
    if (created.ok()) made_.push_back(created.value.name());
    return created.ok();
  }
  static v1::CreateGenerationTaskRequest Request(const std::string& prompt) {
    v1::CreateGenerationTaskRequest request;
    *request.mutable_generation_task() = TaskOf(prompt);
    request.set_request_id(NextRequestId());
    return request;
  }
  // A task, created at `replica`.
  std::string NewTaskAt(Replica& replica) {
    made_.push_back(Must(replica.api->CreateTask(Request("a fox"))).name());
    return made_.back();
  }
  static bool IsIn(Replica& replica, const std::string& name, State::State state) {
    const auto task = replica.api->GetTask(name);
    return task.ok() && task.value.state() == state;
  }
  // All tasks so far have been sent once, and end well.
  void ExpectAllEnd(Replica& replica) {
    for (const std::string& name : made_) {
      EXPECT_TRUE(Eventually(
          [&] {
            if (IsIn(replica, name, State::STATE_SUCCEEDED)) return true;
            Advance(absl::Seconds(1));
            return false;
          },
          kPatience))
          << name;
    }
    EXPECT_EQ(AllBills(), static_cast<int64_t>(made_.size()));
  }
  std::vector<double> TimesOf(const std::string& method, const std::string& path) {
    std::vector<double> times;
    for (const testing::SandboxRequest& request : Must(sandbox().Requests()).recent) {
      if (request.method == method && absl::StartsWith(request.path, path)) times.push_back(request.time);
    }
    return times;
  }

  ReplicaSet replicas_;
  std::vector<std::string> made_;
};

TEST_F(ReplicasTest, OneRequestIdAtThreeGatewaysIsOneBillAndOneAnswer) {
  StartReplicas(Pace::kFast);
  const int64_t before = Requests(kSubmitRoute);
  const v1::CreateGenerationTaskRequest task = Request("once");
  v1::CreateAssetGroupRequest group;
  group.mutable_asset_group()->set_display_name("heroes");
  group.set_request_id(NextRequestId());
  AddFault(
      {.kind = "delay", .method = "POST", .path = "/volc/asset/CreateAssetGroup", .delay = absl::Milliseconds(500)});
  std::vector<std::string> tasks(30);
  std::vector<std::string> groups(30);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < tasks.size(); ++i) {
    callers.emplace_back([&, i] {
      Replica& replica = replicas_[i % replicas_.size()];
      const auto created = replica.api->CreateTask(task);
      tasks[i] = created.ok() ? created.value.name() : created.status.error_message();
      const auto grouped = replica.api->CreateGroup(group);
      groups[i] = grouped.ok() ? grouped.value.name() : grouped.status.error_message();
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(std::set<std::string>(tasks.begin(), tasks.end()).size(), 1u) << tasks[0] << " " << tasks[1];
  EXPECT_EQ(std::set<std::string>(groups.begin(), groups.end()).size(), 1u) << groups[0] << " " << groups[1];
  EXPECT_EQ(Requests(kSubmitRoute), before + 1);
  EXPECT_EQ(Requests(kGroupRoute), 1);
}

TEST_F(ReplicasTest, AnyGatewayAnswersAndWatchesAndEachTaskIsPolledByOne) {
  StartReplicas(Pace::kStopped);
  const std::string name = NewTaskAt(replicas_[0]);
  ASSERT_TRUE(Eventually([&] { return IsIn(replicas_[1], name, State::STATE_QUEUED); }, kPatience));
  std::vector<TaskStream> streams(2);
  std::vector<std::thread> watchers;
  for (size_t i = 0; i < streams.size(); ++i) {
    watchers.emplace_back([&, i] { streams[i] = replicas_[i + 1].api->WatchTask(name); });
  }
  const std::string vendor_id = Must(replicas_[2].api->GetTask(name)).upstream_task_id();
  const auto polls = [&] { return TimesOf("GET", absl::StrCat("/v1/video/generations/", vendor_id)).size(); };
  ASSERT_TRUE(Eventually([&] { return polls() >= 3; }, kPatience));
  const size_t before = polls();
  const absl::Time begin = absl::Now();
  ASSERT_TRUE(Eventually([&] { return polls() >= before + 10; }, kPatience));
  // Every 50 ms and jitter, whoever watches; three loops would need a third of that.
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(300));
  Advance(absl::Seconds(60));
  for (std::thread& watcher : watchers) watcher.join();
  for (const TaskStream& stream : streams) {
    EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
    EXPECT_EQ(CountTerminal(stream.messages), 1);
  }
  ExpectAllEnd(replicas_[2]);
}

TEST_F(ReplicasTest, TasksOfAKilledGatewayAreTakenOver) {
  StartReplicas(Pace::kStopped);
  for (int i = 0; i < 5; ++i) (void)NewTaskAt(replicas_[0]);
  for (const std::string& name : made_) {
    ASSERT_TRUE(Eventually([&] { return IsIn(replicas_[1], name, State::STATE_QUEUED); }, kPatience));
  }
  Must(replicas_[0].process->Stop(SIGKILL));
  const absl::Time killed = absl::Now();
  Advance(absl::Seconds(60));
  EXPECT_TRUE(Eventually([&] { return IsIn(replicas_[1], made_.back(), State::STATE_SUCCEEDED); }, kPatience));
  const absl::Duration took = absl::Now() - killed;
  std::printf("lease %.0f s, taken over after %.1f s\n", absl::ToDoubleSeconds(kLease), absl::ToDoubleSeconds(took));
  EXPECT_LE(took, kLease + absl::Seconds(10)) << "and some for a busy machine";
  ExpectAllEnd(replicas_[2]);
}

TEST_F(ReplicasTest, AGatewayThatStopsGivesItsTasksAwayAtOnce) {
  StartReplicas(Pace::kStopped);
  for (int i = 0; i < 5; ++i) (void)NewTaskAt(replicas_[0]);
  const std::string last = made_.back();
  ASSERT_TRUE(Eventually([&] { return IsIn(replicas_[1], last, State::STATE_QUEUED); }, kPatience));
  EXPECT_EQ(Must(replicas_[0].process->Stop(SIGTERM, kPatience)), 0);
  const absl::Time stopped = absl::Now();
  Advance(absl::Seconds(60));
  EXPECT_TRUE(Eventually([&] { return IsIn(replicas_[1], last, State::STATE_SUCCEEDED); }, kPatience));
  std::printf("taken over after %.2f s\n", absl::ToDoubleSeconds(absl::Now() - stopped));
  ExpectAllEnd(replicas_[1]);
}

TEST_F(ReplicasTest, AGatewayThatWasFrozenDoesNothingForItsFormerTasksWhenItWakes) {
  StartReplicas(Pace::kStopped);
  for (int i = 0; i < 5; ++i) (void)NewTaskAt(replicas_[0]);
  for (const std::string& name : made_) {
    ASSERT_TRUE(Eventually([&] { return IsIn(replicas_[1], name, State::STATE_QUEUED); }, kPatience));
  }
  ASSERT_EQ(kill(replicas_[0].process->process().pid(), SIGSTOP), 0);
  const std::string during = NewTaskAt(replicas_[1]);
  Advance(absl::Seconds(60));
  for (const std::string& name : made_) {
    EXPECT_TRUE(Eventually([&] { return IsIn(replicas_[2], name, State::STATE_SUCCEEDED); }, kPatience)) << name;
  }
  ASSERT_EQ(kill(replicas_[0].process->process().pid(), SIGCONT), 0);
  // It is one of the three again, under another number.
  ASSERT_TRUE(Eventually([&] { return CreatesAt(replicas_[0]); }, kPatience));
  EXPECT_TRUE(IsIn(replicas_[0], during, State::STATE_SUCCEEDED));
  ExpectAllEnd(replicas_[0]);
}

TEST_F(ReplicasTest, AllTogetherKeepTheVendorsRate) {
  testing::GatewayOptions options;
  options.submits_per_second = 6;
  // The sandbox remembers its last thousand requests.
  options.poll_interval_queued = options.poll_interval_running = options.poll_interval_unwatched = absl::Seconds(5);
  StartReplicas(Pace::kFast, options);
  std::vector<std::thread> callers;
  std::atomic<int> failed = 0;
  for (size_t i = 0; i < 9; ++i) {
    callers.emplace_back([&, i] {
      for (int j = 0; j < 6; ++j) {
        if (!replicas_[i % replicas_.size()].api->CreateTask(Request("a fox")).ok()) ++failed;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(
      Eventually([&] { return TimesOf("POST", "/v1/video/generations").size() >= 54 + made_.size(); }, kPatience));
  // On a busy machine one may arrive later than the gateway reckons with.
  EXPECT_LE(MostInASecond(TimesOf("POST", "/v1/video/generations")), 7u);
}

}  // namespace
}  // namespace seedance::e2e

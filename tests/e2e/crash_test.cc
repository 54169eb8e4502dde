// The gateway is killed at the worst moment. Nothing may be lost, nothing may be paid twice.
#include <signal.h>

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using ::testing::SizeIs;

constexpr int kRunning = 5;
constexpr int kInFlight = 3;

// A subscriber that reads one stream until it breaks and a second one from where the first ended.
struct Watcher {
  std::string task;
  TaskStream first;
  TaskStream second;

  std::vector<v1::WatchGenerationTaskResponse> All() const {
    std::vector<v1::WatchGenerationTaskResponse> all = first.messages;
    all.insert(all.end(), second.messages.begin(), second.messages.end());
    return all;
  }
};

class CrashTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kStopped);
    testing::GatewayOptions options;
    options.server = {"create_wait: 0.1s"};
    options.tasks = {"submit_unknown_deadline: 6s"};
    options.dialect_lines = {"usage_log: {mode: \"off\"}"};
    StartGateway(options);
  }

  // The vendor takes and bills the next tasks, but answers later.
  void HoldBackReplies(absl::Duration time, int times) {
    testing::SandboxFault fault;
    fault.kind = "delay";
    fault.method = "POST";
    fault.path = "/v1/video/generations";
    fault.times = times;
    fault.after = true;
    fault.delay = time;
    AddFault(fault);
  }

  // Five tasks that the vendor renders, and three whose replies it holds back although they are billed.
  void SubmitAll() {
    for (int i = 0; i < kRunning; ++i) running_.push_back(NewTask("runs"));
    Advance(absl::Seconds(10));
    for (const std::string& name : running_) ASSERT_TRUE(WaitForState(name, State::STATE_RUNNING));

    HoldBackReplies(absl::Seconds(30), kInFlight);
    for (int i = 0; i < kInFlight; ++i) in_flight_.push_back(NewTask("in flight"));
    ASSERT_TRUE(Eventually([&] { return Bills("CreateTask") == kRunning + kInFlight; }));
    for (const std::string& name : in_flight_) {
      EXPECT_EQ(Must(api().GetTask(name)).state(), State::STATE_SUBMITTING);
    }
  }

  // Opens a stream for every task, runs `disturb` once all have their snapshot, and waits for all streams to end.
  template <typename Disturb>
  void WatchAllWhile(Disturb disturb) {
    for (const std::string& name : running_) watchers_.push_back({name, {}, {}});
    for (const std::string& name : in_flight_) watchers_.push_back({name, {}, {}});
    std::atomic<size_t> started{0};
    std::vector<std::thread> threads;
    for (Watcher& watcher : watchers_) {
      threads.emplace_back([&] {
        bool counted = false;
        watcher.first = api().WatchTask(watcher.task, "", [&](const auto&) {
          if (!std::exchange(counted, true)) ++started;
          return true;
        });
      });
    }
    EXPECT_TRUE(Eventually([&] { return started == watchers_.size(); }));
    disturb();
    for (std::thread& thread : threads) thread.join();
  }

  void ResumeAll() {
    std::vector<std::thread> threads;
    for (Watcher& watcher : watchers_) {
      threads.emplace_back([&] { watcher.second = NewApi()->WatchTask(watcher.task, watcher.first.resume_token); });
    }
    for (std::thread& thread : threads) thread.join();
  }

  std::vector<std::string> running_;
  std::vector<std::string> in_flight_;
  std::vector<Watcher> watchers_;
};

TEST_F(CrashTest, KilledGatewayFinishesEveryTaskAndNeverPaysTwice) {
  SubmitAll();
  WatchAllWhile([&] { EXPECT_EQ(Must(gateway().Stop(SIGKILL)), 128 + SIGKILL); });
  for (const Watcher& watcher : watchers_) {
    EXPECT_EQ(watcher.first.status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(CountTerminal(watcher.first.messages), 0);
  }

  RestartGateway();
  for (const std::string& name : in_flight_) {
    const v1::GenerationTask task = Must(NewApi()->GetTask(name));
    EXPECT_EQ(task.state(), State::STATE_SUBMIT_UNKNOWN);
    EXPECT_EQ(task.error().reason(), v1::ERROR_REASON_OUTCOME_UNKNOWN);
  }
  Advance(absl::Seconds(30));
  ResumeAll();

  for (const Watcher& watcher : watchers_) {
    SCOPED_TRACE(watcher.task);
    EXPECT_TRUE(watcher.second.status.ok()) << watcher.second.status.error_message();
    const auto messages = watcher.All();
    EXPECT_EQ(CountTerminal(messages), 1);
    std::set<int64_t> revisions;
    size_t snapshots = 0;
    for (const auto& message : messages) {
      if (message.heartbeat()) continue;
      ++snapshots;
      revisions.insert(message.generation_task().revision());
    }
    EXPECT_EQ(revisions.size(), snapshots) << "a revision came twice";
  }
  for (const std::string& name : running_) {
    EXPECT_EQ(Must(NewApi()->GetTask(name)).state(), State::STATE_SUCCEEDED);
  }
  for (const std::string& name : in_flight_) {
    const v1::GenerationTask task = Must(NewApi()->GetTask(name));
    EXPECT_EQ(task.state(), State::STATE_EXPIRED);
    EXPECT_EQ(task.error().reason(), v1::ERROR_REASON_OUTCOME_UNKNOWN);
  }

  std::map<std::string, int> bills;
  for (const testing::LedgerRow& bill : Must(sandbox().Ledger()).bills) ++bills[bill.resource];
  EXPECT_THAT(bills, SizeIs(kRunning + kInFlight));
  for (const auto& [resource, count] : bills) EXPECT_EQ(count, 1) << resource;
  EXPECT_EQ(Requests(kSubmitRoute), kRunning + kInFlight);
}

TEST_F(CrashTest, OrderlyStopWaitsForTheSubmitThatIsUnderWay) {
  HoldBackReplies(absl::Seconds(1), 1);
  const std::string name = NewTask("under way");
  ASSERT_TRUE(Eventually([&] { return Bills("CreateTask") == 1; }));
  ASSERT_EQ(Must(api().GetTask(name)).state(), State::STATE_SUBMITTING);
  EXPECT_EQ(Must(gateway().Stop(SIGTERM)), 0);
  RestartGateway();
  EXPECT_NE(Must(NewApi()->GetTask(name)).state(), State::STATE_SUBMIT_UNKNOWN);
  Advance(absl::Seconds(30));
  const TaskStream stream = NewApi()->WatchTask(name);
  ASSERT_FALSE(stream.messages.empty());
  EXPECT_EQ(stream.messages.back().generation_task().state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(Requests(kSubmitRoute), 1);
}

TEST_F(CrashTest, StreamOfATaskThatEndedBeforeTheCrashEndsAtOnceWhenResumed) {
  const std::string name = NewTask("ends before");
  Advance(absl::Seconds(30));
  const TaskStream first = api().WatchTask(name);
  ASSERT_TRUE(first.status.ok());
  ASSERT_EQ(CountTerminal(first.messages), 1);
  ASSERT_TRUE(gateway().Stop(SIGKILL).ok());
  RestartGateway();
  const TaskStream second = NewApi()->WatchTask(name, first.resume_token);
  EXPECT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_THAT(second.messages, ::testing::IsEmpty());
}

TEST_F(CrashTest, AssetThatIsProcessingIsFollowedAfterARestart) {
  const v1::Asset asset = UploadMedia(NewGroup(), "hero.png");
  ASSERT_EQ(asset.state(), v1::Asset::STATE_PROCESSING);
  ASSERT_TRUE(gateway().Stop(SIGKILL).ok());
  RestartGateway();
  Advance(absl::Seconds(5));
  const AssetStream stream = NewApi()->WatchAsset(asset.name());
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(stream.messages.back().asset().state(), v1::Asset::STATE_ACTIVE);
  EXPECT_EQ(Bills("CreateAsset"), 1);
}

}  // namespace
}  // namespace seedance::e2e

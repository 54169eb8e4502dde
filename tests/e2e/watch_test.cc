// Watch streams: what comes first and last, what they cost the vendor, how they end and go on.
#include <signal.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/fixture.h"
#include "tests/e2e/health.h"

namespace seedance::e2e {
namespace {

using grpc::StatusCode;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WatchTest : public E2eTest {
 protected:
  void SetUp() override { StartSandbox(Pace::kStopped); }

  // Fast enough for a test, slow enough to count.
  testing::GatewayOptions SlowPolls() {
    testing::GatewayOptions options;
    options.poll_interval_queued = absl::Seconds(0.5);
    options.poll_interval_running = absl::Seconds(0.5);
    return options;
  }

  // A task that the vendor renders.
  std::string RunningTask() {
    const std::string name = NewTask("runs");
    Advance(absl::Seconds(10));
    if (!WaitForState(name, State::STATE_RUNNING)) throw std::runtime_error("the task does not run");
    return name;
  }

  int64_t PollsOf(const std::string& prompt) {
    for (const testing::SandboxTask& task : Must(sandbox().Tasks())) {
      if (task.prompt == prompt) return task.polls;
    }
    return -1;
  }
};

// Streams that are all open at the same time.
class OpenStreams {
 public:
  OpenStreams(Api& api, const std::string& name, size_t count) : streams_(count) {
    for (TaskStream& stream : streams_) {
      threads_.emplace_back([this, &api, &stream, name] {
        bool counted = false;
        stream = api.WatchTask(name, "", [&](const auto&) {
          if (!std::exchange(counted, true)) ++open_;
          return true;
        });
      });
    }
    all_open_ = Eventually([&] { return open_ == count; });
  }
  ~OpenStreams() { Join(); }

  bool all_open() const { return all_open_; }

  // The streams once all have ended.
  const std::vector<TaskStream>& Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return streams_;
  }

 private:
  std::vector<TaskStream> streams_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> open_{0};
  bool all_open_ = false;
};

TEST_F(WatchTest, SnapshotComesFirstAndTheTerminalStateLast) {
  StartGateway();
  const std::string name = RunningTask();
  OpenStreams open(api(), name, 1);
  ASSERT_TRUE(open.all_open());
  Advance(absl::Seconds(20));
  const TaskStream& stream = open.Join()[0];
  EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
  ASSERT_FALSE(stream.messages.empty());
  EXPECT_EQ(stream.messages.front().generation_task().state(), State::STATE_RUNNING);
  EXPECT_EQ(stream.messages.back().generation_task().state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(CountTerminal(stream.messages), 1);

  // A late subscriber gets the end as its snapshot.
  const TaskStream late = api().WatchTask(name);
  EXPECT_TRUE(late.status.ok());
  ASSERT_THAT(late.messages, SizeIs(1));
  EXPECT_EQ(late.messages[0].generation_task().state(), State::STATE_SUCCEEDED);
}

TEST_F(WatchTest, StuckTaskGetsHeartbeatsWithAToken) {
  testing::GatewayOptions options;
  options.server = {"heartbeat_interval: 0.1s"};
  StartGateway(options);
  const std::string name = NewTask("[stuck]");
  Advance(absl::Seconds(100));
  ASSERT_TRUE(WaitForState(name, State::STATE_RUNNING));
  int heartbeats = 0;
  const TaskStream stream = api().WatchTask(name, "", [&](const v1::WatchGenerationTaskResponse& message) {
    heartbeats += message.heartbeat() ? 1 : 0;
    return heartbeats < 3;
  });
  EXPECT_EQ(stream.status.error_code(), StatusCode::CANCELLED);
  ASSERT_GE(heartbeats, 3);
  EXPECT_FALSE(stream.messages.front().heartbeat());
  EXPECT_FALSE(stream.messages.back().has_generation_task());
  EXPECT_EQ(stream.messages.back().resume_token(), stream.messages.front().resume_token());
}

TEST_F(WatchTest, TwoHundredWatchersCostAsManyPollsAsOne) {
  StartGateway(SlowPolls());
  const auto polls_with = [&](const std::string& prompt, size_t watchers) {
    const std::string name = NewTask(prompt);
    Advance(absl::Seconds(10));
    EXPECT_TRUE(WaitForState(name, State::STATE_RUNNING));
    OpenStreams open(api(), name, watchers);
    EXPECT_TRUE(open.all_open());
    const int64_t before = PollsOf(prompt);
    // Five poll intervals in the same span of real time.
    const absl::Time end = absl::Now() + absl::Seconds(2.5);
    EXPECT_TRUE(Eventually([&] { return absl::Now() >= end; }));
    const int64_t polls = PollsOf(prompt) - before;
    Advance(absl::Seconds(20));
    for (const TaskStream& stream : open.Join()) {
      EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
      EXPECT_EQ(CountTerminal(stream.messages), 1);
    }
    return polls;
  };
  const int64_t with_one = polls_with("one watcher", 1);
  const int64_t with_many = polls_with("many watchers", 200);
  RecordProperty("polls_with_one", static_cast<int>(with_one));
  RecordProperty("polls_with_200", static_cast<int>(with_many));
  EXPECT_GE(with_one, 3);
  EXPECT_NEAR(static_cast<double>(with_many), static_cast<double>(with_one), 1.0);
}

TEST_F(WatchTest, ResumeTokenOfAnotherStreamOrStoreIsRefused) {
  StartGateway();
  const std::string first = RunningTask();
  const std::string second = NewTask("another");
  const auto token_of = [&](Api& client, const std::string& name) {
    return client.WatchTask(name, "", [](const auto&) { return false; }).resume_token;
  };
  const TaskStream nonsense = api().WatchTask(first, "nonsense");
  EXPECT_EQ(nonsense.status.error_code(), StatusCode::INVALID_ARGUMENT);
  ASSERT_THAT(nonsense.error().violations, SizeIs(1));
  EXPECT_EQ(nonsense.error().violations[0].field, "resume_token");

  const TaskStream other = api().WatchTask(first, token_of(api(), second));
  EXPECT_EQ(other.status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(other.error().reason, "INVALID_INPUT");
}

TEST_F(WatchTest, ResumeTokenOfAnotherStoreIsAnsweredWithAFreshOne) {
  StartGateway();
  const std::string name = ActiveMedia(NewGroup(), "hero.png").name();
  const AssetStream old = api().WatchAsset(name);
  ASSERT_FALSE(old.resume_token.empty());
  StartGateway();  // With an empty store, which takes the asset over from the vendor.
  const AssetStream refused = api().WatchAsset(name, old.resume_token);
  EXPECT_EQ(refused.status.error_code(), StatusCode::OUT_OF_RANGE) << refused.status.error_message();
  EXPECT_EQ(refused.error().reason, "RESUME_TOKEN_EXPIRED");
  const AssetStream resumed = api().WatchAsset(name, refused.error().metadata["resume_token"]);
  EXPECT_TRUE(resumed.status.ok()) << resumed.status.error_message();
  ASSERT_THAT(resumed.messages, SizeIs(1));
  EXPECT_EQ(resumed.messages[0].asset().state(), v1::Asset::STATE_ACTIVE);
}

TEST_F(WatchTest, ResumedStreamSeesNoRevisionTwice) {
  StartGateway();
  const std::string name = RunningTask();
  const TaskStream first = api().WatchTask(name, "", [](const auto&) { return false; });
  OpenStreams other(api(), name, 1);
  ASSERT_TRUE(other.all_open());
  Advance(absl::Seconds(20));
  other.Join();
  const TaskStream second = api().WatchTask(name, first.resume_token);
  EXPECT_TRUE(second.status.ok());
  ASSERT_FALSE(second.messages.empty());
  EXPECT_GT(second.messages.front().generation_task().revision(), first.messages.back().generation_task().revision());
  EXPECT_EQ(CountTerminal(second.messages), 1);
  const TaskStream third = api().WatchTask(name, second.resume_token);
  EXPECT_TRUE(third.status.ok());
  EXPECT_THAT(third.messages, IsEmpty()) << "the terminal state was read already";
}

TEST_F(WatchTest, DrainEndsEveryStreamWithItsTokenAndExitsWithZero) {
  StartGateway();
  const std::string name = RunningTask();
  HealthWatch health(gateway().address());
  ASSERT_TRUE(Eventually([&] { return health.Last() == HealthState::kServing; }));
  OpenStreams open(api(), name, 20);
  ASSERT_TRUE(open.all_open());

  const absl::Time start = absl::Now();
  const int exit_code = Must(gateway().Stop(SIGTERM));
  EXPECT_EQ(exit_code, 0);
  // The grace is 2 s; a health stream takes all of it, for it does not end by itself.
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  EXPECT_TRUE(health.SawNotServing());
  std::string token;
  for (const TaskStream& stream : open.Join()) {
    EXPECT_EQ(stream.status.error_code(), StatusCode::UNAVAILABLE);
    EXPECT_EQ(stream.error().reason, "DRAINING");
    EXPECT_TRUE(stream.error().retry_delay.has_value());
    EXPECT_EQ(stream.trailer_token, stream.resume_token);
    EXPECT_EQ(CountTerminal(stream.messages), 0);
    token = stream.trailer_token;
  }
  ASSERT_FALSE(token.empty());

  RestartGateway();
  Advance(absl::Seconds(20));
  const TaskStream resumed = NewApi()->WatchTask(name, token);
  EXPECT_TRUE(resumed.status.ok()) << resumed.status.error_message();
  EXPECT_EQ(CountTerminal(resumed.messages), 1);
}

}  // namespace
}  // namespace seedance::e2e

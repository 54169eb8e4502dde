// Rollouts: a stop under load, connections that grow old, clients that hold a stop up.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/client.h"
#include "tests/e2e/fixture.h"
#include "tests/e2e/health.h"
#include "tests/e2e/unary_load.h"
#include "tests/e2e/watchers.h"
#include "tests/testing/loopback.h"
#include "tests/testing/raw_http2.h"

namespace seedance::e2e {
namespace {

using grpc::StatusCode;
using ::testing::IsEmpty;

// Two thousand streams on a machine that has other work.
constexpr absl::Duration kPatience = absl::Seconds(180);
constexpr size_t kStreams = 2000;
constexpr size_t kConnections = 20;

double Ms(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

class RolloutTest : public E2eTest {
 protected:
  void SetUp() override { StartSandbox(Pace::kStopped); }

  std::vector<std::string> RunningTasks(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(NewTask("runs"));
    Advance(absl::Seconds(10));
    for (const std::string& name : names) {
      if (!WaitForState(name, State::STATE_RUNNING)) throw std::runtime_error("the task does not run");
    }
    return names;
  }

  // Every stream that broke off did so in good order, and nothing was lost or came twice. `abrupt`: how many may
  // have broken off with their connection, without our status.
  static void ExpectGoodStories(const std::vector<Watchers::Story>& stories, size_t least_ends, size_t abrupt = 0) {
    std::map<std::string, int> bad_ends;
    size_t abrupt_ends = 0;
    for (const Watchers::Story& story : stories) {
      EXPECT_GE(story.ends.size(), least_ends) << story.task;
      EXPECT_EQ(story.terminal, 1) << story.task;
      EXPECT_TRUE(story.last.ok()) << story.last.error_message();
      EXPECT_TRUE(std::is_sorted(story.revisions.begin(), story.revisions.end(), std::less_equal<>()))
          << "a revision came twice or too late";
      for (const Watchers::End& end : story.ends) {
        const client::ErrorDetails error = client::DecodeError(end.status);
        if (end.status.error_code() == StatusCode::UNAVAILABLE && error.reason.empty() && ++abrupt_ends <= abrupt) {
          continue;
        }
        if (end.status.error_code() != StatusCode::UNAVAILABLE || error.reason != "DRAINING" ||
            !error.retry_delay.has_value() || (end.began && end.trailer_token != end.token)) {
          ++bad_ends[absl::StrCat(end.status.error_code(), " ", end.status.error_message())];
        }
      }
    }
    EXPECT_THAT(bad_ends, IsEmpty());
  }
};

// What the process that is replaced, and the one that waits for its store, are told.
class StopUnderLoadTest : public RolloutTest {
 protected:
  // An instrumented process ends two thousand streams three times as slowly, beside other tests.
  static constexpr absl::Duration kGrace = absl::Seconds(SEEDANCE_SLOW_BUILD ? 60 : 20);

  void StartBoth() {
    testing::GatewayOptions options;
    options.drain_grace = kGrace;
    options.listen = testing::FreeAddress();
    options.server = {"drain_delay: 3s", "create_wait: 1s"};
    options.log_level = "info";
    StartGateway(options);
    testing::GatewayOptions next = options;
    next.sandbox_url = sandbox().url();
    next.listen = testing::FreeAddress();
    next.sqlite_path = gateway().sqlite_path();
    next.sqlite = {"wait_for_lock: 300s"};
    next_ = Must(testing::GatewayProcess::StartWaiting(next));
    ASSERT_TRUE(Eventually([&] { return next_->Log().find("store_waiting") != std::string::npos; }, kPatience));
  }

  // When the gateway says that it has stopped; InfiniteFuture: it does not.
  absl::Time StoppedAt() {
    const std::string log = gateway().Log();
    const size_t event = log.rfind("\"event\":\"server_stopped\"");
    if (event == std::string::npos) return absl::InfiniteFuture();
    constexpr std::string_view kTime = "\"time\":\"";
    const size_t begin = log.rfind(kTime, event) + kTime.size();
    absl::Time time = absl::InfiniteFuture();
    (void)absl::ParseTime(absl::RFC3339_full, log.substr(begin, log.find('"', begin) - begin), &time, nullptr);
    return time;
  }

  std::string Both() const {
    return absl::StrCat("ipv4:", const_cast<StopUnderLoadTest*>(this)->gateway().address(), ",", next_->address());
  }

  std::unique_ptr<testing::GatewayProcess> next_;
};

TEST_F(StopUnderLoadTest, StreamsGoOverWithTheirTokensAndNoUnaryCallFails) {
  StartBoth();
  const std::vector<std::string> tasks = RunningTasks(10);
  HealthWatch health(gateway().address());
  std::atomic<int> ended_before_health{0};
  std::atomic<int64_t> first_end{0};  // Nanoseconds after the epoch.
  Watchers watchers([&] { return OrdinaryChannel(Both()); }, tasks, kStreams, kConnections,
                    [&] {
                      int64_t unset = 0;
                      first_end.compare_exchange_strong(unset, absl::ToUnixNanos(absl::Now()));
                      if (health.Last() != HealthState::kNotServing) ++ended_before_health;
                    });
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < 4; ++i) channels.push_back(OrdinaryChannel(Both(), i % 2 == 0 ? "pick_first" : "round_robin"));
  UnaryLoad load(channels, tasks[0]);
  ASSERT_TRUE(Eventually([&] { return watchers.live() == kStreams && load.good() > 100; }, kPatience));
  ASSERT_TRUE(Eventually([&] { return health.Last() == HealthState::kServing; }));

  const absl::Time start = absl::Now();
  gateway().process().Kill(SIGTERM);
  EXPECT_TRUE(Eventually([&] { return health.Last() == HealthState::kNotServing; }, kPatience));
  const absl::Time not_serving = absl::Now();
  // For the drain delay all goes on, new streams too.
  EXPECT_EQ(watchers.ends(), 0u);
  EXPECT_THAT(NewApi()->WatchTask(tasks[0], "", [](const auto&) { return false; }).messages, ::testing::SizeIs(1));

  const std::optional<int> exit_code = gateway().process().Wait(kGrace + kPatience);
  const absl::Time exited = absl::Now();
  EXPECT_EQ(exit_code, 0);
  EXPECT_LT(StoppedAt() - start, kGrace);
  if (!SEEDANCE_SLOW_BUILD) {
    // After that an instrumented process looks for leaks.
    EXPECT_LT(exited - start, kGrace);
  }
  EXPECT_TRUE(Eventually([&] { return next_->Listens(); }, kPatience));
  const absl::Time served = absl::Now();
  EXPECT_TRUE(Eventually([&] { return watchers.ends() >= kStreams && watchers.live() == kStreams; }, kPatience));
  const int64_t before = load.good();
  EXPECT_TRUE(Eventually([&] { return load.good() > before + 100; }, kPatience));
  load.Stop();
  Advance(absl::Seconds(30));
  EXPECT_TRUE(Eventually([&] { return watchers.finished() == kStreams; }, kPatience));

  EXPECT_EQ(ended_before_health, 0);
  EXPECT_THAT(load.failures(), IsEmpty());
  ExpectGoodStories(watchers.Stories(), 1);
  // No create was lost or sent twice, whatever the retry policies did.
  const int64_t created = static_cast<int64_t>(tasks.size()) + load.creates();
  EXPECT_TRUE(Eventually([&] { return Bills("CreateTask") >= created; }));
  EXPECT_EQ(Bills("CreateTask"), created);
  std::printf(
      "%zu streams, %lld unary calls (%lld creates), 0 failed; after SIGTERM: NOT_SERVING %.0f ms, first stream ends "
      "%.0f ms, exit %.0f ms, the next process listens %.0f ms; longest unary call %.0f ms\n",
      kStreams, static_cast<long long>(load.good()), static_cast<long long>(load.creates()), Ms(not_serving - start),
      Ms(absl::FromUnixNanos(first_end) - start), Ms(exited - start), Ms(served - start), Ms(load.longest()));
}

class ConnectionAgeTest : public RolloutTest {
 protected:
  void StartAgeing(const std::string& heartbeats) {
    testing::GatewayOptions options;
    options.server = {"max_connection_age: 1s", "max_connection_age_grace: 6s", "heartbeat_interval: " + heartbeats};
    StartGateway(options);
  }
};

TEST_F(ConnectionAgeTest, StreamsEndByThemselvesBeforeTheirConnectionDoesAndCallsNeverFail) {
  // Every stream brings a message: the retry policy of the channel would open a resumed one that brought none again,
  // unseen.
  StartAgeing("0.2s");
  const std::vector<std::string> tasks = RunningTasks(5);
  const std::string target = absl::StrCat("ipv4:", gateway().address());
  const absl::Time start = absl::Now();
  Watchers watchers([&] { return OrdinaryChannel(target); }, tasks, 100, 10);
  UnaryLoad load({OrdinaryChannel(target), OrdinaryChannel(target)}, tasks[0]);
  EXPECT_TRUE(Eventually(
      [&] {
        const auto stories = watchers.Stories();
        return std::all_of(stories.begin(), stories.end(), [](const auto& story) { return story.ends.size() >= 3; });
      },
      kPatience));
  load.Stop();
  Advance(absl::Seconds(30));
  EXPECT_TRUE(Eventually([&] { return watchers.finished() == watchers.count(); }, kPatience));
  // An age of 1 s makes a second in which a busy machine runs neither process as long as an age: a stream that comes
  // over a connection which closes in that second breaks with all its neighbours, and goes on with the token of its
  // last message. One end of ten may be such; without ends of our own every end would be.
  ExpectGoodStories(watchers.Stories(), 3, 3 * watchers.count() / 10);
  EXPECT_THAT(load.failures(), IsEmpty());

  // Not all at once.
  const std::vector<Watchers::Story> stories = watchers.Stories();
  std::set<int64_t> moments;
  for (const Watchers::Story& story : stories) moments.insert((story.ends[0].time - start) / absl::Milliseconds(50));
  EXPECT_GE(moments.size(), 5u);
  std::printf("first ends between %lld and %lld ms; ends of one stream at",
              50 * static_cast<long long>(*moments.begin()), 50 * static_cast<long long>(*moments.rbegin()));
  for (const Watchers::End& end : stories[0].ends) std::printf(" %.0f", Ms(end.time - start));
  std::printf(" ms\n");
}

TEST_F(ConnectionAgeTest, TheClientLibraryGoesOnWithoutLosingOrRepeatingAMessage) {
  StartAgeing("20s");  // Resumed streams bring no message.
  const std::string name = RunningTasks(1)[0];
  client::ClientOptions options;
  options.endpoint = gateway().address();
  const auto client = Must(client::Client::Create(options));
  std::atomic<int> reconnects{0};
  std::vector<int64_t> revisions;
  std::vector<std::string> causes;
  client::WatchOptions watch;
  watch.on_reconnect = [&](const absl::Status& cause, absl::Duration) {
    causes.push_back(std::string(cause.message()));
    ++reconnects;
  };
  std::thread advance([&] {
    EXPECT_TRUE(Eventually([&] { return reconnects >= 3; }, kPatience));
    Advance(absl::Seconds(30));
  });
  const auto task = client->WatchGenerationTask(
      name, [&](const v1::GenerationTask& snapshot) { revisions.push_back(snapshot.revision()); }, watch);
  advance.join();
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->state(), State::STATE_SUCCEEDED);
  EXPECT_TRUE(std::is_sorted(revisions.begin(), revisions.end(), std::less_equal<>()));
  EXPECT_THAT(causes, ::testing::Each("the connection has reached its maximum age; reconnect"));
}

class StopTest : public RolloutTest {
 protected:
  // Stops the gateway while calls are under way that do not end, and expects it to end well.
  void ExpectStop() {
    const absl::Time start = absl::Now();
    EXPECT_EQ(Must(gateway().Stop(SIGTERM, kPatience)), 0);
    std::printf("grace 2000 ms, exit after %.0f ms\n", Ms(absl::Now() - start));
    const std::string log = gateway().Log();
    EXPECT_NE(log.find("\"calls_left\":"), std::string::npos);
    EXPECT_EQ(log.find("\"calls_left\":0"), std::string::npos) << "nothing held it up";
    EXPECT_EQ(log.find("server_stop_hangs"), std::string::npos);
  }
};

TEST_F(StopTest, ClientsThatNeverReadDoNotHoldItUp) {
  testing::GatewayOptions options;
  options.server = {"heartbeat_interval: 0.1s"};
  StartGateway(options);
  const std::string name = RunningTasks(1)[0];
  const int silent = testing::ConnectLoopback(gateway().address());  // Not even a preface.
  ASSERT_GE(silent, 0);
  testing::RawHttp2 mute(gateway().address());
  v1::WatchGenerationTaskRequest request;
  request.set_name(name);
  for (int i = 0; i < 300; ++i) {
    const uint32_t stream = mute.Open("/seedance.gateway.v1.GenerationTaskService/WatchGenerationTask");
    ASSERT_TRUE(mute.Send(stream, testing::RawHttp2::Message(request.SerializeAsString()), /*end=*/true));
  }
  // Its window of 64 KB is full when ten heartbeats bring nothing: then every write of the gateway is under way.
  int unread = 0;
  absl::Time since = absl::Now();
  ASSERT_TRUE(Eventually(
      [&] {
        if (mute.unread() != unread) since = absl::Now();
        unread = mute.unread();
        return unread > 60'000 && absl::Now() - since > absl::Seconds(1);
      },
      kPatience));
  ExpectStop();
  close(silent);
}

TEST_F(StopTest, UploadsThatStandStillDoNotHoldItUp) {
  StartGateway();
  const auto stub = v1::AssetService::NewStub(api().channel());
  HealthWatch health(gateway().address());
  ASSERT_TRUE(Eventually([&] { return health.Last() == HealthState::kServing; }));
  v1::UploadAssetRequest metadata;
  metadata.mutable_metadata()->mutable_asset()->set_asset_group(NewGroup());
  metadata.mutable_metadata()->mutable_asset()->set_display_name("half");
  metadata.mutable_metadata()->set_file_name("half.png");
  metadata.mutable_metadata()->set_size_bytes(1 << 20);
  v1::UploadAssetRequest piece;
  piece.set_chunk(Media("hero.png").substr(0, 100));
  struct Upload {
    grpc::ClientContext context;
    v1::Asset asset;
    std::unique_ptr<grpc::ClientWriter<v1::UploadAssetRequest>> writer;
  };
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < 5; ++i) {
    uploads.push_back(std::make_unique<Upload>());
    Upload& upload = *uploads.back();
    upload.writer = stub->UploadAsset(&upload.context, &upload.asset);
    ASSERT_TRUE(upload.writer->Write(metadata));
    ASSERT_TRUE(upload.writer->Write(piece));
  }
  // They have arrived when a later call on the connection is answered.
  ASSERT_TRUE(api().ListTasks({}).ok());
  ExpectStop();
  for (const auto& upload : uploads) EXPECT_FALSE(upload->writer->Finish().ok());
}

TEST_F(StopTest, ASignalThatAsksForTheConfigurationEndsNothing) {
  StartGateway();
  gateway().process().Kill(SIGHUP);
  ASSERT_TRUE(Eventually([&] { return gateway().Log().find("config_reloaded") != std::string::npos; }, kPatience));
  EXPECT_TRUE(api().ListTasks({}).ok());
  EXPECT_EQ(Must(gateway().Stop(SIGTERM, kPatience)), 0);
}

TEST_F(StopTest, ASecondSignalEndsItAtOnce) {
  testing::GatewayOptions options;
  options.drain_grace = absl::Seconds(600);
  options.server = {"drain_delay: 300s"};
  StartGateway(options);
  gateway().process().Kill(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return gateway().Log().find("server_draining") != std::string::npos; }, kPatience));
  EXPECT_EQ(Must(gateway().Stop(SIGINT, kPatience)), 1);
}

}  // namespace
}  // namespace seedance::e2e

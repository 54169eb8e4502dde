#include "client/cpp/watch.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/unit/client/cutting_proxy.h"
#include "tests/unit/client/fixture.h"

namespace seedance::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Task = v1::GenerationTask;
using Request = v1::WatchGenerationTaskRequest;
using Writer = grpc::ServerWriter<v1::WatchGenerationTaskResponse>;

class WatchTest : public ClientTest {
 protected:
  absl::StatusOr<Task> Watch(Client& watcher, const WatchOptions& options = {}) {
    return watcher.WatchGenerationTask(
        "generationTasks/t1", [this](const Task& task) { revisions.push_back(task.revision()); }, options);
  }

  // Answers the n-th stream with the n-th function; keeps the tokens that were asked for.
  void Script(std::vector<std::function<grpc::Status(grpc::ServerContext&, Writer&)>> script) {
    gateway.watch_task = [this, script](grpc::ServerContext& context, const Request& request, Writer& writer) {
      const size_t stream = tokens.size();
      tokens.push_back(request.resume_token());
      if (stream >= script.size()) return grpc::Status(grpc::StatusCode::ABORTED, "more streams than the test expects");
      return script[stream](context, writer);
    };
  }

  std::vector<std::string> tokens;
  std::vector<int64_t> revisions;
};

TEST_F(WatchTest, EndsWithTheTerminalSnapshotAndSkipsHeartbeats) {
  Script({[](grpc::ServerContext&, Writer& writer) {
    writer.Write(Snapshot(Task::STATE_QUEUED, 1));
    v1::WatchGenerationTaskResponse heartbeat;
    heartbeat.set_heartbeat(true);
    heartbeat.set_resume_token("token-1");
    writer.Write(heartbeat);
    writer.Write(Snapshot(Task::STATE_RUNNING, 2));
    writer.Write(Snapshot(Task::STATE_SUCCEEDED, 3));
    return grpc::Status::OK;
  }});
  const auto task = Watch(*client);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->state(), Task::STATE_SUCCEEDED);
  EXPECT_THAT(revisions, ElementsAre(1, 2, 3));
}

TEST_F(WatchTest, ResumesWithTheLastTokenAfterUnavailable) {
  Script({[](grpc::ServerContext&, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_QUEUED, 1));
            writer.Write(Snapshot(Task::STATE_RUNNING, 2));
            return UnavailableFor(absl::Seconds(2));
          },
          [](grpc::ServerContext&, Writer&) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"); },
          [](grpc::ServerContext&, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_SUCCEEDED, 3));
            return grpc::Status::OK;
          }});
  ASSERT_TRUE(Watch(*client).ok());
  EXPECT_THAT(tokens, ElementsAre("", "token-2", "token-2"));
  EXPECT_THAT(revisions, ElementsAre(1, 2, 3));
  EXPECT_THAT(waits, ElementsAre(absl::Milliseconds(2200), absl::Milliseconds(400)));
}

TEST_F(WatchTest, ResumesAfterTheConnectionIsCutWithExactlyOneTerminalSnapshot) {
  CuttingProxy proxy(gateway.port());
  Script({[&](grpc::ServerContext& context, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_RUNNING, 1));
            while (!context.IsCancelled()) std::this_thread::yield();
            return grpc::Status::CANCELLED;
          },
          [](grpc::ServerContext&, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_SUCCEEDED, 2));
            return grpc::Status::OK;
          }});
  ClientOptions options = OptionsFor(proxy.endpoint());
  int terminal = 0;
  const auto task = ClientFor(options)->WatchGenerationTask("generationTasks/t1", [&](const Task& snapshot) {
    revisions.push_back(snapshot.revision());
    if (snapshot.revision() == 1) proxy.Cut();
    if (IsTerminal(snapshot.state())) ++terminal;
  });
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(terminal, 1);
  EXPECT_THAT(revisions, ElementsAre(1, 2));
  EXPECT_THAT(tokens, ElementsAre("", "token-1"));
  EXPECT_EQ(proxy.connections(), 2);
}

TEST_F(WatchTest, ResumesWithTheFreshTokenAfterOutOfRange) {
  ErrorDetails details;
  details.reason = "RESUME_TOKEN_EXPIRED";
  details.metadata = {{"resume_token", "fresh"}};
  Script({[](grpc::ServerContext&, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_RUNNING, 900));
            return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
          },
          [details](grpc::ServerContext&, Writer&) {
            return ErrorWith(grpc::StatusCode::OUT_OF_RANGE, "another store", details);
          },
          // Revisions of another store may be lower.
          [](grpc::ServerContext&, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_SUCCEEDED, 4));
            return grpc::Status::OK;
          }});
  ASSERT_TRUE(Watch(*client).ok());
  EXPECT_THAT(tokens, ElementsAre("", "token-900", "fresh"));
  EXPECT_THAT(revisions, ElementsAre(900, 4));
}

TEST_F(WatchTest, SecondOutOfRangeInARowIsAnError) {
  ErrorDetails details;
  details.metadata = {{"resume_token", "fresh"}};
  details.reason = "RESUME_TOKEN_EXPIRED";
  const auto refuse = [details](grpc::ServerContext&, Writer&) {
    return ErrorWith(grpc::StatusCode::OUT_OF_RANGE, "another store", details);
  };
  Script({refuse, refuse});
  EXPECT_EQ(Watch(*client).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(WatchTest, SnapshotThatComesTwiceIsDeliveredOnce) {
  Script({[](grpc::ServerContext&, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_RUNNING, 5));
            return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
          },
          [](grpc::ServerContext&, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_RUNNING, 5));
            writer.Write(Snapshot(Task::STATE_SUCCEEDED, 6));
            return grpc::Status::OK;
          }});
  ASSERT_TRUE(Watch(*client).ok());
  EXPECT_THAT(revisions, ElementsAre(5, 6));
}

TEST_F(WatchTest, StreamThatEndsWithoutAMessageIsLookedUp) {
  Script({[](grpc::ServerContext&, Writer&) { return grpc::Status::OK; }});
  gateway.get_task = [](const v1::GetGenerationTaskRequest&, Task& task) {
    task = TaskIn(Task::STATE_FAILED, 7);
    return grpc::Status::OK;
  };
  WatchOptions options;
  options.resume_token = "token-7";
  const auto task = Watch(*client, options);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->state(), Task::STATE_FAILED);
  EXPECT_THAT(tokens, ElementsAre("token-7"));
  EXPECT_THAT(revisions, ElementsAre(7));
}

TEST_F(WatchTest, SilentStreamIsOpenedAgain) {
  Script({[](grpc::ServerContext& context, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_RUNNING, 1));
            while (!context.IsCancelled()) std::this_thread::yield();
            return grpc::Status::CANCELLED;
          },
          [](grpc::ServerContext&, Writer& writer) {
            writer.Write(Snapshot(Task::STATE_SUCCEEDED, 2));
            return grpc::Status::OK;
          }});
  ClientOptions options = OptionsFor(gateway.endpoint());
  options.stream_idle_timeout = absl::Seconds(1);
  ASSERT_TRUE(Watch(*ClientFor(options)).ok());
  EXPECT_THAT(tokens, ElementsAre("", "token-1"));
}

TEST_F(WatchTest, GivesUpSoonerIfNoMessageEverCame) {
  std::vector<std::function<grpc::Status(grpc::ServerContext&, Writer&)>> script(
      100, [](grpc::ServerContext&, Writer&) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "down"); });
  Script(script);
  EXPECT_EQ(Watch(*client).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(tokens.size(), 5u);

  tokens.clear();
  script[0] = [](grpc::ServerContext&, Writer& writer) {
    writer.Write(Snapshot(Task::STATE_RUNNING, 1));
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "down");
  };
  Script(script);
  EXPECT_EQ(Watch(*client).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(tokens.size(), 20u);
}

TEST_F(WatchTest, GoesOnHoweverOftenTheGatewayEndsTheStreamInGoodOrder) {
  // Nothing changes meanwhile: a resumed stream brings no message.
  std::vector<std::function<grpc::Status(grpc::ServerContext&, Writer&)>> script(
      50, [](grpc::ServerContext& context, Writer&) {
        context.AddTrailingMetadata("resume-token", "token-0");
        return UnavailableFor(absl::Milliseconds(500));
      });
  script.push_back([](grpc::ServerContext&, Writer& writer) {
    writer.Write(Snapshot(Task::STATE_SUCCEEDED, 1));
    return grpc::Status::OK;
  });
  Script(script);
  WatchOptions options;
  options.resume_token = "token-0";
  const auto task = Watch(*client, options);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(tokens.size(), 51u);
  EXPECT_THAT(revisions, ElementsAre(1));
  // As long as the gateway asks, plus jitter that does not grow.
  EXPECT_THAT(waits, ::testing::Each(absl::Milliseconds(700)));
}

TEST_F(WatchTest, AStreamThatAStoppingGatewayNeverTookUpIsAFruitlessTry) {
  Script(std::vector<std::function<grpc::Status(grpc::ServerContext&, Writer&)>>(
      100, [](grpc::ServerContext&, Writer&) { return UnavailableFor(absl::Milliseconds(500)); }));
  EXPECT_EQ(Watch(*client).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(tokens.size(), 5u);
}

TEST_F(WatchTest, ErrorOfTheGatewayIsNotRepeated) {
  Script({[](grpc::ServerContext&, Writer&) { return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such task"); }});
  EXPECT_EQ(Watch(*client).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(tokens.size(), 1u);
  EXPECT_THAT(waits, IsEmpty());
}

TEST_F(WatchTest, CancellerEndsTheWatch) {
  Script({[](grpc::ServerContext& context, Writer& writer) {
    writer.Write(Snapshot(Task::STATE_RUNNING, 1));
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  }});
  Canceller canceller;
  WatchOptions options;
  options.canceller = &canceller;
  const auto task = client->WatchGenerationTask(
      "generationTasks/t1", [&](const Task&) { canceller.Cancel(); }, options);
  EXPECT_EQ(task.status().code(), absl::StatusCode::kCancelled);
}

TEST_F(WatchTest, CancellationBetweenTheBreakAndThePauseIsReportedAsCancelled) {
  Canceller canceller;
  ClientOptions client_options = OptionsFor(gateway.endpoint());
  client_options.timing.random = [&canceller] {
    canceller.Cancel();
    return 1.0;
  };
  gateway.watch_task = [](grpc::ServerContext&, const Request&, Writer&) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "later");
  };
  WatchOptions options;
  options.canceller = &canceller;
  const auto task = ClientFor(client_options)->WatchGenerationTask("generationTasks/x", nullptr, options);
  EXPECT_EQ(task.status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(waits.empty());
}

TEST_F(WatchTest, TimeLimitEndsTheWatch) {
  Script({[](grpc::ServerContext& context, Writer& writer) {
    writer.Write(Snapshot(Task::STATE_RUNNING, 1));
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  }});
  WatchOptions options;
  options.timeout = absl::Milliseconds(200);
  EXPECT_EQ(Watch(*client, options).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(WatchTest, EachTokenIsReportedOnce) {
  Script({[](grpc::ServerContext&, Writer& writer) {
    writer.Write(Snapshot(Task::STATE_RUNNING, 1));
    v1::WatchGenerationTaskResponse heartbeat;
    heartbeat.set_heartbeat(true);
    heartbeat.set_resume_token("token-1");
    writer.Write(heartbeat);
    writer.Write(Snapshot(Task::STATE_SUCCEEDED, 2));
    return grpc::Status::OK;
  }});
  std::vector<std::string> reported;
  WatchOptions options;
  options.on_token = [&](const std::string& token) { reported.push_back(token); };
  ASSERT_TRUE(Watch(*client, options).ok());
  EXPECT_THAT(reported, ElementsAre("token-1", "token-2"));
}

TEST_F(WatchTest, AssetIsWatchedUntilActive) {
  gateway.watch_asset = [](grpc::ServerContext&, const v1::WatchAssetRequest& request,
                           grpc::ServerWriter<v1::WatchAssetResponse>& writer) {
    v1::WatchAssetResponse response;
    response.mutable_asset()->set_name(request.name());
    response.mutable_asset()->set_state(v1::Asset::STATE_PROCESSING);
    response.mutable_asset()->set_revision(1);
    writer.Write(response);
    response.mutable_asset()->set_state(v1::Asset::STATE_ACTIVE);
    response.mutable_asset()->set_revision(2);
    writer.Write(response);
    return grpc::Status::OK;
  };
  std::vector<v1::Asset::State> states;
  const auto asset =
      client->WatchAsset("assets/a", [&](const v1::Asset& snapshot) { states.push_back(snapshot.state()); });
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_THAT(states, ElementsAre(v1::Asset::STATE_PROCESSING, v1::Asset::STATE_ACTIVE));
}

}  // namespace
}  // namespace seedance::client

#include <gmock/gmock.h>

#include <thread>

#include "client/cpp/watch.h"
#include "tests/unit/client/cutting_proxy.h"
#include "tests/unit/client/fixture.h"

namespace seedance::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Task = v1::GenerationTask;
using TasksRequest = v1::WatchGenerationTasksRequest;
using Response = v1::WatchGenerationTasksResponse;
using TasksWriter = grpc::ServerWriter<Response>;

// A message with these tasks; the token says its revision.
Response Message(std::vector<int64_t> revisions, bool synced, const std::string& token = "") {
  Response response;
  for (const int64_t revision : revisions) {
    *response.add_generation_tasks() = TaskIn(Task::STATE_RUNNING, revision);
    response.mutable_generation_tasks()->rbegin()->set_name("generationTasks/t" + std::to_string(revision));
  }
  response.set_synced(synced);
  response.set_resume_token(token);
  return response;
}

class WatchTasksTest : public ClientTest {
 protected:
  using Stream = std::function<grpc::Status(grpc::ServerContext&, TasksWriter&)>;

  // Answers the n-th stream with the n-th function; one more is refused, which ends the watch.
  void Script(std::vector<Stream> script) {
    gateway.watch_tasks = [this, script](grpc::ServerContext& context, const TasksRequest& request,
                                         TasksWriter& writer) {
      const size_t stream = requests.size();
      requests.push_back(request);
      if (stream >= script.size()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "the end of the script");
      return script[stream](context, writer);
    };
  }

  absl::Status Watch(Client& watcher, const WatchOptions& options = {}, const TasksFilter& filter = {}) {
    TasksCallbacks callbacks;
    callbacks.on_task = [this](const Task& task) { told.push_back(std::to_string(task.revision())); };
    callbacks.on_removed = [this](const std::string& name) { told.push_back("-" + name); };
    callbacks.on_synced = [this] { told.push_back("synced"); };
    callbacks.on_reset = [this] { told.push_back("reset"); };
    return watcher.WatchGenerationTasks(filter, callbacks, options);
  }

  std::vector<std::string> tokens() const {
    std::vector<std::string> all;
    for (const TasksRequest& request : requests) all.push_back(request.resume_token());
    return all;
  }

  std::vector<TasksRequest> requests;
  std::vector<std::string> told;
};

grpc::Status Restarting() { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"); }

TEST_F(WatchTasksTest, TheFilterGoesAlongWithEveryStream) {
  TasksFilter filter;
  filter.states = {Task::STATE_RUNNING};
  filter.labels = {{"shot", "12"}};
  filter.names = {"generationTasks/a", "generationTasks/b"};
  Script(
      {[](grpc::ServerContext&, TasksWriter&) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"); }});
  EXPECT_EQ(Watch(*client, {}, filter).code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(requests.size(), 2u);
  for (const TasksRequest& request : requests) {
    EXPECT_THAT(request.states(), ElementsAre(Task::STATE_RUNNING));
    EXPECT_EQ(request.labels().at("shot"), "12");
    EXPECT_THAT(request.names(), ElementsAre("generationTasks/a", "generationTasks/b"));
  }
}

TEST_F(WatchTasksTest, TellsTasksRemovalsAndWhenItKnowsAll) {
  Script({[](grpc::ServerContext&, TasksWriter& writer) {
    writer.Write(Message({1, 2}, false));
    writer.Write(Message({3}, true, "token-3"));
    Response removed = Message({}, true, "token-4");
    removed.add_removed("generationTasks/t2");
    writer.Write(removed);
    Response heartbeat = Message({}, true, "token-9");
    heartbeat.set_heartbeat(true);
    writer.Write(heartbeat);
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "over");
  }});
  EXPECT_EQ(Watch(*client).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(told, ElementsAre("1", "2", "3", "synced", "-generationTasks/t2"));
}

TEST_F(WatchTasksTest, SendsItsFilter) {
  Script({});
  (void)Watch(*client, {}, {{Task::STATE_RUNNING, Task::STATE_QUEUED}, {{"show", "one"}}});
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_THAT(requests[0].states(), ElementsAre(Task::STATE_RUNNING, Task::STATE_QUEUED));
  EXPECT_EQ(requests[0].labels().at("show"), "one");
}

TEST_F(WatchTasksTest, GoesOnWithTheLastTokenAndSaysSyncedOnce) {
  Script({[](grpc::ServerContext&, TasksWriter& writer) {
            writer.Write(Message({1}, true, "token-1"));
            return UnavailableFor(absl::Seconds(2));
          },
          [](grpc::ServerContext&, TasksWriter&) { return Restarting(); },
          [](grpc::ServerContext&, TasksWriter& writer) {
            writer.Write(Message({2}, false, "token-2"));
            writer.Write(Message({3}, true, "token-3"));
            return Restarting();
          }});
  (void)Watch(*client);
  EXPECT_THAT(tokens(), ElementsAre("", "token-1", "token-1", "token-3"));
  EXPECT_THAT(told, ElementsAre("1", "synced", "2", "3"));
  EXPECT_THAT(waits, ElementsAre(absl::Milliseconds(2200), absl::Milliseconds(400), absl::Milliseconds(200)));
}

TEST_F(WatchTasksTest, AStreamThatBreaksBeforeItIsSyncedBeginsAnewWithAReset) {
  Script({[](grpc::ServerContext&, TasksWriter& writer) {
            writer.Write(Message({1, 2}, false));
            return Restarting();
          },
          [](grpc::ServerContext&, TasksWriter& writer) {
            writer.Write(Message({2}, true, "token-2"));
            return Restarting();
          }});
  (void)Watch(*client);
  EXPECT_THAT(tokens(), ElementsAre("", "", "token-2"));
  EXPECT_THAT(told, ElementsAre("1", "2", "reset", "2", "synced"));
}

TEST_F(WatchTasksTest, AnExpiredTokenBeginsAnewWithAReset) {
  ErrorDetails details;
  details.reason = "RESUME_TOKEN_EXPIRED";
  details.metadata = {{"resume_token", "fresh"}};
  const auto refuse = [details](grpc::ServerContext&, TasksWriter&) {
    return ErrorWith(grpc::StatusCode::OUT_OF_RANGE, "too old", details);
  };
  Script({refuse,
          [](grpc::ServerContext&, TasksWriter& writer) {
            writer.Write(Message({1}, true, "token-1"));
            return Restarting();
          },
          refuse, refuse});
  WatchOptions options;
  options.resume_token = "old";
  std::vector<std::string> reported;
  options.on_token = [&](const std::string& token) { reported.push_back(token); };
  EXPECT_EQ(Watch(*client, options).code(), absl::StatusCode::kOutOfRange) << "a second time in a row is an error";
  EXPECT_THAT(tokens(), ElementsAre("old", "fresh", "token-1", "fresh"));
  EXPECT_THAT(told, ElementsAre("reset", "1", "synced", "reset"));
  EXPECT_THAT(reported, ElementsAre("token-1"));
}

TEST_F(WatchTasksTest, AnEndWithoutAnErrorIsOpenedAgain) {
  Script({[](grpc::ServerContext&, TasksWriter& writer) {
    writer.Write(Message({1}, true, "token-1"));
    return grpc::Status::OK;
  }});
  EXPECT_EQ(Watch(*client).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(tokens(), ElementsAre("", "token-1"));
}

TEST_F(WatchTasksTest, GoesOnAfterTheConnectionIsCut) {
  CuttingProxy proxy(gateway.port());
  Script({[&](grpc::ServerContext& context, TasksWriter& writer) {
            writer.Write(Message({1}, true, "token-1"));
            while (!context.IsCancelled()) std::this_thread::yield();
            return grpc::Status::CANCELLED;
          },
          [](grpc::ServerContext&, TasksWriter& writer) {
            writer.Write(Message({2}, true, "token-2"));
            return grpc::Status(grpc::StatusCode::NOT_FOUND, "over");
          }});
  TasksCallbacks callbacks;
  callbacks.on_task = [&](const Task& task) {
    told.push_back(std::to_string(task.revision()));
    if (task.revision() == 1) proxy.Cut();
  };
  (void)ClientFor(OptionsFor(proxy.endpoint()))->WatchGenerationTasks({}, callbacks);
  EXPECT_THAT(told, ElementsAre("1", "2"));
  EXPECT_THAT(tokens(), ElementsAre("", "token-1"));
}

TEST_F(WatchTasksTest, CancellerAndTimeLimitEndTheWatch) {
  const Stream endless = [](grpc::ServerContext& context, TasksWriter& writer) {
    writer.Write(Message({1}, true, "token-1"));
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  Script({endless, endless});
  Canceller canceller;
  WatchOptions options;
  options.canceller = &canceller;
  TasksCallbacks callbacks;
  callbacks.on_synced = [&] { canceller.Cancel(); };
  EXPECT_EQ(client->WatchGenerationTasks({}, callbacks, options).code(), absl::StatusCode::kCancelled);
  options.canceller = nullptr;
  options.timeout = absl::Milliseconds(200);
  EXPECT_EQ(client->WatchGenerationTasks({}, {}, options).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(waits, IsEmpty());
}

}  // namespace
}  // namespace seedance::client

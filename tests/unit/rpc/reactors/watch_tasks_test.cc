#include <grpcpp/generic/generic_stub.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "tests/testing/eventually.h"
#include "tests/unit/rpc/gateway_fixture.h"

// WatchGenerationTasks over a real server.
namespace seedance::rpc {
namespace {

using testing::Eventually;
using Request = v1::WatchGenerationTasksRequest;
using Texts = std::vector<std::string>;

// One stream as a client reads it, and what it has told.
class TasksStream {
 public:
  TasksStream(v1::GenerationTaskService::Stub& stub, const Request& request, const std::string& bearer = "") {
    if (!bearer.empty()) context_.AddMetadata("authorization", "Bearer " + bearer);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    reader_ = stub.WatchGenerationTasks(&context_, request);
  }

  // The next message; false at the end of the stream.
  bool Next() {
    if (!reader_->Read(&message)) return false;
    int64_t last = 0;
    for (const v1::GenerationTask& task : message.generation_tasks()) {
      EXPECT_GT(task.revision(), last);
      last = task.revision();
      EXPECT_TRUE(revisions.insert(last).second) << "twice: " << last;
      view[task.name()] = task.state();
    }
    for (const std::string& name : message.removed()) view.erase(name);
    if (!message.resume_token().empty()) token = message.resume_token();
    return true;
  }
  // Reads until the view is as `done` wants it; false when the stream ends before.
  template <typename Done>
  bool NextUntil(Done done) {
    while (!done()) {
      if (!Next()) return false;
    }
    return true;
  }
  bool Synced() {
    return NextUntil([this] { return message.synced(); });
  }
  grpc::Status End() {
    while (Next()) continue;
    return reader_->Finish();
  }
  void Cancel() { context_.TryCancel(); }
  std::string trailer(const std::string& key) const {
    const auto& trailers = context_.GetServerTrailingMetadata();
    const auto found = trailers.find(key);
    return found == trailers.end() ? "" : std::string(found->second.data(), found->second.size());
  }

  v1::WatchGenerationTasksResponse message;
  std::map<std::string, v1::GenerationTask::State> view;
  std::set<int64_t> revisions;
  std::string token;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchGenerationTasksResponse>> reader_;
};

class WatchTasksTest : public GatewayTest {
 protected:
  v1::GenerationTask MakeLabelled(const std::string& key, const std::string& value) {
    grpc::ClientContext context;
    v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt("a cat");
    (*request.mutable_generation_task()->mutable_labels())[key] = value;
    v1::GenerationTask task;
    const grpc::Status status = tasks_->CreateGenerationTask(&context, request, &task);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return task;
  }

  // As the use case of deletion does it.
  void Delete(const std::string& name, const std::string& tenant) {
    const std::string id = name.substr(name.find('/') + 1);
    ASSERT_TRUE(store_->DeleteTask(id, base::RealClock().Now(), [](const auto&) { return absl::OkStatus(); }).ok());
    engine_->task_hub().PublishGone(name);
    engine_->task_feeds().Changed(tenant);
  }

  std::string TenantOf(const v1::GenerationTask& task) {
    return store_->GetTask(task.name().substr(task.name().find('/') + 1))->tenant;
  }
};

TEST_F(WatchTasksTest, AllThatMatchesComesFirstThenEveryChange) {
  Start();
  const v1::GenerationTask one = MakeTask();
  const v1::GenerationTask two = MakeTask();
  TasksStream stream(*tasks_, {});
  ASSERT_TRUE(stream.Synced());
  EXPECT_EQ(stream.view.size(), 2u);
  EXPECT_FALSE(stream.token.empty());
  Report(one, model::TaskState::kSucceeded);
  ASSERT_TRUE(stream.NextUntil([&] { return stream.view[one.name()] == v1::GenerationTask::STATE_SUCCEEDED; }));
  EXPECT_TRUE(stream.message.synced());
  const v1::GenerationTask three = MakeTask();
  ASSERT_TRUE(stream.NextUntil([&] { return stream.view.count(three.name()) > 0; }));
  Delete(one.name(), TenantOf(two));
  ASSERT_TRUE(stream.NextUntil([&] { return stream.view.count(one.name()) == 0; }));
  stream.Cancel();
  EXPECT_EQ(stream.End().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Eventually([&] { return engine_->task_feeds().size() == 0; }));
  EXPECT_TRUE(Eventually([&] { return rpc_context_->streams().size() == 0; }));
}

TEST_F(WatchTasksTest, AFilterShowsWhatMatchesAndNamesWhatLeaves) {
  Start();
  const v1::GenerationTask mine = MakeLabelled("show", "one");
  const v1::GenerationTask other = MakeLabelled("show", "two");
  Request request;
  request.add_states(v1::GenerationTask::STATE_RUNNING);
  (*request.mutable_labels())["show"] = "one";
  TasksStream stream(*tasks_, request);
  ASSERT_TRUE(stream.Synced());
  EXPECT_TRUE(stream.view.empty());
  Report(other, model::TaskState::kRunning, 10);
  Report(mine, model::TaskState::kRunning, 10);
  ASSERT_TRUE(stream.NextUntil([&] { return !stream.view.empty(); }));
  EXPECT_EQ(stream.view.begin()->first, mine.name());
  EXPECT_EQ(stream.message.removed_size(), 0);
  Report(mine, model::TaskState::kSucceeded);
  ASSERT_TRUE(stream.NextUntil([&] { return stream.view.empty(); }));
  ASSERT_EQ(stream.message.removed_size(), 1);
  EXPECT_EQ(stream.message.removed(0), mine.name());
}

TEST_F(WatchTasksTest, AResumedStreamBringsOnlyWhatChanged) {
  Start();
  const v1::GenerationTask one = MakeTask();
  const v1::GenerationTask two = MakeTask();
  Request request;
  {
    TasksStream first(*tasks_, request);
    ASSERT_TRUE(first.Synced());
    request.set_resume_token(first.token);
    first.Cancel();
  }
  Report(two, model::TaskState::kSucceeded);
  TasksStream second(*tasks_, request);
  ASSERT_TRUE(second.NextUntil([&] { return second.view[two.name()] == v1::GenerationTask::STATE_SUCCEEDED; }));
  ASSERT_TRUE(second.Synced());
  EXPECT_EQ(second.view.count(one.name()), 0u);
  EXPECT_EQ(second.revisions.size(), 1u);
}

TEST_F(WatchTasksTest, ByNamesOnlyThoseAreFollowed) {
  Start();
  const v1::GenerationTask one = MakeTask();
  const v1::GenerationTask other = MakeTask();
  const v1::GenerationTask two = MakeTask();
  Request request;
  for (const auto* task : {&two, &one, &two}) request.add_names(task->name());
  std::string token;
  {
    TasksStream stream(*tasks_, request);
    ASSERT_TRUE(stream.Synced());
    EXPECT_EQ(stream.view.size(), 2u);
    EXPECT_EQ(stream.view.count(other.name()), 0u);
    Report(other, model::TaskState::kSucceeded);
    ASSERT_TRUE(
        Eventually([&] { return store_->GetTask(other.name().substr(16))->state == model::TaskState::kSucceeded; }));
    Report(one, model::TaskState::kSucceeded);
    ASSERT_TRUE(stream.NextUntil([&] { return stream.view[one.name()] == v1::GenerationTask::STATE_SUCCEEDED; }));
    EXPECT_EQ(stream.view.size(), 2u);
    token = stream.token;
    stream.Cancel();
  }
  // What is gone meanwhile is told to one who resumes; the other's deletion is no news.
  Delete(other.name(), TenantOf(one));
  Delete(one.name(), TenantOf(two));
  request.set_resume_token(token);
  TasksStream resumed(*tasks_, request);
  ASSERT_TRUE(resumed.NextUntil([&] { return resumed.message.removed_size() > 0; }));
  EXPECT_EQ(Texts(resumed.message.removed().begin(), resumed.message.removed().end()), Texts{one.name()});
  resumed.Cancel();
  // A token belongs to its names, and all names must be there for a new reader.
  request.mutable_names()->RemoveLast();
  request.mutable_names()->RemoveLast();
  EXPECT_EQ(TasksStream(*tasks_, request).End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_resume_token();
  request.add_names(one.name());
  const grpc::Status missing = TasksStream(*tasks_, request).End();
  EXPECT_EQ(missing.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailOf(missing).resource->name, one.name());
}

TEST_F(WatchTasksTest, AfterAnOldTokenAReaderByNamesIsToldOfTheDeletedOnes) {
  Start();
  const v1::GenerationTask one = MakeTask();
  const v1::GenerationTask two = MakeTask();
  Request request;
  for (const auto* task : {&one, &two}) request.add_names(task->name());
  {
    TasksStream stream(*tasks_, request);
    ASSERT_TRUE(stream.Synced());
    request.set_resume_token(stream.token);
    stream.Cancel();
  }
  Delete(one.name(), TenantOf(two));
  ASSERT_TRUE(store_->TrimDeletions(absl::InfiniteFuture()).ok());
  const grpc::Status old = TasksStream(*tasks_, request).End();
  ASSERT_EQ(old.error_code(), grpc::StatusCode::OUT_OF_RANGE) << old.error_message();
  request.set_resume_token(DetailOf(old).metadata["resume_token"]);
  TasksStream again(*tasks_, request);
  Texts removed;
  do {
    ASSERT_TRUE(again.Next());
    removed.insert(removed.end(), again.message.removed().begin(), again.message.removed().end());
  } while (!again.message.synced());
  EXPECT_EQ(removed, Texts{one.name()});
  EXPECT_EQ(again.view.count(two.name()), 1u);
}

TEST_F(WatchTasksTest, FiveHundredNamesAreTheMost) {
  Start();
  Request request;
  for (int i = 0; i < 500; ++i) {
    model::GenerationTask task;
    task.id = absl::StrCat("0190f5fe-7c00-7a00-8000-", 100000000000 + i);
    task.create_time = task.update_time = absl::FromUnixSeconds(1'800'000'000);
    task.request.upstream = "fake";
    request.add_names(StoreTask(std::move(task)));
  }
  TasksStream stream(*tasks_, request);
  ASSERT_TRUE(stream.Synced());
  EXPECT_EQ(stream.view.size(), 500u);
  stream.Cancel();
  request.add_names("generationTasks/x");
  const grpc::Status many = TasksStream(*tasks_, request).End();
  EXPECT_EQ(many.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf(many).violations.at(0).field, "names");
  request.clear_names();
  request.add_names("generationTasks/x");
  EXPECT_EQ(DetailOf(TasksStream(*tasks_, request).End()).violations.at(0).field, "names[0]");
}

TEST_F(WatchTasksTest, BadFiltersAndForeignTokensAreRefused) {
  Start();
  const v1::GenerationTask task = MakeTask();
  TasksStream first(*tasks_, {});
  ASSERT_TRUE(first.Synced());
  const auto field_of = [&](const Request& request) {
    TasksStream stream(*tasks_, request);
    const grpc::Status status = stream.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    const auto violations = DetailOf(status).violations;
    return violations.empty() ? "" : violations[0].field;
  };
  Request unspecified;
  unspecified.add_states(v1::GenerationTask::STATE_UNSPECIFIED);
  EXPECT_EQ(field_of(unspecified), "states[0]");
  Request labels;
  for (int i = 0; i < 9; ++i) (*labels.mutable_labels())[absl::StrCat("k", i)] = "v";
  EXPECT_EQ(field_of(labels), "labels");
  Request nonsense;
  nonsense.set_resume_token("nonsense");
  EXPECT_EQ(field_of(nonsense), "resume_token");
  Request filtered;
  filtered.add_states(v1::GenerationTask::STATE_RUNNING);
  filtered.set_resume_token(first.token);
  EXPECT_EQ(field_of(filtered), "resume_token");
  // A token of the other watch.
  grpc::ClientContext context;
  v1::WatchGenerationTaskRequest single;
  single.set_name(task.name());
  single.set_resume_token(first.token);
  auto reader = tasks_->WatchGenerationTask(&context, single);
  v1::WatchGenerationTaskResponse message;
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WatchTasksTest, BytesThatAreNoRequestAreInvalid) {
  Start();
  // Field 3 (a text) with a length that is longer than the message.
  const std::string broken = "\x1a\x7f";
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> generic(channel_);
  for (const char* method : {"WatchGenerationTask", "WatchGenerationTasks"}) {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    auto call =
        generic.PrepareCall(&context, absl::StrCat("/seedance.gateway.v1.GenerationTaskService/", method), &queue);
    void* tag = nullptr;
    bool ok = false;
    call->StartCall(nullptr);
    ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
    const grpc::Slice slice(broken);
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
    grpc::Status status;
    call->Finish(&status, nullptr);
    ASSERT_TRUE(queue.Next(&tag, &ok));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method << ": " << status.error_message();
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) continue;
  }
}

TEST_F(WatchTasksTest, IdleStreamsGetHeartbeatsThatAlsoFindWhatNobodyMadeKnown) {
  rpc_options_.heartbeat_interval = absl::Milliseconds(100);
  Start();
  const v1::GenerationTask task = MakeTask();
  TasksStream stream(*tasks_, {});
  ASSERT_TRUE(stream.Synced());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream.NextUntil([&] { return stream.message.heartbeat(); }));
    EXPECT_TRUE(stream.message.synced());
    EXPECT_EQ(stream.message.generation_tasks_size(), 0);
    EXPECT_FALSE(stream.message.resume_token().empty());
    stream.message.Clear();
  }
  // One that nobody polls any more.
  Report(task, model::TaskState::kSucceeded);
  ASSERT_TRUE(stream.NextUntil([&] { return stream.view[task.name()] == v1::GenerationTask::STATE_SUCCEEDED; }));
  const auto changed = store_->UpdateTask(task.name().substr(task.name().find('/') + 1), [](auto& stored) {
    stored.state_message = "written past everybody";
    return absl::OkStatus();
  });
  ASSERT_TRUE(changed.ok());
  EXPECT_TRUE(stream.NextUntil([&] { return stream.revisions.count(changed->revision) > 0; }));
}

TEST_F(WatchTasksTest, DrainEndsTheStreamWithItsTokenInTheTrailers) {
  Start();
  const v1::GenerationTask task = MakeTask();
  TasksStream stream(*tasks_, {});
  ASSERT_TRUE(stream.Synced());
  rpc_context_->streams().Drain();
  const grpc::Status status = stream.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kDraining);
  EXPECT_FALSE(stream.trailer("resume-token").empty());
}

TEST_F(WatchTasksTest, EachTenantSeesItsOwnTasksOnly) {
  rpc_options_.tokens = {{base::Sha256Hex("acme-token"), "acme"}, {base::Sha256Hex("other-token"), "other"}};
  Start();
  const auto create = [&](const std::string& bearer) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + bearer);
    v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt("a cat");
    v1::GenerationTask task;
    const grpc::Status status = tasks_->CreateGenerationTask(&context, request, &task);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return task;
  };
  const v1::GenerationTask own = create("acme-token");
  const v1::GenerationTask foreign = create("other-token");
  TasksStream stream(*tasks_, {}, "acme-token");
  ASSERT_TRUE(stream.Synced());
  EXPECT_EQ(stream.view.size(), 1u);
  Report(foreign, model::TaskState::kSucceeded);
  Report(own, model::TaskState::kSucceeded);
  ASSERT_TRUE(stream.NextUntil([&] { return stream.view[own.name()] == v1::GenerationTask::STATE_SUCCEEDED; }));
  EXPECT_EQ(stream.view.count(foreign.name()), 0u);
  Request stolen;
  stolen.set_resume_token(stream.token);
  TasksStream thief(*tasks_, stolen, "other-token");
  EXPECT_EQ(thief.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  TasksStream nobody(*tasks_, {});
  EXPECT_EQ(nobody.End().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

// A reader that reads nothing for long gets each task once, as it is then, and has held nobody up.
TEST_F(WatchTasksTest, AStalledReaderDelaysNobodyAndMissesNothing) {
  Start();
  std::vector<v1::GenerationTask> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(MakeTask());
  TasksStream stalled(*tasks_, {});
  ASSERT_TRUE(stalled.Synced());
  TasksStream quick(*tasks_, {});
  ASSERT_TRUE(quick.Synced());
  for (int progress = 1; progress <= 20; ++progress) {
    for (const v1::GenerationTask& task : tasks) Report(task, model::TaskState::kRunning, progress);
    const int polls = vendor_.get_task.calls();
    ASSERT_TRUE(Eventually([&] { return vendor_.get_task.calls() >= polls + 5; }));
  }
  for (const v1::GenerationTask& task : tasks) Report(task, model::TaskState::kSucceeded);
  const auto all_done = [&](const TasksStream& stream) {
    for (const v1::GenerationTask& task : tasks) {
      const auto found = stream.view.find(task.name());
      if (found == stream.view.end() || found->second != v1::GenerationTask::STATE_SUCCEEDED) return false;
    }
    return true;
  };
  ASSERT_TRUE(quick.NextUntil([&] { return all_done(quick); }));
  EXPECT_TRUE(stalled.NextUntil([&] { return all_done(stalled); }));
}

TEST_F(WatchTasksTest, ManyStreamsThatComeAndGoLeaveNothingBehind) {
  Start();
  const size_t timers = rpc_context_->timers().size();  // Of RpcContext itself.
  const v1::GenerationTask task = MakeTask();
  std::vector<std::thread> readers;
  for (int i = 0; i < 6; ++i) {
    readers.emplace_back([&, i] {
      for (int round = 0; round < 10; ++round) {
        TasksStream stream(*tasks_, {});
        if ((i + round) % 3 == 0) stream.Cancel();
        if ((i + round) % 3 == 1) {
          EXPECT_TRUE(stream.Synced());
        }
        if ((i + round) % 3 == 2) Report(task, model::TaskState::kRunning, round * 6 + i);
        stream.Cancel();
        (void)stream.End();
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(Eventually([&] { return rpc_context_->streams().size() == 0; }));
  EXPECT_TRUE(Eventually([&] { return engine_->task_feeds().readers() == 0; }));
  EXPECT_TRUE(Eventually([&] { return engine_->task_hub().size() == 0; }));
  EXPECT_TRUE(Eventually([&] { return rpc_context_->timers().size() == timers; }));
}

}  // namespace
}  // namespace seedance::rpc

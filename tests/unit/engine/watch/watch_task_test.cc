// Watching one task, through a whole engine.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::GenerationTask;
using model::TaskState;

class WatchTaskTest : public EngineTest {
 protected:
  // Lets the vendor end the task well.
  void Succeed(const std::string& id) {
    upstream::TaskReport report;
    report.state = TaskState::kSucceeded;
    report.result.video_uri = "https://vendor.example/v.mp4";
    vendor_.SetTask(store_->GetTask(id)->upstream_task_id, report);
    ASSERT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(1)));
  }

  // What a reader is shown next, soon.
  static GenerationTask Next(engine::WatchSession<GenerationTask>& session) {
    std::shared_ptr<const GenerationTask> next;
    EXPECT_TRUE(Eventually([&] { return (next = session.Take()) != nullptr; }));
    return next == nullptr ? GenerationTask() : *next;
  }
};

TEST_F(WatchTaskTest, BeginsWithTheSnapshot) {
  Start();
  const std::string id = SubmittedTask();
  auto watch = WatchTask(id);
  ASSERT_TRUE(watch.ok());
  EXPECT_FALSE(watch->over);
  const auto snapshot = watch->session->Take();
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->state, TaskState::kQueued);
  EXPECT_EQ(watch->session->Take(), nullptr);
}

TEST_F(WatchTaskTest, AResumedReaderSeesNoRevisionTwiceAndMissesNoEnd) {
  Start();
  const std::string id = SubmittedTask();
  const std::string token = engine_->tasks().ResumeToken(id, GetTask(id)->revision);
  auto up_to_date = WatchTask(id, token);
  ASSERT_TRUE(up_to_date.ok());
  EXPECT_EQ(up_to_date->session->Take(), nullptr);
  Succeed(id);
  EXPECT_EQ(Next(*up_to_date->session).state, TaskState::kSucceeded);
  up_to_date->session.reset();  // Sessions end before their engine.
  Restart();
  auto resumed = WatchTask(id, token);
  ASSERT_TRUE(resumed.ok());
  EXPECT_FALSE(resumed->over);
  EXPECT_EQ(resumed->session->Take()->state, TaskState::kSucceeded);
}

TEST_F(WatchTaskTest, AReaderOfTheEndDoesNotSeeItAgainThoughADownloadAddedToTheTask) {
  Start();
  const std::string id = SubmittedTask();
  Succeed(id);
  const std::string last = engine_->tasks().ResumeToken(id, GetTask(id)->revision, /*last=*/true);
  const std::string before = engine_->tasks().ResumeToken(id, GetTask(id)->revision - 1);
  ASSERT_TRUE(store_
                  ->UpdateTask(id,
                               [](GenerationTask& task) {
                                 task.result.sha256 = "hash";
                                 return absl::OkStatus();
                               })
                  .ok());
  EXPECT_TRUE(WatchTask(id, last)->over);
  auto resumed = WatchTask(id, before);
  ASSERT_TRUE(resumed.ok());
  EXPECT_FALSE(resumed->over);
  EXPECT_EQ(resumed->session->Take()->result.sha256, "hash");
}

// A watch of many tasks while nobody watches any alone, and polls without watchers are rare.
class WatchManyTest : public WatchTaskTest {
 protected:
  WatchManyTest() {
    threads_ = 1;
    engine::Engine::Options options;
    options.task_tracker.poll_interval_unwatched = absl::Minutes(10);
    Start(options);
  }
  std::string RarelyPolledTask(std::map<std::string, std::string> labels = {}) {
    const int polls = vendor_.get_task.calls();
    engine::CreateTaskParams params = GoodTask();
    params.request.labels = std::move(labels);
    const std::string id = CreateTask(params)->id;
    EXPECT_TRUE(Reaches(id, TaskState::kQueued));
    FinishSteps();  // The poll is planned after the state is stored.
    clock_.Advance(absl::Seconds(6));
    EXPECT_TRUE(Called(vendor_.get_task, polls + 1)) << "the first look is early for all";
    FinishSteps();
    return id;
  }
  std::shared_ptr<engine::TaskFeedReader> Open(engine::WatchTasksParams params, const std::string& tenant = kTenant) {
    auto reader = engine_->tasks().WatchMany(Caller(tenant), params, [] {});
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  // Polls that `open` brings at once or within `time`.
  int Polls(
      absl::Duration time, const std::function<void()>& open = [] {}) {
    const int before = vendor_.get_task.calls();
    open();
    clock_.Advance(time);
    HandOutDue();
    FinishSteps();
    return vendor_.get_task.calls() - before;
  }

  // Longer than the pause of the state, shorter than that of unwatched tasks.
  static constexpr absl::Duration kSoon = absl::Minutes(1);
};

TEST_F(WatchManyTest, BringsThePollsOfTheTasksForwardThatItNames) {
  const std::string named = RarelyPolledTask();
  const std::string other = RarelyPolledTask();
  EXPECT_EQ(Polls(kSoon), 0);
  engine::WatchTasksParams params;
  params.ids = {named};
  std::shared_ptr<engine::TaskFeedReader> reader;
  EXPECT_EQ(Polls(absl::ZeroDuration(), [&] { reader = Open(params); }), 1) << "not of " << other;
  EXPECT_EQ(Polls(kSoon), 1);
  reader->Close();
}

TEST_F(WatchManyTest, BringsThePollsOfAllTasksForwardThatItsFilterMayHold) {
  RarelyPolledTask({{"shot", "a"}});
  RarelyPolledTask({{"shot", "b"}});
  const auto foreign = Open({}, kOther);
  EXPECT_EQ(Polls(kSoon), 0);
  foreign->Close();
  engine::WatchTasksParams params;
  params.labels = {{"shot", "a"}};
  EXPECT_EQ(Polls(absl::ZeroDuration(), [&] { Open(params)->Close(); }), 1);
  // A poll may have been planned while it was open, and then none are.
  (void)Polls(kSoon);
  EXPECT_EQ(Polls(kSoon), 0);
  EXPECT_EQ(Polls(absl::ZeroDuration(), [&] { Open({})->Close(); }), 2);
}

TEST_F(WatchTaskTest, ATokenOfAnotherTaskOrStoreIsRefused) {
  Start();
  const std::string id = SubmittedTask();
  const std::string other = SubmittedTask();
  EXPECT_EQ(WatchTask(id, engine_->tasks().ResumeToken(other, 1)).status().code(), absl::StatusCode::kInvalidArgument);
  const absl::Status old = WatchTask(id, engine_->tasks().ResumeToken(id, 1'000'000)).status();
  EXPECT_EQ(ReasonOf(old), Reason::kResumeTokenExpired);
  auto fresh = WatchTask(id, base::GetErrorDetail(old).metadata["resume_token"]);
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(fresh->session->Take()->state, TaskState::kQueued);
}

}  // namespace
}  // namespace seedance::testing

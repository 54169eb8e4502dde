// Watching one task, through a whole engine.
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

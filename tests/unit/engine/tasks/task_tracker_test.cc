#include "service/engine/tasks/task_tracker.h"

#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/engine/dispatch/wait_reason.h"
#include "tests/unit/engine/tasks/task_tracker_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::GenerationTask;
using model::TaskState;
using ::testing::ElementsAre;

TEST_F(TaskTrackerTest, ATaskGoesFromPendingToSucceededAndEveryStateIsPublishedOnce) {
  Start();
  vendor_.create_task.Close();
  const std::string id = CreateTask(GoodTask())->id;
  auto watch = WatchTask(id);
  ASSERT_TRUE(watch.ok());
  std::vector<TaskState> states;
  int64_t revision = 0;
  const auto see = [&](TaskState last) {
    ASSERT_TRUE(Eventually([&] {
      const auto snapshot = watch->session->Take();
      if (snapshot == nullptr) return false;
      EXPECT_GT(snapshot->revision, revision);
      revision = snapshot->revision;
      if (states.empty() || states.back() != snapshot->state) states.push_back(snapshot->state);
      return snapshot->state == last;
    })) << model::TaskStateName(last);
  };
  see(TaskState::kSubmitting);
  vendor_.create_task.Open();
  see(TaskState::kQueued);
  FinishSteps();  // Told before its next poll has a time.
  EXPECT_NE(Stored(id).submit_time, absl::InfinitePast());
  vendor_.SetTask(VendorId(id), Report(TaskState::kRunning, 40));
  ASSERT_TRUE(OnePoll());
  see(TaskState::kRunning);
  EXPECT_EQ(Stored(id).progress_percent, 40);
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  ASSERT_TRUE(OnePoll());
  see(TaskState::kSucceeded);
  if (states.front() == TaskState::kPending) states.erase(states.begin());  // Seen only by a quick reader.
  EXPECT_THAT(states,
              ElementsAre(TaskState::kSubmitting, TaskState::kQueued, TaskState::kRunning, TaskState::kSucceeded));
  EXPECT_EQ(Stored(id).result.video_uri, "https://vendor.example/v.mp4");
  EXPECT_EQ(Stored(id).end_time, clock_.Now());
  EXPECT_EQ(Stored(id).revision, revision);
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(watch->session->Take(), nullptr);
}

TEST_F(TaskTrackerTest, AnEndedTaskIsPolledNoMore) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  ASSERT_TRUE(OnePoll());
  ASSERT_TRUE(Reaches(id, TaskState::kSucceeded));
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(vendor_.get_task.calls(), 1);
}

TEST_F(TaskTrackerTest, APollThatBringsNothingNewWritesNothing) {
  Start();
  const std::string id = SubmittedTask();
  const int64_t revision = Stored(id).revision;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(OnePoll());
  EXPECT_EQ(Stored(id).revision, revision);
}

// Ten intervals are ten polls, whatever the number of watchers and although each poll is told to all of them.
class WatchersTest : public TaskTrackerTest, public ::testing::WithParamInterface<int> {};

TEST_P(WatchersTest, DoNotChangeHowOftenTheVendorIsPolled) {
  Start();
  const std::string id = SubmittedTask();
  std::vector<engine::WatchStart<GenerationTask>> watches;
  for (int i = 0; i < GetParam(); ++i) watches.push_back(WatchTask(id).value());
  vendor_.SetTask(VendorId(id), Report(TaskState::kRunning));
  ASSERT_TRUE(OnePoll());
  ASSERT_TRUE(Reaches(id, TaskState::kRunning));
  for (int round = 1; round <= 10; ++round) {
    vendor_.SetTask(VendorId(id), Report(TaskState::kRunning, round));
    clock_.Advance(absl::Seconds(11) + absl::Milliseconds(1));
    ASSERT_TRUE(Eventually([&] { return Stored(id).progress_percent == round; }));
    FinishSteps();
    for (auto& watch : watches) {
      ASSERT_TRUE(Eventually([&] {
        const auto snapshot = watch.session->Take();
        return snapshot != nullptr && snapshot->progress_percent == round;
      }));
    }
  }
  HandOutDue();
  EXPECT_EQ(vendor_.get_task.calls(), 11);
}

INSTANTIATE_TEST_SUITE_P(Numbers, WatchersTest, ::testing::Values(0, 1, 1000));

TEST_F(TaskTrackerTest, AWatchedTaskIsPolledAtThePaceOfWatchedOnesWhateverTheirNumber) {
  engine::Engine::Options options;
  options.task_tracker.poll_interval_watched = absl::Seconds(5);
  Start(options);
  const std::string id = SubmittedTask();
  std::vector<engine::WatchStart<GenerationTask>> watches;
  for (int i = 0; i < 20; ++i) watches.push_back(WatchTask(id).value());
  const auto next_poll = [&] {
    const int before = vendor_.get_task.calls();
    clock_.Advance(absl::Seconds(5.5) + absl::Milliseconds(1));
    ASSERT_TRUE(Called(vendor_.get_task, before + 1));
    FinishSteps();
    HandOutDue();
    EXPECT_EQ(vendor_.get_task.calls(), before + 1);
  };
  for (int polls = 0; polls < 6; ++polls) next_poll();
  // The next one was planned while it was watched; after that the state's pace counts again.
  watches.clear();
  next_poll();
  clock_.Advance(absl::Seconds(13));
  HandOutDue();
  EXPECT_EQ(vendor_.get_task.calls(), 7);
}

TEST_F(TaskTrackerTest, AQueuedTaskIsLookedAtEarlyOnceAndThenAtItsPace) {
  Start();
  (void)SubmittedTask();
  clock_.Advance(absl::Milliseconds(5501));
  ASSERT_TRUE(Called(vendor_.get_task, 1));
  FinishSteps();
  // The vendor says nothing of progress; that is no reason to ask more often.
  clock_.Advance(absl::Milliseconds(13499));
  HandOutDue();
  EXPECT_EQ(vendor_.get_task.calls(), 1);
  clock_.Advance(absl::Seconds(3) + absl::Milliseconds(2));
  EXPECT_TRUE(Called(vendor_.get_task, 2));
}

TEST_F(TaskTrackerTest, WhatWasNotAcceptedGoesBackToPendingAndIsSentAgainAfterTheVendorsWishNotBefore) {
  vendor_.create_task.Answer(NotAccepted(absl::Seconds(30)));
  Start();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Called(vendor_.create_task, 1));
  FinishSteps();
  EXPECT_EQ(Stored(id).state, TaskState::kPending);
  EXPECT_NE(Stored(id).state_message.find("busy"), std::string::npos);
  EXPECT_NE(Stored(id).state_message.find(engine::UtcText(clock_.Now() + absl::Seconds(30))), std::string::npos);
  clock_.Advance(absl::Milliseconds(29999));
  HandOutDue();
  EXPECT_EQ(Stored(id).state, TaskState::kPending);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(Reaches(id, TaskState::kQueued));
  EXPECT_EQ(Stored(id).state_message, "");
  EXPECT_EQ(vendor_.create_task.calls(), 2);
}

TEST_F(TaskTrackerTest, ARefusedTaskFailsWithTheVendorsWordsAndIsNotSentAgain) {
  vendor_.create_task.Answer(Refused(Reason::kInputModeration, "the picture shows a person"));
  Start();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(id, TaskState::kFailed));
  EXPECT_EQ(Stored(id).error.reason, Reason::kInputModeration);
  EXPECT_EQ(Stored(id).error.message, "the picture shows a person");
  const absl::Status refusal = engine::RefusalOf(Stored(id));
  EXPECT_EQ(refusal.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(refusal), Reason::kInputModeration);
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskTrackerTest, ALostAnswerIsNeverSentAgainNotEvenAfterARestart) {
  vendor_.create_task.Answer(Lost());
  Start();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(id, TaskState::kSubmitUnknown));
  EXPECT_EQ(Stored(id).error.reason, Reason::kOutcomeUnknown);
  for (int restart = 0; restart < 3; ++restart) {
    clock_.Advance(absl::Hours(1));
    HandOutDue();
    EXPECT_EQ(vendor_.create_task.calls(), 1);
    Restart();
  }
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
}

TEST_F(TaskTrackerTest, ADoubtfulTaskExpiresAndKeepsSayingThatItsOutcomeIsUnknown) {
  vendor_.create_task.Answer(Lost());
  Start();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(id, TaskState::kSubmitUnknown));
  clock_.Advance(absl::Hours(24) - absl::Seconds(1));
  HandOutDue();
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(Reaches(id, TaskState::kExpired));
  EXPECT_EQ(Stored(id).error.reason, Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskTrackerTest, AProcessThatDiesWhileItSubmitsLeavesDoubtAndNoSecondBill) {
  Start();
  vendor_.create_task.Close();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Eventually([&] { return vendor_.create_task.waiting() == 1; }));
  // What is on the disk now is what a crash would leave.
  std::filesystem::copy_file(dir_.File("store.db.marker"), dir_.File("crashed.db.marker"));
  std::filesystem::copy_file(dir_.File("store.db"), dir_.File("crashed.db"));
  std::filesystem::copy_file(dir_.File("store.db-wal"), dir_.File("crashed.db-wal"));
  engine_->Stop(absl::ZeroDuration());
  engine_.reset();
  store_ = OpenStore(dir_.File("crashed.db"));
  ASSERT_EQ(Stored(id).state, TaskState::kSubmitting);
  vendor_.create_task.Open();
  Start();
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
  EXPECT_EQ(Stored(id).error.reason, Reason::kOutcomeUnknown);
  HandOutDue();
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskTrackerTest, OpenTasksAreTakenUpAfterARestart) {
  Start();
  const std::string queued = SubmittedTask();
  // From here on all submissions rest.
  vendor_.create_task.Answer(NotAccepted(absl::Minutes(10)));
  const std::string pending = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Called(vendor_.create_task, 2));
  ASSERT_TRUE(Reaches(pending, TaskState::kPending));
  vendor_.SetTask(VendorId(queued), Report(TaskState::kSucceeded));
  Restart();
  EXPECT_TRUE(Reaches(queued, TaskState::kSucceeded, absl::Seconds(1)));
  EXPECT_TRUE(Reaches(pending, TaskState::kQueued, absl::Seconds(1)));
  EXPECT_EQ(vendor_.create_task.calls(), 3);
}

TEST_F(TaskTrackerTest, TransientErrorsOfPollsNeverEndATask) {
  Start();
  const std::string id = SubmittedTask();
  for (const Reason reason :
       {Reason::kUpstreamUnavailable, Reason::kRateLimited, Reason::kUpstreamAuthFailed, Reason::kUpstreamProtocol,
        Reason::kDeadlineExceeded, Reason::kInternal, Reason::kCancelled, Reason::kInvalidInput}) {
    vendor_.get_task.Answer(Failure(reason, "not now"));
    ASSERT_TRUE(OnePoll());
    EXPECT_EQ(Stored(id).state, TaskState::kQueued) << base::ReasonName(reason);
    EXPECT_EQ(Stored(id).error.reason, Reason::kUnspecified);
  }
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  EXPECT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(1)));
}

TEST_F(TaskTrackerTest, TheVendorsWishForPatienceIsObeyedToTheSecond) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.get_task.Answer(Failure(Reason::kRateLimited, "slower", absl::Seconds(100)));
  ASSERT_TRUE(OnePoll());
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  clock_.Advance(absl::Seconds(99));
  HandOutDue();
  EXPECT_EQ(Stored(id).state, TaskState::kQueued);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Reaches(id, TaskState::kSucceeded));
}

TEST_F(TaskTrackerTest, IsLostOnlyAfterManyAnswersOverSomeTime) {
  engine::Engine::Options options;
  options.task_tracker.lost = {5, absl::Minutes(2)};
  Start(options);
  const std::string id = SubmittedTask();
  const absl::Status unknown = base::ResourceNotFound("vendor", "task");
  for (int i = 0; i < 4; ++i) vendor_.get_task.Answer(unknown);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(OnePoll());
  ASSERT_TRUE(OnePoll());  // The vendor knows it again: a new streak has to begin.
  for (int i = 0; i < 50; ++i) vendor_.get_task.Answer(unknown);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(OnePoll());
  // Five in a row, but within less than two minutes.
  EXPECT_EQ(Stored(id).state, TaskState::kQueued);
  EXPECT_TRUE(Reaches(id, TaskState::kLost, absl::Seconds(5)));
  EXPECT_EQ(Stored(id).error.reason, Reason::kUpstreamLost);
  EXPECT_GE(vendor_.get_task.calls(), 10);
}

TEST_F(TaskTrackerTest, AtItsDeadlineTheVendorIsAskedOnceMoreBeforeATaskExpires) {
  engine::Engine::Options options;
  options.tasks.deadline = absl::Minutes(1);
  options.task_tracker.poll_interval_queued = absl::Hours(10);
  Start(options);
  const std::string id = SubmittedTask();
  clock_.Advance(absl::Seconds(59));
  HandOutDue();
  EXPECT_EQ(vendor_.get_task.calls(), 0);
  // Even news, as long as they are not the end.
  vendor_.SetTask(VendorId(id), Report(TaskState::kRunning, 99));
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(Reaches(id, TaskState::kExpired));
  EXPECT_EQ(Stored(id).error.reason, Reason::kDeadlineExceeded);
  HandOutDue();
  EXPECT_EQ(vendor_.get_task.calls(), 1);
}

TEST_F(TaskTrackerTest, AnOverdueTaskIsPolledAgainUntilTheVendorAnswers) {
  engine::Engine::Options options;
  options.tasks.deadline = absl::Minutes(1);
  options.task_tracker.poll_interval_queued = absl::Hours(10);
  Start(options);
  const std::string id = SubmittedTask();
  vendor_.get_task.Answer(absl::UnavailableError("no route"));
  clock_.Advance(absl::Hours(1));  // Long after the deadline, as after an outage.
  ASSERT_TRUE(Called(vendor_.get_task, 1));
  FinishSteps();
  EXPECT_EQ(Stored(id).state, TaskState::kQueued);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Reaches(id, TaskState::kExpired));
  EXPECT_EQ(vendor_.get_task.calls(), 2);
}

TEST_F(TaskTrackerTest, AResultThatTheLastPollBringsIsKept) {
  engine::Engine::Options options;
  options.tasks.deadline = absl::Minutes(1);
  options.task_tracker.poll_interval_queued = absl::Hours(10);
  Start(options);
  const std::string id = SubmittedTask();
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  clock_.Advance(absl::Hours(5));
  EXPECT_TRUE(Reaches(id, TaskState::kSucceeded));
}

TEST_F(TaskTrackerTest, APendingTaskExpiresAtItsDeadline) {
  engine::Engine::Options options;
  options.tasks.deadline = absl::Minutes(1);
  vendor_.create_task.Answer(NotAccepted(absl::Hours(1)));
  Start(options);
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Called(vendor_.create_task, 1));
  FinishSteps();
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Reaches(id, TaskState::kExpired));
  EXPECT_EQ(Stored(id).error.reason, Reason::kDeadlineExceeded);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskTrackerTest, WhatTheVendorAcceptedIsWrittenAsSoonAsTheStoreWorksAgain) {
  Start();
  vendor_.create_task.Close();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Eventually([&] { return vendor_.create_task.waiting() == 1; }));
  store_->failing_updates = 20;
  vendor_.create_task.Open();
  EXPECT_TRUE(Reaches(id, TaskState::kQueued, absl::Seconds(1)));
  EXPECT_EQ(store_->failing_updates, 0);
  EXPECT_NE(VendorId(id), "");
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskTrackerTest, WhatTheVendorAcceptedIsWrittenDuringAStopToo) {
  const model::UpstreamHandle asset = StoredAsset("a", model::AssetState::kProcessing);
  vendor_.get_asset.Close();
  vendor_.create_task.Close();
  Start();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return vendor_.create_task.waiting() == 1 && vendor_.get_asset.waiting() == 1;
  }));
  store_->failing_updates = 1'000'000;
  std::thread stopper([&] { engine_->Stop(absl::Minutes(1)); });
  // Reads are broken off after the tracker was stopped.
  EXPECT_TRUE(Eventually([&] { return vendor_.get_asset.waiting() == 0; }));
  vendor_.create_task.Open();
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return store_->failing_updates < 1'000'000 - 3;
  }));
  store_->failing_updates = 0;
  EXPECT_TRUE(Reaches(id, TaskState::kQueued, absl::Seconds(1)));
  stopper.join();
}

TEST_F(TaskTrackerTest, TheVendorsWorkHasAllItsTimeHoweverLongTheTaskWaited) {
  engine::Engine::Options options;
  options.tasks.deadline = absl::Hours(1);
  vendor_.create_task.Close();
  Start(options);
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Eventually([&] { return vendor_.create_task.waiting() == 1; }));
  clock_.Advance(absl::Minutes(59));
  vendor_.create_task.Open();
  ASSERT_TRUE(Reaches(id, TaskState::kQueued));
  EXPECT_EQ(Stored(id).deadline_time, clock_.Now() + absl::Hours(1));
  // One that is taken at once has no more than that.
  const std::string quick = SubmittedTask();
  EXPECT_EQ(Stored(quick).deadline_time, clock_.Now() + absl::Hours(1));
}

TEST_F(TaskTrackerTest, ATaskWhoseUpstreamIsNoLongerConfiguredEndsAtItsDeadline) {
  Start();
  const std::string submitted = SubmittedTask();
  ASSERT_TRUE(CancelTask(submitted, kTenant, /*detach=*/true).ok());
  engine_->StopSubmitting();
  const std::string pending = CreateTask(GoodTask())->id;
  engine_->Stop(absl::ZeroDuration());
  std::vector<engine::VendorAccounts::Config> configs(1);
  configs[0].upstream = own_.MakeUpstream();
  engine_ = std::make_unique<engine::Engine>(engine::Engine::Options{}, *store_, std::move(configs), clock_, random_);
  ASSERT_TRUE(engine_->Start().ok());
  EXPECT_TRUE(Eventually([&] { return !Stored(pending).state_message.empty(); }));
  EXPECT_EQ(
      Stored(pending).state_message,
      absl::StrCat("upstream fake is not configured for this tenant; the task waits for it until its deadline at ",
                   engine::UtcText(Stored(pending).deadline_time), " at the latest"));
  for (const std::string& id : {submitted, pending}) {
    EXPECT_TRUE(Reaches(id, TaskState::kExpired, absl::Minutes(1)));
    EXPECT_GE(clock_.Now(), Stored(id).deadline_time);
  }
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskTrackerTest, AnOverdueTaskThatNobodyCouldAskForAfterAStartIsKept) {
  engine::Engine::Options options;
  options.tasks.deadline = absl::Minutes(1);
  threads_ = 1;
  Start(options);
  const std::string first = SubmittedTask();
  const std::string second = SubmittedTask();
  clock_.Advance(absl::Hours(3));
  // One thread, which is held: the turn of one of them does not come within the ten minutes for a last word.
  vendor_.get_task.Close();
  Restart(options);
  ASSERT_TRUE(Eventually([&] { return vendor_.get_task.waiting() == 1; }));
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(absl::Minutes(11));
    // What is due is handed out in the order of time: after this submission the looks of both are over or queued before
    // that of the next round.
    engine::CreateTaskParams other = GoodTask();
    other.request.upstream = "own";
    const int before = own_.create_task.calls();
    ASSERT_TRUE(CreateTask(other).ok());
    ASSERT_TRUE(Called(own_.create_task, before + 1));
  }
  EXPECT_EQ(Stored(first).state, TaskState::kQueued);
  EXPECT_EQ(Stored(second).state, TaskState::kQueued);
  for (const std::string& id : {first, second}) vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  vendor_.get_task.Open();
  EXPECT_TRUE(Reaches(first, TaskState::kSucceeded, absl::Seconds(1)));
  EXPECT_TRUE(Reaches(second, TaskState::kSucceeded, absl::Seconds(1)));
}

TEST_F(TaskTrackerTest, AResultIsWrittenAsSoonAsTheStoreWorksAgain) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  store_->failing_updates = 20;
  EXPECT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(1)));
}

TEST_F(TaskTrackerTest, ATaskThatCannotBeMarkedAsSubmittingIsNotSent) {
  vendor_.create_task.Answer(NotAccepted(absl::Seconds(1)));  // The next try begins with the mark.
  Start();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Called(vendor_.create_task, 1));
  FinishSteps();
  ASSERT_EQ(Stored(id).state, TaskState::kPending);
  store_->failing_updates = 3;
  EXPECT_TRUE(Reaches(id, TaskState::kQueued, absl::Seconds(1)));
  EXPECT_EQ(store_->failing_updates, 0);
  EXPECT_EQ(vendor_.create_task.calls(), 2);
}

TEST_F(TaskTrackerTest, AReadThatFailsIsTriedAgain) {
  vendor_.create_task.Answer(NotAccepted(absl::Seconds(1)));  // The next try begins with a read.
  Start();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Called(vendor_.create_task, 1));
  FinishSteps();
  store_->failing_reads = 3;
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return vendor_.create_task.calls() == 2;
  }));
  EXPECT_EQ(store_->failing_reads, 0);
  EXPECT_TRUE(Reaches(id, TaskState::kQueued, absl::Seconds(1)));
}

}  // namespace
}  // namespace seedance::testing

// Tasks and the turns of their calls: rates, rests, outages, watchers.
#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/engine/dispatch/wait_reason.h"
#include "tests/testing/eventually.h"
#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/tasks/tracker_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::TaskState;
using ::testing::HasSubstr;

class TaskTurnsTest : public TrackerTest {
 protected:
  int polls() { return vendor_.get_task.calls(); }
  int submits() { return vendor_.create_task.calls(); }

  // Moves the clock in small steps. Returns the most calls of the method in any second of them.
  template <typename Method>
  int MostInASecond(Method& method, absl::Duration time) {
    const absl::Duration step = absl::Milliseconds(100);
    std::deque<int> steps;
    int in_second = 0;
    int most = 0;
    for (absl::Duration done; done < time; done += step) {
      const int before = method.calls();
      Advance(step);
      steps.push_back(method.calls() - before);
      in_second += steps.back();
      if (steps.size() > 10) {
        in_second -= steps.front();
        steps.pop_front();
      }
      most = std::max(most, in_second);
    }
    return most;
  }

  // So many polls get no answer.
  void LetVendorFail(int times) {
    for (int i = 0; i < times; ++i) vendor_.get_task.Answer(Failure(Reason::kUpstreamUnavailable, "no connection"));
  }
};

TEST_F(TaskTurnsTest, AfterARestartManyOpenTasksAreSentAndPolledWithinTheRates) {
  for (int i = 0; i < 40; ++i) (void)AddTask(Using({}));
  threads_ = 4;
  submits_per_second_ = 5;
  polls_per_second_ = 8;
  Start();
  EXPECT_LE(MostInASecond(vendor_.create_task, absl::Seconds(9)), 5);
  EXPECT_EQ(submits(), 40);
  const int before = polls();
  Restart();
  Settle();
  EXPECT_LE(polls() - before, 8);
  EXPECT_LE(MostInASecond(vendor_.get_task, absl::Seconds(6)), 8);
  EXPECT_GE(polls() - before, 40) << "and none was dropped";
}

TEST_F(TaskTurnsTest, ATenantWithManyTasksDoesNotKeepAnotherOnesWaiting) {
  for (int i = 0; i < 50; ++i) (void)AddTask(Using({}), "big");
  submits_per_second_ = 1;
  Start();
  Settle();
  const std::string late = AddTask(Using({}), "small");
  for (int i = 0; i < 3; ++i) Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(late).state, TaskState::kQueued);
  EXPECT_LE(submits(), 4);
}

TEST_F(TaskTurnsTest, ATooManyOfThePollsOfTheAccountMakesAllRestAsLongAsTheVendorSays) {
  Start();
  for (int i = 0; i < 3; ++i) (void)SubmittedTask();
  vendor_.get_task.Answer(AccountLimited(absl::Seconds(100)));
  Advance(absl::Seconds(6));
  ASSERT_EQ(polls(), 1) << "those that were due with it rest too";
  Advance(absl::Seconds(99));
  EXPECT_EQ(polls(), 1);
  // Submissions go on.
  (void)SubmittedTask();
  Advance(absl::Seconds(1));
  EXPECT_GE(polls(), 4);
}

TEST_F(TaskTurnsTest, ATooManyOfOnePollRestsThatTaskAndTheOthersGoOn) {
  Start();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(SubmittedTask());
  const auto ended = [&] {
    return std::count_if(ids.begin(), ids.end(),
                         [&](const std::string& id) { return Stored(id).state == TaskState::kSucceeded; });
  };
  vendor_.get_task.Answer(Failure(Reason::kRateLimited, "slower", absl::Seconds(100)));
  Advance(absl::Seconds(6));
  ASSERT_EQ(polls(), 3) << "those that were due with it go";
  for (const std::string& id : ids) vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  for (int i = 0; i < 5; ++i) Advance(absl::Seconds(17));
  EXPECT_EQ(ended(), 2) << "the one rests as long as the vendor says";
  Advance(absl::Seconds(16));
  EXPECT_EQ(ended(), 3);
}

TEST_F(TaskTurnsTest, TooManyOfSeveralPollsRestsAllAndASuccessOfOneThatTriesEndsIt) {
  Start();
  for (int i = 0; i < 5; ++i) (void)SubmittedTask();
  for (int i = 0; i < 3; ++i) vendor_.get_task.Answer(Failure(Reason::kRateLimited, "slower", absl::Minutes(5)));
  Advance(absl::Seconds(6));
  ASSERT_EQ(polls(), 3) << "the other two rest";
  Advance(absl::Seconds(29));
  EXPECT_EQ(polls(), 3);
  Advance(absl::Seconds(1));
  EXPECT_EQ(polls(), 5) << "one tries, and the other one follows";
}

TEST_F(TaskTurnsTest, ATooManyOfOneSubmissionRestsThatTaskAndTheOthersGoOn) {
  vendor_.create_task.Answer(NotAccepted(absl::Minutes(5)));
  Start();
  const std::string first = AddTask(Using({}));
  Settle();
  const std::string second = AddTask(Using({}));
  Settle();
  EXPECT_EQ(Stored(second).state, TaskState::kQueued);
  EXPECT_EQ(Stored(first).state, TaskState::kPending);
  EXPECT_THAT(Stored(first).state_message, HasSubstr(engine::UtcText(clock_.Now() + absl::Minutes(5))));
  Advance(absl::Minutes(5));
  EXPECT_EQ(Stored(first).state, TaskState::kQueued);
}

TEST_F(TaskTurnsTest, ATooManyOfTheSubmissionsOfTheAccountMakesAllOfThemRestAndTheTasksSaySo) {
  Billed limited = NotAccepted(absl::Seconds(30));
  limited.status = AccountLimited(absl::Seconds(30));
  vendor_.create_task.Answer(limited);
  Start();
  const std::string first = AddTask(Using({}));
  Settle();
  ASSERT_EQ(submits(), 1);
  const std::string second = AddTask(Using({}));
  Settle();
  EXPECT_EQ(submits(), 1);
  EXPECT_EQ(Stored(second).state, TaskState::kPending);
  EXPECT_EQ(Stored(second).state_message, "rate limited by the vendor until 2027-01-15T08:00:30Z");
  Advance(absl::Milliseconds(29'999));
  EXPECT_EQ(submits(), 1);
  Advance(absl::Milliseconds(1));
  EXPECT_EQ(Stored(first).state, TaskState::kQueued);
  EXPECT_EQ(Stored(second).state, TaskState::kQueued);
  EXPECT_EQ(Stored(second).state_message, "");
}

TEST_F(TaskTurnsTest, TasksThatWaitForTheRateSaySoWithoutAWritePerTurn) {
  for (int i = 0; i < 60; ++i) (void)AddTask(Using({}));
  submits_per_second_ = 1;
  Start();
  Settle();
  const std::string last = "task-000060";
  ASSERT_TRUE(Eventually([&] { return !Stored(last).state_message.empty(); }));
  EXPECT_THAT(Stored(last).state_message, HasSubstr("waits for its turn: 58 tasks before it at "));
  EXPECT_THAT(Stored(last).state_message, HasSubstr("the upstream's rate is 1 submissions per second; expected at "));
  const int64_t revision = Stored(last).revision;
  for (int i = 0; i < 40; ++i) Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(last).state, TaskState::kPending);
  EXPECT_EQ(Stored(last).revision, revision) << "the time that was told still holds";
}

// Every rest is another time to tell of every task that waits.
TEST_F(TaskTurnsTest, AVendorThatLimitsForMinutesMakesFewWrites) {
  constexpr int kTasks = 30;
  constexpr int kMinutes = 10;
  constexpr absl::Duration kRest = absl::Seconds(5);
  for (int i = 0; i < kTasks; ++i) (void)AddTask(Using({}));
  Billed limited = NotAccepted(kRest);
  limited.status = AccountLimited(kRest);
  for (int i = 0; i < 1000; ++i) vendor_.create_task.Answer(limited);
  Start();
  Settle();
  const int before = store_->updates;
  const int tries_before = submits();
  for (int i = 0; i < kMinutes * 60; i += 5) Advance(kRest);
  const int tries = submits() - tries_before;
  EXPECT_GE(tries, 100) << "it limits all the time";
  // A try is a write before it and some behind it, for its task has another text then and is told anew. Without the
  // minute between, each task would be written after each try.
  EXPECT_LE(store_->updates - before, kTasks * (kMinutes + 1) + 6 * tries);
  int told = 0;
  for (int i = 1; i <= kTasks; ++i) {
    const std::string message = Stored(absl::StrFormat("task-%06d", i)).state_message;
    told += message.empty() ? 0 : 1;
  }
  EXPECT_EQ(told, kTasks);
}

TEST_F(TaskTurnsTest, ARestThatDelaysWhatWaitsIsTold) {
  for (int i = 0; i < 20; ++i) (void)AddTask(Using({}));
  submits_per_second_ = 1;
  Start();
  Settle();
  const std::string last = "task-000020";
  ASSERT_TRUE(Eventually([&] { return !Stored(last).state_message.empty(); }));
  Billed limited = NotAccepted(absl::Minutes(2));
  limited.status = AccountLimited(absl::Minutes(2));
  vendor_.create_task.Answer(limited);
  Advance(absl::Seconds(1));
  const absl::Time end = clock_.Now() + absl::Minutes(2);
  EXPECT_TRUE(Eventually([&] {
    return Stored(last).state_message == "rate limited by the vendor until " + engine::UtcText(end);
  })) << Stored(last).state_message;
  // When it is over the ones that wait on are told of their turn.
  Advance(absl::Minutes(2));
  EXPECT_TRUE(Eventually([&] { return Stored(last).state_message.find("waits for its turn") == 0; }))
      << Stored(last).state_message;
}

TEST_F(TaskTurnsTest, WhileTheVendorIsDownOnePollTriesAndTasksThatWaitSaySo) {
  breaker_ = {3, absl::Seconds(20)};
  Start();
  std::vector<std::string> running;
  for (int i = 0; i < 5; ++i) running.push_back(SubmittedTask());
  LetVendorFail(5);
  Advance(absl::Seconds(6));
  ASSERT_EQ(polls(), 3) << "the other two rest";
  const std::string pending = AddTask(Using({}));
  Settle();
  EXPECT_EQ(Stored(pending).state, TaskState::kPending);
  EXPECT_EQ(Stored(pending).state_message,
            "vendor unreachable; next attempt at " + engine::UtcText(clock_.Now() + absl::Seconds(20)));
  Advance(absl::Seconds(19));
  EXPECT_EQ(polls(), 3);
  Advance(absl::Seconds(1));
  EXPECT_EQ(polls(), 4) << "one tries";
  EXPECT_EQ(submits(), 5) << "and it is a poll";
  Advance(absl::Seconds(39));
  EXPECT_EQ(polls(), 4);
  Advance(absl::Seconds(1));
  EXPECT_EQ(polls(), 5) << "after twice the pause";
  Advance(absl::Seconds(80));
  EXPECT_GE(polls(), 10) << "it answers: all that is due goes";
  EXPECT_EQ(Stored(pending).state, TaskState::kQueued);
  for (const std::string& id : running) EXPECT_EQ(Stored(id).state, TaskState::kQueued);
}

TEST_F(TaskTurnsTest, WithNothingToPollASubmissionTries) {
  breaker_ = {2, absl::Seconds(20)};
  for (int i = 0; i < 2; ++i) vendor_.create_task.Answer(NotAccepted());
  Start();
  const std::string one = AddTask(Using({}));
  const std::string two = AddTask(Using({}));
  const std::string three = AddTask(Using({}));
  Settle();
  ASSERT_EQ(submits(), 2);
  EXPECT_TRUE(Eventually([&] { return Stored(three).state_message.find("vendor unreachable; next attempt at ") == 0; }))
      << "also of one that waited already";
  Advance(absl::Seconds(19));
  EXPECT_EQ(submits(), 2);
  Advance(absl::Seconds(1));
  for (const std::string& id : {one, two, three}) EXPECT_EQ(Stored(id).state, TaskState::kQueued);
}

TEST_F(TaskTurnsTest, DeadlinesApplyWhileTheVendorIsDownAndNoTaskIsLost) {
  breaker_ = {2, absl::Minutes(10)};
  Start();
  const std::string submitted = SubmittedTask();
  const absl::Time deadline = Stored(submitted).deadline_time;
  LetVendorFail(1000);
  Advance(absl::Seconds(20));
  Advance(absl::Seconds(20));
  ASSERT_EQ(polls(), 2);
  for (int i = 0; i < 100; ++i) vendor_.create_task.Answer(NotAccepted());
  const std::string pending = AddTask(Using({}));
  Settle();
  for (int i = 0; i < 3; ++i) Advance(absl::Minutes(30));
  EXPECT_EQ(Stored(submitted).state, TaskState::kQueued);
  EXPECT_EQ(Stored(pending).state, TaskState::kPending);
  EXPECT_LE(polls(), 6);
  Advance(deadline - clock_.Now() + absl::Minutes(1));
  for (int i = 0; i < 4; ++i) Advance(absl::Minutes(11));
  EXPECT_EQ(Stored(submitted).state, TaskState::kQueued) << "it may have ended well: nobody could ask";
  EXPECT_EQ(Stored(pending).state, TaskState::kExpired);
  // But not for ever.
  for (int i = 0; i < 26; ++i) Advance(absl::Hours(1));
  EXPECT_EQ(Stored(submitted).state, TaskState::kExpired);
  EXPECT_EQ(Stored(pending).error.reason, Reason::kDeadlineExceeded);
}

TEST_F(TaskTurnsTest, NotFoundsFromBeforeAnOutageDoNotMakeATaskLost) {
  engine::TaskTracker::Options options;
  options.lost = {3, absl::Minutes(1)};
  breaker_ = {2, absl::Minutes(2)};
  Start(options);
  const std::string id = SubmittedTask();
  for (int i = 0; i < 20; ++i) vendor_.get_task.Answer(base::ResourceNotFound("vendor", "task"));
  for (int i = 0; i < 2; ++i) Advance(absl::Seconds(17));
  ASSERT_EQ(polls(), 2);
  for (int i = 0; i < 2; ++i) vendor_.create_task.Answer(NotAccepted());
  for (int i = 0; i < 2; ++i) vendor_.create_task.Answer(Refused(Reason::kInputModeration, "no"));
  for (int i = 0; i < 2; ++i) (void)AddTask(Using({}));
  Settle();
  ASSERT_TRUE(accounts_->Named("fake")->requests().facts().is_down);
  Advance(absl::Minutes(2));
  ASSERT_EQ(polls(), 3);
  EXPECT_EQ(Stored(id).state, TaskState::kQueued) << "the third one in two minutes, but the first after the outage";
  for (int i = 0; i < 5; ++i) Advance(absl::Seconds(17));
  EXPECT_EQ(Stored(id).state, TaskState::kLost);
}

TEST_F(TaskTurnsTest, AWatcherBringsATaskToTheWatchedPace) {
  engine::TaskTracker::Options options;
  options.poll_interval_unwatched = absl::Minutes(10);
  Start(options);
  const std::string id = SubmittedTask();
  Advance(absl::Seconds(6));
  ASSERT_EQ(polls(), 1) << "the first look is early for all";
  Advance(absl::Minutes(5));
  EXPECT_EQ(polls(), 1);
  auto watcher = hub_->Subscribe(Stored(id).name(), [] {});
  table_->OnWatcher(id);
  Settle();
  EXPECT_EQ(polls(), 2) << "by the watched pace it is due";
  for (int i = 0; i < 4; ++i) Advance(absl::Seconds(17));
  EXPECT_EQ(polls(), 6);
  watcher->Close();
  Advance(absl::Seconds(17));
  const int last = polls();
  Advance(absl::Minutes(8));
  EXPECT_EQ(polls(), last);
}

TEST_F(TaskTurnsTest, AWatcherThatComesEarlyDoesNotMakeAPollEarlierThanTheWatchedPace) {
  engine::TaskTracker::Options options;
  options.poll_interval_unwatched = absl::Minutes(10);
  Start(options);
  const std::string id = SubmittedTask();
  Advance(absl::Seconds(6));
  ASSERT_EQ(polls(), 1);
  table_->OnWatcher(id);
  Advance(absl::Seconds(13));
  EXPECT_EQ(polls(), 1);
  Advance(absl::Seconds(4));
  EXPECT_EQ(polls(), 2);
}

TEST_F(TaskTurnsTest, AWatcherByAnotherWayCountsToo) {
  engine::TaskTracker::Options options;
  options.poll_interval_unwatched = absl::Minutes(10);
  hooks_.watchers = [](const model::GenerationTask&) { return true; };
  Start(options);
  (void)SubmittedTask();
  for (int i = 0; i < 4; ++i) Advance(absl::Seconds(17));
  EXPECT_EQ(polls(), 4);
}

TEST_F(TaskTurnsTest, AWatchedTaskKeepsItsPaceAfterAPollThatFailed) {
  engine::TaskTracker::Options options;
  options.poll_interval_watched = absl::Seconds(5);
  bool watched = true;
  hooks_.watchers = [&watched](const model::GenerationTask&) { return watched; };
  Start(options);
  (void)SubmittedTask();
  Advance(absl::Seconds(6));
  ASSERT_EQ(polls(), 1);
  const auto fail = [this] {
    base::ErrorDetail detail;
    detail.reason = base::Reason::kUpstreamUnavailable;
    vendor_.get_task.Answer(base::MakeError("not now", detail));
  };
  for (int i = 0; i < 2; ++i) fail();
  for (int i = 0; i < 3; ++i) Advance(absl::Seconds(5.5) + absl::Milliseconds(1));
  EXPECT_EQ(polls(), 4);
  watched = false;
  fail();
  Advance(absl::Seconds(5.5) + absl::Milliseconds(1));
  ASSERT_EQ(polls(), 5);
  Advance(absl::Seconds(13));
  EXPECT_EQ(polls(), 5) << "that nobody watches is asked for at the pace of its state";
}

TEST_F(TaskTurnsTest, APokedTaskGoesBeforeThoseThatAreMerelyDue) {
  Start();
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(SubmittedTask());
  Stop();
  polls_per_second_ = 1;
  Start();
  Settle();
  for (const std::string& id : ids) vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  EXPECT_EQ(Webhook(VendorId(ids[19])), engine::WebhookAnswer::kTaken);
  Advance(absl::Seconds(1));
  Advance(absl::Seconds(1));
  EXPECT_EQ(Stored(ids[19]).state, TaskState::kSucceeded);
  EXPECT_EQ(Stored(ids[10]).state, TaskState::kQueued);
}

TEST_F(TaskTurnsTest, OperatorsSeeWhatGoesOn) {
  breaker_ = {3, absl::Seconds(20)};
  Start();
  const std::string id = SubmittedTask();
  vendor_.get_task.Answer(AccountLimited(absl::Seconds(50)));
  Advance(absl::Seconds(6));
  std::string text = metrics_->Scrape();
  EXPECT_THAT(text, HasSubstr("seedance_polls_total{outcome=\"RATE_LIMITED\",resource=\"task\",upstream=\"fake\"} 1"));
  EXPECT_THAT(text, HasSubstr("seedance_submits_total{acceptance=\"accepted\",upstream=\"fake\"} 1"));
  EXPECT_THAT(text, HasSubstr("seedance_vendor_cooldowns_total{kind=\"poll\",upstream=\"fake\"} 1"));
  EXPECT_THAT(text, HasSubstr("seedance_vendor_cooldown_seconds{kind=\"poll\",upstream=\"fake\"} 50"));
  EXPECT_THAT(text, HasSubstr("seedance_open_tasks{state=\"QUEUED\",upstream=\"fake\"} 1"));
  EXPECT_THAT(text, HasSubstr("seedance_oldest_poll_age_seconds{upstream=\"fake\"} 6"));
  EXPECT_THAT(text, HasSubstr("seedance_breaker_open{upstream=\"fake\"} 0"));
  EXPECT_THAT(text, HasSubstr("seedance_transfers_running{upstream=\"fake\"} 0"));
  EXPECT_THAT(text, HasSubstr("seedance_transfers_waiting{upstream=\"fake\"} 0"));
  EXPECT_THAT(text, HasSubstr("seedance_transfers_too_slow_total{upstream=\"\"} 0")) << "of files behind URLs";
  upstream::TaskReport report = Report(TaskState::kSucceeded);
  report.end_time = clock_.Now();
  vendor_.SetTask(VendorId(id), report);
  EXPECT_EQ(Webhook(VendorId(id)), engine::WebhookAnswer::kTaken);
  Advance(absl::Seconds(50));
  text = metrics_->Scrape();
  EXPECT_THAT(text, HasSubstr("seedance_discovery_lag_seconds_sum{upstream=\"fake\"} 50"));
  EXPECT_THAT(text, HasSubstr("seedance_webhook_pokes_total{open=\"true\",upstream=\"fake\"} 1"));
  EXPECT_THAT(text, HasSubstr("seedance_open_tasks{state=\"QUEUED\",upstream=\"fake\"} 0"));
  EXPECT_THAT(text, HasSubstr("seedance_oldest_poll_age_seconds{upstream=\"fake\"} 0"));
}

}  // namespace
}  // namespace seedance::testing

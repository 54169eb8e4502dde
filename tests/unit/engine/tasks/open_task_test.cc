#include "service/engine/tasks/open_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;
using Step = OpenTask::Step;
using WokenBy = OpenTask::WokenBy;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kDeadline = kNow + absl::Hours(2);

absl::Time In(int64_t seconds) { return kNow + absl::Seconds(seconds); }

GenerationTask Task(TaskState state) {
  GenerationTask task;
  task.id = "t";
  task.tenant = "acme";
  task.request.upstream = "fake";
  task.state = state;
  task.deadline_time = kDeadline;
  return task;
}

GenerationTask Using(const std::string& asset) {
  GenerationTask task = Task(TaskState::kPending);
  task.request.references.resize(2);
  task.request.references[0].asset = task.request.references[1].asset = model::UpstreamHandle{"fake", asset};
  return task;
}

OpenTask Scheduled(TaskState state) {
  OpenTask open(Task(state), kNow);
  (void)open.Schedule({.due = kNow}, kNow);
  return open;
}

// One whose poll is under way.
OpenTask Polled() {
  OpenTask open = Scheduled(TaskState::kQueued);
  (void)open.OnDue(kNow);
  (void)open.AwaitTurn(kNow, absl::ZeroDuration());
  EXPECT_TRUE(open.OnTurn());
  return open;
}

const OpenTask::Patience kPatience = {{3, absl::Minutes(1)}, absl::Minutes(5), absl::Minutes(10)};
constexpr OpenTask::Answer kNoNews = {.ok = true};
constexpr OpenTask::Answer kNoAnswer = {};

TEST(OpenTaskTest, TheStateSaysWhatIsToBeDone) {
  EXPECT_EQ(Scheduled(TaskState::kPending).OnDue(kNow).step, Step::kSubmit);
  EXPECT_EQ(Scheduled(TaskState::kPending).OnDue(kDeadline).step, Step::kCheck) << "it is overdue";
  EXPECT_EQ(Scheduled(TaskState::kQueued).OnDue(kNow).step, Step::kPoll);
  EXPECT_EQ(Scheduled(TaskState::kRunning).OnDue(kDeadline).step, Step::kPoll) << "the vendor is asked once more";
  EXPECT_EQ(Scheduled(TaskState::kSubmitUnknown).OnDue(kNow).step, Step::kCheck);
  EXPECT_EQ(Scheduled(TaskState::kSucceeded).OnDue(kNow).step, Step::kCheck);
}

TEST(OpenTaskTest, AssetsAreCheckedBeforeATaskIsSent) {
  OpenTask open(Using("a"), kNow);
  EXPECT_THAT(open.assets(), ::testing::ElementsAre("assets/fake~a"));
  EXPECT_EQ(open.OnDue(kNow).step, Step::kCheck);
}

TEST(OpenTaskTest, ADisownedTaskIsOnlyEnded) {
  OpenTask open(Task(TaskState::kPending), kNow, /*disowned=*/true);
  EXPECT_EQ(open.OnDue(kNow).step, Step::kDisown);
  open.OnChange(Task(TaskState::kSubmitting), kNow);
  EXPECT_EQ(open.OnDue(kDeadline).step, Step::kDisown);
}

TEST(OpenTaskTest, ATurnIsAwaitedUntilTheDeadlineAndAPollsALittleLonger) {
  OpenTask pending = Scheduled(TaskState::kPending);
  EXPECT_EQ(pending.AwaitTurn(kNow, absl::Minutes(10)).until, kDeadline);
  OpenTask queued = Scheduled(TaskState::kQueued);
  EXPECT_EQ(queued.AwaitTurn(kNow, absl::Minutes(10)).until, kDeadline + absl::Minutes(10));
  EXPECT_EQ(queued.AwaitTurn(kDeadline + absl::Hours(1), absl::Minutes(10)).until,
            kDeadline + absl::Hours(1) + absl::Minutes(10));
}

TEST(OpenTaskTest, ATurnThatComesTooLateIsNotTaken) {
  OpenTask open = Scheduled(TaskState::kQueued);
  EXPECT_FALSE(open.OnTurn()) << "it did not wait for one";
  (void)open.AwaitTurn(kNow, absl::Minutes(10));
  const OpenTask::Due due = open.OnDue(kDeadline + absl::Minutes(10));
  EXPECT_TRUE(due.missed_turn);
  EXPECT_TRUE(due.submitted);
  EXPECT_EQ(due.step, Step::kCheck);
  EXPECT_TRUE(open.handed_out());
  EXPECT_FALSE(open.OnTurn());
}

TEST(OpenTaskTest, ATurnIsTakenOnce) {
  OpenTask open = Scheduled(TaskState::kQueued);
  (void)open.AwaitTurn(kNow, absl::ZeroDuration());
  EXPECT_TRUE(open.OnTurn());
  EXPECT_FALSE(open.OnTurn());
}

TEST(OpenTaskTest, ANotificationBringsAPollForwardButNotBeforeTheVendorsWish) {
  OpenTask open = Scheduled(TaskState::kQueued);
  EXPECT_EQ(open.Schedule({.due = In(100), .woken_by = WokenBy::kNews, .not_before = In(30)}, kNow), In(100));
  EXPECT_EQ(open.OnNotify(In(1)), In(30));
  const OpenTask::Place place = open.AwaitTurn(In(30), absl::ZeroDuration());
  EXPECT_TRUE(place.notified);
  EXPECT_EQ(place.due, In(30));
  EXPECT_EQ(place.rank, In(30)) << "it keeps full priority";
}

TEST(OpenTaskTest, WhatWaitsForItsAssetsOrForNothingIsNotBroughtForwardByNews) {
  for (const WokenBy woken_by : {WokenBy::kNothing, WokenBy::kAssets}) {
    OpenTask open = Scheduled(TaskState::kQueued);
    (void)open.Schedule({.due = In(100), .woken_by = woken_by, .if_watched = In(1)}, kNow);
    EXPECT_FALSE(open.OnNotify(kNow).has_value());
    EXPECT_FALSE(open.OnWatcher(kNow).has_value());
  }
}

TEST(OpenTaskTest, ANotificationDuringAPollLeadsToAnotherOneAndOneBeforeItDoesNot) {
  OpenTask open = Scheduled(TaskState::kQueued);
  (void)open.AwaitTurn(kNow, absl::ZeroDuration());
  (void)open.OnNotify(kNow);
  EXPECT_TRUE(open.OnTurn());
  OpenTask::Verdict verdict = open.OnReport(kNoNews, kPatience, kNow);
  EXPECT_TRUE(verdict.notified);
  EXPECT_FALSE(verdict.notified_meanwhile);
  EXPECT_EQ(open.Schedule({.due = In(100), .woken_by = WokenBy::kNews}, kNow), In(100));

  (void)open.AwaitTurn(In(100), absl::ZeroDuration());
  EXPECT_TRUE(open.OnTurn());
  EXPECT_FALSE(open.OnNotify(In(101)).has_value());
  verdict = open.OnReport(kNoNews, kPatience, In(102));
  EXPECT_FALSE(verdict.notified);
  EXPECT_TRUE(verdict.notified_meanwhile);
  EXPECT_EQ(open.Schedule({.due = In(200), .woken_by = WokenBy::kNews}, In(102)), In(101));
}

TEST(OpenTaskTest, ANotificationIsKeptIfItsPollDidNotTakePlace) {
  OpenTask open = Scheduled(TaskState::kQueued);
  (void)open.AwaitTurn(kNow, absl::ZeroDuration());
  (void)open.OnNotify(kNow);
  EXPECT_TRUE(open.OnTurn());
  (void)open.Schedule({.due = In(1)}, kNow);
  EXPECT_TRUE(open.AwaitTurn(In(1), absl::ZeroDuration()).notified);
  EXPECT_TRUE(open.OnTurn());
}

TEST(OpenTaskTest, AWatcherBringsAPollForwardToTheWatchedPace) {
  OpenTask open = Scheduled(TaskState::kQueued);
  const OpenTask::Plan plan = {.due = In(100), .woken_by = WokenBy::kNews, .if_watched = In(15)};
  (void)open.Schedule(plan, kNow);
  EXPECT_EQ(open.OnWatcher(In(1)), In(15));
  EXPECT_EQ(open.OnWatcher(In(20)), In(20)) << "the watched pace is over already";
  (void)open.OnDue(In(20));
  EXPECT_FALSE(open.OnWatcher(In(21)).has_value());
  EXPECT_EQ(open.Schedule(plan, In(21)), In(15)) << "one that came meanwhile counts";
  EXPECT_EQ(open.Schedule(plan, In(21)), In(100)) << "once";
}

TEST(OpenTaskTest, AnExtraPollStandsBehindThoseThatAreDue) {
  OpenTask open = Scheduled(TaskState::kQueued);
  (void)open.Schedule({.due = In(5), .rank = In(15)}, kNow);
  EXPECT_EQ(open.AwaitTurn(In(5), absl::ZeroDuration()).rank, In(15));
  EXPECT_EQ(open.AwaitTurn(In(5), absl::ZeroDuration()).due, In(5));
}

TEST(OpenTaskTest, AnAssetChangeWakesATaskThatWaitsForAssetsAlsoIfItCameDuringTheCheck) {
  OpenTask open(Using("a"), kNow);
  const OpenTask::Plan plan = {.due = In(30), .woken_by = WokenBy::kAssets};
  EXPECT_FALSE(open.OnAssetChange(kNow).has_value()) << "it is handed out";
  EXPECT_TRUE(open.BeginCheck().empty());
  EXPECT_EQ(open.Schedule(plan, kNow), In(30)) << "the check has seen it";
  EXPECT_EQ(open.OnAssetChange(In(1)), In(1));
  (void)open.OnDue(In(1));
  (void)open.BeginCheck();
  EXPECT_FALSE(open.OnAssetChange(In(2)).has_value());
  EXPECT_EQ(open.Schedule(plan, In(3)), In(3));
}

TEST(OpenTaskTest, BeginsToWaitOnceAndKnowsWhatWasRevived) {
  OpenTask open(Using("a"), kNow);
  model::Asset asset;
  asset.handle = {"fake", "a"};
  asset.revision = 7;
  EXPECT_TRUE(open.BeginWait({asset}));
  EXPECT_FALSE(open.BeginWait({}));
  EXPECT_EQ(open.BeginCheck(), (Revivals{{"assets/fake~a", 7}}));
}

TEST(OpenTaskTest, IsLostAfterManyAnswersInARowOverSomeTime) {
  const OpenTask::Answer unknown = {.not_found = true};
  OpenTask open = Polled();
  EXPECT_FALSE(open.OnReport(unknown, kPatience, kNow).lost);
  EXPECT_FALSE(open.OnReport(unknown, kPatience, In(1)).lost);
  EXPECT_FALSE(open.OnReport(unknown, kPatience, In(2)).lost) << "often enough, but not long enough";
  EXPECT_TRUE(open.OnReport(unknown, kPatience, In(60)).lost);
  EXPECT_FALSE(open.OnReport(kNoNews, kPatience, In(61)).lost);
  EXPECT_FALSE(open.OnReport(unknown, kPatience, In(200)).lost) << "it was known between";
}

TEST(OpenTaskTest, AnswersFromBeforeAnOutageDoNotCount) {
  OpenTask open = Polled();
  for (int i = 0; i < 3; ++i) (void)open.OnReport({.not_found = true}, kPatience, In(i));
  EXPECT_FALSE(open.OnReport({.not_found = true, .outage_epoch = 1}, kPatience, In(100)).lost);
}

TEST(OpenTaskTest, ASuccessWithoutAResultIsAwaitedFromTheFirstOneOnAndNotBeyondTheDeadline) {
  const OpenTask::Answer missing = {.ok = true, .result_missing = true};
  OpenTask open = Polled();
  EXPECT_FALSE(open.OnReport(kNoNews, kPatience, kNow).result_awaited_until.has_value());
  EXPECT_EQ(open.OnReport(missing, kPatience, In(10)).result_awaited_until, In(10) + absl::Minutes(5));
  EXPECT_FALSE(open.OnReport(kNoAnswer, kPatience, In(20)).result_awaited_until.has_value());
  EXPECT_EQ(open.OnReport(missing, kPatience, In(30)).result_awaited_until, In(10) + absl::Minutes(5));
  (void)open.OnReport(kNoNews, kPatience, In(40));
  EXPECT_EQ(open.OnReport(missing, kPatience, kDeadline - absl::Minutes(1)).result_awaited_until, kDeadline);
}

TEST(OpenTaskTest, AnOverdueTaskAwaitsALastWordFromItsFirstPollAfterTheDeadline) {
  OpenTask open = Polled();
  EXPECT_FALSE(open.OnReport(kNoAnswer, kPatience, In(1)).awaits_last_word);
  const absl::Time first = kDeadline + absl::Hours(1);
  EXPECT_TRUE(open.OnReport(kNoAnswer, kPatience, first).awaits_last_word);
  EXPECT_TRUE(open.OnReport(kNoAnswer, kPatience, first + absl::Minutes(9)).awaits_last_word);
  EXPECT_FALSE(open.OnReport(kNoAnswer, kPatience, first + absl::Minutes(10)).awaits_last_word);
}

TEST(OpenTaskTest, OnlyAnAnswerMakesTheLastAnswerYoung) {
  OpenTask open = Polled();
  EXPECT_FALSE(open.polled());
  (void)open.OnReport(kNoAnswer, kPatience, In(5));
  EXPECT_TRUE(open.polled());
  EXPECT_EQ(open.answered(), kNow);
  (void)open.OnReport({.not_found = true}, kPatience, In(6));
  EXPECT_EQ(open.answered(), In(6));
}

TEST(OpenTaskTest, AReasonIsToldOnceWhileItAwaitsItsTurn) {
  const WaitReason reason = WaitsForCooldown(CooldownCause::kRate, In(100));
  OpenTask open = Scheduled(TaskState::kPending);
  EXPECT_FALSE(open.IsToBeTold(reason, absl::Minutes(1), kNow)) << "it awaits nothing";
  (void)open.AwaitTurn(kNow, absl::ZeroDuration());
  EXPECT_TRUE(open.IsToBeTold(reason, absl::Minutes(1), kNow));
  open.OnTold(reason, "told", kNow);
  EXPECT_FALSE(open.IsToBeTold(WaitsForCooldown(CooldownCause::kRate, In(300)), absl::Minutes(1), In(59)));
  EXPECT_TRUE(open.IsToBeTold(WaitsForCooldown(CooldownCause::kRate, In(300)), absl::Minutes(1), In(60)));
  EXPECT_FALSE(open.IsToBeTold(reason, absl::Minutes(1), In(60))) << "it is no news";
  open.OnChange(Task(TaskState::kPending), In(60));
  EXPECT_TRUE(open.IsToBeTold(reason, absl::Minutes(1), In(60))) << "its message was replaced";
}

TEST(OpenTaskTest, TheVendorsIdIsKeptOnceItIsKnown) {
  OpenTask open(Task(TaskState::kSubmitting), kNow);
  GenerationTask queued = Task(TaskState::kQueued);
  queued.upstream_task_id = "v";
  open.OnChange(queued, In(3));
  EXPECT_EQ(open.upstream_task_id(), "v");
  EXPECT_TRUE(open.submitted());
  EXPECT_EQ(open.answered(), In(3)) << "accepted";
  EXPECT_FALSE(open.ended());
}

}  // namespace
}  // namespace seedance::engine

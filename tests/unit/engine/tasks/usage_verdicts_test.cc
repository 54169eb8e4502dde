// What a vendor's log of what was billed proves of tasks in doubt, and what it does not.
#include "service/engine/tasks/usage_verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using upstream::UsageRow;

using Kind = UsageDecision::Kind;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

absl::Time At(int seconds) { return kStart + absl::Seconds(seconds); }

class UsageVerdictsTest : public ::testing::Test {
 protected:
  // A task here that was sent at `second` with `seed`; 0: without one.
  static GenerationTask Task(const std::string& id, int second, int64_t seed) {
    GenerationTask task;
    task.id = id;
    task.request.model = "seedance";
    task.state = TaskState::kSubmitUnknown;
    task.create_time = At(second);
    task.update_time = At(second) + absl::Milliseconds(500);
    if (seed != 0) task.sent_seed = seed;
    task.sent_key_id = "key";
    return task;
  }
  void Doubt(const std::string& id, int second, int64_t seed) { facts_.doubts.push_back(Task(id, second, seed)); }

  // A row of a task.
  UsageRow& Row(const std::string& task_id, int second, const std::string& model = "seedance") {
    UsageRow row;
    row.kind = UsageRow::Kind::kConsumption;
    row.time = At(second);
    row.model = model;
    row.path = "/v1/video/generations";
    row.is_task = true;
    row.task_id = task_id;
    row.quota = 250'000;
    facts_.log.rows.insert(facts_.log.rows.begin(), row);
    return facts_.log.rows.front();
  }
  // A task that was answered, stands in the log, and shows the seed that it was sent with.
  void Known(const std::string& task_id, int second, int64_t seed = 7, const std::string& model = "seedance") {
    GenerationTask task = Task("known of " + task_id, second, seed);
    task.request.model = model;
    task.state = TaskState::kSucceeded;
    task.upstream_task_id = task_id;
    task.submit_time = At(second);
    facts_.known[task_id] = task;
    Row(task_id, second, model);
    Show(task_id, seed);
  }
  void Show(const std::string& task_id, std::optional<int64_t> seed, bool ended = true) {
    facts_.shown[task_id].facts.seed = seed;
    facts_.shown[task_id].ended = ended;
  }
  // A doubt at 10 that no row may be, between two known tasks: never taken, but for what a test changes.
  void Absent() {
    Known("before", 0);
    Doubt("d", 10, 4711);
    Known("after", 400);
    facts_.listed_running = true;
  }

  // A doubt at 10 and, of a key of the gateway's own, one unclaimed row that it may be.
  void Alone() {
    facts_.exclusive_key = true;
    Known("k", 0, 0);
    facts_.shown.clear();
    Doubt("d", 10, 0);
    Row("ours", 11);
    Show("ours", std::nullopt);
  }

  // The one doubt's decision.
  UsageDecision Decide() {
    const auto decisions = DecideByUsage(facts_);
    EXPECT_EQ(decisions.size(), 1u);
    return decisions.front();
  }

  // An hour after the start, with a complete log.
  UsageVerdictsTest() {
    facts_.now = At(3600);
    facts_.taken_within = absl::Minutes(5);
    facts_.lag = absl::Minutes(1);
    facts_.log.reaches_back_to = absl::InfinitePast();
    facts_.log.key_id = "key";
  }

  UsageFacts facts_;
};

TEST_F(UsageVerdictsTest, TheTaskThatShowsTheSeedIsBoundWhoeverUsesTheKey) {
  Known("k", 0);
  Doubt("d", 10, 4711);
  Row("theirs", 10);
  Row("ours", 11);
  Show("theirs", 42);
  Show("ours", 4711);
  const UsageDecision decision = Decide();
  EXPECT_EQ(decision.kind, Kind::kBound);
  EXPECT_EQ(decision.upstream_task_id, "ours");
  EXPECT_EQ(decision.time, At(11));
}

TEST_F(UsageVerdictsTest, TwinsAreToldByTheirSeedsAndNeverByTheirOrder) {
  Known("k", 0);
  Doubt("first", 10, 1);
  Doubt("second", 10, 2);
  Row("a", 10);
  Row("b", 10);
  Show("a", 2);
  Show("b", 1);
  auto decisions = DecideByUsage(facts_);
  EXPECT_EQ(decisions[0].upstream_task_id, "b");
  EXPECT_EQ(decisions[1].upstream_task_id, "a");
  facts_.shown.erase("a");
  facts_.shown.erase("b");
  facts_.exclusive_key = true;
  for (const UsageDecision& decision : DecideByUsage(facts_)) EXPECT_EQ(decision.kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, ALogThatListsNoKnownTaskProvesNothing) {
  facts_.exclusive_key = true;
  Doubt("d", 10, 4711);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "it may be empty for every key";
  Row("ours", 10);
  Show("ours", 4711);
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, WhatTheLogDoesNotShowInTimeWasNeverTaken) {
  Known("before", 0);
  Doubt("d", 10, 4711);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "the log may have stopped before it";
  Known("soon after", 20);
  Known("at the end", 310);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "the log may have stopped before the vendor took it";
  Known("after", 311);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "it may be written at the end of tasks";
  Row("runs", 500);
  Show("runs", std::nullopt, /*ended=*/false);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
  facts_.now = At(10) + absl::Milliseconds(500) + absl::Minutes(6);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "the vendor may bill it still, and the log lags";
  facts_.now += absl::Milliseconds(1);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, RefundsErrorsAndSettlementsOfKnownTasksShowNoLogOfWhatIsBilled) {
  Absent();
  ASSERT_EQ(Decide().kind, Kind::kNotTaken);
  for (UsageRow& row : facts_.log.rows) row.kind = UsageRow::Kind::kRefund;
  EXPECT_EQ(Decide().kind, Kind::kOpen);
  for (UsageRow& row : facts_.log.rows) row.kind = UsageRow::Kind::kOther;
  EXPECT_EQ(Decide().kind, Kind::kOpen);
  for (UsageRow& row : facts_.log.rows) {
    row.kind = UsageRow::Kind::kConsumption;
    row.actual_quota = 1;
  }
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, OnlyTheLogOfTheKeyThatADoubtWasSentWithShowsItsAbsence) {
  Absent();
  facts_.log.key_id = "later key";
  EXPECT_EQ(Decide().kind, Kind::kOpen);
  facts_.log.key_id = "key";
  facts_.doubts[0].sent_key_id = "";
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "sent by an older release";
  facts_.doubts[0].sent_key_id = "key";
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, ASingleRowOfTheLogOfAnotherKeyIsNotTheDoubt) {
  Alone();
  facts_.log.key_id = "later key";
  EXPECT_EQ(Decide().kind, Kind::kOpen);
  facts_.log.key_id = "key";
  EXPECT_EQ(Decide().kind, Kind::kBound);
}

TEST_F(UsageVerdictsTest, ATaskOfAnotherKeyIsNotMissedInTheLog) {
  Absent();
  facts_.accepted.push_back(Task("runs", 20, 0));
  facts_.accepted[0].submit_time = At(20);
  facts_.accepted[0].upstream_task_id = "of the earlier key";
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "the log lacks a task";
  facts_.accepted[0].sent_key_id = "earlier key";
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, ALogThatDoesNotReachBackShowsNoAbsence) {
  Absent();
  facts_.log.reaches_back_to = At(10) - absl::Minutes(1);
  EXPECT_EQ(Decide().kind, Kind::kOpen);
  facts_.log.reaches_back_to -= absl::Seconds(1);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
  facts_.log.reaches_back_to = absl::InfiniteFuture();
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "its rows are in no order";
}

TEST_F(UsageVerdictsTest, ALogThatLacksATaskThatWasAcceptedShowsNoAbsence) {
  Absent();
  GenerationTask running = Task("running", 450, 12);
  running.state = TaskState::kRunning;
  running.submit_time = At(451);
  running.upstream_task_id = "running at the vendor";
  facts_.accepted = {running};
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "its rows come at the end of tasks, or not for all of them";
  facts_.now = At(451 + 60);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken) << "it is not due yet";
  facts_.now = At(3600);
  facts_.known[running.upstream_task_id] = running;
  Row(running.upstream_task_id, 451);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, ALogThatIsWrittenLateIsWaitedFor) {
  Absent();
  // The row of a task of 24 minutes, written at its end.
  for (UsageRow& row : facts_.log.rows) {
    if (row.task_id == "before") row.time += absl::Minutes(24);
  }
  facts_.now = At(10) + absl::Minutes(7);
  EXPECT_EQ(Decide().kind, Kind::kOpen);
  facts_.now = At(10) + absl::Minutes(31);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, KnownTasksThatWaitedShowNothingOfTheVendorsClock) {
  Absent();
  for (auto& [id, task] : facts_.known) task.submit_time = task.create_time + absl::Minutes(2);
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, ASeedThatIsNoAnswerExcludesNothing) {
  Absent();
  Row("theirs", 11);
  Show("theirs", 42);
  ASSERT_EQ(Decide().kind, Kind::kNotTaken);
  Show("theirs", 42, /*ended=*/false);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "it may show a place-holder while it runs";
  for (const int64_t place_holder : {0, -1}) {
    Show("theirs", place_holder);
    EXPECT_EQ(Decide().kind, Kind::kOpen) << "it may have failed before it had a seed: " << place_holder;
    facts_.shown["theirs"].succeeded = true;
    EXPECT_EQ(Decide().kind, Kind::kNotTaken) << "it was sent without one: " << place_holder;
    facts_.shown["theirs"].succeeded = false;
  }
  Show("theirs", 42);
  facts_.doubts[0].sent_seed.reset();
  for (const int64_t asked : {int64_t{-1}, int64_t{4711}}) {
    facts_.doubts[0].request.seed = asked;
    EXPECT_EQ(Decide().kind, Kind::kOpen) << "the vendor may have changed the caller's seed " << asked;
  }
}

TEST_F(UsageVerdictsTest, SeedsAreBelievedOnlyOfModelsThatTellThem) {
  Absent();
  facts_.doubts[0].request.model = "seedance-2.5";
  Row("ours", 11, "seedance-2.5");
  Show("ours", 99);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "the model may ignore the seed";
  Known("also 2.5", 450, 8, "seedance-2.5");
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, ARowOfAnotherModelMayBeOfAnAliasThatWasMoved) {
  Absent();
  Known("other", 450, 8, "m2");
  Row("ours", 11, "m2");
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, AnUnclaimedRowForbidsAbsenceUnlessItShowsAnotherSeed) {
  Absent();
  Row("theirs", 200);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "billed after the connection broke, perhaps";
  Show("theirs", std::nullopt);
  EXPECT_EQ(Decide().kind, Kind::kOpen);
  Show("theirs", 42);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
  // A vendor that shows seeds of its own tells nothing by them.
  Show("after", 10);
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, ARowWithoutAnIdForbidsAbsenceAndIsNeverBound) {
  facts_.exclusive_key = true;
  Absent();
  Row("", 10);
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, WithAnExclusiveKeyTheOneUnclaimedRowIsIt) {
  Alone();
  facts_.exclusive_key = false;
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "with a shared key it may be anybody's";
  facts_.exclusive_key = true;
  EXPECT_EQ(Decide().upstream_task_id, "ours");
  facts_.shown["ours"].facts.duration_seconds = 10;
  facts_.doubts[0].request.duration_seconds = 5;
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "it is not what was asked for";
  facts_.shown["ours"].facts.duration_seconds = 5;
  EXPECT_EQ(Decide().kind, Kind::kBound);
  Row("other", 30);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "one of two";
}

TEST_F(UsageVerdictsTest, ARowThatATaskOnItsWayMayHaveIsNotBoundToADoubt) {
  Alone();
  facts_.sent.push_back(Task("under way", 11, 0));
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, ARowThatAnEndedDoubtMayHaveIsNotBoundToAnother) {
  Alone();
  ASSERT_EQ(Decide().kind, Kind::kBound);
  facts_.former.push_back(Task("expired", 9, 0));
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, RefundsErrorsAndOtherCallsAreNoTasks) {
  Absent();
  Row("x", 10).kind = UsageRow::Kind::kOther;
  Row("y", 10).kind = UsageRow::Kind::kRefund;
  UsageRow& asset = Row("", 10, "volc-asset");
  asset.path = "/volc/asset/CreateAsset";
  asset.is_task = false;
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, TheVendorsClockMayBeFarOffAsItsKnownTasksShow) {
  Absent();
  // By the vendor's clock everything is an hour earlier.
  for (UsageRow& row : facts_.log.rows) row.time -= absl::Hours(1);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
  Row("late", 10 - 3600);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "it stands in the doubt's window";
}

TEST_F(UsageVerdictsTest, TheVendorIsAskedAboutWhatMayBeOfADoubtAndTwoKnownTasksOfEachModel) {
  for (int i = 0; i < 4; ++i) Known("k" + std::to_string(i), i);
  Known("other model", 3, 7, "seedance-2.5");
  for (const std::string id : {"r1", "r2", "r3"}) {
    Known(id, 5);
    facts_.known[id].state = TaskState::kRunning;
  }
  facts_.shown.clear();
  Doubt("d", 10, 4711);
  Row("maybe", 12);
  Row("runs", 12);
  Show("runs", 42, /*ended=*/false);
  Row("shown", 12);
  Show("shown", 42);
  Row("long after", 3000);
  facts_.deleted.insert("deleted");
  Row("deleted", 12);
  EXPECT_THAT(IdsToAsk(facts_), ElementsAre("k2", "k3", "maybe", "other model", "r2", "r3", "runs"));
  facts_.listed_running = true;
  EXPECT_THAT(IdsToAsk(facts_), ElementsAre("k2", "k3", "maybe", "other model", "runs"));
  facts_.doubts.clear();
  facts_.known.clear();
  EXPECT_THAT(IdsToAsk(facts_), IsEmpty());
}

TEST_F(UsageVerdictsTest, CostsAreWhatWasConsumedLessWhatWasRefunded) {
  EXPECT_EQ(QuotaOf(facts_.log, "t"), std::nullopt);
  Row("t", 1).quota = 250'000;
  EXPECT_EQ(QuotaOf(facts_.log, "t"), 250'000);
  UsageRow settled = Row("t", 2);
  settled.quota = 50'000;
  settled.actual_quota = 300'000;
  facts_.log.rows.front() = settled;
  EXPECT_EQ(QuotaOf(facts_.log, "t"), 300'000);
  Row("t", 3).kind = UsageRow::Kind::kRefund;
  facts_.log.rows.front().quota = 300'000;
  EXPECT_EQ(QuotaOf(facts_.log, "t"), 0);
  Row("cut", 3).kind = UsageRow::Kind::kRefund;
  EXPECT_EQ(QuotaOf(facts_.log, "cut"), std::nullopt) << "what it refunds is not shown";
}

}  // namespace
}  // namespace seedance::engine

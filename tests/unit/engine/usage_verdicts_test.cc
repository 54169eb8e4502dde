// What a vendor's log of what was billed proves of tasks in doubt, and what it does not.
#include "service/engine/usage_verdicts.h"

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
  void Known(const std::string& task_id, int second, int64_t seed = 7) {
    GenerationTask task = Task("known of " + task_id, second, seed);
    task.state = TaskState::kSucceeded;
    task.upstream_task_id = task_id;
    task.submit_time = At(second);
    facts_.known[task_id] = task;
    Row(task_id, second);
    Show(task_id, seed);
  }
  void Show(const std::string& task_id, std::optional<int64_t> seed) { facts_.shown[task_id].seed = seed; }

  // The one doubt's decision.
  UsageDecision Decide() {
    const auto decisions = DecideByUsage(facts_);
    EXPECT_EQ(decisions.size(), 1u);
    return decisions.front();
  }

  // An hour after the start, with a complete log.
  UsageVerdictsTest() {
    facts_.now = At(3600);
    facts_.submit_timeout = absl::Minutes(5);
    facts_.lag = absl::Minutes(1);
    facts_.log.complete = true;
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
  Known("after", 20);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
  facts_.now = At(10) + absl::Minutes(6);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "the vendor may bill it still, and the log lags";
  facts_.now += absl::Seconds(1);
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, ALogThatDoesNotReachBackShowsNoAbsence) {
  Doubt("d", 1000, 4711);
  Known("after", 1010);
  facts_.log.complete = false;
  EXPECT_EQ(Decide().kind, Kind::kOpen);
  Known("before", 0, 8);
  std::swap(facts_.log.rows.front(), facts_.log.rows.back());
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, AnUnclaimedRowForbidsAbsenceUnlessItShowsAnotherSeed) {
  Known("before", 0);
  Doubt("d", 10, 4711);
  Known("after", 20, 9);
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
  Known("before", 0);
  Doubt("d", 10, 4711);
  Known("after", 20);
  Row("", 10);
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, WithAnExclusiveKeyTheOneUnclaimedRowIsIt) {
  Known("k", 0, 0);
  facts_.shown.clear();
  Doubt("d", 10, 0);
  Row("ours", 11);
  Show("ours", std::nullopt);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "with a shared key it may be anybody's";
  facts_.exclusive_key = true;
  EXPECT_EQ(Decide().upstream_task_id, "ours");
  facts_.shown["ours"].duration_seconds = 10;
  facts_.doubts[0].request.duration_seconds = 5;
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "it is not what was asked for";
  facts_.shown["ours"].duration_seconds = 5;
  EXPECT_EQ(Decide().kind, Kind::kBound);
  Row("other", 30);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "one of two";
}

TEST_F(UsageVerdictsTest, ARowThatATaskOnItsWayMayHaveIsNotBoundToADoubt) {
  facts_.exclusive_key = true;
  Known("k", 0, 0);
  facts_.shown.clear();
  Doubt("d", 10, 0);
  Row("ours", 11);
  Show("ours", std::nullopt);
  facts_.sent.push_back(Task("under way", 11, 0));
  EXPECT_EQ(Decide().kind, Kind::kOpen);
}

TEST_F(UsageVerdictsTest, RefundsErrorsAndOtherCallsAreNoTasks) {
  Known("before", 0);
  Doubt("d", 10, 4711);
  Known("after", 20);
  Row("x", 10).kind = UsageRow::Kind::kOther;
  Row("y", 10).kind = UsageRow::Kind::kRefund;
  UsageRow& asset = Row("", 10, "volc-asset");
  asset.path = "/volc/asset/CreateAsset";
  asset.is_task = false;
  EXPECT_EQ(Decide().kind, Kind::kNotTaken);
}

TEST_F(UsageVerdictsTest, TheVendorsClockMayBeFarOffAsItsKnownTasksShow) {
  Doubt("d", 1000, 4711);
  Known("after", 1010);
  // By the vendor's clock everything is an hour earlier.
  for (UsageRow& row : facts_.log.rows) row.time -= absl::Hours(1);
  Row("late", 1000 - 3600);
  EXPECT_EQ(Decide().kind, Kind::kOpen) << "it stands in the doubt's window";
}

TEST_F(UsageVerdictsTest, TheVendorIsAskedAboutWhatMayBeOfADoubtAndTwoKnownTasks) {
  for (int i = 0; i < 4; ++i) Known("k" + std::to_string(i), i);
  facts_.shown.clear();
  Doubt("d", 10, 4711);
  Row("maybe", 12);
  Row("shown", 12);
  Show("shown", 42);
  Row("long after", 3000);
  facts_.deleted.insert("deleted");
  Row("deleted", 12);
  EXPECT_THAT(IdsToAsk(facts_), ElementsAre("k2", "k3", "maybe"));
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

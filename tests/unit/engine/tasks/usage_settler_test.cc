// Doubts and costs settled by the vendor's own log of what was billed, through a whole engine.
#include "service/engine/tasks/usage_settler.h"

#include "absl/strings/str_cat.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::GenerationTask;
using model::TaskState;
using upstream::UsageRow;

class UsageSettlerTest : public EngineTest {
 protected:
  UsageSettlerTest() {
    usage_log_.enabled = true;
    usage_log_.taken_within = absl::Minutes(5);
    usage_log_.lag = absl::Minutes(1);
  }

  GenerationTask Stored(const std::string& id) { return *store_->GetTask(id); }

  // A task whose answer was lost.
  std::string Doubtful() {
    vendor_.create_task.Answer(Lost());
    const std::string id = CreateTask(GoodTask())->id;
    EXPECT_TRUE(Reaches(id, TaskState::kSubmitUnknown));
    return id;
  }
  // A task that the vendor answered and ended, in its log.
  std::string Known() {
    const std::string id = SubmittedTask();
    const GenerationTask task = Stored(id);
    SetAtVendor(task.upstream_task_id, TaskState::kSucceeded, task.sent_seed);
    Bill(task.upstream_task_id);
    EXPECT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(1)));
    return id;
  }
  // A task that runs, in the log.
  void Running() {
    const std::string id = SubmittedTask();
    SetAtVendor(Stored(id).upstream_task_id, TaskState::kRunning, Stored(id).sent_seed);
    Bill(Stored(id).upstream_task_id);
  }
  void SetAtVendor(const std::string& vendor_id, TaskState state, std::optional<int64_t> seed) {
    upstream::TaskReport report;
    report.state = state;
    report.facts.seed = seed;
    if (state == TaskState::kSucceeded) report.result.video_uri = "https://files.example.com/v.mp4";
    vendor_.SetTask(vendor_id, report);
  }
  void Bill(const std::string& vendor_id, UsageRow::Kind kind = UsageRow::Kind::kConsumption) {
    UsageRow row;
    row.kind = kind;
    row.time = clock_.Now();
    row.model = "seedance";
    row.is_task = true;
    row.task_id = vendor_id;
    row.quota = 250'000;
    vendor_.AddUsage(row);
  }
  bool Eventual(const std::function<bool()>& condition, absl::Duration step = absl::Seconds(10)) {
    return Eventually([&] {
      clock_.Advance(step);
      return condition();
    });
  }
};

TEST_F(UsageSettlerTest, TasksWithoutASeedAreSentWithOneAtRandomAndKeepIt) {
  Start();
  const std::string id = SubmittedTask();
  const std::string other = SubmittedTask();
  ASSERT_TRUE(Stored(id).sent_seed.has_value());
  EXPECT_NE(Stored(id).sent_seed, Stored(other).sent_seed);
  EXPECT_EQ(vendor_.sent_tasks()[0].seed, Stored(id).sent_seed);
  EXPECT_FALSE(Stored(id).request.seed.has_value()) << "the caller gave none";
  engine::CreateTaskParams params = GoodTask();
  params.request.seed = 42;
  const std::string with_seed = CreateTask(params)->id;
  ASSERT_TRUE(Reaches(with_seed, TaskState::kQueued));
  EXPECT_EQ(vendor_.sent_tasks()[2].seed, 42);
  EXPECT_FALSE(Stored(with_seed).sent_seed.has_value());
  params.request.seed = -1;
  const std::string random = CreateTask(params)->id;
  ASSERT_TRUE(Reaches(random, TaskState::kQueued));
  EXPECT_GE(vendor_.sent_tasks()[3].seed, 0) << "-1 asks for one at random";
}

TEST_F(UsageSettlerTest, ALostTaskIsBoundToTheOneThatShowsItsSeed) {
  Start();
  Known();
  const std::string id = Doubtful();
  SetAtVendor("theirs", TaskState::kRunning, 42);
  SetAtVendor("ours", TaskState::kRunning, Stored(id).sent_seed);
  Bill("theirs");
  Bill("ours");
  ASSERT_TRUE(Eventual([&] { return Stored(id).state == TaskState::kRunning; }));
  EXPECT_EQ(Stored(id).upstream_task_id, "ours");
  EXPECT_EQ(Stored(id).error.reason, Reason::kUnspecified);
}

TEST_F(UsageSettlerTest, WhatTheLogNeverShowsFailsAsNotTaken) {
  Start();
  Known();
  clock_.Advance(absl::Seconds(5));
  const std::string id = Doubtful();
  clock_.Advance(absl::Minutes(5) + absl::Seconds(5));
  Known();
  clock_.Advance(absl::Minutes(5));
  HandOutDue();
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown) << "the log may be written at the end of tasks";
  Running();
  ASSERT_TRUE(Eventual([&] { return Stored(id).state == TaskState::kFailed; }));
  EXPECT_GT(clock_.Now(), Stored(id).create_time + absl::Minutes(6));
  EXPECT_EQ(Stored(id).error.reason, Reason::kUpstreamFailed);
  EXPECT_TRUE(Stored(id).upstream_task_id.empty());
}

TEST_F(UsageSettlerTest, TheLogOfALaterKeyShowsNotTheAbsenceOfWhatWasSentWithAnEarlierOne) {
  Start();
  Known();
  clock_.Advance(absl::Seconds(5));
  const std::string id = Doubtful();
  EXPECT_EQ(Stored(id).sent_key_id, "key");
  const auto take_key = [&](const std::string& key_id) {
    vendor_.SetKeyId(key_id);
    std::vector<engine::VendorAccounts::Config> accounts(1);
    accounts[0].upstream = vendor_.MakeUpstream();
    engine_->Reconfigure({}, std::move(accounts));
  };
  take_key("later key");
  clock_.Advance(absl::Minutes(5) + absl::Seconds(5));
  Known();
  Running();
  const int before = vendor_.read_usage.calls();
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() > before + 2; }));
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
  take_key("key");
  EXPECT_TRUE(Eventual([&] { return Stored(id).state == TaskState::kFailed; }));
}

TEST_F(UsageSettlerTest, TheTaskOfADoubtThatEndedUnboundIsNotBoundToAnother) {
  usage_log_.exclusive_key = true;
  usage_log_.tag_with_seed = false;
  Start();
  Known();
  const int before = vendor_.read_usage.calls();
  const std::string given_up = Doubtful();
  const std::string id = Doubtful();
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() > before; }));
  ASSERT_TRUE(Eventual([&] { return Reconcile({given_up, {}, true}).ok(); })) << "by a person, wrongly";
  SetAtVendor("theirs", TaskState::kRunning, std::nullopt);
  Bill("theirs");
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() > before + 5; }));
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
}

TEST_F(UsageSettlerTest, OneReadServesAllDoubtsAndReadsKeepTheirDistance) {
  Start();
  Known();
  const int before = vendor_.read_usage.calls();
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Doubtful());
  const absl::Time begin = clock_.Now();
  // The vendor never shows them, and no later known task: they stay.
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() >= before + 10; }, absl::Seconds(5)));
  EXPECT_GE(clock_.Now() - begin, 9 * absl::Seconds(61));
  for (const std::string& id : ids) EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
}

TEST_F(UsageSettlerTest, AnEmptyLogAndOneThatCannotBeReadLeaveTheDoubt) {
  Start();
  const std::string id = Doubtful();
  vendor_.read_usage.Answer(Failure(Reason::kRateLimited, "too many", absl::Minutes(30)));
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() == 1; }));
  const absl::Time refused = clock_.Now();
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() == 2; }, absl::Minutes(1)));
  EXPECT_GE(clock_.Now() - refused, absl::Minutes(29)) << "it asked for patience";
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
  SubmittedTask();
  EXPECT_EQ(vendor_.create_task.calls(), 2) << "tasks are sent all the same";
}

TEST_F(UsageSettlerTest, CostsComeFromTheLogAfterTheEnd) {
  Start();
  const std::string id = Known();
  ASSERT_TRUE(Eventual([&] { return !Stored(id).settled_cost.currency.empty(); }, absl::Minutes(1)));
  EXPECT_EQ(Stored(id).settled_cost, (model::Cost{"USD", 500'000}));
  EXPECT_EQ(Stored(id).state, TaskState::kSucceeded);
  Bill(Stored(id).upstream_task_id, UsageRow::Kind::kRefund);
  Known();
  ASSERT_TRUE(Eventual([&] { return Stored(id).settled_cost.micros == 0; }, absl::Minutes(1)));
}

TEST_F(UsageSettlerTest, ARefundThatTheLogShowsLaterIsTold) {
  Start();
  const std::string id = SubmittedTask();
  const std::string upstream_task_id = Stored(id).upstream_task_id;
  SetAtVendor(upstream_task_id, TaskState::kFailed, Stored(id).sent_seed);
  Bill(upstream_task_id);
  ASSERT_TRUE(Eventual([&] { return Stored(id).settled_cost.micros == 500'000; }, absl::Minutes(1)));
  EXPECT_EQ(Stored(id).state, TaskState::kFailed);
  Bill(upstream_task_id, UsageRow::Kind::kRefund);
  EXPECT_TRUE(Eventual([&] { return Stored(id).settled_cost.micros == 0; }, absl::Minutes(1)));
}

TEST_F(UsageSettlerTest, ACostThatTheLogShowsLaterIsToldAndOneThatItNeverShowsIsGivenUp) {
  Start();
  const std::string id = SubmittedTask();
  SetAtVendor(Stored(id).upstream_task_id, TaskState::kSucceeded, Stored(id).sent_seed);
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() == 1; }, absl::Minutes(1)));
  Bill(Stored(id).upstream_task_id);
  ASSERT_TRUE(Eventual([&] { return Stored(id).settled_cost.micros == 500'000; }, absl::Minutes(1)));
  EXPECT_EQ(vendor_.read_usage.calls(), 2);
  const std::string never = SubmittedTask();
  SetAtVendor(Stored(never).upstream_task_id, TaskState::kSucceeded, Stored(never).sent_seed);
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() == 6; }, absl::Minutes(1)));
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(Always([&] { return vendor_.read_usage.calls() == 6; }, absl::Milliseconds(200)));
}

TEST_F(UsageSettlerTest, ACostThatCouldNotBeWrittenIsReadAgain) {
  Start();
  const std::string id = Known();
  store_->failing_updates = 1;
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() == 1; }, absl::Minutes(1)));
  EXPECT_TRUE(Eventual([&] { return Stored(id).settled_cost.micros == 500'000; }, absl::Minutes(1)));
  EXPECT_EQ(store_->failing_updates, 0);
  EXPECT_EQ(vendor_.read_usage.calls(), 2);
}

TEST_F(UsageSettlerTest, CostsAreAwaitedForADayFromALogThatCannotBeRead) {
  Start();
  constexpr int kFailures = 200;
  for (int i = 0; i < kFailures; ++i) vendor_.read_usage.Answer(Failure(Reason::kUpstreamUnavailable, "down"));
  Known();
  const absl::Time ended = clock_.Now();
  ASSERT_TRUE(Eventual([&] { return vendor_.read_usage.calls() >= 15; }, absl::Minutes(10)));
  while (clock_.Now() - ended < absl::Hours(22)) {
    const int calls = vendor_.read_usage.calls();
    ASSERT_TRUE(
        EventuallyAfter([&] { clock_.Advance(absl::Hours(2)); }, [&] { return vendor_.read_usage.calls() > calls; }))
        << clock_.Now() - ended;
  }
  EXPECT_TRUE(Eventually([&] {
    const int calls = vendor_.read_usage.calls();
    clock_.Advance(absl::Hours(2));
    return Always([&] { return vendor_.read_usage.calls() == calls; }, absl::Milliseconds(200));
  }));
  EXPECT_LT(vendor_.read_usage.calls(), kFailures);
}

TEST_F(UsageSettlerTest, AnAbsurdBillIsBounded) {
  usage_log_.quota_per_unit = 1;
  Start();
  const std::string id = Known();
  UsageRow row;
  row.kind = UsageRow::Kind::kConsumption;
  row.time = clock_.Now();
  row.task_id = Stored(id).upstream_task_id;
  row.quota = 1'000'000'000'000'000;
  vendor_.AddUsage(row);
  ASSERT_TRUE(Eventual([&] { return !Stored(id).settled_cost.currency.empty(); }, absl::Minutes(1)));
  EXPECT_EQ(Stored(id).settled_cost.micros, 1'000'000'000'000'000'000);
}

// The vendor has no answer about most of what others have made with the key.
TEST_F(UsageSettlerTest, ManyUnansweredTasksOfOthersDoNotHideOurs) {
  Start();
  Known();
  const std::string id = Doubtful();
  for (int i = 0; i < 700; ++i) Bill(absl::StrCat("a-theirs-", i));
  SetAtVendor("z-ours", TaskState::kRunning, Stored(id).sent_seed);
  Bill("z-ours");
  ASSERT_TRUE(Eventual([&] { return Stored(id).state == TaskState::kRunning; }));
  EXPECT_EQ(Stored(id).upstream_task_id, "z-ours");
}

TEST_F(UsageSettlerTest, SwitchedOffNothingIsReadOrTagged) {
  usage_log_.enabled = false;
  Start();
  const std::string id = Doubtful();
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(vendor_.read_usage.calls(), 0);
  EXPECT_FALSE(Stored(id).sent_seed.has_value());
}

TEST_F(UsageSettlerTest, AfterARestartDoubtsAreLookedUpAgain) {
  Start();
  Known();
  const std::string id = Doubtful();
  SetAtVendor("ours", TaskState::kRunning, Stored(id).sent_seed);
  Restart();
  Bill("ours");
  ASSERT_TRUE(Eventual([&] { return Stored(id).state == TaskState::kRunning; }));
}

}  // namespace
}  // namespace seedance::testing

#include "service/engine/tasks/task_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/testing/eventually.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;
using ::seedance::testing::Eventually;
using ::testing::ElementsAre;
using WokenBy = OpenTask::WokenBy;

class TaskTableTest : public ::testing::Test {
 protected:
  TaskTableTest() {
    table_.Start([this](const std::string& id, const OpenTask::Due&) {
      base::MutexLock lock(mutex_);
      due_.push_back(id);
    });
  }
  ~TaskTableTest() override { table_.Stop(); }

  static GenerationTask Task(const std::string& id, TaskState state, const std::string& vendor_id = "") {
    GenerationTask task;
    task.id = id;
    task.tenant = "acme";
    task.request.upstream = "fake";
    task.state = state;
    task.upstream_task_id = vendor_id;
    return task;
  }
  static GenerationTask Using(const std::string& id, const std::string& asset) {
    GenerationTask task = Task(id, TaskState::kPending);
    task.request.references.resize(2);
    task.request.references[0].asset = task.request.references[1].asset = model::UpstreamHandle{"fake", asset};
    return task;
  }

  // A task that was handed out, and nothing else was.
  void AddHandedOut(const GenerationTask& task) {
    table_.Add(task, clock_.Now());
    ASSERT_TRUE(Eventually([&] { return TakeDue() == std::vector<std::string>{task.id}; }));
  }

  // What is handed out by now. (`probe` is handed out after all that is due.)
  std::vector<std::string> Due() {
    table_.Add(Task("zz-probe", TaskState::kPending), clock_.Now());
    std::vector<std::string> due;
    EXPECT_TRUE(Eventually([&] {
      for (const std::string& id : TakeDue()) due.push_back(id);
      return !due.empty() && due.back() == "zz-probe";
    }));
    if (!due.empty()) due.pop_back();
    return due;
  }
  std::vector<std::string> DueAfter(absl::Duration time) {
    clock_.Advance(time);
    return Due();
  }
  bool Notify(const std::string& vendor_id) { return table_.OnNotify("fake", vendor_id).known; }
  void BeginPoll(const std::string& id) {
    (void)table_.AwaitTurn(id, absl::ZeroDuration());
    EXPECT_TRUE(table_.OnTurn(id));
  }
  // Whether a notification led to the poll.
  bool EndPoll(const std::string& id) { return table_.OnReport(id, {.ok = true}, {}).first.notified; }
  bool Poll(const std::string& id) {
    BeginPoll(id);
    return EndPoll(id);
  }
  absl::Time In(absl::Duration time) { return clock_.Now() + time; }

  std::vector<std::string> TakeDue() {
    base::MutexLock lock(mutex_);
    return std::exchange(due_, {});
  }

  base::SimulatedClock clock_{absl::UnixEpoch()};
  base::Mutex mutex_;
  std::vector<std::string> due_ ABSL_GUARDED_BY(mutex_);
  AssetUsers users_;
  TaskTable table_{clock_, users_};
};

TEST_F(TaskTableTest, OneThatSomebodyWorksOnIsHandedOutOnlyAfterItRests) {
  table_.AddHandedOut(Task("t", TaskState::kSubmitting));
  EXPECT_THAT(DueAfter(absl::Hours(1)), ElementsAre());
  table_.Hasten("t");
  EXPECT_THAT(Due(), ElementsAre());
  table_.Schedule("t", {.due = In(absl::Seconds(5))});
  EXPECT_THAT(Due(), ElementsAre());
  EXPECT_THAT(DueAfter(absl::Seconds(5)), ElementsAre("t"));
  EXPECT_FALSE(table_.Reserve("acme", 1)) << "it counts as open";
}

TEST_F(TaskTableTest, ATaskThatIsHandedOutIsNotHandedOutAgainBeforeItRests) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  table_.Schedule("t", {.due = In(absl::ZeroDuration()), .woken_by = WokenBy::kNews});
  EXPECT_THAT(Due(), ElementsAre("t"));
  EXPECT_TRUE(Notify("v"));
  table_.OnAssetChange("assets/fake~a");
  EXPECT_THAT(DueAfter(absl::Hours(1)), ElementsAre());
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews});
  EXPECT_THAT(Due(), ElementsAre("t"));
}

TEST_F(TaskTableTest, ANotificationIsForTheTaskOfThatUpstreamAndVendorsId) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  AddHandedOut(Task("u", TaskState::kPending));
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews});
  table_.Schedule("u", {.due = In(absl::Hours(1))});
  EXPECT_FALSE(table_.OnNotify("fake", "w").known);
  EXPECT_FALSE(table_.OnNotify("other", "v").known);
  EXPECT_FALSE(table_.OnNotify("fake", "").known);
  EXPECT_THAT(Due(), ElementsAre());
  EXPECT_TRUE(Notify("v"));
  EXPECT_THAT(Due(), ElementsAre("t"));
}

TEST_F(TaskTableTest, TheVendorsIdIsKnownFromTheSubmissionToTheEnd) {
  AddHandedOut(Task("t", TaskState::kPending));
  table_.OnChange(Task("t", TaskState::kQueued, "v"));
  EXPECT_EQ(table_.CountSubmitted("fake"), 1);
  EXPECT_TRUE(Notify("v"));
  table_.OnChange(Task("t", TaskState::kSucceeded, "v"));
  EXPECT_FALSE(Notify("v"));
  table_.Remove("t");
  EXPECT_FALSE(table_.AwaitTurn("t", absl::ZeroDuration()).has_value());
  table_.Schedule("t", {.due = In(absl::ZeroDuration())});
  EXPECT_THAT(Due(), ElementsAre());
}

TEST_F(TaskTableTest, FiveNotificationsAreActedOnAtOnceAndFurtherOnesOnceASecond) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews});
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Notify("v"));
    EXPECT_THAT(Due(), ElementsAre("t")) << i;
    EXPECT_TRUE(Poll("t"));
    table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews});
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Notify("v"));
  EXPECT_THAT(DueAfter(absl::Milliseconds(999)), ElementsAre());
  EXPECT_THAT(DueAfter(absl::Milliseconds(1)), ElementsAre("t"));
  EXPECT_TRUE(Poll("t"));
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews});
  EXPECT_THAT(DueAfter(absl::Minutes(1)), ElementsAre());
}

TEST_F(TaskTableTest, ANotificationThatIsFasterThanTheAnswerOfTheCreateIsKept) {
  AddHandedOut(Task("t", TaskState::kSubmitting));
  EXPECT_FALSE(Notify("v")) << "not known yet";
  table_.OnChange(Task("t", TaskState::kQueued, "v"));
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews});
  EXPECT_THAT(Due(), ElementsAre("t"));
}

TEST_F(TaskTableTest, AnOldNotificationOfAnUnknownTaskMeansNothing) {
  AddHandedOut(Task("t", TaskState::kSubmitting));
  EXPECT_FALSE(Notify("v"));
  clock_.Advance(absl::Minutes(2));
  table_.OnChange(Task("t", TaskState::kQueued, "v"));
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews});
  EXPECT_THAT(Due(), ElementsAre());
}

TEST_F(TaskTableTest, APollThatBeginsAnywayAnswersANotificationThatWaits) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  EXPECT_TRUE(Notify("v"));
  EXPECT_TRUE(Poll("t"));
  EXPECT_FALSE(Poll("t"));
}

TEST_F(TaskTableTest, ANotificationDoesNotBreakThePatienceThatTheVendorAskedFor) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews, .not_before = In(absl::Seconds(30))});
  EXPECT_TRUE(Notify("v"));
  EXPECT_THAT(DueAfter(absl::Seconds(29)), ElementsAre());
  EXPECT_THAT(DueAfter(absl::Seconds(1)), ElementsAre("t"));
  // Nor one that came while the vendor was asked.
  BeginPoll("t");
  EXPECT_TRUE(Notify("v"));
  EXPECT_TRUE(EndPoll("t"));
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews, .not_before = In(absl::Seconds(30))});
  EXPECT_THAT(DueAfter(absl::Seconds(29)), ElementsAre());
  EXPECT_THAT(DueAfter(absl::Seconds(1)), ElementsAre("t"));
}

TEST_F(TaskTableTest, ANotificationNeverMakesATaskLater) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  EXPECT_TRUE(Notify("v"));
  EXPECT_TRUE(Poll("t"));
  table_.Schedule("t", {.due = In(absl::Milliseconds(100)), .woken_by = WokenBy::kNews});
  EXPECT_TRUE(Notify("v"));
  EXPECT_THAT(DueAfter(absl::Milliseconds(100)), ElementsAre("t"));
}

TEST_F(TaskTableTest, AChangedAssetWakesTheTasksThatRestForTheirAssetsAndNoOthers) {
  for (const char* id : {"s", "t", "u", "v"}) AddHandedOut(Using(id, id[0] == 'v' ? "b" : "a"));
  table_.Schedule("s", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kAssets});
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kAssets});
  table_.Schedule("u", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNothing});
  table_.Schedule("v", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kAssets});
  table_.OnAssetChange("assets/fake~a");
  EXPECT_THAT(Due(), ElementsAre("s", "t"));
}

TEST_F(TaskTableTest, AChangeDuringACheckIsNotForgottenAndOneBeforeItIs) {
  AddHandedOut(Using("t", "a"));
  table_.OnAssetChange("assets/fake~a");
  table_.BeginCheck("t");
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kAssets});
  EXPECT_THAT(Due(), ElementsAre());
  table_.OnAssetChange("assets/fake~a");
  EXPECT_THAT(Due(), ElementsAre("t"));
  table_.BeginCheck("t");
  table_.OnAssetChange("assets/fake~a");
  table_.Schedule("t", {.due = In(absl::Hours(1)), .woken_by = WokenBy::kAssets});
  EXPECT_THAT(Due(), ElementsAre("t"));
}

TEST_F(TaskTableTest, WhatIsNotKnownIsIgnored) {
  table_.OnChange(Task("t", TaskState::kQueued, "v"));
  table_.Remove("t");
  EXPECT_TRUE(table_.BeginCheck("t").empty());
  EXPECT_FALSE(table_.BeginWait("t", {}));
  EXPECT_FALSE(table_.OnTurn("t"));
  EXPECT_FALSE(table_.IsPolled("t"));
  EXPECT_EQ(table_.CountSubmission("t"), 0);
  const OpenTask::Verdict verdict =
      table_.OnReport("t", {.not_found = true}, {{0, absl::ZeroDuration()}, {}, absl::Hours(1)}).first;
  EXPECT_FALSE(verdict.lost);
  EXPECT_FALSE(verdict.awaits_last_word);
  table_.OnWatcher("t");
  table_.OnAssetChange("assets/fake~a");
  EXPECT_FALSE(users_.IsUsed("assets/fake~a"));
  EXPECT_THAT(Due(), ElementsAre());
}

TEST_F(TaskTableTest, TheAssetsOfATaskAreUsedUntilItHasEnded) {
  table_.AddHandedOut(Using("t", "a"));
  table_.AddHandedOut(Using("u", "a"));
  EXPECT_THAT(users_.TasksOf("assets/fake~a"), ElementsAre("t", "u"));
  table_.Remove("t");
  EXPECT_TRUE(users_.IsUsed("assets/fake~a"));
  GenerationTask ended = Using("u", "a");
  ended.state = TaskState::kFailed;
  table_.OnChange(ended);
  EXPECT_FALSE(users_.IsUsed("assets/fake~a"));
  EXPECT_TRUE(table_.Reserve("acme", 1)) << "and it no longer counts as open";
}

TEST_F(TaskTableTest, ATaskThatComesBackFromItsEndCountsOnceMore) {
  AddHandedOut(Task("t", TaskState::kSubmitUnknown));
  table_.OnChange(Task("t", TaskState::kExpired));
  EXPECT_TRUE(table_.Survey().empty());
  table_.Add(Task("t", TaskState::kQueued, "v"), clock_.Now());
  EXPECT_THAT(Due(), ElementsAre("t"));
  EXPECT_EQ(table_.CountSubmitted("fake"), 1);
  table_.Remove("zz-probe");
  EXPECT_FALSE(table_.Reserve("acme", 1));
  table_.Remove("t");
  EXPECT_EQ(table_.CountSubmitted("fake"), 0);
  EXPECT_TRUE(table_.Reserve("acme", 1));
}

TEST_F(TaskTableTest, ANotificationNamesTheTaskThatAwaitsItsTurn) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  ASSERT_TRUE(table_.AwaitTurn("t", absl::ZeroDuration()).has_value());
  EXPECT_EQ(table_.OnNotify("fake", "v").awaits_turn, "t");
  EXPECT_TRUE(table_.OnTurn("t"));
  EXPECT_EQ(table_.OnNotify("fake", "v").awaits_turn, "");
}

TEST_F(TaskTableTest, TenThousandTasksAreNotifiedEachForItself) {
  constexpr int kTasks = 10'000;
  for (int i = 0; i < kTasks; ++i) {
    table_.Add(Task(absl::StrCat("t", i), TaskState::kRunning, absl::StrCat("v", i)), clock_.Now());
  }
  EXPECT_EQ(Due().size(), static_cast<size_t>(kTasks));
  for (int i = 0; i < kTasks; ++i)
    table_.Schedule(absl::StrCat("t", i), {.due = In(absl::Hours(1)), .woken_by = WokenBy::kNews});
  const absl::Time begin = base::RealClock().Now();
  for (int i = 0; i < kTasks; i += 100) EXPECT_TRUE(Notify(absl::StrCat("v", i)));
  RecordProperty("microseconds_per_notification",
                 static_cast<int>(absl::ToInt64Microseconds(base::RealClock().Now() - begin) / (kTasks / 100)));
  EXPECT_EQ(Due().size(), static_cast<size_t>(kTasks / 100));
}

}  // namespace
}  // namespace seedance::engine

#include "service/engine/tasks/open_tasks.h"

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
using WokenBy = OpenTasks::WokenBy;

class OpenTasksTest : public ::testing::Test {
 protected:
  OpenTasksTest() { open_.Start(); }
  ~OpenTasksTest() override { open_.Stop(); }

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
    open_.Add(task, clock_.Now());
    ASSERT_TRUE(Eventually([&] { return TakeDue() == std::vector<std::string>{task.id}; }));
  }

  // What is handed out by now. (`probe` is handed out after all that is due.)
  std::vector<std::string> Due() {
    open_.Add(Task("zz-probe", TaskState::kPending), clock_.Now());
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
  absl::Time In(absl::Duration time) { return clock_.Now() + time; }

  std::vector<std::string> TakeDue() {
    base::MutexLock lock(mutex_);
    return std::exchange(due_, {});
  }

  base::SimulatedClock clock_{absl::UnixEpoch()};
  base::Mutex mutex_;
  std::vector<std::string> due_ ABSL_GUARDED_BY(mutex_);
  OpenTasks open_{"test", clock_, [this](const std::string& id) {
                    base::MutexLock lock(mutex_);
                    due_.push_back(id);
                  }};
};

TEST_F(OpenTasksTest, OneThatSomebodyWorksOnIsHandedOutOnlyAfterItRests) {
  open_.AddHandedOut(Task("t", TaskState::kSubmitting));
  EXPECT_THAT(DueAfter(absl::Hours(1)), ElementsAre());
  open_.Hasten("t");
  EXPECT_THAT(Due(), ElementsAre());
  open_.Rest("t", In(absl::Seconds(5)));
  EXPECT_THAT(Due(), ElementsAre());
  EXPECT_THAT(DueAfter(absl::Seconds(5)), ElementsAre("t"));
  EXPECT_FALSE(open_.Reserve("acme", 1)) << "it counts as open";
}

TEST_F(OpenTasksTest, ATaskThatIsHandedOutIsNotHandedOutAgainBeforeItRests) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  open_.Rest("t", In(absl::ZeroDuration()), WokenBy::kPokes);
  EXPECT_THAT(Due(), ElementsAre("t"));
  EXPECT_TRUE(open_.Notify("fake", "v"));
  open_.AssetChanged("assets/fake~a");
  EXPECT_THAT(DueAfter(absl::Hours(1)), ElementsAre());
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes);
  EXPECT_THAT(Due(), ElementsAre("t"));
}

TEST_F(OpenTasksTest, APokeIsForTheTaskOfThatUpstreamAndVendorsId) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  AddHandedOut(Task("u", TaskState::kPending));
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes);
  open_.Rest("u", In(absl::Hours(1)));
  EXPECT_FALSE(open_.Notify("fake", "w"));
  EXPECT_FALSE(open_.Notify("other", "v"));
  EXPECT_FALSE(open_.Notify("fake", ""));
  EXPECT_THAT(Due(), ElementsAre());
  EXPECT_TRUE(open_.Notify("fake", "v"));
  EXPECT_THAT(Due(), ElementsAre("t"));
}

TEST_F(OpenTasksTest, TheVendorsIdIsKnownFromTheSubmissionToTheEnd) {
  AddHandedOut(Task("t", TaskState::kPending));
  open_.Note(Task("t", TaskState::kQueued, "v"));
  EXPECT_TRUE(open_.Find("t")->submitted);
  EXPECT_TRUE(open_.Notify("fake", "v"));
  open_.Note(Task("t", TaskState::kSucceeded, "v"));
  EXPECT_FALSE(open_.Notify("fake", "v"));
  open_.Remove("t");
  EXPECT_FALSE(open_.Find("t").has_value());
  open_.Rest("t", In(absl::ZeroDuration()));
  EXPECT_THAT(Due(), ElementsAre());
}

TEST_F(OpenTasksTest, FivePokesAreActedOnAtOnceAndFurtherOnesOnceASecond) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(open_.Notify("fake", "v"));
    EXPECT_THAT(Due(), ElementsAre("t")) << i;
    EXPECT_TRUE(open_.BeginPoll("t"));
    open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes);
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(open_.Notify("fake", "v"));
  EXPECT_THAT(DueAfter(absl::Milliseconds(999)), ElementsAre());
  EXPECT_THAT(DueAfter(absl::Milliseconds(1)), ElementsAre("t"));
  EXPECT_TRUE(open_.BeginPoll("t"));
  EXPECT_FALSE(open_.IsPoked("t"));
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes);
  EXPECT_THAT(DueAfter(absl::Minutes(1)), ElementsAre());
}

TEST_F(OpenTasksTest, APokeThatIsFasterThanTheAnswerOfTheCreateIsKept) {
  AddHandedOut(Task("t", TaskState::kSubmitting));
  EXPECT_FALSE(open_.Notify("fake", "v")) << "not known yet";
  open_.Note(Task("t", TaskState::kQueued, "v"));
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes);
  EXPECT_THAT(Due(), ElementsAre("t"));
}

TEST_F(OpenTasksTest, AnOldPokeOfAnUnknownTaskMeansNothing) {
  AddHandedOut(Task("t", TaskState::kSubmitting));
  EXPECT_FALSE(open_.Notify("fake", "v"));
  clock_.Advance(absl::Minutes(2));
  open_.Note(Task("t", TaskState::kQueued, "v"));
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes);
  EXPECT_THAT(Due(), ElementsAre());
}

TEST_F(OpenTasksTest, APollThatBeginsAnywayAnswersAPokeThatWaits) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  EXPECT_TRUE(open_.Notify("fake", "v"));
  EXPECT_TRUE(open_.BeginPoll("t"));
  EXPECT_FALSE(open_.BeginPoll("t"));
}

TEST_F(OpenTasksTest, APokeDoesNotBreakThePatienceThatTheVendorAskedFor) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes, In(absl::Seconds(30)));
  EXPECT_TRUE(open_.Notify("fake", "v"));
  EXPECT_THAT(DueAfter(absl::Seconds(29)), ElementsAre());
  EXPECT_THAT(DueAfter(absl::Seconds(1)), ElementsAre("t"));
  // Nor one that came while the vendor was asked.
  EXPECT_TRUE(open_.BeginPoll("t"));
  EXPECT_TRUE(open_.Notify("fake", "v"));
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kPokes, In(absl::Seconds(30)));
  EXPECT_THAT(DueAfter(absl::Seconds(29)), ElementsAre());
  EXPECT_THAT(DueAfter(absl::Seconds(1)), ElementsAre("t"));
}

TEST_F(OpenTasksTest, APokeNeverMakesATaskLater) {
  AddHandedOut(Task("t", TaskState::kQueued, "v"));
  EXPECT_TRUE(open_.Notify("fake", "v"));
  EXPECT_TRUE(open_.BeginPoll("t"));
  open_.Rest("t", In(absl::Milliseconds(100)), WokenBy::kPokes);
  EXPECT_TRUE(open_.Notify("fake", "v"));
  EXPECT_THAT(DueAfter(absl::Milliseconds(100)), ElementsAre("t"));
}

TEST_F(OpenTasksTest, AChangedAssetWakesTheTasksThatRestForTheirAssetsAndNoOthers) {
  for (const char* id : {"s", "t", "u", "v"}) AddHandedOut(Using(id, id[0] == 'v' ? "b" : "a"));
  open_.Rest("s", In(absl::Hours(1)), WokenBy::kAssets);
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kAssets);
  open_.Rest("u", In(absl::Hours(1)), WokenBy::kNothing);
  open_.Rest("v", In(absl::Hours(1)), WokenBy::kAssets);
  open_.AssetChanged("assets/fake~a");
  EXPECT_THAT(Due(), ElementsAre("s", "t"));
}

TEST_F(OpenTasksTest, AChangeDuringACheckIsNotForgottenAndOneBeforeItIs) {
  AddHandedOut(Using("t", "a"));
  open_.AssetChanged("assets/fake~a");
  open_.BeginCheck("t");
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kAssets);
  EXPECT_THAT(Due(), ElementsAre());
  open_.AssetChanged("assets/fake~a");
  EXPECT_THAT(Due(), ElementsAre("t"));
  open_.BeginCheck("t");
  open_.AssetChanged("assets/fake~a");
  open_.Rest("t", In(absl::Hours(1)), WokenBy::kAssets);
  EXPECT_THAT(Due(), ElementsAre("t"));
}

TEST_F(OpenTasksTest, WhatIsNotKnownIsIgnored) {
  open_.Note(Task("t", TaskState::kQueued, "v"));
  open_.Remove("t");
  open_.BeginCheck("t");
  open_.AddRevival("t", {});
  EXPECT_TRUE(open_.RevivalsOf("t").empty());
  EXPECT_FALSE(open_.BeginPoll("t"));
  EXPECT_FALSE(open_.IsPoked("t"));
  EXPECT_FALSE(open_.IsPolled("t"));
  EXPECT_EQ(open_.CountSubmitTry("t"), 0);
  EXPECT_FALSE(open_.CountNotFound("t", true, {0, absl::ZeroDuration()}));
  EXPECT_FALSE(open_.AwaitsLastWord("t", absl::Hours(1)));
  EXPECT_FALSE(open_.UsesAsset("assets/fake~a"));
}

TEST_F(OpenTasksTest, TenThousandTasksArePokedEachForItself) {
  constexpr int kTasks = 10'000;
  for (int i = 0; i < kTasks; ++i) {
    open_.Add(Task(absl::StrCat("t", i), TaskState::kRunning, absl::StrCat("v", i)), clock_.Now());
  }
  EXPECT_EQ(Due().size(), static_cast<size_t>(kTasks));
  for (int i = 0; i < kTasks; ++i) open_.Rest(absl::StrCat("t", i), In(absl::Hours(1)), WokenBy::kPokes);
  const absl::Time begin = base::RealClock().Now();
  for (int i = 0; i < kTasks; i += 100) EXPECT_TRUE(open_.Notify("fake", absl::StrCat("v", i)));
  RecordProperty("microseconds_per_poke",
                 static_cast<int>(absl::ToInt64Microseconds(base::RealClock().Now() - begin) / (kTasks / 100)));
  EXPECT_EQ(Due().size(), static_cast<size_t>(kTasks / 100));
}

}  // namespace
}  // namespace seedance::engine

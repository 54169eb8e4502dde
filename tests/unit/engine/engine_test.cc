#include "service/engine/engine.h"

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::TaskState;

class StopTest : public EngineTest {
 protected:
  // Stops, and says how long that took.
  absl::Duration Stop(absl::Duration grace) {
    const absl::Time begin = base::RealClock().Now();
    engine_->Stop(grace);
    return base::RealClock().Now() - begin;
  }
};

TEST_F(StopTest, BreaksOffABilledCallThatHangsAtTheEndOfItsGraceAndKeepsTheDoubt) {
  Start();
  vendor_.create_task.Close();
  vendor_.create_group.Close();
  const std::string id = CreateTask(GoodTask())->id;
  engine::CreateGroupParams params;
  params.display_name = "heroes";
  params.request_id = kRequestId;
  Answer<model::AssetGroup> group;
  engine_->groups().Create(Caller(), params, group.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_task.waiting() + vendor_.create_group.waiting() == 2; }));
  EXPECT_GE(Stop(absl::Milliseconds(100)), absl::Milliseconds(100));
  EXPECT_EQ(store_->GetTask(id)->state, TaskState::kSubmitUnknown);
  EXPECT_EQ(ReasonOf(group.Wait()), Reason::kOutcomeUnknown);
  vendor_.create_task.Open();
  vendor_.create_group.Open();
  Restart();
  EXPECT_EQ(ReasonOf(CreateGroup(params)), Reason::kOutcomeUnknown);
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(store_->GetTask(id)->state, TaskState::kSubmitUnknown);
  EXPECT_EQ(vendor_.create_group.calls(), 1);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(StopTest, KeepsWhatABilledCallFoundOutWithinTheGrace) {
  Start();
  vendor_.create_task.Close();
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Eventually([&] { return vendor_.create_task.waiting() == 1; }));
  auto watch = WatchTask(id);
  std::thread vendor([&] { vendor_.create_task.Open(); });
  EXPECT_LT(Stop(absl::Seconds(20)), absl::Seconds(15));
  vendor.join();
  EXPECT_EQ(store_->GetTask(id)->state, TaskState::kQueued);
  EXPECT_EQ(watch->session->Take()->state, TaskState::kQueued);
}

TEST_F(StopTest, BreaksPollsOffAtOnceAndTakesThatForNoAnswer) {
  engine::Engine::Options options;
  options.tasks.deadline = absl::Minutes(1);
  Start(options);
  const std::string id = SubmittedTask();
  vendor_.get_task.Close();
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(Eventually([&] { return vendor_.get_task.waiting() == 1; }));
  EXPECT_LT(Stop(absl::Seconds(20)), absl::Seconds(15));
  // It was its last poll before its deadline's verdict.
  EXPECT_EQ(store_->GetTask(id)->state, TaskState::kQueued);
}

TEST_F(StopTest, WhatWaitedInAQueueIsNotSentAndNotInDoubt) {
  threads_ = 1;
  Start();
  vendor_.create_group.Close();
  engine::CreateGroupParams params;
  params.display_name = "heroes";
  Answer<model::AssetGroup> hanging;
  engine_->groups().Create(Caller(), params, hanging.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_group.waiting() == 1; }));
  params.request_id = kRequestId;
  Answer<model::AssetGroup> waiting;
  engine_->groups().Create(Caller(), params, waiting.done());
  Stop(absl::ZeroDuration());
  EXPECT_EQ(ReasonOf(hanging.Wait()), Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(waiting.Wait()), Reason::kCancelled);
  vendor_.create_group.Open();
  Restart();
  EXPECT_TRUE(CreateGroup(params).ok());
}

TEST_F(StopTest, MayBeCalledTwiceAndRefusesWorkAfterwards) {
  Start();
  Stop(absl::ZeroDuration());
  Stop(absl::ZeroDuration());
  engine::CreateGroupParams params;
  params.display_name = "heroes";
  EXPECT_EQ(ReasonOf(CreateGroup(params)), Reason::kRateLimited);
  EXPECT_EQ(vendor_.create_group.calls(), 0);
}

}  // namespace
}  // namespace seedance::testing

#include "service/engine/dispatch/caller_permit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "service/base/error.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/upstream/request_outcome.h"
#include "tests/testing/eventually.h"

namespace seedance::engine {
namespace {

using ::seedance::testing::Always;
using ::seedance::testing::Eventually;
using upstream::LimitScope;

constexpr RequestKind kChange = RequestKind::kSubmit;

// One change a second, eight at a time: callers have six places to wait.
class CallerPermitTest : public ::testing::Test {
 protected:
  CallerPermitTest() {
    AdmissionControl::Options options;
    options.submits_per_second = 1;
    options.max_submits = 8;
    options.breaker = {2, absl::Minutes(10)};
    dispatcher_ = std::make_unique<RequestDispatcher>(options, pool_, pool_, clock_);
  }
  ~CallerPermitTest() override {
    dispatcher_->Stop();
    for (std::thread& thread : threads_) thread.join();
    pool_.Stop();
  }

  static upstream::CallOptions Of(const std::string& tenant) {
    upstream::CallOptions call;
    call.tenant = tenant;
    return call;
  }
  // A call of one request, made now.
  absl::Status Call(const RequestOutcome& outcome = {}, const upstream::CallOptions& call = {}) {
    CallerPermit permit(*dispatcher_, kChange);
    const absl::Status may = permit.BeforeSend(call);
    if (may.ok()) permit.Answered(outcome);
    return may;
  }
  // The same on a thread of its own.
  void CallBeside(const upstream::CallOptions& call) {
    threads_.emplace_back([this, call] {
      const absl::Status may = Call({}, call);
      base::MutexLock lock(mutex_);
      ended_.push_back(may);
    });
  }
  bool Waits(size_t count) {
    return Eventually([&] { return dispatcher_->facts().threads_waiting[1] == count; });
  }
  std::vector<absl::Status> ended() {
    base::MutexLock lock(mutex_);
    return ended_;
  }
  bool Ended(size_t count) {
    return Eventually([&] { return ended().size() == count; });
  }
  void Submit(const RequestOutcome& outcome) {
    const std::unique_ptr<RequestSlot> slot = dispatcher_->TryTake(kChange);
    ASSERT_NE(slot, nullptr);
    ASSERT_TRUE(slot->BeforeSend({}).ok());
    slot->Answered(outcome);
  }
  void Pass(absl::Duration time) { clock_.Advance(time); }

  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::Mutex mutex_;
  std::vector<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
  base::ThreadPool pool_{"pool", 4, 100};
  std::unique_ptr<RequestDispatcher> dispatcher_;
};

TEST_F(CallerPermitTest, EachRequestCountsAgainstTheRate) {
  EXPECT_TRUE(Call().ok());
  EXPECT_EQ(dispatcher_->TryTake(kChange), nullptr) << "the place of this second is taken";
  CallBeside({});
  ASSERT_TRUE(Waits(1));
  Pass(absl::Milliseconds(990));
  EXPECT_TRUE(Always([&] { return ended().empty(); }, absl::Milliseconds(20)));
  Pass(absl::Milliseconds(10));
  ASSERT_TRUE(Ended(1));
  EXPECT_TRUE(ended()[0].ok());
}

TEST_F(CallerPermitTest, WaitsForAWhileOnly) {
  EXPECT_TRUE(Call().ok());
  CallerPermit hasty(*dispatcher_, kChange, absl::ZeroDuration());
  const absl::Status may = hasty.BeforeSend({});
  EXPECT_TRUE(upstream::WasPutOff(may)) << may;
  EXPECT_GE(base::GetErrorDetail(may).retry_delay, absl::Seconds(1));
}

TEST_F(CallerPermitTest, ATenantTakesAsManyPlacesAsItLeavesFree) {
  EXPECT_TRUE(Call().ok());
  for (size_t i = 1; i <= 3; ++i) {
    CallBeside(Of("greedy"));
    ASSERT_TRUE(Waits(i));
  }
  EXPECT_TRUE(upstream::WasPutOff(Call({}, Of("greedy"))));
  CallBeside(Of("modest"));
  ASSERT_TRUE(Waits(4));
  for (size_t i = 1; i <= 4; ++i) {
    Pass(absl::Seconds(1));
    ASSERT_TRUE(Ended(i));
    EXPECT_TRUE(ended().back().ok());
  }
}

TEST_F(CallerPermitTest, ACooldownPutsCallsOffUntilItsEnd) {
  Submit({true, absl::Seconds(40), LimitScope::kAccount});
  Pass(absl::Seconds(30));
  const absl::Status may = Call();
  EXPECT_TRUE(upstream::WasPutOff(may)) << may;
  EXPECT_EQ(base::GetErrorDetail(may).retry_delay, absl::Seconds(10));
  Pass(absl::Seconds(10));
  EXPECT_TRUE(Call().ok());
}

TEST_F(CallerPermitTest, ACooldownEndsWaits) {
  EXPECT_TRUE(Call().ok());
  Pass(absl::Seconds(1));
  const std::unique_ptr<RequestSlot> slot = dispatcher_->TryTake(kChange);
  ASSERT_TRUE(slot->BeforeSend({}).ok());
  CallBeside({});
  ASSERT_TRUE(Waits(1));
  slot->Answered({true, absl::Seconds(40), LimitScope::kAccount});
  ASSERT_TRUE(Ended(1));
  EXPECT_TRUE(upstream::WasPutOff(ended()[0]));
}

TEST_F(CallerPermitTest, ALimitOnTasksDoesNotHoldCallsBack) {
  Submit({true, absl::Seconds(40), LimitScope::kTasks});
  Pass(absl::Seconds(1));
  EXPECT_TRUE(Call().ok()) << "a cancel makes room for a task";
  EXPECT_EQ(dispatcher_->TryTake(kChange), nullptr);
}

TEST_F(CallerPermitTest, ALimitOnTheAccountThatComesToOneOnTasksHoldsCallsBack) {
  Submit({true, absl::Seconds(40), LimitScope::kTasks});
  Pass(absl::Seconds(1));
  EXPECT_TRUE(Call({true, absl::Seconds(5), LimitScope::kAccount}).ok());
  Pass(absl::Seconds(1));
  EXPECT_TRUE(upstream::WasPutOff(Call()));
}

TEST_F(CallerPermitTest, RepeatedLimitsHoldAllBackAndASuccessBetweenBeginsTheCountAnew) {
  for (const bool limited : {true, true, false, true, true}) {
    EXPECT_TRUE(Call(limited ? RequestOutcome{true, absl::Seconds(40)} : RequestOutcome()).ok());
    Pass(absl::Seconds(1));
  }
  EXPECT_TRUE(Call({true, absl::Seconds(40)}).ok());
  EXPECT_EQ(dispatcher_->facts().cooldown[1], absl::Seconds(40));
}

TEST_F(CallerPermitTest, SuccessesOfCallersDoNotEndACooldownOrForgetLimits) {
  for (int i = 0; i < 2; ++i) {
    Submit({true, absl::Seconds(40)});
    Pass(absl::Seconds(1));
    EXPECT_TRUE(Call().ok());
    Pass(absl::Seconds(1));
  }
  // Sent before the cooldown begins, answered in it.
  CallerPermit early(*dispatcher_, kChange);
  EXPECT_TRUE(early.BeforeSend({}).ok());
  Pass(absl::Seconds(1));
  Submit({true, absl::Seconds(40)});
  EXPECT_EQ(dispatcher_->facts().cooldown[1], absl::Seconds(40)) << "the third limit";
  Pass(absl::Seconds(1));
  early.Answered({});
  EXPECT_EQ(dispatcher_->facts().cooldown[1], absl::Seconds(39));
}

TEST_F(CallerPermitTest, CallersTakeNoTrial) {
  for (int i = 0; i < 3; ++i) {
    Submit({true, absl::Minutes(5)});
    Pass(absl::Seconds(1));
  }
  Pass(absl::Seconds(30));
  EXPECT_TRUE(upstream::WasPutOff(Call()));
  EXPECT_NE(dispatcher_->TryTake(kChange), nullptr) << "the gateway's own request tries";
}

TEST_F(CallerPermitTest, APageThatIsPutOffIsNoAnswerOfTheVendor) {
  CallerPermit list(*dispatcher_, kChange, absl::ZeroDuration());
  EXPECT_TRUE(list.BeforeSend({}).ok());
  const absl::Status second = list.BeforeSend({});
  EXPECT_TRUE(upstream::WasPutOff(second));
  list.Answered({true, absl::Hours(1), LimitScope::kAccount});
  EXPECT_EQ(dispatcher_->facts().cooldown[1], absl::ZeroDuration());
}

TEST_F(CallerPermitTest, EndsWithTheDeadlineACancelOrAStop) {
  EXPECT_TRUE(Call().ok());
  upstream::CallOptions hasty;
  hasty.deadline = clock_.Now() + absl::Milliseconds(100);
  CallBeside(hasty);
  ASSERT_TRUE(Waits(1));
  Pass(absl::Milliseconds(100));
  ASSERT_TRUE(Ended(1));
  EXPECT_EQ(base::GetReason(ended()[0]), base::Reason::kDeadlineExceeded);

  upstream::CallOptions gone;
  gone.cancel = std::make_shared<base::CancelToken>();
  CallBeside(gone);
  ASSERT_TRUE(Waits(1));
  gone.cancel->Cancel();
  ASSERT_TRUE(Ended(2));
  EXPECT_TRUE(absl::IsCancelled(ended()[1]));

  CallBeside({});
  ASSERT_TRUE(Waits(1));
  dispatcher_->Stop();
  ASSERT_TRUE(Ended(3));
  EXPECT_TRUE(absl::IsCancelled(ended()[2]));
  EXPECT_TRUE(absl::IsCancelled(Call()));
}

}  // namespace
}  // namespace seedance::engine

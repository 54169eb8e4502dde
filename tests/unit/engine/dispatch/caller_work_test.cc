// What callers ask for: work that waits in the dispatcher, and further requests that wait on their threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
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
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using upstream::LimitScope;

constexpr RequestKind kPolling = RequestKind::kRead;
constexpr RequestKind kChange = RequestKind::kChange;
constexpr RequestOutcome kLimitedShortly = {true, absl::Seconds(40)};

// One change a second, no limit on reads, as many threads as `threads`.
class CallerWorkTest : public ::testing::Test {
 protected:
  CallerWorkTest() { Start(4); }
  ~CallerWorkTest() override {
    Open();
    dispatcher_->Stop();
    for (std::thread& thread : threads_) thread.join();
    pool_->Stop();
  }
  void Start(size_t threads, double changes_per_second = 1) {
    if (dispatcher_ != nullptr) dispatcher_->Stop();
    AdmissionControl::Options options;
    options.submits_per_second = changes_per_second;
    options.max_polls = options.max_submits = threads;
    options.breaker = {2, absl::Minutes(10)};
    pool_ = std::make_unique<base::ThreadPool>("pool", threads, 100);
    dispatcher_ = std::make_unique<RequestDispatcher>(options, *pool_, *pool_, clock_);
  }

  static upstream::CallOptions Of(const std::string& tenant) {
    upstream::CallOptions call;
    call.tenant = tenant;
    return call;
  }
  void Note(const std::string& what) {
    base::MutexLock lock(mutex_);
    noted_.push_back(what);
  }
  std::vector<std::string> noted() {
    base::MutexLock lock(mutex_);
    return noted_;
  }
  bool Noted(size_t count) {
    return Eventually([&] { return noted().size() == count; });
  }
  bool StaysAt(size_t count) {
    return Always([&] { return noted().size() == count; }, absl::Milliseconds(20));
  }
  // A caller's change of one request that comes to `outcome`; notes `name`, or why it was refused.
  void Change(const std::string& tenant, const std::string& name, const RequestOutcome& outcome = {},
              bool patient = false) {
    const bool taken = dispatcher_->AddCaller(kChange, tenant,
                                              {[this, name, outcome](RequestSlot& slot) {
                                                 ASSERT_TRUE(slot.BeforeSend({}).ok());
                                                 slot.Answered(outcome);
                                                 Note(name);
                                               },
                                               [this, name](const absl::Status& why) {
                                                 EXPECT_TRUE(upstream::WasNotSent(why));
                                                 base::MutexLock lock(mutex_);
                                                 refusal_ = why;
                                                 noted_.push_back(name + " refused");
                                               },
                                               patient});
    ASSERT_TRUE(taken);
  }
  // A caller's change that notes "begun" and lasts until Open.
  void Hold() {
    dispatcher_->AddCaller(kChange, "a",
                           {[this](RequestSlot&) {
                              Note("begun");
                              AwaitOpen();
                            },
                            nullptr});
  }
  void AwaitOpen() {
    base::MutexLock lock(mutex_);
    while (!open_) opened_.Wait(mutex_);
  }
  void Open() {
    base::MutexLock lock(mutex_);
    open_ = true;
    opened_.NotifyAll();
  }
  absl::Status refusal() {
    base::MutexLock lock(mutex_);
    return refusal_;
  }
  // Work of the gateway.
  void Submit(const std::string& name, const RequestOutcome& outcome = {}) {
    dispatcher_->Add(kChange, "t", name, clock_.Now(), [this, name, outcome](RequestSlot& slot) {
      ASSERT_TRUE(slot.BeforeSend({}).ok());
      slot.Answered(outcome);
      Note(name);
    });
  }
  // A transfer's request: waits on a thread of its own.
  void SendBeside(const std::string& tenant, const std::string& name) {
    threads_.emplace_back([this, tenant, name] {
      RequestSlot slot(*dispatcher_);
      slot.SetKind(kChange);
      const absl::Status may = slot.BeforeSend(Of(tenant));
      if (may.ok()) slot.Answered({});
      Note(may.ok() ? name : name + " refused");
    });
  }
  bool Waits(size_t count) {
    return Eventually([&] { return dispatcher_->facts().threads_waiting[1] == count; });
  }
  absl::Duration Cooldown() { return dispatcher_->facts().cooldown[1]; }
  // So much has run; then the next second begins.
  bool Ran(size_t noted) {
    const bool ran = Noted(noted) && Eventually([this] { return dispatcher_->IsIdle(); });
    clock_.Advance(absl::Seconds(1));
    return ran;
  }
  // The next second, and the work that it lets go.
  bool NextSecond(size_t noted_then) {
    clock_.Advance(absl::Seconds(1));
    return Noted(noted_then) && Eventually([this] { return dispatcher_->IsIdle(); });
  }

  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::Mutex mutex_;
  std::vector<std::string> noted_ ABSL_GUARDED_BY(mutex_);
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);
  base::CondVar opened_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
  std::unique_ptr<base::ThreadPool> pool_;
  std::unique_ptr<RequestDispatcher> dispatcher_;
};

TEST_F(CallerWorkTest, CountsAgainstTheRate) {
  Change("a", "a1");
  ASSERT_TRUE(Noted(1));
  Change("a", "a2");
  clock_.Advance(absl::Milliseconds(990));
  EXPECT_TRUE(StaysAt(1));
  clock_.Advance(absl::Milliseconds(10));
  EXPECT_TRUE(Noted(2));
}

TEST_F(CallerWorkTest, WaitsOnNoThread) {
  Start(1);
  Change("a", "a1");
  ASSERT_TRUE(Noted(1));
  for (int i = 0; i < 20; ++i) Change("a", "waits");
  // The only thread is free for a read all the while.
  dispatcher_->Add(kPolling, "b", "poll", clock_.Now(), [this](RequestSlot&) { Note("poll"); });
  EXPECT_TRUE(Noted(2));
  EXPECT_EQ(noted().back(), "poll");
}

TEST_F(CallerWorkTest, TenantsTakeTurnsWithEachOtherAndWithTheGateway) {
  Change("greedy", "first");
  ASSERT_TRUE(Ran(1));
  Submit("sets the pace");
  ASSERT_TRUE(Noted(2));
  for (int i = 1; i <= 5; ++i) Change("greedy", "greedy");
  Change("modest", "modest");
  Submit("task");
  for (size_t count = 3; count <= 6; ++count) ASSERT_TRUE(NextSecond(count));
  const std::vector<std::string> order = noted();
  const std::vector<std::string> next(order.begin() + 2, order.begin() + 6);
  EXPECT_THAT(next, ::testing::IsSupersetOf({std::string("modest"), std::string("task")}));
}

TEST_F(CallerWorkTest, ACancelGoesAfterOneTurnOfOthersHoweverManyWait) {
  Change("greedy", "first");
  ASSERT_TRUE(Noted(1));
  for (int i = 0; i < 500; ++i) Change("greedy", "greedy");
  Change("modest", "cancel");
  ASSERT_TRUE(NextSecond(2));
  ASSERT_TRUE(NextSecond(3));
  EXPECT_THAT(noted(), ::testing::Contains("cancel"));
}

TEST_F(CallerWorkTest, ALookBeforeAChangeKeepsTheChangesPlace) {
  dispatcher_->AddCaller(kChange, "a",
                         {[this](RequestSlot& slot) {
                            slot.SetKind(kPolling);
                            ASSERT_TRUE(slot.BeforeSend({}).ok());
                            slot.Answered({});
                            slot.SetKind(kChange);
                            const absl::Time before = clock_.Now();
                            ASSERT_TRUE(slot.BeforeSend({}).ok());
                            EXPECT_EQ(clock_.Now(), before);
                            slot.Answered({});
                            Note("cancelled");
                          },
                          nullptr});
  ASSERT_TRUE(Noted(1));
  Change("a", "next");
  EXPECT_TRUE(StaysAt(1)) << "the change took the place of this second";
}

TEST_F(CallerWorkTest, TransfersWaitOnTheirThreadsByTurnsOfTheirTenants) {
  Change("a", "first");
  ASSERT_TRUE(Noted(1));
  for (size_t i = 1; i <= 3; ++i) {
    SendBeside("greedy", "greedy");
    ASSERT_TRUE(Waits(i));
  }
  SendBeside("modest", "modest");
  ASSERT_TRUE(Waits(4));
  ASSERT_TRUE(NextSecond(2));
  ASSERT_TRUE(NextSecond(3));
  EXPECT_THAT(noted(), ElementsAre("first", "greedy", "modest"));
}

TEST_F(CallerWorkTest, ACooldownRefusesWhatWaitsAndWhatComes) {
  Change("a", "limited", {true, absl::Seconds(40), LimitScope::kAccount});
  ASSERT_TRUE(Noted(1));
  ASSERT_TRUE(Eventually([this] { return Cooldown() > absl::ZeroDuration(); }));
  Change("a", "comes");
  ASSERT_TRUE(Noted(2));
  EXPECT_EQ(noted().back(), "comes refused");
  EXPECT_EQ(base::GetReason(refusal()), base::Reason::kRateLimited);
  EXPECT_EQ(base::GetErrorDetail(refusal()).retry_delay, absl::Seconds(40));
  Change("a", "patient", {}, /*patient=*/true);
  clock_.Advance(absl::Seconds(39));
  EXPECT_TRUE(StaysAt(2));
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(Noted(3));
  EXPECT_EQ(noted().back(), "patient");
}

TEST_F(CallerWorkTest, ACooldownThatBeginsRefusesWhatWaits) {
  const std::unique_ptr<RequestSlot> slot = dispatcher_->TryTake(kChange);
  ASSERT_TRUE(slot->BeforeSend({}).ok());
  Change("a", "waits");
  SendBeside("a", "transfer");
  ASSERT_TRUE(Waits(1));
  slot->Answered({true, absl::Seconds(40), LimitScope::kAccount});
  ASSERT_TRUE(Noted(2));
  EXPECT_THAT(noted(), UnorderedElementsAre("waits refused", "transfer refused"));
  EXPECT_EQ(Cooldown(), absl::Seconds(40)) << "what was refused is no answer of the vendor";
}

TEST_F(CallerWorkTest, ALimitOnTasksDoesNotHoldCallersBack) {
  Submit("task", {true, absl::Seconds(40), LimitScope::kTasks});
  ASSERT_TRUE(Ran(1));
  Change("a", "cancel");
  ASSERT_TRUE(Ran(2));
  EXPECT_EQ(noted().back(), "cancel") << "it makes room for a task";
  Submit("next task");
  clock_.Advance(absl::Seconds(30));
  EXPECT_TRUE(StaysAt(2));
  // A shorter limit on the account holds callers for its own time only.
  Change("a", "limited", {true, absl::Seconds(5), LimitScope::kAccount});
  ASSERT_TRUE(Noted(3));
  ASSERT_TRUE(Eventually([this] { return dispatcher_->IsIdle(); }));
  clock_.Advance(absl::Seconds(3));
  Change("a", "early");
  ASSERT_TRUE(Noted(4));
  EXPECT_EQ(noted().back(), "early refused");
  clock_.Advance(absl::Seconds(2));
  Change("a", "later");
  ASSERT_TRUE(Noted(5));
  EXPECT_EQ(noted().back(), "later");
}

TEST_F(CallerWorkTest, ALimitOnTasksThatACallerMeetsIsItsOwn) {
  Change("a", "upload", {true, absl::Minutes(5), LimitScope::kTasks});
  ASSERT_TRUE(Ran(1));
  Submit("task");
  EXPECT_TRUE(Noted(2));
}

TEST_F(CallerWorkTest, RepeatedLimitsRestAllAndASuccessBetweenBeginsTheCountAnew) {
  size_t count = 0;
  for (const bool limited : {true, true, false, true, true}) {
    Change("a", "a", limited ? kLimitedShortly : RequestOutcome());
    ASSERT_TRUE(Ran(++count));
    EXPECT_EQ(Cooldown(), absl::ZeroDuration());
  }
  Change("a", "third", kLimitedShortly);
  ASSERT_TRUE(Noted(++count));
  EXPECT_TRUE(Eventually([this] { return Cooldown() == absl::Seconds(40); }));
}

TEST_F(CallerWorkTest, ASuccessOfACallerEndsNoCooldown) {
  Submit("limited", {true, absl::Seconds(40), LimitScope::kTasks});
  ASSERT_TRUE(Ran(1));
  Change("a", "sent in the cooldown");
  ASSERT_TRUE(Ran(2));
  EXPECT_EQ(Cooldown(), absl::Seconds(38));
}

TEST_F(CallerWorkTest, TakesNoTrial) {
  for (size_t i = 1; i <= 3; ++i) {
    Submit("limited", {true, absl::Minutes(5)});
    ASSERT_TRUE(Ran(i));
  }
  clock_.Advance(absl::Seconds(30));
  Change("a", "a", {}, /*patient=*/true);
  EXPECT_TRUE(StaysAt(3));
  Submit("tries");
  ASSERT_TRUE(Noted(4));
  EXPECT_EQ(noted().back(), "tries");
}

TEST_F(CallerWorkTest, SaysNothingAboutAnOutageAndIsNotHeldByOne) {
  for (size_t i = 1; i <= 4; ++i) {
    Change("a", "a", {/*usable=*/false, std::nullopt});
    ASSERT_TRUE(Ran(i));
  }
  EXPECT_FALSE(dispatcher_->facts().is_down);
  for (size_t i = 5; i <= 6; ++i) {
    Submit("fails", {/*usable=*/false, std::nullopt});
    ASSERT_TRUE(Ran(i));
  }
  EXPECT_TRUE(dispatcher_->facts().is_down);
  Change("a", "a");
  EXPECT_TRUE(Noted(7));
}

TEST_F(CallerWorkTest, NoMoreRunThanThereAreThreads) {
  Start(1, /*changes_per_second=*/0);
  for (int i = 0; i < 5; ++i) Hold();
  EXPECT_TRUE(Noted(1));
  Submit("task");
  EXPECT_TRUE(StaysAt(1)) << "a task waits in its order, not behind what fills a pool";
  Open();
  EXPECT_TRUE(Noted(6));
}

TEST_F(CallerWorkTest, WhatNobodyWaitsForIsNotSentAndCostsNothing) {
  upstream::CallOptions late;
  late.deadline = clock_.Now();
  upstream::CallOptions gone;
  gone.cancel = std::make_shared<base::CancelToken>();
  gone.cancel->Cancel();
  for (const upstream::CallOptions& call : {late, gone}) {
    dispatcher_->AddCaller(kChange, "a",
                           {[this, call](RequestSlot& slot) {
                              EXPECT_TRUE(upstream::WasNotSent(slot.BeforeSend(call)));
                              Note("gone");
                            },
                            nullptr});
  }
  Change("a", "next");
  EXPECT_TRUE(Noted(3)) << "in the same second";
}

TEST_F(CallerWorkTest, ARefusedLookDoesNotHideWhatTheChangeComesTo) {
  upstream::CallOptions gone;
  gone.cancel = std::make_shared<base::CancelToken>();
  gone.cancel->Cancel();
  dispatcher_->AddCaller(kChange, "a",
                         {[this, gone](RequestSlot& slot) {
                            slot.SetKind(kPolling);
                            EXPECT_FALSE(slot.BeforeSend(gone).ok());
                            slot.SetKind(kChange);
                            EXPECT_TRUE(slot.BeforeSend({}).ok());
                            slot.Answered({true, absl::Seconds(40), LimitScope::kAccount});
                            Note("limited");
                          },
                          nullptr});
  ASSERT_TRUE(Noted(1));
  EXPECT_EQ(Cooldown(), absl::Seconds(40));
}

TEST_F(CallerWorkTest, CallersLeaveThreadsToTheGateway) {
  Start(4, /*changes_per_second=*/0);
  for (int i = 0; i < 8; ++i) Hold();
  EXPECT_TRUE(Noted(3));
  Submit("task");
  EXPECT_TRUE(Noted(4));
  EXPECT_EQ(noted().back(), "task");
  Open();
  EXPECT_TRUE(Noted(9));
}

TEST_F(CallerWorkTest, AfterAClosingWorkThatRunsGoesOn) {
  dispatcher_->AddCaller(kPolling, "a",
                         {[this](RequestSlot& slot) {
                            EXPECT_TRUE(slot.BeforeSend({}).ok());
                            slot.Answered({});
                            Note("first");
                            AwaitOpen();
                            slot.SetKind(kChange);
                            EXPECT_TRUE(slot.BeforeSend({}).ok());
                            Note("second");
                          },
                          nullptr});
  ASSERT_TRUE(Noted(1));
  dispatcher_->Close();
  EXPECT_FALSE(dispatcher_->AddCaller(kPolling, "a", {[](RequestSlot&) {}, nullptr}));
  Open();
  EXPECT_TRUE(Noted(2));
}

TEST_F(CallerWorkTest, EndsWithADeadlineACancelOrAStop) {
  Change("a", "first");
  ASSERT_TRUE(Noted(1));
  base::Mutex mutex;
  std::vector<absl::Status> ended;
  const auto send = [&](const upstream::CallOptions& call) {
    threads_.emplace_back([&, call] {
      RequestSlot slot(*dispatcher_);
      slot.SetKind(kChange);
      const absl::Status may = slot.BeforeSend(call);
      base::MutexLock lock(mutex);
      ended.push_back(may);
    });
  };
  const auto last = [&](size_t count) {
    EXPECT_TRUE(Eventually([&] {
      base::MutexLock lock(mutex);
      return ended.size() == count;
    }));
    base::MutexLock lock(mutex);
    return ended.empty() ? absl::OkStatus() : ended.back();
  };
  upstream::CallOptions hasty;
  hasty.deadline = clock_.Now() + absl::Milliseconds(100);
  send(hasty);
  ASSERT_TRUE(Waits(1));
  clock_.Advance(absl::Milliseconds(100));
  const absl::Status late = last(1);
  EXPECT_EQ(base::GetReason(late), base::Reason::kDeadlineExceeded);
  EXPECT_TRUE(upstream::WasNotSent(late));

  upstream::CallOptions gone;
  gone.cancel = std::make_shared<base::CancelToken>();
  send(gone);
  ASSERT_TRUE(Waits(1));
  gone.cancel->Cancel();
  EXPECT_TRUE(absl::IsCancelled(last(2)));

  send({});
  ASSERT_TRUE(Waits(1));
  Change("a", "waits");
  dispatcher_->Stop();
  EXPECT_TRUE(absl::IsCancelled(last(3)));
  ASSERT_TRUE(Noted(2));
  EXPECT_EQ(noted().back(), "waits refused");
  EXPECT_TRUE(absl::IsCancelled(refusal()));
  EXPECT_FALSE(dispatcher_->AddCaller(kChange, "a", {[](RequestSlot&) {}, [](const absl::Status&) {}}));
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace
}  // namespace seedance::engine

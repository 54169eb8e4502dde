#include "service/engine/dispatch/gated_upstream.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "service/base/error.h"
#include "service/engine/dispatch/request_dispatcher.h"
#include "service/upstream/request_outcome.h"
#include "tests/testing/eventually.h"
#include "tests/testing/fake_upstream.h"

namespace seedance::engine {
namespace {

using base::Reason;
using ::seedance::testing::AccountLimited;
using ::seedance::testing::Eventually;
using ::seedance::testing::Failure;
using ::seedance::testing::FakeVendor;
using upstream::Acceptance;

// A vendor that counts as down after two unusable answers.
class GatedUpstreamTest : public ::testing::Test {
 protected:
  GatedUpstreamTest() {
    vendor_.profile().lists_tasks = vendor_.profile().cancels_tasks = vendor_.profile().usage_log = true;
    vendor_.profile().assets.max_staged_bytes = 1 << 20;
  }
  ~GatedUpstreamTest() override {
    dispatcher_.Stop();
    pool_.Stop();
  }
  static AdmissionControl::Options Options() {
    AdmissionControl::Options options;
    options.breaker = {2, absl::Seconds(5)};
    return options;
  }
  bool IsDown() { return dispatcher_.facts().is_down; }
  // Makes calls in a slot of the kind.
  void InSlot(RequestKind kind, const std::function<void(const upstream::CallOptions&)>& calls) {
    const std::unique_ptr<RequestSlot> slot = dispatcher_.TryTake(kind);
    ASSERT_NE(slot, nullptr);
    upstream::CallOptions call;
    call.permit = slot.get();
    calls(call);
  }
  void Poll() {
    InSlot(RequestKind::kRead, [this](const auto& call) { (void)upstream_.tasks().GetTask(call, "t"); });
  }

  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::ThreadPool pool_{"pool", 2, 10};
  RequestDispatcher dispatcher_{Options(), pool_, pool_, clock_};
  FakeVendor vendor_;
  base::Metrics metrics_;
  UpstreamMetrics upstream_metrics_{&metrics_, "fake"};
  GatedUpstream upstream_{vendor_.MakeUpstream(), dispatcher_, upstream_metrics_, clock_};
};

TEST_F(GatedUpstreamTest, ALimitThatASearchMeetsHoldsPollsBack) {
  vendor_.find_tasks.Answer(AccountLimited());
  InSlot(RequestKind::kRead,
         [this](const auto& call) { EXPECT_FALSE(upstream_.task_list()->FindTasks(call, {}).ok()); });
  EXPECT_EQ(dispatcher_.facts().cooldown[0], absl::Seconds(30));
  EXPECT_EQ(dispatcher_.TryTake(RequestKind::kRead), nullptr);
  EXPECT_NE(dispatcher_.TryTake(RequestKind::kChange), nullptr);
}

TEST_F(GatedUpstreamTest, ALimitThatASubmissionMeetsHoldsTheOthersBack) {
  vendor_.create_task.Answer({Acceptance::kNotAccepted, "", AccountLimited(), absl::Seconds(30), true});
  InSlot(RequestKind::kChange, [this](const auto& call) {
    EXPECT_EQ(upstream_.tasks().CreateTask(call, {}).acceptance, Acceptance::kNotAccepted);
  });
  EXPECT_EQ(dispatcher_.facts().cooldown[1], absl::Seconds(30));
}

TEST_F(GatedUpstreamTest, ATaskLeavesWithTheKeyThatWasNotedOfItOrNotAtAll) {
  upstream::CallOptions call;
  call.key_id = upstream_.usage_log()->key_id();
  EXPECT_EQ(upstream_.tasks().CreateTask(call, {}).acceptance, Acceptance::kAccepted);
  vendor_.SetKeyId("later key");
  upstream_.Replace(vendor_.MakeUpstream());
  const auto held_back = upstream_.tasks().CreateTask(call, {});
  EXPECT_EQ(held_back.acceptance, Acceptance::kNotAccepted);
  EXPECT_TRUE(held_back.retryable);
  call.key_id = upstream_.usage_log()->key_id();
  EXPECT_EQ(upstream_.tasks().CreateTask(call, {}).acceptance, Acceptance::kAccepted);
  EXPECT_EQ(vendor_.create_task.calls(), 2);
}

TEST_F(GatedUpstreamTest, EachRequestIsMeasuredByOperationAndOutcome) {
  vendor_.get_task.Answer(Failure(Reason::kUpstreamUnavailable, "down"));
  Poll();
  Poll();
  const std::string text = metrics_.Scrape();
  const auto counted = [&](const std::string& outcome, const std::string& operation) {
    return text.find("seedance_vendor_requests_total{operation=\"" + operation + "\",outcome=\"" + outcome +
                     "\",upstream=\"fake\"} 1\n") != std::string::npos;
  };
  EXPECT_TRUE(counted("UPSTREAM_UNAVAILABLE", "get_task")) << text;
  EXPECT_TRUE(text.find("seedance_vendor_request_seconds_count{operation=\"get_task\",upstream=\"fake\"} 2\n") !=
              std::string::npos)
      << text;
}

TEST_F(GatedUpstreamTest, WhatIsNotSentIsNotMeasured) {
  InSlot(RequestKind::kChange, [this](upstream::CallOptions call) {
    call.abandon = std::make_shared<base::CancelToken>();
    call.abandon->Cancel();
    EXPECT_EQ(upstream_.tasks().CreateTask(call, {}).acceptance, Acceptance::kNotAccepted);
  });
  EXPECT_EQ(metrics_.Scrape().find("create_task"), std::string::npos);
}

TEST_F(GatedUpstreamTest, WhatMayBeBilledIsNotSentWithoutLeave) {
  InSlot(RequestKind::kChange, [this](upstream::CallOptions call) {
    EXPECT_EQ(upstream_.tasks().CreateTask(call, {}).acceptance, Acceptance::kAccepted);
    call.cancel = std::make_shared<base::CancelToken>();
    call.cancel->Cancel();
    dispatcher_.Stop();
    const upstream::BilledResult<std::string> second = upstream_.tasks().CreateTask(call, {});
    EXPECT_EQ(second.acceptance, Acceptance::kNotAccepted);
    EXPECT_FALSE(second.retryable);
  });
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(GatedUpstreamTest, OutcomesTellWhetherTheVendorIsUp) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(IsDown());
    vendor_.get_task.Answer(Failure(Reason::kUpstreamUnavailable, "502"));
    Poll();
  }
  EXPECT_TRUE(IsDown());
  clock_.Advance(absl::Seconds(5));
  vendor_.SetTask("t", {});
  Poll();
  EXPECT_FALSE(IsDown());
}

TEST_F(GatedUpstreamTest, WhatWasBrokenOffSaysNothing) {
  for (int i = 0; i < 2; ++i) {
    vendor_.get_task.Answer(Failure(Reason::kUpstreamUnavailable, "502"));
    Poll();
  }
  clock_.Advance(absl::Seconds(5));
  vendor_.get_task.Answer(Failure(Reason::kCancelled, "the process stops"));
  Poll();
  EXPECT_TRUE(IsDown());
}

TEST_F(GatedUpstreamTest, ALimitThatACallerMeetsHoldsAllBack) {
  vendor_.get_asset.Answer(AccountLimited());
  EXPECT_FALSE(upstream_.assets().GetAsset({}, "a").ok());
  EXPECT_EQ(dispatcher_.TryTake(RequestKind::kRead), nullptr);
  const int calls = vendor_.get_asset.calls();
  EXPECT_TRUE(upstream::WasPutOff(upstream_.assets().GetAsset({}, "a").status()));
  EXPECT_EQ(vendor_.get_asset.calls(), calls);

  vendor_.create_asset.Answer({Acceptance::kNotAccepted, "", AccountLimited(), absl::Seconds(30), true});
  EXPECT_EQ(upstream_.assets().CreateAsset({}, {}).acceptance, Acceptance::kNotAccepted);
  EXPECT_EQ(dispatcher_.TryTake(RequestKind::kChange), nullptr);
  const upstream::BilledResult<std::string> put_off = upstream_.assets().CreateAsset({}, {});
  EXPECT_EQ(put_off.acceptance, Acceptance::kNotAccepted);
  EXPECT_EQ(put_off.retry_after, absl::Seconds(30));
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(GatedUpstreamTest, CallersSayNothingAboutAnOutage) {
  for (int i = 0; i < 4; ++i) {
    vendor_.get_group.Answer(Failure(Reason::kUpstreamUnavailable, "502"));
    EXPECT_FALSE(upstream_.groups()->GetGroup({}, "g").ok());
  }
  EXPECT_FALSE(IsDown());
}

TEST_F(GatedUpstreamTest, ErrorsOfTheUsageLogAreItsOwn) {
  vendor_.read_usage.Answer(AccountLimited());
  InSlot(RequestKind::kRead, [this](const auto& call) { EXPECT_FALSE(upstream_.usage_log()->ReadUsage(call).ok()); });
  EXPECT_EQ(dispatcher_.facts().cooldown[0], absl::ZeroDuration());
}

}  // namespace
}  // namespace seedance::engine

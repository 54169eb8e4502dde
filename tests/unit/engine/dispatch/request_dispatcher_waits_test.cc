// Further requests of work, which wait on its thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
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

constexpr RequestKind kRead = RequestKind::kRead;

// One request a second; two unusable answers open the breaker.
class FurtherRequestsTest : public ::testing::Test {
 protected:
  FurtherRequestsTest() {
    AdmissionControl::Options options;
    options.polls_per_second = 1;
    options.breaker = {2, absl::Minutes(10)};
    dispatcher_ = std::make_unique<RequestDispatcher>(options, pool_, pool_, clock_);
  }
  ~FurtherRequestsTest() override {
    dispatcher_->Stop();
    pool_.Stop();
  }

  // Work of so many requests, all of which come to `outcome`. Notes `name` and the number of each that may be sent, and
  // the error of the one that may not.
  void Walk(const std::string& name, int pages, const upstream::CallOptions& call = {},
            const RequestOutcome& outcome = {}) {
    dispatcher_->Add(kRead, name, name, clock_.Now(), [this, name, pages, call, outcome](RequestSlot& slot) {
      for (int page = 1; page <= pages; ++page) {
        const absl::Status may = slot.BeforeSend(call);
        base::MutexLock lock(mutex_);
        sent_.push_back(may.ok() ? name + std::to_string(page) : std::string(may.message()));
        last_ = may;
        if (!may.ok()) return;
      }
      slot.Answered(outcome);
    });
  }
  std::vector<std::string> sent() {
    base::MutexLock lock(mutex_);
    return sent_;
  }
  absl::Status last() {
    base::MutexLock lock(mutex_);
    return last_;
  }
  bool Sent(size_t count) {
    return Eventually([&] { return sent().size() == count; });
  }
  bool Waits(size_t count) {
    return Eventually([&] { return dispatcher_->facts().threads_waiting[0] == count; });
  }
  bool StaysAt(size_t count) {
    return Always([&] { return sent().size() == count; }, absl::Milliseconds(20));
  }

  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::Mutex mutex_;
  std::vector<std::string> sent_ ABSL_GUARDED_BY(mutex_);
  absl::Status last_ ABSL_GUARDED_BY(mutex_);
  base::ThreadPool pool_{"pool", 4, 100};
  std::unique_ptr<RequestDispatcher> dispatcher_;
};

TEST_F(FurtherRequestsTest, EachCountsAgainstTheRate) {
  Walk("a", 3);
  for (size_t page = 1; page <= 3; ++page) {
    ASSERT_TRUE(Sent(page));
    ASSERT_TRUE(Waits(page < 3 ? 1 : 0));
    clock_.Advance(absl::Milliseconds(990));
    EXPECT_TRUE(StaysAt(page));
    clock_.Advance(absl::Milliseconds(10));
  }
}

TEST_F(FurtherRequestsTest, TakeTurnsWithTheQueue) {
  Walk("a", 3);
  ASSERT_TRUE(Waits(1));
  Walk("b", 1);
  Walk("c", 1);
  for (size_t count = 2; count <= 5; ++count) {
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(Sent(count));
    if (sent().back() == "a2") {
      ASSERT_TRUE(Waits(1));
    }
  }
  const std::vector<std::string> order = sent();
  EXPECT_EQ(order[0], "a1");
  EXPECT_NE(order[1][0] == 'a', order[2][0] == 'a');
  EXPECT_NE(order[3][0] == 'a', order[4][0] == 'a');
}

TEST_F(FurtherRequestsTest, ArePutOffByALongCooldown) {
  std::unique_ptr<RequestSlot> limited = dispatcher_->TryTake(kRead);
  ASSERT_TRUE(limited->BeforeSend({}).ok());
  clock_.Advance(absl::Seconds(2));
  Walk("a", 2);
  ASSERT_TRUE(Waits(1));
  limited->Answered({true, absl::Seconds(40), upstream::LimitScope::kAccount});
  ASSERT_TRUE(Sent(2)) << "the wait ends at once";
  EXPECT_TRUE(upstream::WasPutOff(last())) << last();
  EXPECT_EQ(base::GetErrorDetail(last()).retry_delay, absl::Seconds(40));
  limited.reset();
  ASSERT_TRUE(Eventually([&] { return dispatcher_->IsIdle(); }));
  EXPECT_EQ(dispatcher_->facts().cooldown[0], absl::Seconds(40)) << "what was put off is no answer of the vendor";
  clock_.Advance(absl::Seconds(39));
  Walk("b", 1);
  EXPECT_TRUE(StaysAt(2));
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(Sent(3));
}

TEST_F(FurtherRequestsTest, EndWithTheDeadlineACancelOrAStop) {
  upstream::CallOptions hasty;
  hasty.deadline = clock_.Now() + absl::Milliseconds(500);
  Walk("hasty", 2, hasty);
  ASSERT_TRUE(Waits(1));
  clock_.Advance(absl::Milliseconds(500));
  ASSERT_TRUE(Sent(2));
  EXPECT_EQ(base::GetReason(last()), base::Reason::kDeadlineExceeded);

  upstream::CallOptions gone;
  gone.cancel = std::make_shared<base::CancelToken>();
  clock_.Advance(absl::Seconds(2));
  Walk("gone", 2, gone);
  ASSERT_TRUE(Waits(1));
  gone.cancel->Cancel();
  ASSERT_TRUE(Sent(4));
  EXPECT_TRUE(absl::IsCancelled(last()));

  clock_.Advance(absl::Seconds(2));
  Walk("stopped", 2);
  ASSERT_TRUE(Waits(1));
  dispatcher_->Stop();
  ASSERT_TRUE(Sent(6));
  EXPECT_TRUE(absl::IsCancelled(last()));
  EXPECT_EQ(dispatcher_->facts().threads_waiting[0], 0u);
}

TEST_F(FurtherRequestsTest, ASearchThatFailsIsOneFailure) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(dispatcher_->facts().is_down);
    Walk("fails", 2, {}, {/*usable=*/false, std::nullopt});
    ASSERT_TRUE(Waits(1));
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(Sent(static_cast<size_t>(2 * (i + 1))));
    ASSERT_TRUE(Eventually([&] { return dispatcher_->IsIdle(); }));
    clock_.Advance(absl::Seconds(2));
  }
  EXPECT_TRUE(Eventually([&] { return dispatcher_->facts().is_down; }))
      << "the first request is not called usable because a second one followed";
}

}  // namespace
}  // namespace seedance::engine

#include "service/rpc/calls/call_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/base/error.h"
#include "service/base/mutex.h"

namespace seedance::rpc {
namespace {

void NeverFails(const absl::Status& status) { ADD_FAILURE() << status; }

// A pool of one thread, which the constructor keeps busy until Open.
class CallPoolTest : public ::testing::Test {
 protected:
  CallPoolTest() {
    pool_.Run(
        "a",
        [this] {
          inside_ = true;
          inside_.notify_all();
          open_.wait(false);
        },
        NeverFails);
    inside_.wait(false);
  }
  ~CallPoolTest() override { Open(); }

  void Open() {
    open_ = true;
    open_.notify_all();
  }
  // False: the pool has no place for it.
  bool Submit(const std::string& tenant) {
    absl::Status failed;
    pool_.Run(
        tenant, [this, tenant] { Ran(tenant); }, [&failed](const absl::Status& status) { failed = status; });
    EXPECT_TRUE(failed.ok() || failed == CallPoolFull()) << failed;
    return failed.ok();
  }
  std::string RunAll() {
    Open();
    pool_.Stop();
    base::MutexLock lock(mutex_);
    return order_;
  }
  void Ran(const std::string& what) {
    base::MutexLock lock(mutex_);
    order_ += what;
  }

  std::atomic<bool> inside_ = false;
  std::atomic<bool> open_ = false;
  base::Mutex mutex_;
  std::string order_ ABSL_GUARDED_BY(mutex_);
  CallPool pool_{/*threads=*/1, /*max_waiting=*/100};
};

TEST_F(CallPoolTest, ATenantWithAFullQueueDelaysAnotherByTheCallsUnderWayOnly) {
  while (Submit("a")) {
  }
  EXPECT_TRUE(Submit("b"));
  EXPECT_TRUE(Submit("b"));
  EXPECT_TRUE(Submit("c"));
  EXPECT_EQ(RunAll().substr(0, 6), "abcaba");  // After the one under way, turns.
}

TEST_F(CallPoolTest, ATenantMayHaveAsManyPlacesAsItLeavesFree) {
  size_t of_a = 0;
  size_t of_b = 0;
  while (Submit("a")) ++of_a;
  while (Submit("b")) ++of_b;
  EXPECT_EQ(of_a, 50u);
  EXPECT_EQ(of_b, 25u);
  EXPECT_TRUE(Submit("c"));
  EXPECT_EQ(RunAll().size(), 76u);
}

TEST_F(CallPoolTest, WorkThatThrowsEndsItsCallAndTheThreadLives) {
  std::vector<absl::Status> ends;
  const auto on_failed = [&ends](const absl::Status& status) { ends.push_back(status); };
  pool_.Run(
      "a", [] { throw std::bad_alloc(); }, on_failed);
  pool_.Run(
      "a", [] { throw std::runtime_error("defect"); }, on_failed);
  pool_.Run(
      "a", [] { throw std::bad_alloc(); }, [](const absl::Status&) { throw std::bad_alloc(); });
  EXPECT_TRUE(Submit("a"));
  EXPECT_EQ(RunAll(), "a");
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::GetErrorDetail(ends[0]).quota_subject, "gateway:memory");
  // What had begun may have been journalled: nobody is told to send it again.
  EXPECT_FALSE(base::GetErrorDetail(ends[0]).retry_delay.has_value());
  EXPECT_EQ(ends[1].code(), absl::StatusCode::kInternal);
}

TEST_F(CallPoolTest, ACallThatHasNotBegunIsToBeSentAgain) {
  EXPECT_TRUE(base::GetErrorDetail(CallPoolFull()).retry_delay.has_value());
}

TEST_F(CallPoolTest, AStoppedPoolTakesNothing) {
  EXPECT_EQ(RunAll(), "");
  EXPECT_FALSE(Submit("a"));
}

TEST(CallPool, RunsOnAllItsThreads) {
  std::atomic<int> inside = 0;
  CallPool pool(/*threads=*/3, /*max_waiting=*/10);
  for (int i = 0; i < 3; ++i) {
    pool.Run(
        "a",
        [&inside] {
          ++inside;
          inside.notify_all();
          for (int seen = inside; seen < 3; seen = inside) inside.wait(seen);  // Hangs if fewer run.
        },
        NeverFails);
  }
  pool.Stop();
  EXPECT_EQ(inside, 3);
}

}  // namespace
}  // namespace seedance::rpc

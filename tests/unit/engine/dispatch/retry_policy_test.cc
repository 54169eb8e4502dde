#include "service/engine/dispatch/retry_policy.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/testing/eventually.h"
#include "tests/testing/fake_upstream.h"

namespace seedance::engine {
namespace {

using ::seedance::testing::Accepted;
using ::seedance::testing::Billed;
using ::seedance::testing::Eventually;
using ::seedance::testing::Lost;
using ::seedance::testing::NotAccepted;
using ::seedance::testing::Refused;
using upstream::Acceptance;

class PatienceTest : public ::testing::Test {
 protected:
  // Sends with the answers in turn, the last one again and again; the clock runs by itself meanwhile.
  Billed Send(const std::vector<Billed>& answers, absl::Time deadline = absl::InfiniteFuture()) {
    std::atomic<bool> done{false};
    std::thread time([&] {
      (void)Eventually([&] {
        if (sent_ > 0) clock_.Advance(absl::Milliseconds(100));
        return done.load();
      });
    });
    const Billed result = SendPatiently({}, deadline, clock_, random_, cancel_, [&] {
      sent_at_.push_back(clock_.Now());
      return answers[std::min<size_t>(sent_++, answers.size() - 1)];
    });
    done = true;
    time.join();
    return result;
  }

  base::SimulatedClock clock_{absl::UnixEpoch()};
  base::SeededRandom random_{3};
  std::shared_ptr<base::CancelToken> cancel_ = std::make_shared<base::CancelToken>();
  std::atomic<size_t> sent_{0};
  std::vector<absl::Time> sent_at_;
};

TEST_F(PatienceTest, AnAnswerThatIsOneIsTakenAtOnce) {
  EXPECT_EQ(Send({Accepted("id")}).value, "id");
  EXPECT_EQ(sent_, 1u);
}

TEST_F(PatienceTest, ARefusalIsNotSentAgain) {
  EXPECT_EQ(Send({Refused(base::Reason::kInputModeration, "no")}).acceptance, Acceptance::kRefused);
  EXPECT_EQ(sent_, 1u);
}

TEST_F(PatienceTest, ALostAnswerIsNeverSentAgain) {
  EXPECT_EQ(Send({Lost(), Accepted("id")}).acceptance, Acceptance::kUnknown);
  EXPECT_EQ(sent_, 1u);
}

TEST_F(PatienceTest, WhatSurelyWasNotAcceptedIsSentAgain) {
  EXPECT_EQ(Send({NotAccepted(), NotAccepted(), Accepted("id")}).value, "id");
  EXPECT_EQ(sent_, 3u);
}

TEST_F(PatienceTest, GivesUpAfterItsTries) {
  EXPECT_EQ(Send({NotAccepted()}).acceptance, Acceptance::kNotAccepted);
  EXPECT_EQ(sent_, 3u);
}

TEST_F(PatienceTest, TheVendorsWishIsObeyed) {
  EXPECT_EQ(Send({NotAccepted(absl::Seconds(4)), Accepted("id")}).value, "id");
  ASSERT_EQ(sent_at_.size(), 2u);
  EXPECT_GE(sent_at_[1] - sent_at_[0], absl::Seconds(4));
}

TEST_F(PatienceTest, AVendorThatWantsMuchTimeIsLeftToTheCaller) {
  const Billed result = Send({NotAccepted(absl::Seconds(6)), Accepted("id")});
  EXPECT_EQ(result.acceptance, Acceptance::kNotAccepted);
  EXPECT_EQ(result.retry_after, absl::Seconds(6));
  EXPECT_EQ(sent_, 1u);
}

TEST_F(PatienceTest, NothingIsSentAfterTheCallersDeadline) {
  EXPECT_EQ(Send({NotAccepted(absl::Seconds(4)), Accepted("id")}, clock_.Now() + absl::Seconds(3)).acceptance,
            Acceptance::kNotAccepted);
  EXPECT_EQ(sent_, 1u);
}

TEST_F(PatienceTest, ABrokenStreamOfTheCallerIsNotSentAgain) {
  Billed broken = NotAccepted();
  broken.retryable = false;
  EXPECT_EQ(Send({broken, Accepted("id")}).acceptance, Acceptance::kNotAccepted);
  EXPECT_EQ(sent_, 1u);
}

TEST_F(PatienceTest, WhatIsCancelledBeforeItIsSentIsNotSent) {
  cancel_->Cancel();
  const Billed result = Send({Accepted("id")});
  EXPECT_EQ(result.acceptance, Acceptance::kNotAccepted);
  EXPECT_FALSE(result.retryable);
  EXPECT_EQ(base::GetReason(result.status), base::Reason::kCancelled);
  EXPECT_EQ(sent_, 0u);
}

TEST_F(PatienceTest, CancellingEndsThePauseAndTheLastAnswerStands) {
  // The clock stands still: only the cancellation can end the pause.
  std::thread canceller([&] {
    (void)Eventually([&] { return sent_ == 1; });
    cancel_->Cancel();
  });
  const Billed result = SendPatiently({}, absl::InfiniteFuture(), clock_, random_, cancel_, [&] {
    ++sent_;
    return NotAccepted(absl::Seconds(5));
  });
  canceller.join();
  EXPECT_EQ(result.acceptance, Acceptance::kNotAccepted);
  EXPECT_EQ(sent_, 1u);
}

TEST(PauseTest, LastsItsTime) {
  base::SimulatedClock clock(absl::UnixEpoch());
  std::atomic<bool> over{false};
  std::thread waiter([&] {
    EXPECT_TRUE(Pause(absl::Seconds(10), clock, nullptr));
    EXPECT_GE(clock.Now(), absl::UnixEpoch() + absl::Seconds(10));
    over = true;
  });
  EXPECT_TRUE(Eventually([&] {
    clock.Advance(absl::Seconds(1));
    return over.load();
  }));
  waiter.join();
}

TEST(PauseTest, IsNoneWhenCancelledBefore) {
  base::SimulatedClock clock(absl::UnixEpoch());
  auto cancel = std::make_shared<base::CancelToken>();
  cancel->Cancel();
  EXPECT_FALSE(Pause(absl::Hours(1), clock, cancel));
}

}  // namespace
}  // namespace seedance::engine

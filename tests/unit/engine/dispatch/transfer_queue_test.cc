#include "service/engine/dispatch/transfer_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "service/base/error.h"
#include "tests/testing/eventually.h"

namespace seedance::engine {
namespace {

using base::CancelToken;
using testing::Eventually;

TEST(LeastRateTest, APeerThatKeepsTheRateIsNeverTooSlow) {
  LeastRate rate({1000, absl::Seconds(10)});
  for (int second = 0; second < 100; ++second) {
    rate.Waited(absl::Seconds(1));
    EXPECT_FALSE(rate.TooSlow()) << second;
    rate.Moved(1000);
  }
}

TEST(LeastRateTest, AStalledPeerIsTooSlowAfterTheWindowWhateverItSentBefore) {
  LeastRate rate({1000, absl::Seconds(10)});
  for (int i = 0; i < 1'000'000; ++i) rate.Moved(1000);
  rate.Waited(absl::Seconds(10));
  EXPECT_FALSE(rate.TooSlow()) << "one message takes a second";
  rate.Waited(absl::Seconds(1));
  EXPECT_TRUE(rate.TooSlow());
}

TEST(LeastRateTest, MessagesThatTakeLongerThanTheWindowAreNotTooSlow) {
  // 1 MiB at 60 KiB/s: 17 s without a whole message.
  LeastRate rate({16 << 10, absl::Seconds(10)});
  rate.ExpectMessage(256 << 10);
  for (int message = 0; message < 20; ++message) {
    rate.Waited(absl::Seconds(1024.0 / 60));
    EXPECT_FALSE(rate.TooSlow()) << message;
    rate.Moved(1 << 20);
  }
  // At little more than the least rate too.
  for (int message = 0; message < 20; ++message) {
    rate.Waited(absl::Seconds(60));
    EXPECT_FALSE(rate.TooSlow()) << message;
    rate.Moved(1 << 20);
  }
  rate.Waited(absl::Seconds(75));
  EXPECT_TRUE(rate.TooSlow()) << "the credit is one message and the window";
}

TEST(LeastRateTest, NoMessageEarnsMoreThanTheLongestChunk) {
  LeastRate rate({1 << 20, absl::Seconds(10)});
  rate.Moved(int64_t{1} << 40);
  rate.Waited(absl::Seconds(11));
  EXPECT_TRUE(rate.TooSlow());
}

TEST(LeastRateTest, ASmallFirstMessageEndsTheCreditOfALargeOne) {
  LeastRate rate({16 << 10, absl::Seconds(10)});
  rate.ExpectMessage(256 << 10);
  int seconds = 0;
  while (!rate.TooSlow() && seconds < 100) {
    rate.Waited(absl::Seconds(1));
    rate.Moved(1);
    ++seconds;
  }
  EXPECT_LE(seconds, 12) << "a byte a second";
}

TEST(LeastRateTest, AByteASecondDoesNotHelp) {
  LeastRate rate({16 << 10, absl::Seconds(10)});
  int seconds = 0;
  while (!rate.TooSlow() && seconds < 100) {
    rate.Waited(absl::Seconds(1));
    rate.Moved(1);
    ++seconds;
  }
  EXPECT_LE(seconds, 12);
}

TEST(LeastRateTest, WithoutARateNobodyIsTooSlow) {
  LeastRate rate({0, absl::Seconds(10)});
  rate.Waited(absl::Hours(1));
  EXPECT_FALSE(rate.TooSlow());
}

class TransferQueueTest : public ::testing::Test {
 protected:
  // A transfer that waits for its peer until it is ended or let go.
  struct Peer {
    std::shared_ptr<CancelToken> token = std::make_shared<CancelToken>();
    std::shared_ptr<TransferSlot> slot;
    std::atomic<bool> running{false};
    std::atomic<bool> dropped{false};
    std::atomic<bool> done{false};
    std::atomic<bool> ended{false};  // Its last wait says so.
  };

  void Start(size_t places, size_t max_waiting = 100) {
    queue_ = std::make_unique<TransferQueue>("transfers",
                                             TransferQueue::Options{places, max_waiting, {1000, absl::Seconds(10)}},
                                             clock_, [this](absl::Time) { ++checks_; });
    queue_->CountEnded(metrics_.Counter("seedance_transfers_too_slow_total", {{"upstream", "fake"}}));
  }
  void TearDown() override {
    for (const auto& peer : peers_) peer->token->Cancel();
    if (queue_ != nullptr) queue_->Stop();
  }

  // `waits`: for its peer; else for the vendor.
  std::shared_ptr<Peer> Add(const std::string& tenant, bool waits = true) {
    auto peer = std::make_shared<Peer>();
    peers_.push_back(peer);
    TransferQueue::Transfer transfer;
    transfer.tenant = tenant;
    transfer.cancel = transfer.end = peer->token;
    transfer.dropped = [peer] { peer->dropped = true; };
    transfer.work = [peer, waits](const std::shared_ptr<TransferSlot>& slot) {
      peer->slot = slot;
      if (waits) slot->BeginWait();
      peer->running = true;
      (void)Eventually([&] { return peer->token->cancelled(); }, absl::Minutes(2));
      if (waits) peer->ended = !slot->EndWait(1);
      peer->running = false;
      peer->done = true;
    };
    taken_ = queue_->Submit(std::move(transfer));
    return peer;
  }
  bool Runs(const std::shared_ptr<Peer>& peer) {
    return Eventually([&] { return peer->running.load(); });
  }
  bool Done(const std::shared_ptr<Peer>& peer) {
    return Eventually([&] { return peer->done.load(); });
  }

  base::SimulatedClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  base::Metrics metrics_;
  std::atomic<int> checks_{0};
  bool taken_ = false;
  std::vector<std::shared_ptr<Peer>> peers_;
  std::unique_ptr<TransferQueue> queue_;
};

TEST_F(TransferQueueTest, OneTenantMayUseAllPlacesAndASpareOneIsForAnother) {
  Start(2);
  const auto first = Add("a");
  const auto second = Add("a");
  const auto third = Add("a");
  ASSERT_TRUE(Runs(first) && Runs(second));
  EXPECT_EQ(queue_->facts().waiting, 1u) << "the spare place is not for one who has some";
  EXPECT_TRUE(Runs(Add("b"))) << "it waits for nobody";
  const auto more = Add("c");
  EXPECT_EQ(queue_->facts().waiting, 2u) << "there is one spare place for two places";
  first->token->Cancel();
  second->token->Cancel();
  EXPECT_TRUE(Runs(more));
  EXPECT_TRUE(Runs(third));
}

TEST_F(TransferQueueTest, StalledPeersAreEndedAfterTheWindowWhenSomethingWaits) {
  Start(2);
  const auto first = Add("a");
  ASSERT_TRUE(Runs(first));  // Of equal peers the one that ran first is ended.
  const auto second = Add("a");
  ASSERT_TRUE(Runs(second));
  clock_.Advance(absl::Hours(1));
  queue_->Check();
  EXPECT_FALSE(first->token->cancelled()) << "nobody waits";
  const auto third = Add("a");
  queue_->Check();
  ASSERT_TRUE(Runs(third));
  EXPECT_TRUE(Done(first));
  EXPECT_TRUE(first->ended);
  EXPECT_TRUE(first->slot->ended());
  EXPECT_FALSE(second->token->cancelled()) << "one place was enough";
  EXPECT_THAT(metrics_.Scrape(), ::testing::HasSubstr("{upstream=\"fake\"} 1\n"));
  const absl::Status error = first->slot->Error();
  EXPECT_TRUE(absl::IsAborted(error));
  EXPECT_EQ(base::GetReason(error), base::Reason::kTransferTooSlow);
  EXPECT_TRUE(base::GetErrorDetail(error).retry_delay.has_value());
  EXPECT_THAT(std::string(error.message()), ::testing::HasSubstr("it transferred 1 bytes in 1h of waiting"));
}

TEST_F(TransferQueueTest, WhoMovesBytesOrWaitsForTheVendorIsNotEnded) {
  Start(2);
  const auto moves = Add("a");
  const auto sends = Add("a", /*waits=*/false);
  ASSERT_TRUE(Runs(moves) && Runs(sends));
  (void)Add("a");
  for (int second = 0; second < 60; ++second) {
    clock_.Advance(absl::Seconds(1));
    EXPECT_TRUE(moves->slot->Moved(1000));
    queue_->Check();
  }
  EXPECT_FALSE(moves->token->cancelled());
  EXPECT_FALSE(sends->token->cancelled());
  EXPECT_THAT(metrics_.Scrape(), ::testing::HasSubstr("{upstream=\"fake\"} 0\n"));
}

TEST_F(TransferQueueTest, ATenantWithMorePlacesDoesNotPushOutOneWithFewer) {
  Start(8);  // And two spare ones.
  std::vector<std::shared_ptr<Peer>> many;
  for (int i = 0; i < 7; ++i) many.push_back(Add("many"));
  const auto one = Add("one");
  for (const auto& peer : many) ASSERT_TRUE(Runs(peer));
  ASSERT_TRUE(Runs(one));
  for (int i = 0; i < 100; ++i) (void)Add("many");
  clock_.Advance(absl::Minutes(1));
  queue_->Check();
  EXPECT_FALSE(one->token->cancelled());
  for (const auto& peer : many) EXPECT_TRUE(Done(peer));
}

TEST_F(TransferQueueTest, WhatWaitsIsDroppedWhenItsCallerGoesAway) {
  Start(1);
  ASSERT_TRUE(Runs(Add("a")));
  const auto waiting = Add("a");
  EXPECT_EQ(queue_->facts().waiting, 1u);
  waiting->token->Cancel();
  EXPECT_TRUE(waiting->dropped);
  EXPECT_EQ(queue_->facts().waiting, 0u);
  EXPECT_FALSE(waiting->done);
}

TEST_F(TransferQueueTest, AFullQueueStillTakesATenantThatHasLessThanItsShare) {
  Start(1, 10);
  ASSERT_TRUE(Runs(Add("a")));
  ASSERT_TRUE(Runs(Add("b")));  // The spare one.
  for (int i = 0; i < 10; ++i) (void)Add("a");
  EXPECT_TRUE(taken_);
  (void)Add("a");
  EXPECT_FALSE(taken_);
  for (int i = 0; i < 5; ++i) (void)Add("b");
  EXPECT_TRUE(taken_);
  (void)Add("b");
  EXPECT_FALSE(taken_);
}

TEST_F(TransferQueueTest, StopRunsWhatWasTaken) {
  Start(1);
  const auto first = Add("a");
  const auto second = Add("a");
  ASSERT_TRUE(Runs(first));
  queue_->Finish(base::RealClock().Now());  // Takes nothing more from here on.
  (void)Add("a");
  EXPECT_FALSE(taken_);
  first->token->Cancel();
  ASSERT_TRUE(Runs(second));
  second->token->Cancel();
  queue_->Stop();
  EXPECT_TRUE(second->done);
}

TEST_F(TransferQueueTest, SomethingThatWaitsIsLookedAtAgainAndAgain) {
  Start(1);
  ASSERT_TRUE(Runs(Add("a")));
  (void)Add("a");
  const int before = checks_;
  queue_->Check();
  EXPECT_EQ(checks_, before + 1);
}

}  // namespace
}  // namespace seedance::engine

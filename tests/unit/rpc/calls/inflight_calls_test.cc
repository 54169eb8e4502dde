#include "service/rpc/calls/inflight_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <utility>

namespace seedance::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CallFrom final : public InflightCall {
 public:
  explicit CallFrom(std::string peer) : peer_(std::move(peer)) {}
  std::string Peer() const override { return peer_; }

 private:
  const std::string peer_;
};

TEST(InflightCalls, KnowTheConnectionsWithCallsUnderWay) {
  InflightCalls calls;
  CallFrom first("a");
  CallFrom second("b");
  CallFrom third("a");
  for (CallFrom* call : {&first, &second, &third}) ASSERT_TRUE(calls.Enter(*call));
  EXPECT_EQ(calls.count(), 3u);
  EXPECT_THAT(calls.Peers(), ElementsAre("a", "b"));
  calls.Leave(second);  // From the middle.
  EXPECT_THAT(calls.Peers(), ElementsAre("a"));
  calls.Leave(first);  // The oldest.
  EXPECT_THAT(calls.Peers(), ElementsAre("a"));
  calls.Leave(third);
  EXPECT_THAT(calls.Peers(), IsEmpty());
  EXPECT_EQ(calls.count(), 0u);
}

TEST(InflightCalls, LetNobodyInOnceClosed) {
  InflightCalls calls;
  CallFrom open("a");
  ASSERT_TRUE(calls.Enter(open));
  calls.Close();
  CallFrom late("b");
  EXPECT_FALSE(calls.Enter(late));
  EXPECT_EQ(calls.count(), 1u);
  calls.Leave(open);
}

TEST(InflightCalls, AwaitNoneReturnsWithTheLastCallOrAtTheDeadline) {
  base::SimulatedClock clock(absl::UnixEpoch());
  InflightCalls calls;
  CallFrom call("a");
  ASSERT_TRUE(calls.Enter(call));
  std::thread late([&] { clock.Advance(absl::Seconds(10)); });
  calls.AwaitNone(clock, absl::UnixEpoch() + absl::Seconds(10));
  late.join();
  EXPECT_EQ(calls.count(), 1u);
  std::thread last([&] { calls.Leave(call); });
  calls.AwaitNone(clock, absl::InfiniteFuture());
  last.join();
  EXPECT_EQ(calls.count(), 0u);
}

}  // namespace
}  // namespace seedance::rpc

#include "service/engine/dispatch/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace seedance::engine {
namespace {

using ::testing::ElementsAre;

class FairQueueTest : public ::testing::Test {
 protected:
  void Add(const std::string& tenant, const std::string& key, int due) { queue_.Add({tenant, key, At(due), 0}); }
  static absl::Time At(int seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); }
  std::vector<std::string> TakeAll() {
    std::vector<std::string> keys;
    while (auto item = queue_.Next()) keys.push_back(item->key);
    return keys;
  }

  FairQueue<int> queue_;
};

TEST_F(FairQueueTest, OfOneTenantTheLongestDueIsNext) {
  Add("a", "late", 3);
  Add("a", "early", 1);
  Add("a", "middle", 2);
  EXPECT_THAT(TakeAll(), ElementsAre("early", "middle", "late"));
  EXPECT_TRUE(queue_.empty());
}

TEST_F(FairQueueTest, TenantsTakeTurnsHoweverMuchTheyHaveAndHoweverLongItIsDue) {
  for (int i = 0; i < 4; ++i) Add("big", absl::StrCat("big", i), i);
  Add("small", "small0", 100);
  Add("small", "small1", 101);
  Add("tiny", "tiny0", 50);
  EXPECT_THAT(TakeAll(), ElementsAre("big0", "small0", "tiny0", "big1", "small1", "big2", "big3"));
}

TEST_F(FairQueueTest, TenThousandOfOneTenantDoNotKeepTenOfAnotherWaiting) {
  for (int i = 0; i < 10'000; ++i) Add("big", absl::StrCat("big", i), 0);
  for (int i = 0; i < 10; ++i) Add("small", absl::StrCat("small", i), 1000);
  int seen = 0;
  for (int turn = 0; turn < 20; ++turn) seen += queue_.Next()->tenant == "small" ? 1 : 0;
  EXPECT_EQ(seen, 10);
  EXPECT_EQ(queue_.size(), 9'990u);
}

TEST_F(FairQueueTest, WhatIsRemovedHasNoTurnAndItsTenantKeepsNoPlace) {
  Add("a", "a0", 1);
  Add("b", "b0", 1);
  Add("a", "a1", 2);
  EXPECT_TRUE(queue_.Remove("a0"));
  EXPECT_TRUE(queue_.Remove("a1"));
  EXPECT_FALSE(queue_.Remove("a1"));
  Add("a", "a2", 3);
  EXPECT_THAT(TakeAll(), ElementsAre("a2", "b0"));
  EXPECT_FALSE(queue_.Next().has_value());
}

TEST_F(FairQueueTest, HastenBringsForwardWithinTheTenantAndNeverBack) {
  Add("a", "a0", 1);
  Add("a", "a1", 2);
  Add("b", "b0", 1);
  EXPECT_TRUE(queue_.Hasten("a1", absl::InfinitePast()));
  EXPECT_TRUE(queue_.Hasten("a0", At(9)));
  EXPECT_FALSE(queue_.Hasten("nothing", At(0)));
  EXPECT_THAT(TakeAll(), ElementsAre("a1", "b0", "a0"));
}

TEST_F(FairQueueTest, TheSameKeyIsReplacedAndKeepsTheEarlierTime) {
  Add("a", "key", 1);
  Add("a", "other", 2);
  queue_.Add({"a", "key", At(3), 42});
  EXPECT_EQ(queue_.size(), 2u);
  EXPECT_EQ(queue_.Next()->payload, 42);
}

}  // namespace
}  // namespace seedance::engine

#include "service/store/postgres/shard_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace seedance::store::postgres {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

size_t CountOf(const ShardOwners& owners, int64_t number) {
  return static_cast<size_t>(std::count(owners.begin(), owners.end(), number));
}

void Apply(const std::map<size_t, int64_t>& moves, ShardOwners& owners) {
  for (const auto& [shard, owner] : moves) owners[shard] = owner;
}

ShardOwners AllOf(int64_t number) {
  ShardOwners owners;
  owners.fill(number);
  return owners;
}

TEST(ShardPlanTest, OneReplicaTakesAll) {
  ShardOwners owners = AllOf(0);
  Apply(PlanShards(1, {1}, owners, {}, 8), owners);
  EXPECT_EQ(CountOf(owners, 1), kShards);
  EXPECT_THAT(PlanShards(1, {1}, owners, {}, 8), IsEmpty());
}

TEST(ShardPlanTest, ShardsOfTheDeadAreTakenInEqualParts) {
  ShardOwners owners = AllOf(7);
  const std::set<int64_t> live = {8, 9, 12};
  for (const int64_t number : live) Apply(PlanShards(number, live, owners, {}, 8), owners);
  EXPECT_EQ(CountOf(owners, 8), 43u);
  EXPECT_EQ(CountOf(owners, 9), 43u);
  EXPECT_EQ(CountOf(owners, 12), 42u);
}

TEST(ShardPlanTest, NewcomerIsGivenItsPartAFewAtATime) {
  ShardOwners owners = AllOf(1);
  for (size_t i = 0; i < kShards / 2; ++i) owners[i] = 2;
  const std::set<int64_t> live = {1, 2, 3};
  EXPECT_THAT(PlanShards(3, live, owners, {}, 8), IsEmpty()) << "it takes nothing that is somebody's";
  EXPECT_THAT(PlanShards(1, live, owners, {}, 8), SizeIs(8));
  for (int beat = 0; beat < 10; ++beat) {
    for (const int64_t number : live) Apply(PlanShards(number, live, owners, {}, 8), owners);
  }
  EXPECT_EQ(CountOf(owners, 1), 43u);
  EXPECT_EQ(CountOf(owners, 2), 43u);
  EXPECT_EQ(CountOf(owners, 3), 42u);
  for (const int64_t number : live) {
    EXPECT_THAT(PlanShards(number, live, owners, {}, 8), IsEmpty()) << "nothing moves to and fro";
  }
}

TEST(ShardPlanTest, BusyShardsAreNotGivenAway) {
  ShardOwners owners = AllOf(1);
  ShardSet busy;
  busy.set();
  busy.reset(5);
  EXPECT_EQ(PlanShards(1, {1, 2}, owners, busy, 8), (std::map<size_t, int64_t>{{5, 2}}));
}

TEST(ShardPlanTest, OneThatLeavesGivesAllToThoseThatStay) {
  ShardOwners owners = AllOf(1);
  for (size_t i = 0; i < kShards; ++i) owners[i] = static_cast<int64_t>(i % 3 + 1);
  ShardSet busy;
  busy.set();
  Apply(PlanShards(2, {1, 3}, owners, busy, 8), owners);
  EXPECT_EQ(CountOf(owners, 1), kShards / 2);
  EXPECT_EQ(CountOf(owners, 3), kShards / 2);
}

TEST(ShardPlanTest, TheLastOneThatLeavesKeepsItsShards) { EXPECT_THAT(PlanShards(1, {}, AllOf(1), {}, 8), IsEmpty()); }

TEST(ShardPlanTest, MoreReplicasThanShardsLeaveSomeWithout) {
  constexpr int64_t kMany = kShards + 10;
  std::set<int64_t> live;
  for (int64_t number = 1; number <= kMany; ++number) live.insert(number);
  ShardOwners owners = AllOf(0);
  for (const int64_t number : live) Apply(PlanShards(number, live, owners, {}, 8), owners);
  EXPECT_EQ(CountOf(owners, 1), 1u);
  EXPECT_EQ(CountOf(owners, kShards), 1u);
  EXPECT_EQ(CountOf(owners, kShards + 1), 0u);
}

}  // namespace
}  // namespace seedance::store::postgres

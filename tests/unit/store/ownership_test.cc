#include "service/store/ownership.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace seedance::store {
namespace {

// Another release must find the same ones.
TEST(OwnershipTest, ShardsOfNamesNeverChange) {
  EXPECT_EQ(ShardOf(""), 69u);
  EXPECT_EQ(ShardOf("a"), 44u);
  EXPECT_EQ(ShardOf("01a22960-9bf6-7711-b13e-788ea49e0b42"), 23u);
  EXPECT_EQ(ShardOf("assets/anyfast~asset-1"), 51u);
}

TEST(OwnershipTest, NamesThatFollowEachOtherHaveShardsOfAllParts) {
  ShardSet seen;
  for (int i = 0; i < 2000; ++i) seen.set(ShardOf("assets/fake~" + std::to_string(i)));
  EXPECT_TRUE(seen.all());
}

TEST(OwnershipTest, EachPlaceBelongsToOneShard) {
  for (const size_t places : {1, 2, 3, 10, 127, 128, 129, 1000}) {
    std::vector<size_t> of(kShards);
    for (size_t place = 0; place < places; ++place) ++of[place * kShards / places];
    size_t all = 0;
    for (size_t shard = 0; shard < kShards; ++shard) {
      EXPECT_EQ(PlacesOf(ShardSet().set(shard), places), of[shard]) << shard << " of " << places;
      all += of[shard];
    }
    EXPECT_EQ(PlacesOf(ShardSet().set(), places), all);
    EXPECT_EQ(PlacesOf({}, places), 0u);
  }
}

TEST(OwnershipTest, OneProcessOwnsAllAndIsToldBeforeTheStartReturns) {
  OwnsAll all;
  EXPECT_TRUE(all.Owns(0) && all.Owns(kShards - 1) && all.OwnsId("x") && all.Leads());
  ShardSet gained;
  const auto gain = [&](const ShardSet& shards) {
    gained = shards;
    return absl::UnavailableError("test");
  };
  EXPECT_TRUE(absl::IsUnavailable(all.Start({gain, [](const ShardSet&) {}, [] {}})));
  EXPECT_TRUE(gained.all());
}

}  // namespace
}  // namespace seedance::store

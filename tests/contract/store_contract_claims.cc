#include <atomic>
#include <string>

#include "tests/contract/claims_contract.h"

namespace seedance::testing {
namespace {

using model::AssetState;
using model::JournalState;

TEST_P(StoreClaims, OneOfFiftyCreationsAndRenamesHasTheName) {
  for (int round = 0; round < 10; ++round) {
    const std::string name = "name " + std::to_string(round);
    std::atomic<int> winners{0};
    Race([&](int i) {
      const std::string id = std::to_string(round) + "-" + std::to_string(i);
      const bool renames = i % 2 == 0;
      const auto conflict = renames ? Claim(id, {"vendor", id}, name) : Begin(CreationOf(id, name));
      if (!conflict.has_value()) ++winners;
    });
    EXPECT_EQ(winners, 1) << name;
  }
}

TEST_P(StoreClaims, NoMoreThanTheLimitHaveAPlace) {
  constexpr int kMost = 4;
  model::Asset there = AssetOf("there", "there");
  ASSERT_TRUE(store().PutAsset(there).ok());
  std::atomic<int> winners{0};
  Race([&](int i) {
    const std::string id = std::to_string(i);
    const model::JournalEntry call = CreationOf(id, "name " + id, kMost);
    const auto conflict = Begin(call);
    if (conflict.has_value()) {
      EXPECT_EQ(conflict->places_taken, kMost);
      EXPECT_EQ(conflict->name_holder, "");
      return;
    }
    ++winners;
    model::Asset asset = AssetOf(id, "name " + id);
    End(call, JournalState::kDone, &asset);
  });
  EXPECT_EQ(winners, kMost - 1);
  EXPECT_EQ(LiveAssets(store(), "vendor"), kMost);
}

TEST_P(StoreClaims, AConflictWritesNothing) {
  ASSERT_EQ(Holder("r1", "hero"), "");
  EXPECT_EQ(Holder("r2", "hero"), "assetGroups/vendor~g") << "the asset has no name yet";
  EXPECT_FALSE(store().GetEntry(CreationOf("r2", "hero").key)->has_value());
  EXPECT_EQ(Holder("r2", "other"), "") << "the request id is free";
}

TEST_P(StoreClaims, AClaimEndsWithItsCall) {
  for (const JournalState state : {JournalState::kRefused, JournalState::kNotAccepted}) {
    const std::string name = "name " + std::to_string(static_cast<int>(state));
    ASSERT_EQ(Holder(name, name), "");
    End(CreationOf(name, name), state);
    EXPECT_EQ(Holder(name + " again", name), "");
  }
  ASSERT_EQ(Holder("r", "made"), "");
  model::Asset made = AssetOf("made", "made");
  End(CreationOf("r", "made"), JournalState::kDone, &made);
  EXPECT_EQ(Holder("r again", "made"), "assets/vendor~made");
  ASSERT_TRUE(store().DeleteAsset(made.handle).ok());
  EXPECT_EQ(Holder("r again", "made"), "");
}

TEST_P(StoreClaims, ACallInDoubtKeepsItsClaimForADay) {
  ASSERT_EQ(Holder("r1", "hero"), "");
  ASSERT_FALSE(Begin(CreationOf("r2", "villain", 2)).has_value());
  Reopen();
  ASSERT_EQ(*store().DoubtInFlightEntries("lost", At(10)), 2);
  const double day = absl::ToDoubleSeconds(store::Store::kClaimInDoubt);
  EXPECT_EQ(Holder("r3", "hero", day + 9), "assetGroups/vendor~g");
  EXPECT_EQ(Begin(CreationOf("r3", "third", 2, day + 9))->places_taken, 2);
  // One is found after all; the other is held no longer.
  model::Asset found = AssetOf("found", "villain");
  End(CreationOf("r2", "villain"), JournalState::kDone, &found);
  EXPECT_EQ(Holder("r3", "hero", day + 10), "");
  EXPECT_EQ(Holder("r4", "villain", day + 10), "assets/vendor~found");
}

TEST_P(StoreClaims, ADoneCallWhoseAssetIsKeptElsewhereHoldsItUntilItIsReleased) {
  model::Asset gone = AssetOf("gone", "hero");
  gone.state = AssetState::kExpired;
  ASSERT_TRUE(store().PutAsset(gone).ok());
  model::JournalEntry again = CreationOf("r1", "hero", 1);
  again.claim->asset = gone.handle;
  ASSERT_FALSE(Begin(again).has_value()) << "the asset's own name";
  End(again, JournalState::kDone);
  EXPECT_EQ(Holder("r2", "hero"), "assets/vendor~gone");
  EXPECT_EQ(Begin(CreationOf("r2", "other", 1))->places_taken, 1);
  gone.state = AssetState::kProcessing;
  ASSERT_TRUE(store().PutAsset(gone).ok());
  EXPECT_EQ(Begin(CreationOf("r2", "other", 1))->places_taken, 1) << "counted once";
  ASSERT_TRUE(store().ReleaseClaim(model::TextOf(again.key)).ok());
  EXPECT_EQ(Begin(CreationOf("r2", "other", 1))->places_taken, 1);
  EXPECT_FALSE(Begin(CreationOf("r2", "other", 2)).has_value());
}

TEST_P(StoreClaims, ARenameIsHeldByItsAssetAlone) {
  EXPECT_FALSE(Claim("one", {"vendor", "a"}, "hero").has_value());
  EXPECT_EQ(Claim("two", {"vendor", "b"}, "hero")->name_holder, "assets/vendor~a");
  EXPECT_FALSE(Claim("three", {"vendor", "a"}, "hero").has_value()) << "its own";
  EXPECT_EQ(Holder("r", "hero"), "assets/vendor~a");
  EXPECT_EQ(Holder("r0", "Hero"), "") << "other case";
  ASSERT_TRUE(store().ReleaseClaim("one").ok());
  EXPECT_EQ(Holder("r", "hero"), "assets/vendor~a") << "held by the other rename of that asset";
  Reopen();
  const double end = absl::ToDoubleSeconds(store::Store::kRenameInDoubt);
  EXPECT_EQ(Holder("r", "hero", end - 1), "assets/vendor~a");
  EXPECT_EQ(Holder("r", "hero", end), "");
  EXPECT_TRUE(store().ReleaseClaim("never made").ok());
}

TEST_P(StoreClaims, ALookSeesWhatAClaimWouldAndWritesNothing) {
  model::AssetClaim claim = {kGroup, "hero"};
  claim.most = 2;
  const auto look = [&](const std::string& holder, double at = 0) {
    const auto conflict = store().FindClaimConflict(holder, claim, At(at));
    EXPECT_TRUE(conflict.ok()) << conflict.status();
    return conflict.ok() ? *conflict : std::nullopt;
  };
  EXPECT_FALSE(look("x").has_value());
  EXPECT_FALSE(look("y").has_value()) << "x holds nothing";
  const model::JournalEntry call = CreationOf("r1", "hero");
  ASSERT_FALSE(Begin(call).has_value());
  EXPECT_EQ(look("x")->name_holder, "assetGroups/vendor~g");
  EXPECT_FALSE(look(model::TextOf(call.key)).has_value()) << "its own";
  claim.display_name = "other";
  EXPECT_FALSE(look("x").has_value());
  ASSERT_FALSE(Begin(CreationOf("r2", "villain")).has_value());
  EXPECT_EQ(look("x")->places_taken, 2);
  EXPECT_FALSE(look(model::TextOf(call.key)).has_value()) << "it has its place";
  ASSERT_EQ(*store().DoubtInFlightEntries("lost", At(10)), 2);
  const double day = absl::ToDoubleSeconds(store::Store::kClaimInDoubt);
  EXPECT_EQ(look("x", day + 9)->places_taken, 2);
  EXPECT_FALSE(look("x", day + 10).has_value()) << "void, though nobody has removed it";
}

TEST_P(StoreClaims, OtherGroupsAndUpstreamsAreOthers) {
  ASSERT_EQ(Holder("r1", "hero"), "");
  model::JournalEntry other = CreationOf("r2", "hero", 1);
  other.claim->group = {"vendor-2", "g"};
  EXPECT_FALSE(Begin(other).has_value());
  other = CreationOf("r3", "hero");
  other.claim->group = {"vendor", "g2"};
  EXPECT_FALSE(Begin(other).has_value());
}

}  // namespace
}  // namespace seedance::testing

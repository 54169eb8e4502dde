#include "service/engine/journal/claim_conflict.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;

class ClaimConflictTest : public ::testing::Test {
 protected:
  void Put(const std::string& id, absl::Time used, const std::string& tenant = kTenant,
           AssetState state = AssetState::kActive) {
    model::Asset asset;
    asset.handle = {"fake", id};
    asset.tenant = tenant;
    asset.group = {"fake", "g"};
    asset.state = state;
    asset.create_time = clock_.Now();
    asset.last_used_time = used;
    ASSERT_TRUE(store_->PutAsset(asset).ok());
  }
  // What one who needs a place is told, when there are `most`.
  absl::Status Room(int most) {
    model::AssetClaim claim = {{"fake", "g"}, "another"};
    claim.most = most;
    const auto conflict = store_->FindClaimConflict("holder", claim, clock_.Now());
    EXPECT_TRUE(conflict.ok()) << conflict.status();
    if (!conflict.ok() || !conflict->has_value()) return conflict.status();
    return engine::ToStatus(*store_, kTenant, claim, **conflict);
  }
  static std::string Candidates(const absl::Status& status) {
    return base::GetErrorDetail(status).metadata["least_recently_used"];
  }

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  FakeVendor vendor_{"fake"};
  std::unique_ptr<upstream::Upstream> upstream_ = vendor_.MakeUpstream();
  std::unique_ptr<FlakyStore> store_ = OpenStore(dir_.File("store.db"));
};

TEST_F(ClaimConflictTest, ALibraryWithoutALimitAlwaysHasRoom) {
  Put("a", clock_.Now());
  EXPECT_TRUE(Room(0).ok());
}

TEST_F(ClaimConflictTest, AFullLibraryNamesTheTenantsLongestUnusedAssets) {
  Put("new", clock_.Now());
  Put("old", clock_.Now() - absl::Hours(5));
  Put("gone", clock_.Now() - absl::Hours(9), kTenant, AssetState::kExpired);
  Put("failed", clock_.Now() - absl::Hours(9), kTenant, AssetState::kFailed);
  EXPECT_TRUE(Room(3).ok());
  Put("foreign", clock_.Now() - absl::Hours(7), kOther);
  const absl::Status full = Room(3);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(full), Reason::kAssetLibraryFull);
  EXPECT_EQ(Candidates(full), "assets/fake~old,assets/fake~new");
  EXPECT_THAT(std::string(full.message()), ::testing::HasSubstr("at most 3 assets"));
}

TEST_F(ClaimConflictTest, AtMostTenAssetsAreNamed) {
  for (int i = 0; i < 12; ++i) Put(absl::StrCat("a", i), clock_.Now());
  const std::string names = Candidates(Room(1));
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(names, ',')).size(), 10u);
}

TEST_F(ClaimConflictTest, TheVendorsOwnRefusalGetsTheSameNamesAndKeepsItsWords) {
  Put("a", clock_.Now());
  base::ErrorDetail detail;
  detail.reason = Reason::kAssetLibraryFull;
  detail.metadata["upstream_code"] = "quota";
  const absl::Status full =
      engine::WithCandidates(*store_, kTenant, *upstream_, base::MakeError("library is full", detail));
  EXPECT_EQ(Candidates(full), "assets/fake~a");
  EXPECT_EQ(full.message(), "library is full");
  EXPECT_EQ(base::GetErrorDetail(full).metadata["upstream_code"], "quota");
}

TEST_F(ClaimConflictTest, OtherStatusesStayAsTheyAre) {
  Put("a", clock_.Now());
  const absl::Status other = Failure(Reason::kQuotaExceeded, "too many tasks");
  EXPECT_EQ(engine::WithCandidates(*store_, kTenant, *upstream_, other), other);
  EXPECT_TRUE(engine::WithCandidates(*store_, kTenant, *upstream_, absl::OkStatus()).ok());
}

}  // namespace
}  // namespace seedance::testing

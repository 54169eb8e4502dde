#include "service/model/cost.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace seedance::model {
namespace {

ModelProfile Priced() {
  ModelProfile profile;
  profile.default_duration_seconds = 5;
  profile.default_resolution = Resolution::k720p;
  profile.price = Price{"USD", 0.02, 0.1, {{Resolution::k1080p, 0.25}}};
  return profile;
}

Cost Estimate(std::optional<int> seconds, Resolution resolution, const ModelProfile& profile = Priced()) {
  TaskRequest request;
  request.duration_seconds = seconds;
  request.resolution = resolution;
  return EstimateCost(request, profile);
}

TEST(EstimateCost, AddsThePriceOfTheTaskAndOfItsSeconds) {
  EXPECT_EQ(Estimate(10, Resolution::k720p), (Cost{"USD", 1'020'000}));
  EXPECT_EQ(Estimate(10, Resolution::k1080p), (Cost{"USD", 2'520'000}));
}

TEST(EstimateCost, TakesTheModelsDefaults) {
  EXPECT_EQ(Estimate(std::nullopt, Resolution::kUnspecified), (Cost{"USD", 520'000}));
  ModelProfile profile = Priced();
  profile.default_resolution = Resolution::k1080p;
  profile.default_duration_seconds = 4;
  EXPECT_EQ(Estimate(std::nullopt, Resolution::kUnspecified, profile), (Cost{"USD", 1'020'000}));
}

TEST(EstimateCost, AResolutionWithoutARowCostsAsAnyOther) {
  EXPECT_EQ(Estimate(1, Resolution::k480p), (Cost{"USD", 120'000}));
}

TEST(EstimateCost, RoundsToMillionths) {
  ModelProfile profile = Priced();
  profile.price = Price{"points", 0, 0.0000004, {}};
  EXPECT_EQ(Estimate(5, Resolution::k720p, profile), (Cost{"points", 2}));
  EXPECT_EQ(Estimate(4, Resolution::k720p, profile), (Cost{"points", 2}));
  EXPECT_EQ(Estimate(3, Resolution::k720p, profile), (Cost{"points", 1}));
}

TEST(EstimateCost, ThreeTenthsAreThreeTenths) {
  ModelProfile profile = Priced();
  profile.price = Price{"USD", 0, 0.1, {}};
  EXPECT_EQ(Estimate(3, Resolution::k720p, profile).micros, 300'000);
}

TEST(EstimateCost, IsUnknownWithoutAPrice) {
  ModelProfile profile = Priced();
  profile.price.reset();
  EXPECT_EQ(Estimate(5, Resolution::k720p, profile), Cost{});
}

TEST(EstimateCost, IsUnknownWhereTheVendorChoosesTheDuration) { EXPECT_EQ(Estimate(-1, Resolution::k720p), Cost{}); }

TEST(EstimateCost, HasARangeWhereTheVendorChoosesTheDuration) {
  ModelProfile profile = Priced();
  profile.min_duration_seconds = 4;
  profile.max_duration_seconds = 30;
  TaskRequest request;
  request.resolution = Resolution::k1080p;
  request.duration_seconds = -1;
  const CostRange range = EstimateCostRange(request, profile);
  EXPECT_EQ(range.least, (Cost{"USD", 1'020'000}));
  EXPECT_EQ(range.most, (Cost{"USD", 7'520'000}));
  for (const std::optional<int> seconds : {std::optional<int>(5), std::optional<int>()}) {
    request.duration_seconds = seconds;
    EXPECT_EQ(EstimateCostRange(request, profile).most, Cost{});
  }
  profile.price.reset();
  request.duration_seconds = -1;
  EXPECT_EQ(EstimateCostRange(request, profile).most, Cost{});
}

TEST(EstimateCost, AFreeTaskCostsNothingWhichIsKnown) {
  ModelProfile profile = Priced();
  profile.price = Price{"USD", 0, 0, {}};
  EXPECT_EQ(Estimate(5, Resolution::k720p, profile), (Cost{"USD", 0}));
}

AssetProfile Billed() {
  AssetProfile profile;
  profile.billing = {"volc-asset", "volc-asset", "volc-asset-video", "volc-asset-audio"};
  profile.price = AssetPrice{"USD", {{"volc-asset", 0.01}, {"volc-asset-video", 0.02}}};
  return profile;
}

TEST(CostOfCreation, IsThatOfOneCallOfTheBillingModel) {
  EXPECT_EQ(CostOfGroup(Billed()), (CallCost{"volc-asset", {"USD", 10'000}}));
  EXPECT_EQ(CostOfAsset(MediaType::kImage, Billed()), (CallCost{"volc-asset", {"USD", 10'000}}));
  EXPECT_EQ(CostOfAsset(MediaType::kVideo, Billed()), (CallCost{"volc-asset-video", {"USD", 20'000}}));
}

TEST(CostOfCreation, IsUnknownWithoutAPriceOfTheBillingModel) {
  EXPECT_EQ(CostOfAsset(MediaType::kAudio, Billed()), (CallCost{"volc-asset-audio", {}}));
  AssetProfile profile = Billed();
  profile.price.reset();
  EXPECT_EQ(CostOfGroup(profile), (CallCost{"volc-asset", {}}));
}

TEST(CostOfCreation, AVendorThatBillsNoCreationsHasNoBillingModel) {
  AssetProfile profile = Billed();
  profile.billing = {};
  EXPECT_EQ(CostOfGroup(profile), CallCost{});
  EXPECT_EQ(CostOfAsset(MediaType::kVideo, profile), CallCost{});
}

TEST(EstimateCost, APriceBeyondAllReasonIsUnknown) {
  ModelProfile profile = Priced();
  for (const double price : {1e300, std::numeric_limits<double>::infinity(), std::nan("")}) {
    profile.price->per_task = price;
    EXPECT_EQ(Estimate(5, Resolution::k720p, profile), Cost{});
  }
}

}  // namespace
}  // namespace seedance::model

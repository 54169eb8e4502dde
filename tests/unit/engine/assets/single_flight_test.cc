#include "service/engine/assets/single_flight.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::engine {
namespace {

using base::Reason;

TEST(SingleFlightTest, OneLeadsAndTheOthersGetItsOutcomeOnce) {
  SingleFlight flights;
  std::vector<std::string> heard;
  const auto follower = [&](const absl::StatusOr<model::Asset>& outcome) { heard.push_back(outcome->name()); };
  EXPECT_TRUE(flights.Lead({"g", "h"}, follower));
  EXPECT_FALSE(flights.Lead({"g", "h"}, follower));
  EXPECT_FALSE(flights.Lead({"g", "h"}, follower));
  EXPECT_EQ(flights.waiting(), 2u);
  model::Asset asset;
  asset.handle = {"fake", "1"};
  flights.End({"g", "h"}, asset);
  EXPECT_EQ(heard, (std::vector<std::string>{"assets/fake~1", "assets/fake~1"}));
  EXPECT_TRUE(flights.Lead({"g", "h"}, follower)) << "the next begins anew";
}

TEST(SingleFlightTest, OtherBytesAndOtherGroupsHaveFlightsOfTheirOwn) {
  SingleFlight flights;
  const auto nobody = [](const absl::StatusOr<model::Asset>&) { ADD_FAILURE(); };
  EXPECT_TRUE(flights.Lead({"g", "h"}, nobody));
  EXPECT_TRUE(flights.Lead({"g", "i"}, nobody));
  EXPECT_TRUE(flights.Lead({"f", "h"}, nobody));
}

TEST(SingleFlightTest, WhatAFailureOfTheLeaderMeansForTheOthers) {
  const auto after = [](Reason reason) { return AfterFailure(testing::Failure(reason, "x")); };
  EXPECT_EQ(after(Reason::kOutcomeUnknown), FollowUp::kGiveUp);
  for (const Reason own : {Reason::kCancelled, Reason::kDeadlineExceeded, Reason::kDisplayNameTaken,
                           Reason::kRequestIdReused, Reason::kSizeOutOfRange, Reason::kInvalidInput}) {
    EXPECT_EQ(after(own), FollowUp::kTryItself) << base::ReasonName(own);
  }
  for (const Reason shared : {Reason::kInputModeration, Reason::kUpstreamUnavailable, Reason::kRateLimited,
                              Reason::kAssetLibraryFull, Reason::kCreditsExhausted}) {
    EXPECT_EQ(after(shared), FollowUp::kShare) << base::ReasonName(shared);
  }
}

}  // namespace
}  // namespace seedance::engine

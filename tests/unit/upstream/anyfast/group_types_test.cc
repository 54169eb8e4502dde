// The AnyFast dialect and the types of groups: what is asked for, and what keys answer that know or demand one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/base/error.h"
#include "tests/unit/http/recording_vendor.h"
#include "tests/unit/upstream/anyfast/at.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using ::testing::ElementsAre;

TEST(AnyFastGroupTypes, AGroupTypeIsSentWhereItIsSaid) {
  http::RecordingVendor vendor([](const httplib::Request&, httplib::Response& response) {
    response.set_content(R"({"Id":"group-1","Items":[],"TotalCount":0})", "application/json");
  });
  auto upstream = AnyFastAt(vendor);
  upstream->groups()->CreateGroup({}, {"a", "", model::GroupType::kLivenessFace});
  EXPECT_EQ(vendor.requests().back().body, R"({"model":"volc-asset","Name":"a","GroupType":"LivenessFace"})");
  upstream->groups()->CreateGroup({}, {"a", "", model::GroupType::kAigc});
  EXPECT_EQ(vendor.requests().back().body, R"({"model":"volc-asset","Name":"a","GroupType":"AIGC"})");
  GroupQuery groups;
  groups.type = model::GroupType::kLivenessFace;
  EXPECT_TRUE(upstream->groups()->ListGroups({}, groups).ok());
  EXPECT_THAT(vendor.requests().back().body, ::testing::HasSubstr(R"("Filter":{"GroupType":"LivenessFace"})"));
  AssetQuery assets;
  assets.group_type = model::GroupType::kLivenessFace;
  EXPECT_TRUE(upstream->assets().ListAssets({}, assets).ok());
  EXPECT_THAT(vendor.requests().back().body, ::testing::HasSubstr(R"("Filter":{"GroupType":"LivenessFace"})"));
  assets.group_type = model::GroupType::kUnspecified;
  EXPECT_TRUE(upstream->assets().ListAssets({}, assets).ok());
  EXPECT_THAT(vendor.requests().back().body, ::testing::HasSubstr(R"("Filter":{"GroupType":"AIGC"})"));
}

TEST(AnyFastGroupTypes, AVendorThatHasNoSuchGroupTypeIsNotAskedTwice) {
  http::RecordingVendor vendor([](const httplib::Request&, httplib::Response& response) {
    response.status = 400;
    response.set_content(R"({"error":{"message":"[InvalidParameter.GroupType] GroupType must be one of [AIGC]"}})",
                         "application/json");
  });
  auto upstream = AnyFastAt(vendor);
  GroupQuery query;
  query.type = model::GroupType::kLivenessFace;
  EXPECT_EQ(base::GetReason(upstream->groups()->ListGroups({}, query).status()), Reason::kUpstreamInvalidInput);
  EXPECT_EQ(vendor.requests().size(), 1u);
  const auto refused = upstream->groups()->CreateGroup({}, {"a", "", model::GroupType::kLivenessFace});
  EXPECT_EQ(refused.acceptance, Acceptance::kRefused);
  EXPECT_EQ(base::GetReason(refused.status), Reason::kUpstreamInvalidInput);
}

TEST(AnyFastGroupTypes, FilterIsAlwaysSentAndTheGroupTypeWhenDemanded) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    if (request.body.find("GroupType") == std::string::npos) {
      response.status = 400;
      response.set_content(R"({"error":{"message":"[MissingParameter.GroupType] GroupType is missing"}})",
                           "application/json");
    } else {
      response.set_content(R"({"Items":[],"TotalCount":0})", "application/json");
    }
  });
  auto upstream = AnyFastAt(vendor);
  EXPECT_TRUE(upstream->groups()->ListGroups({}, {}).ok());
  EXPECT_TRUE(upstream->groups()->ListGroups({}, {}).ok());
  std::vector<std::string> bodies;
  for (const auto& request : vendor.requests()) bodies.push_back(request.body);
  const std::string demanded = R"({"model":"volc-asset","Filter":{"GroupType":"AIGC"},"PageNumber":1,"PageSize":100})";
  EXPECT_THAT(bodies,
              ElementsAre(R"({"model":"volc-asset","Filter":{},"PageNumber":1,"PageSize":100})", demanded, demanded));
}

TEST(AnyFastGroupTypes, AGroupOfVerifiedPersonsIsFoundByAKeyThatDemandsAType) {
  for (const bool filters_by_id : {true, false}) {
    http::RecordingVendor vendor([filters_by_id](const httplib::Request& request, httplib::Response& response) {
      if (request.body.find("GroupType") == std::string::npos) {
        response.status = 400;
        response.set_content(R"({"error":{"message":"[MissingParameter.GroupType] GroupType is missing"}})",
                             "application/json");
        return;
      }
      const bool shown = request.body.find("LivenessFace") != std::string::npos &&
                         (filters_by_id || request.body.find("GroupIds") == std::string::npos);
      response.set_content(
          shown ? R"({"Items":[{"Id":"face","GroupType":"LivenessFace"}],"TotalCount":1})" : R"({"Items":[]})",
          "application/json");
    });
    const auto found = AnyFastAt(vendor)->groups()->GetGroup({}, "face");
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->type, model::GroupType::kLivenessFace);
  }
}

// Its keys know groups of the type AIGC only.
void RefuseLivenessFace(const httplib::Request& request, httplib::Response& response) {
  if (request.body.find("LivenessFace") == std::string::npos) {
    response.set_content(R"({"Items":[{"Id":"asset-1","GroupId":"g"}],"TotalCount":1})", "application/json");
    return;
  }
  response.status = 400;
  response.set_content(R"({"error":{"message":"[InvalidParameter.GroupType] GroupType must be one of [AIGC]"}})",
                       "application/json");
}

TEST(AnyFastGroupTypes, AKeyWithoutVerifiedPersonsMissesAGroupWithoutAnError) {
  http::RecordingVendor vendor(RefuseLivenessFace);
  EXPECT_EQ(base::GetReason(AnyFastAt(vendor)->groups()->GetGroup({}, "face").status()), Reason::kResourceNotFound);
}

TEST(AnyFastGroupTypes, AssetsOfNamedGroupsAreListedWhateverTheTypeOfTheirGroup) {
  http::RecordingVendor vendor([](const httplib::Request& request, httplib::Response& response) {
    const bool face = request.body.find("LivenessFace") != std::string::npos;
    response.set_content(face ? R"({"Items":[{"Id":"both"},{"Id":"face"}],"TotalCount":2})"
                              : R"({"Items":[{"Id":"both"}],"TotalCount":1})",
                         "application/json");
  });
  AssetQuery query;
  query.group_ids = {"g"};
  const auto ids = [](const absl::StatusOr<ReportPage<AssetReport>>& page) {
    std::vector<std::string> all;
    for (const AssetReport& asset : page->items) all.push_back(asset.id);
    return all;
  };
  EXPECT_THAT(ids(AnyFastAt(vendor)->assets().ListAssets({}, query)), ElementsAre("both", "face"));
  query.group_type = model::GroupType::kAigc;
  EXPECT_THAT(ids(AnyFastAt(vendor)->assets().ListAssets({}, query)), ElementsAre("both"));
}

TEST(AnyFastGroupTypes, OnlyAKeyWithoutVerifiedPersonsMayFailToListThem) {
  AssetQuery query;
  query.group_ids = {"g"};
  http::RecordingVendor refuses(RefuseLivenessFace);
  EXPECT_EQ(AnyFastAt(refuses)->assets().ListAssets({}, query)->items.size(), 1u);
  http::RecordingVendor fails([](const httplib::Request& request, httplib::Response& response) {
    const bool face = request.body.find("LivenessFace") != std::string::npos;
    response.status = face ? 503 : 200;
    response.set_content(R"({"Items":[],"TotalCount":0})", "application/json");
  });
  EXPECT_FALSE(AnyFastAt(fails)->assets().ListAssets({}, query).ok());
}

}  // namespace
}  // namespace seedance::upstream

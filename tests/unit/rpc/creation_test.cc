// CreationService over a real server: what is in doubt is listed and settled.
#include <gmock/gmock.h>

#include "service/base/clock.h"
#include "service/rpc/convert/convert_creation.h"
#include "service/rpc/validate/validate_creation.h"
#include "tests/unit/rpc/gateway_fixture.h"

namespace seedance::rpc {
namespace {

constexpr char kRequestId[] = "0190F5FE-7c00-7a00-8000-000000000001";
constexpr char kLowerId[] = "0190f5fe-7c00-7a00-8000-000000000001";

class CreationTest : public GatewayTest {
 protected:
  // A group whose answer was lost.
  void LoseGroup() {
    vendor_.create_group.Answer(testing::Lost());
    grpc::ClientContext context;
    v1::CreateAssetGroupRequest request;
    request.mutable_asset_group()->set_display_name("heroes");
    request.set_request_id(kRequestId);
    v1::AssetGroup group;
    EXPECT_EQ(groups_->CreateAssetGroup(&context, request, &group).error_code(), grpc::StatusCode::UNKNOWN);
  }
  v1::ListCreationsInDoubtResponse List() {
    grpc::ClientContext context;
    v1::ListCreationsInDoubtResponse list;
    const grpc::Status status = creations_->ListCreationsInDoubt(&context, {}, &list);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return list;
  }
  grpc::Status Reconcile(const v1::ReconcileCreationRequest& request, v1::ReconcileCreationResponse& answer) {
    grpc::ClientContext context;
    return creations_->ReconcileCreation(&context, request, &answer);
  }
  static v1::ReconcileCreationRequest OfGroup() {
    v1::ReconcileCreationRequest request;
    request.set_kind(v1::Creation::KIND_ASSET_GROUP);
    request.set_request_id(kRequestId);
    return request;
  }
};

TEST_F(CreationTest, WhatIsInDoubtIsListedAndSettledByTheVendorsId) {
  Start();
  LoseGroup();
  const v1::ListCreationsInDoubtResponse list = List();
  ASSERT_EQ(list.creations_size(), 1);
  const v1::Creation& creation = list.creations(0);
  EXPECT_EQ(creation.kind(), v1::Creation::KIND_ASSET_GROUP);
  EXPECT_EQ(creation.request_id(), kLowerId);
  EXPECT_EQ(creation.state(), v1::Creation::STATE_IN_DOUBT);
  EXPECT_EQ(creation.asset_group().display_name(), "heroes");
  EXPECT_EQ(creation.asset_group().name(), "");
  EXPECT_FALSE(creation.cause().empty());
  EXPECT_TRUE(creation.has_create_time());
  vendor_.SetGroup({"g1", "renamed", "", base::RealClock().Now(), {}});
  v1::ReconcileCreationRequest request = OfGroup();
  request.set_upstream_id("g1");
  v1::ReconcileCreationResponse answer;
  const grpc::Status status = Reconcile(request, answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(answer.creation().state(), v1::Creation::STATE_ACCEPTED);
  EXPECT_EQ(answer.creation().asset_group().name(), "assetGroups/fake~g1");
  EXPECT_EQ(List().creations_size(), 0);
  const grpc::Status again = Reconcile(request, answer);
  EXPECT_EQ(again.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailOf(again).reason, base::Reason::kCreationNotInDoubt);
}

TEST_F(CreationTest, ASearchShowsCandidatesAndNotAcceptedEndsTheDoubt) {
  Start();
  LoseGroup();
  vendor_.SetGroup({"g1", "heroes", "", base::RealClock().Now(), {}});
  vendor_.SetGroup({"g2", "heroes", "", base::RealClock().Now(), {}});
  v1::ReconcileCreationResponse answer;
  ASSERT_TRUE(Reconcile(OfGroup(), answer).ok());
  EXPECT_EQ(answer.creation().state(), v1::Creation::STATE_IN_DOUBT);
  ASSERT_EQ(answer.candidates_size(), 2);
  EXPECT_EQ(answer.candidates(0).display_name(), "heroes");
  v1::ReconcileCreationRequest request = OfGroup();
  request.set_not_accepted(true);
  ASSERT_TRUE(Reconcile(request, answer).ok());
  EXPECT_EQ(answer.creation().state(), v1::Creation::STATE_NOT_ACCEPTED);
}

TEST_F(CreationTest, BadRequestsNameEveryField) {
  Start();
  v1::ReconcileCreationRequest request;
  request.set_upstream_id("a/b");
  v1::ReconcileCreationResponse answer;
  const grpc::Status status = Reconcile(request, answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  std::vector<std::string> fields;
  for (const base::FieldViolation& violation : DetailOf(status).violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, ::testing::ElementsAre("kind", "request_id", "upstream_id"));
  request = OfGroup();
  request.set_not_accepted(false);
  EXPECT_EQ(Reconcile(request, answer).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Reconcile(OfGroup(), answer).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::ListCreationsInDoubtRequest list;
  list.set_page_size(-1);
  EXPECT_FALSE(ReadRequest(list).ok());
  list.set_page_size(1000);
  EXPECT_EQ(ReadRequest(list)->page_size, 200) << "so that no page is too long for a message";
}

}  // namespace
}  // namespace seedance::rpc

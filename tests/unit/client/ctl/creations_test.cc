// `seedancectl creations`: groups and assets in doubt.
#include <gmock/gmock.h>

#include "client/cpp/ctl/exit_code.h"
#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using v1::Creation;

class CreationsTest : public RunTest {
 protected:
  CreationsTest() {
    gateway.list_creations = [](const v1::ListCreationsInDoubtRequest&, v1::ListCreationsInDoubtResponse& response) {
      for (const char* id : {"id-1", "id-2"}) *response.add_creations() = Doubtful(id);
      return grpc::Status::OK;
    };
    gateway.reconcile_creation = [this](const v1::ReconcileCreationRequest& request,
                                        v1::ReconcileCreationResponse& response) {
      seen.push_back(request);
      Creation& creation = *response.mutable_creation();
      creation = Doubtful(request.request_id());
      if (request.not_accepted()) creation.set_state(Creation::STATE_NOT_ACCEPTED);
      if (request.has_upstream_id() || request.request_id() == "id-2") {
        creation.set_state(Creation::STATE_ACCEPTED);
        creation.mutable_asset()->set_name("assets/anyfast~found");
      }
      if (creation.state() == Creation::STATE_IN_DOUBT) response.add_candidates()->set_upstream_id("asset-9");
      return grpc::Status::OK;
    };
  }

  static Creation Doubtful(const std::string& id) {
    Creation creation;
    creation.set_kind(Creation::KIND_ASSET);
    creation.set_request_id(id);
    creation.set_state(Creation::STATE_IN_DOUBT);
    creation.mutable_asset()->set_display_name("hero");
    creation.mutable_create_time()->set_seconds(1800000000);
    return creation;
  }

  std::vector<v1::ReconcileCreationRequest> seen;
};

TEST_F(CreationsTest, AreListed) {
  EXPECT_EQ(Ctl({"creations", "list"}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("id-1"));
  EXPECT_THAT(out(), HasSubstr("hero"));
}

TEST_F(CreationsTest, WithoutArgumentsAllAreTriedAndWhatIsLeftIsSaid) {
  EXPECT_EQ(Ctl({"creations", "reconcile"}), kExitOutcomeUnknown);
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_THAT(out(), HasSubstr("the vendor has asset-9"));
  EXPECT_THAT(out(), HasSubstr("creations reconcile asset 'id-1' --not-accepted"));
  EXPECT_THAT(out(), HasSubstr("it is assets/anyfast~found"));
  EXPECT_THAT(err(), HasSubstr("1 of 2 creations settled"));
}

TEST_F(CreationsTest, AVerdictIsSent) {
  EXPECT_EQ(Ctl({"creations", "reconcile", "asset", "id-1", "--upstream-id", "asset-9"}), kExitOk);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].kind(), Creation::KIND_ASSET);
  EXPECT_EQ(seen[0].upstream_id(), "asset-9");
  EXPECT_EQ(Ctl({"creations", "reconcile", "recreation", "assets/a~b#1", "--not-accepted"}), kExitOk);
  EXPECT_EQ(seen[1].kind(), Creation::KIND_RECREATION);
  EXPECT_TRUE(seen[1].not_accepted());
  EXPECT_THAT(out(), HasSubstr("never taken"));
}

TEST_F(CreationsTest, AVerdictIsAboutOneCreation) {
  EXPECT_NE(Ctl({"creations", "reconcile", "--not-accepted"}), kExitOk);
  EXPECT_NE(Ctl({"creations", "reconcile", "asset"}), kExitOk);
  EXPECT_NE(Ctl({"creations", "reconcile", "thing", "id-1"}), kExitOk);
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace seedance::client::ctl

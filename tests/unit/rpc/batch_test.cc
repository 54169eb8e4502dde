#include <set>
#include <thread>

#include "tests/testing/eventually.h"
#include "tests/testing/media_builder.h"
#include "tests/unit/rpc/gateway_fixture.h"

// BatchCreateAssets over a real server.
namespace seedance::rpc {
namespace {

using testing::Eventually;

std::string Picture(uint32_t seed = 1) {
  testing::MediaSpec spec;
  spec.seed = seed;
  return testing::MakeMedia(spec);
}

class BatchTest : public GatewayTest {
 protected:
  void StartWithGroup() {
    Start();
    group_ = MakeGroup().name();
  }

  v1::CreateAssetRequest* Add(const std::string& name) {
    v1::CreateAssetRequest* request = batch_.add_requests();
    request->mutable_asset()->set_asset_group(group_);
    request->mutable_asset()->set_display_name(name);
    request->set_uri("https://example.com/" + name + ".png");
    return request;
  }

  grpc::Status Send(absl::Duration patience = absl::Seconds(30)) {
    context_.set_deadline(absl::ToChronoTime(base::RealClock().Now() + patience));
    return assets_->BatchCreateAssets(&context_, batch_, &answer_);
  }

  std::string group_;
  grpc::ClientContext context_;
  v1::BatchCreateAssetsRequest batch_;
  v1::BatchCreateAssetsResponse answer_;
};

TEST_F(BatchTest, FiftyAssetsComeBackInOrder) {
  StartWithGroup();
  for (int i = 0; i < 50; ++i) Add("asset-" + std::to_string(i));
  const grpc::Status status = Send();
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(answer_.results_size(), 50);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(answer_.results(i).asset().display_name(), "asset-" + std::to_string(i));
  }
  EXPECT_EQ(vendor_.create_asset.calls(), 50);
}

TEST_F(BatchTest, TheyAreMadeSideBySide) {
  StartWithGroup();
  vendor_.create_asset.Close();
  for (int i = 0; i < 10; ++i) Add("asset-" + std::to_string(i));
  std::thread caller([&] { EXPECT_TRUE(Send().ok()); });
  EXPECT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 10; }));
  vendor_.create_asset.Open();
  caller.join();
}

TEST_F(BatchTest, EachRequestHasItsOwnOutcome) {
  StartWithGroup();
  Add("good");
  v1::CreateAssetRequest* bad = Add("");
  bad->set_request_id("no uuid");
  v1::CreateAssetRequest* garbage = Add("garbage");
  garbage->set_inline_data(std::string(5000, 'x'));
  Add("foreign")->mutable_asset()->set_asset_group("assetGroups/fake~nowhere");
  Add("fine")->set_inline_data(Picture());
  const grpc::Status status = Send();
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(answer_.results_size(), 5);
  EXPECT_TRUE(answer_.results(0).has_asset());
  EXPECT_EQ(answer_.results(1).failure().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answer_.results(1).failure().reason(), v1::ERROR_REASON_INVALID_INPUT);
  std::set<std::string> fields;
  for (const auto& violation : answer_.results(1).failure().violations()) fields.insert(violation.field());
  EXPECT_TRUE(fields.contains("asset.display_name"));
  EXPECT_TRUE(fields.contains("request_id"));
  EXPECT_EQ(answer_.results(2).failure().violations(0).field(), "inline_data");
  EXPECT_EQ(answer_.results(3).failure().code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer_.results(3).failure().reason(), v1::ERROR_REASON_RESOURCE_NOT_FOUND);
  EXPECT_EQ(answer_.results(4).asset().media_info().width(), 640);
  EXPECT_EQ(vendor_.create_asset.calls(), 2);
}

TEST_F(BatchTest, TheSameBytesInOneBatchAreOneAsset) {
  StartWithGroup();
  for (int i = 0; i < 20; ++i) {
    v1::CreateAssetRequest* request = Add("asset-" + std::to_string(i));
    request->set_inline_data(Picture());
    request->set_reuse_content(true);
  }
  ASSERT_TRUE(Send().ok());
  std::set<std::string> names;
  for (const auto& result : answer_.results()) names.insert(result.asset().name());
  EXPECT_EQ(names.size(), 1u);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(BatchTest, OfEqualNamesTheFirstWins) {
  constexpr int kNames = 10;
  StartWithGroup();
  for (int i = 0; i < 5 * kNames; ++i) Add("asset-" + std::to_string(i % kNames));
  ASSERT_TRUE(Send().ok());
  for (int i = 0; i < 5 * kNames; ++i) {
    const auto& result = answer_.results(i);
    EXPECT_EQ(result.has_asset(), i < kNames) << i << ": " << result.ShortDebugString();
    const auto reason = i < kNames ? v1::ERROR_REASON_UNSPECIFIED : v1::ERROR_REASON_DISPLAY_NAME_TAKEN;
    EXPECT_EQ(result.failure().reason(), reason) << i;
  }
  EXPECT_EQ(vendor_.create_asset.calls(), kNames);
}

TEST_F(BatchTest, ANameThatTheFirstDidNotGetIsTheNextOnes) {
  StartWithGroup();
  Add("hero")->clear_source();
  Add("hero");
  ASSERT_TRUE(Send().ok());
  EXPECT_EQ(answer_.results(0).failure().reason(), v1::ERROR_REASON_INVALID_INPUT);
  EXPECT_TRUE(answer_.results(1).has_asset()) << answer_.results(1).ShortDebugString();
}

TEST_F(BatchTest, OfEqualNamesThatAreOnlyValidatedTheFirstWinsToo) {
  StartWithGroup();
  for (const char* name : {"hero", "other", "hero"}) Add(name)->set_validate_only(true);
  batch_.mutable_requests(0)->set_request_id("0190f5fe-7c00-7a00-8000-000000000001");
  v1::CreateAssetRequest* same = Add("hero");
  same->set_validate_only(true);
  same->set_request_id("0190F5FE-7C00-7A00-8000-000000000001");
  ASSERT_TRUE(Send().ok());
  EXPECT_TRUE(answer_.results(0).has_asset()) << answer_.results(0).ShortDebugString();
  EXPECT_TRUE(answer_.results(1).has_asset()) << answer_.results(1).ShortDebugString();
  EXPECT_EQ(answer_.results(2).failure().reason(), v1::ERROR_REASON_DISPLAY_NAME_TAKEN);
  EXPECT_TRUE(answer_.results(3).has_asset()) << "the same request as the first";
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(BatchTest, ANameIsNotTakenByAPreviewThatFailsNorByBytesThatWouldBeReused) {
  StartWithGroup();
  Add("bad")->clear_source();
  Add("bad");
  for (int i = 0; i < 2; ++i) {
    v1::CreateAssetRequest* request = Add("twin");
    request->set_inline_data(Picture());
    request->set_reuse_content(true);
  }
  for (v1::CreateAssetRequest& request : *batch_.mutable_requests()) request.set_validate_only(true);
  ASSERT_TRUE(Send().ok());
  EXPECT_EQ(answer_.results(0).failure().reason(), v1::ERROR_REASON_INVALID_INPUT);
  for (const int i : {1, 2, 3}) EXPECT_TRUE(answer_.results(i).has_asset()) << answer_.results(i).ShortDebugString();
}

TEST_F(BatchTest, ABadBatchFailsAsAWhole) {
  StartWithGroup();
  const grpc::Status empty = Send();
  EXPECT_EQ(empty.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf(empty).violations.at(0).field, "requests");
}

TEST_F(BatchTest, FiftyOneRequestsAreTooMany) {
  StartWithGroup();
  for (int i = 0; i < 51; ++i) Add("asset-" + std::to_string(i));
  EXPECT_EQ(Send().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(BatchTest, WithoutATokenNothingIsDone) {
  rpc_options_.tokens = {{std::string(64, '0'), "acme"}};
  Start();
  group_ = "assetGroups/fake~g";
  Add("asset");
  EXPECT_EQ(Send().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(BatchTest, ADeadlineEndsTheCallAndWhatWasSentIsKept) {
  StartWithGroup();
  vendor_.create_asset.Close();
  Add("asset")->set_request_id("123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(Send(absl::Milliseconds(300)).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  vendor_.create_asset.Open();
  grpc::ClientContext again;
  v1::Asset asset;
  const grpc::Status status = assets_->CreateAsset(&again, batch_.requests(0), &asset);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

}  // namespace
}  // namespace seedance::rpc

#include "service/engine/assets/asset_waits.h"
#include "tests/testing/eventually.h"
#include "tests/unit/rpc/gateway_fixture.h"

namespace seedance::rpc {
namespace {

// Tasks over an asset that the vendor still looks at; nobody answers a creation before the vendor has, for an hour.
class CreateWaitTest : public GatewayTest {
 protected:
  CreateWaitTest() { rpc_options_.create_wait = absl::Hours(1); }

  v1::Asset MakeAsset() {
    grpc::ClientContext context;
    v1::CreateAssetRequest request;
    request.mutable_asset()->set_asset_group(MakeGroup().name());
    request.mutable_asset()->set_display_name("hero");
    request.mutable_asset()->set_media_type(v1::MEDIA_TYPE_IMAGE);
    request.set_uri("https://example.com/hero.png");
    v1::Asset asset;
    const grpc::Status status = assets_->CreateAsset(&context, request, &asset);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return asset;
  }

  grpc::Status CreateWaiting(const v1::Asset& asset, v1::GenerationTask& task) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt("a cat");
    v1::Reference* reference = request.mutable_generation_task()->add_references();
    reference->set_asset(asset.name());
    reference->set_role(v1::REFERENCE_ROLE_REFERENCE_IMAGE);
    request.set_wait_for_assets(true);
    return tasks_->CreateGenerationTask(&context, request, &task);
  }
};

TEST_F(CreateWaitTest, ATaskThatWaitsForAssetsIsAnsweredAtOnce) {
  Start();
  const v1::Asset asset = MakeAsset();
  ASSERT_EQ(asset.state(), v1::Asset::STATE_PROCESSING);
  const absl::Time begin = base::RealClock().Now();
  v1::GenerationTask task;
  const grpc::Status status = CreateWaiting(asset, task);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_LT(base::RealClock().Now() - begin, absl::Seconds(20));
  EXPECT_EQ(task.state(), v1::GenerationTask::STATE_PENDING);
  EXPECT_EQ(task.state_message(), "waits for " + asset.name() + " to be ACTIVE");
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST(WaitsForAssets, TellsAssetsFromEverythingElse) {
  model::GenerationTask task;
  task.state = model::TaskState::kPending;
  for (const char* id : {"a", "b"}) {
    task.request.references.emplace_back().asset = model::UpstreamHandle{"fake", id};
  }
  const auto waits = [&](const std::string& message) {
    task.state_message = message;
    return engine::WaitsForAssets(task);
  };
  EXPECT_TRUE(waits(engine::WaitMessage({"assets/fake~a"})));
  EXPECT_TRUE(waits(engine::WaitMessage({"assets/fake~b", "assets/fake~a"})));
  EXPECT_FALSE(waits(""));
  EXPECT_FALSE(waits("waits for its turn: 120 tasks before it at 2026-11-28T12:00:00Z"));
  EXPECT_FALSE(waits("waits for  to be ACTIVE"));
  EXPECT_FALSE(waits("waits for to be ACTIVE"));
  EXPECT_FALSE(waits("waits for assets/fake~a"));
  EXPECT_FALSE(waits(engine::WaitMessage({"assets/fake~a", "the vendor"})));
  task.state = model::TaskState::kQueued;
  EXPECT_FALSE(waits(engine::WaitMessage({"assets/fake~a"})));
}

TEST_F(CreateWaitTest, ATaskWhoseAssetsAreActiveIsAnsweredWhenTheVendorHasTakenIt) {
  vendor_.SetNewAssets(model::AssetState::kActive);
  Start();
  const v1::Asset asset = MakeAsset();
  ASSERT_TRUE(testing::Eventually([&] {
    grpc::ClientContext context;
    v1::GetAssetRequest request;
    request.set_name(asset.name());
    v1::Asset now;
    return assets_->GetAsset(&context, request, &now).ok() && now.state() == v1::Asset::STATE_ACTIVE;
  }));
  v1::GenerationTask task;
  const grpc::Status status = CreateWaiting(asset, task);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(task.state(), v1::GenerationTask::STATE_QUEUED);
}

}  // namespace
}  // namespace seedance::rpc

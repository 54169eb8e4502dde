// UpstreamService over a real server: what the profiles say.
#include "service/rpc/upstream_service.h"

#include <gmock/gmock.h>

#include "service/rpc/convert/convert_upstream.h"
#include "tests/unit/rpc/gateway_fixture.h"

namespace seedance::rpc {
namespace {

using ::testing::ElementsAre;

class UpstreamServiceTest : public GatewayTest {
 protected:
  grpc::Status ListModels(const std::string& upstream, v1::ListModelsResponse& list) {
    grpc::ClientContext context;
    v1::ListModelsRequest request;
    request.set_upstream(upstream);
    return upstreams_->ListModels(&context, request, &list);
  }
};

TEST_F(UpstreamServiceTest, TheUpstreamsOfTheCallerAreListedWithTheirLimits) {
  model::UpstreamProfile& profile = vendor_.profile();
  profile.assets.library = {500, absl::Hours(72)};
  profile.assets.image.formats = {"jpeg", "png"};
  profile.assets.image.max_bytes = 30 << 20;
  profile.assets.video.max_duration = absl::Seconds(15);
  profile.assets.billing = {"group-model", "image-model", "", ""};
  profile.assets.price = model::AssetPrice{"USD", {{"image-model", 0.25}}};
  profile.cancels_tasks = true;
  Start();
  grpc::ClientContext context;
  v1::ListUpstreamsResponse list;
  ASSERT_TRUE(upstreams_->ListUpstreams(&context, {}, &list).ok());
  ASSERT_EQ(list.upstreams_size(), 1);
  const v1::Upstream& upstream = list.upstreams(0);
  EXPECT_EQ(upstream.upstream(), "fake");
  EXPECT_EQ(upstream.default_model(), "seedance");
  EXPECT_TRUE(upstream.cancels_tasks());
  EXPECT_FALSE(upstream.webhooks());
  const v1::AssetLimits& assets = upstream.asset_limits();
  EXPECT_EQ(assets.max_assets(), 500);
  EXPECT_EQ(assets.idle_ttl().seconds(), 72 * 3600);
  EXPECT_THAT(assets.image().formats(), ElementsAre("jpeg", "png"));
  EXPECT_EQ(assets.image().max_bytes(), 30 << 20);
  EXPECT_FALSE(assets.image().has_max_duration());
  EXPECT_EQ(assets.video().max_duration().seconds(), 15);
  EXPECT_EQ(assets.image_price().nanos(), 250'000'000);
  EXPECT_FALSE(assets.has_group_price()) << "no price is configured for its model";
}

TEST_F(UpstreamServiceTest, ModelsAreListedByUpstream) {
  model::ModelProfile& model = vendor_.profile().models.at(0);
  model.retire_time = absl::FromUnixSeconds(1'800'000'000);
  model.price = model::Price{"USD", 0.1, 0.02, {{model::Resolution::k720p, 0.05}}};
  model.max_total_audio_duration = absl::ZeroDuration();
  model.audio_track = false;
  Start();
  v1::ListModelsResponse list;
  ASSERT_TRUE(ListModels("fake", list).ok());
  ASSERT_EQ(list.models_size(), 1);
  const v1::Model& first = list.models(0);
  EXPECT_EQ(first.model(), "seedance");
  EXPECT_EQ(first.upstream(), "fake");
  EXPECT_THAT(first.resolutions(), ElementsAre(v1::RESOLUTION_480P, v1::RESOLUTION_720P));
  EXPECT_THAT(first.aspect_ratios(), ElementsAre("16:9", "9:16"));
  EXPECT_EQ(first.max_duration_seconds(), 15);
  EXPECT_EQ(first.max_images(), 9);
  EXPECT_EQ(first.max_video_duration().seconds(), 15);
  EXPECT_FALSE(first.has_max_total_audio_duration());
  EXPECT_FALSE(first.default_generate_audio()) << "there is no sound";
  EXPECT_EQ(first.retire_time().seconds(), 1'800'000'000);
  EXPECT_EQ(first.price().per_task().nanos(), 100'000'000);
  EXPECT_EQ(first.price().per_second_of(0).resolution(), v1::RESOLUTION_720P);
  EXPECT_EQ(first.price().per_second_of(0).per_second().nanos(), 50'000'000);
  v1::ListModelsResponse all;
  ASSERT_TRUE(ListModels("", all).ok());
  EXPECT_EQ(all.models_size(), 1);
}

TEST_F(UpstreamServiceTest, AnUpstreamThatTheCallerMayNotUseDoesNotExist) {
  Start();
  v1::ListModelsResponse list;
  const grpc::Status status = ListModels("other", list);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kResourceNotFound);
}

}  // namespace
}  // namespace seedance::rpc

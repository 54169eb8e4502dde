// `seedancectl models`, and the filters of `seedancectl tasks list`.
#include <gmock/gmock.h>

#include "client/cpp/ctl/exit_code.h"
#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using ::testing::HasSubstr;

class ModelsTest : public RunTest {};

TEST_F(ModelsTest, AreListedWithTheirLimits) {
  std::string upstream;
  gateway.list_models = [&upstream](const v1::ListModelsRequest& request, v1::ListModelsResponse& response) {
    upstream = request.upstream();
    v1::Model& model = *response.add_models();
    model.set_upstream("anyfast");
    model.set_model("seedance-fast");
    model.set_min_duration_seconds(4);
    model.set_max_duration_seconds(15);
    model.add_resolutions(v1::RESOLUTION_480P);
    model.add_resolutions(v1::RESOLUTION_720P);
    model.set_max_images(9);
    model.set_max_videos(3);
    model.mutable_retire_time()->set_seconds(1'800'000'000);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"models", "list", "--upstream", "anyfast"}), kExitOk);
  EXPECT_EQ(upstream, "anyfast");
  EXPECT_THAT(out(), HasSubstr("anyfast   seedance-fast  4-15 s  480p 720p    9/3/0       2027-01-15"));
  EXPECT_EQ(Ctl({"models", "list", "-o", "json"}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("\"max_duration_seconds\":15"));
}

TEST_F(ModelsTest, TasksAreListedByModelPromptAndAge) {
  v1::ListGenerationTasksRequest seen;
  gateway.list_tasks = [&seen](const v1::ListGenerationTasksRequest& request, v1::ListGenerationTasksResponse&) {
    seen = request;
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"tasks", "list", "--upstream", "piapi", "--model", "m", "--prompt", "red fox", "--since", "24h"}),
            kExitOk);
  EXPECT_EQ(seen.upstream(), "piapi");
  EXPECT_EQ(seen.model(), "m");
  EXPECT_EQ(seen.prompt_text(), "red fox");
  EXPECT_EQ(seen.created_from().seconds(), 1'800'000'000 - 24 * 3600);
  EXPECT_EQ(Ctl({"tasks", "list", "--since", "yesterday"}), kExitInvalidInput);
  EXPECT_THAT(err(), HasSubstr("--since: must be a time such as 90m or 24h"));
}

}  // namespace
}  // namespace seedance::client::ctl

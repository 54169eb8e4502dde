// What clients list: tasks by what they know of them, their number by state, upstreams and models.
#include <string>
#include <vector>

#include "seedance/gateway/v1/upstream.grpc.pb.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ListsTest : public E2eTest {
 protected:
  // The names of the tasks that a filter leaves, over all pages.
  std::vector<std::string> Names(v1::ListGenerationTasksRequest request) {
    std::vector<std::string> names;
    request.set_page_size(2);
    do {
      const v1::ListGenerationTasksResponse page = Must(api().ListTasks(request));
      for (const v1::GenerationTask& task : page.generation_tasks()) names.push_back(task.name());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return names;
  }
  grpc::Status Count(const v1::CountGenerationTasksRequest& request, v1::CountGenerationTasksResponse& answer) {
    return v1::GenerationTaskService::NewStub(api().channel())
        ->CountGenerationTasks(api().Context().get(), request, &answer);
  }
  grpc::Status Models(const std::string& upstream, v1::ListModelsResponse& answer) {
    v1::ListModelsRequest request;
    request.set_upstream(upstream);
    return v1::UpstreamService::NewStub(api().channel())->ListModels(api().Context().get(), request, &answer);
  }
};

TEST_F(ListsTest, TasksAreFoundByModelUpstreamPromptAndTime) {
  StartSandbox(Pace::kStopped);
  StartGateway();
  v1::GenerationTask fast = TaskOf("a Red Fox");
  fast.set_model("seedance-fast");
  const std::string first = Must(api().CreateTask(fast)).name();
  const v1::GenerationTask later = Must(api().CreateTask(TaskOf("a blue whale")));
  const std::string last = NewTask("[fail] red foxes, two of them");

  v1::ListGenerationTasksRequest request;
  EXPECT_THAT(Names(request), ElementsAre(last, later.name(), first));
  request.set_prompt_text("red FOX");
  EXPECT_THAT(Names(request), ElementsAre(last, first));
  request.set_model("seedance-fast");
  EXPECT_THAT(Names(request), ElementsAre(first));
  request.clear_prompt_text();
  request.set_upstream("another");
  EXPECT_THAT(Names(request), IsEmpty());
  request.set_upstream("anyfast");
  EXPECT_THAT(Names(request), ElementsAre(first));
  request.Clear();
  *request.mutable_created_from() = later.create_time();
  EXPECT_THAT(Names(request), ElementsAre(last, later.name()));
  request.Clear();
  *request.mutable_created_before() = later.create_time();
  EXPECT_THAT(Names(request), ElementsAre(first));

  Advance(absl::Minutes(5));
  (void)WaitForEnd(last);
  EXPECT_EQ(WaitForEnd(first).state(), State::STATE_SUCCEEDED);
  v1::CountGenerationTasksResponse counts;
  ASSERT_TRUE(Eventually([&] {
    return Count({}, counts).ok() && counts.counts_size() == 2 && counts.counts(0).tasks() == 2;
  })) << counts.ShortDebugString();
  EXPECT_EQ(counts.counts(0).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(counts.counts(1).state(), State::STATE_FAILED);
  EXPECT_EQ(counts.counts(1).tasks(), 1);
  v1::CountGenerationTasksRequest of_another;
  of_another.set_upstream("another");
  ASSERT_TRUE(Count(of_another, counts).ok());
  EXPECT_EQ(counts.counts_size(), 0);
}

TEST_F(ListsTest, BadFiltersNameTheFieldAndTheRule) {
  StartSandbox(Pace::kStopped);
  StartGateway();
  const auto fields = [this](const v1::ListGenerationTasksRequest& request) {
    const auto answer = api().ListTasks(request);
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    std::vector<std::string> names;
    for (const auto& violation : answer.error().violations) names.push_back(violation.field);
    return names;
  };
  v1::ListGenerationTasksRequest request;
  request.set_prompt_text(std::string(201, 'x'));
  request.set_model(std::string(129, 'x'));
  request.set_upstream("No Such Name");
  request.mutable_created_from()->set_seconds(253'402'300'800);
  EXPECT_THAT(fields(request), UnorderedElementsAre("prompt_text", "model", "upstream", "created_from"));
  request.Clear();
  request.mutable_created_from()->set_seconds(20);
  request.mutable_created_before()->set_seconds(20);
  EXPECT_THAT(fields(request), ElementsAre("created_before"));
  v1::CountGenerationTasksRequest count;
  count.mutable_created_before()->set_nanos(-1);
  v1::CountGenerationTasksResponse counts;
  EXPECT_EQ(Count(count, counts).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ListsTest, UpstreamsAndModelsAreThoseThatTheTenantMayUse) {
  StartSandbox(Pace::kStopped);
  testing::GatewayOptions options;
  options.tenants = {{.name = "acme", .tokens = {"one"}}, {.name = "other", .tokens = {"two"}}};
  options.upstream_lines = {"tenants: [acme]"};
  StartGateway(options);
  v1::ListUpstreamsResponse upstreams;
  const auto stub = v1::UpstreamService::NewStub(api().channel());
  ASSERT_TRUE(stub->ListUpstreams(api().Context().get(), {}, &upstreams).ok());
  ASSERT_EQ(upstreams.upstreams_size(), 1);
  EXPECT_EQ(upstreams.upstreams(0).upstream(), "anyfast");
  v1::ListModelsResponse models;
  ASSERT_TRUE(Models("anyfast", models).ok());
  EXPECT_GT(models.models_size(), 3);
  bool has_default = false;
  for (const v1::Model& model : models.models()) has_default |= model.model() == upstreams.upstreams(0).default_model();
  EXPECT_TRUE(has_default);
  const std::unique_ptr<Api> other = NewApi("two");
  upstreams.Clear();
  ASSERT_TRUE(stub->ListUpstreams(other->Context().get(), {}, &upstreams).ok());
  EXPECT_EQ(upstreams.upstreams_size(), 0);
  v1::ListModelsRequest request;
  request.set_upstream("anyfast");
  EXPECT_EQ(stub->ListModels(other->Context().get(), request, &models).error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace seedance::e2e

#include "client/cpp/ctl/reconcile.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Tasks in doubt, and what the gateway makes of each.
class ReconcileTest : public RunTest {
 protected:
  ReconcileTest() {
    gateway.get_task = [](const v1::GetGenerationTaskRequest& request, GenerationTask& task) {
      task = Doubtful(request.name());
      return grpc::Status::OK;
    };
    gateway.list_tasks = [](const v1::ListGenerationTasksRequest& request, v1::ListGenerationTasksResponse& response) {
      EXPECT_THAT(request.states(), ElementsAre(GenerationTask::STATE_SUBMIT_UNKNOWN));
      for (const char* name : {"generationTasks/t1", "generationTasks/t2"}) {
        *response.add_generation_tasks() = Doubtful(name);
      }
      return grpc::Status::OK;
    };
    gateway.reconcile_task = [this](const v1::ReconcileGenerationTaskRequest& request,
                                    v1::ReconcileGenerationTaskResponse& response) {
      seen.push_back(request);
      seen.back().clear_request_id();
      return Answer(request, response);
    };
  }

  static GenerationTask Doubtful(const std::string& name) {
    GenerationTask task = TaskIn(GenerationTask::STATE_SUBMIT_UNKNOWN, 1);
    task.set_name(name);
    task.set_prompt("a fox runs");
    task.mutable_update_time()->set_seconds(1800000000);
    return task;
  }

  grpc::Status Answer(const v1::ReconcileGenerationTaskRequest& request,
                      v1::ReconcileGenerationTaskResponse& response) const {
    GenerationTask& task = *response.mutable_generation_task();
    task = Doubtful(request.name());
    if (no_list && request.verdict_case() == v1::ReconcileGenerationTaskRequest::VERDICT_NOT_SET) {
      ErrorDetails details;
      details.reason = "UNSUPPORTED_BY_UPSTREAM";
      return ErrorWith(grpc::StatusCode::UNIMPLEMENTED, "no list of tasks", details);
    }
    if (request.not_accepted()) task.set_state(GenerationTask::STATE_FAILED);
    if (request.has_upstream_task_id()) task.set_upstream_task_id(request.upstream_task_id());
    const auto found = vendor.find(request.name());
    if (found != vendor.end()) task.set_upstream_task_id(found->second);
    if (!task.upstream_task_id().empty()) task.set_state(GenerationTask::STATE_QUEUED);
    for (int i = 0; i < candidates; ++i) {
      auto& candidate = *response.add_candidates();
      candidate.set_upstream_task_id("vendor-" + std::to_string(i));
      candidate.set_state(GenerationTask::STATE_RUNNING);
      candidate.mutable_create_time()->set_seconds(1800000000);
    }
    return grpc::Status::OK;
  }

  std::map<std::string, std::string> vendor;  // Ids of what a search finds, by task.
  bool no_list = false;
  int candidates = 0;
  std::vector<v1::ReconcileGenerationTaskRequest> seen;
};

TEST_F(ReconcileTest, WithoutANameEveryTaskInDoubtIsTried) {
  vendor = {{"generationTasks/t1", "vendor-7"}};
  EXPECT_EQ(Ctl({"tasks", "reconcile"}), 8) << "one is still unknown";
  EXPECT_THAT(out(), HasSubstr("generationTasks/t1: it is vendor-7 at the vendor, and is followed\n"));
  EXPECT_THAT(out(), HasSubstr("generationTasks/t2: still unknown; the vendor lists no task that fits\n"));
  EXPECT_THAT(out(), HasSubstr("seedancectl tasks reconcile t2 --not-accepted\n"));
  EXPECT_EQ(err(), "1 of 2 tasks in doubt settled\n");
  vendor["generationTasks/t2"] = "vendor-8";
  EXPECT_EQ(Ctl({"tasks", "reconcile"}), 0);
}

TEST_F(ReconcileTest, NothingInDoubtIsSaid) {
  gateway.list_tasks = [](const v1::ListGenerationTasksRequest&, v1::ListGenerationTasksResponse&) {
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"tasks", "reconcile"}), 0);
  EXPECT_EQ(err(), "no task is in doubt\n");
}

TEST_F(ReconcileTest, SeveralCandidatesAreShownForAPersonToChoose) {
  candidates = 2;
  EXPECT_EQ(Ctl({"tasks", "reconcile", "t1"}), 8);
  EXPECT_THAT(out(), HasSubstr("UPSTREAM TASK  STATE    CREATED\nvendor-0       running  2027-01-15T08:00:00Z\n"));
  EXPECT_THAT(out(), HasSubstr("seedancectl tasks reconcile t1 --upstream-task-id ID\n"));
}

TEST_F(ReconcileTest, WhereTheVendorHasNoListThePersonIsToldWhereToLook) {
  no_list = true;
  EXPECT_EQ(Ctl({"tasks", "reconcile", "t1"}), 8);
  EXPECT_THAT(err(), HasSubstr("[UNSUPPORTED_BY_UPSTREAM]\n"));
  EXPECT_THAT(err(), HasSubstr("look in the vendor's console for the task: \"a fox runs\""));
}

TEST_F(ReconcileTest, AVerdictIsSentForOneTask) {
  EXPECT_EQ(Ctl({"tasks", "reconcile", "t1", "--upstream-task-id", "vendor-9"}), 0);
  EXPECT_EQ(out(), "generationTasks/t1: it is vendor-9 at the vendor, and is followed\n");
  EXPECT_EQ(Ctl({"tasks", "reconcile", "t1", "--not-accepted"}), 0);
  EXPECT_EQ(out(), "generationTasks/t1: failed, it was never taken; create it again with a new request id\n");
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].upstream_task_id(), "vendor-9");
  EXPECT_TRUE(seen[1].not_accepted());
  EXPECT_EQ(Ctl({"tasks", "reconcile", "--not-accepted"}), 2) << "of which task?";
  EXPECT_EQ(Ctl({"tasks", "reconcile", "t1", "--not-accepted", "--upstream-task-id", "x"}), 2);
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(ReconcileTest, AnErrorIsTheExitCode) {
  gateway.reconcile_task = [](const v1::ReconcileGenerationTaskRequest&, v1::ReconcileGenerationTaskResponse&) {
    ErrorDetails details;
    details.reason = "TASK_NOT_IN_DOUBT";
    return ErrorWith(grpc::StatusCode::FAILED_PRECONDITION, "the task is RUNNING", details);
  };
  EXPECT_EQ(Ctl({"tasks", "reconcile", "t1"}), 4);
}

}  // namespace
}  // namespace seedance::client::ctl

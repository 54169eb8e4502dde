// Tasks of which it is not known whether the vendor took them: found, settled by a person, or expired; never sent
// again.
#include "service/engine/tasks/task_reconciler.h"

#include <thread>

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using engine::ReconcileTaskParams;
using model::GenerationTask;
using model::TaskState;

class TaskReconcilerTest : public EngineTest {
 protected:
  void Open(bool lists_tasks = true) {
    vendor_.profile().lists_tasks = lists_tasks;
    Start();
  }

  static engine::CreateTaskParams Prompt(const std::string& prompt) {
    engine::CreateTaskParams params = GoodTask();
    params.request.prompt = prompt;
    return params;
  }

  // A task whose answer was lost.
  std::string Doubtful(const std::string& prompt = "a cat walks") {
    vendor_.create_task.Answer(Lost());
    const std::string id = CreateTask(Prompt(prompt))->id;
    EXPECT_TRUE(Reaches(id, TaskState::kSubmitUnknown));
    return id;
  }

  // The vendor has it.
  void Make(const std::string& vendor_id, const std::string& prompt = "a cat walks", bool same_prompt = true) {
    upstream::TaskReport report;
    report.state = TaskState::kRunning;
    vendor_.SetTask(vendor_id, report);
    vendor_.SetSighting(prompt, {vendor_id, clock_.Now(), TaskState::kRunning, same_prompt});
  }

  ReconcileTaskParams Bind(const std::string& id, const std::string& vendor_id) { return {id, vendor_id, false}; }
  GenerationTask Stored(const std::string& id) { return *store_->GetTask(id); }
};

TEST_F(TaskReconcilerTest, TheTaskIsFoundByItselfAndFollowed) {
  Open();
  const std::string id = Doubtful();
  Make("v1");
  ASSERT_TRUE(Reaches(id, TaskState::kRunning, absl::Seconds(1)));
  const GenerationTask task = Stored(id);
  EXPECT_EQ(task.upstream_task_id, "v1");
  EXPECT_EQ(task.error.reason, Reason::kUnspecified);
  EXPECT_GT(task.submit_time, absl::InfinitePast());
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskReconcilerTest, AfterAStartItIsLookedForAtOnce) {
  Open();
  const std::string id = Doubtful();
  Make("v1");
  Restart();
  ASSERT_TRUE(Reaches(id, TaskState::kRunning));
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskReconcilerTest, OneThatIsNeverFoundExpiresAtItsDeadline) {
  Open();
  const std::string id = Doubtful();
  ASSERT_TRUE(Called(vendor_.find_tasks, 0));
  EXPECT_TRUE(Reaches(id, TaskState::kExpired, absl::Minutes(30)));
  EXPECT_EQ(Stored(id).error.reason, Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskReconcilerTest, WhereTheVendorHasNoListNobodyLooks) {
  Open(/*lists_tasks=*/false);
  const std::string id = Doubtful();
  Make("v1");
  clock_.Advance(absl::Hours(1));
  HandOutDue();
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
  EXPECT_EQ(vendor_.find_tasks.calls(), 0);
  const absl::Status status = Reconcile({id, {}, false}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ReasonOf(status), Reason::kUnsupportedByUpstream);
}

TEST_F(TaskReconcilerTest, TwoThatFitAreShownAndNoneIsTaken) {
  Open();
  const std::string id = Doubtful();
  Make("v1");
  clock_.Advance(absl::Minutes(1));
  Make("v2");
  const absl::StatusOr<engine::ReconciledTask> answer = Reconcile({id, {}, false});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->task.state, TaskState::kSubmitUnknown);
  ASSERT_EQ(answer->candidates.size(), 2u);
  EXPECT_EQ(answer->candidates[0].upstream_task_id, "v1") << "the closest in time first";
  EXPECT_EQ(answer->candidates[0].state, TaskState::kRunning);
}

TEST_F(TaskReconcilerTest, OneWhosePromptTheVendorDoesNotShowIsLeftToAPerson) {
  Open();
  const std::string id = Doubtful();
  Make("v1", "a cat walks", /*same_prompt=*/false);
  const absl::StatusOr<engine::ReconciledTask> answer = Reconcile({id, {}, false});
  EXPECT_EQ(answer->task.state, TaskState::kSubmitUnknown);
  EXPECT_EQ(answer->candidates.size(), 1u);
}

TEST_F(TaskReconcilerTest, WhatAnotherTaskHasIsNoCandidate) {
  Open();
  vendor_.create_task.Answer(Accepted("v1"));
  const std::string other = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(other, TaskState::kQueued));
  const std::string id = Doubtful();
  Make("v1");
  EXPECT_TRUE(Reconcile({id, {}, false})->candidates.empty());
  Make("v2");
  EXPECT_EQ(Reconcile({id, {}, false})->task.upstream_task_id, "v2");
}

TEST_F(TaskReconcilerTest, OfTwoDoubtfulTasksThatFitEquallyNoneIsBound) {
  Open();
  const std::string first = Doubtful();
  const std::string second = Doubtful();
  const std::string third = Doubtful("another prompt");
  Make("v1");
  Make("v3", "another prompt");
  for (const std::string& id : {first, second}) {
    const absl::StatusOr<engine::ReconciledTask> answer = Reconcile({id, {}, false});
    EXPECT_EQ(answer->task.state, TaskState::kSubmitUnknown);
    EXPECT_EQ(answer->candidates.size(), 1u);
  }
  EXPECT_EQ(Reconcile({third, {}, false})->task.upstream_task_id, "v3");
}

TEST_F(TaskReconcilerTest, WhatATaskOnItsWayMayHaveMadeIsLeftToIt) {
  Open();
  const std::string doubtful = Doubtful();
  vendor_.create_task.Close();
  const std::string under_way = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(under_way, TaskState::kSubmitting));
  Make("v2");
  EXPECT_EQ(Reconcile({doubtful, {}, false})->task.state, TaskState::kSubmitUnknown);
  vendor_.create_task.Answer(Accepted("v2"));
  vendor_.create_task.Open();
  ASSERT_TRUE(Reaches(under_way, TaskState::kQueued));
  EXPECT_TRUE(Reconcile({doubtful, {}, false})->candidates.empty());
}

TEST_F(TaskReconcilerTest, APersonsWordBindsTheTaskAndItEnds) {
  Open(/*lists_tasks=*/false);
  const std::string id = Doubtful();
  upstream::TaskReport report;
  report.state = TaskState::kSucceeded;
  report.result.video_uri = "https://vendor.example/v.mp4";
  vendor_.SetTask("v1", report);
  const absl::StatusOr<engine::ReconciledTask> answer = Reconcile(Bind(id, "v1"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->task.state, TaskState::kQueued);
  EXPECT_EQ(answer->task.upstream_task_id, "v1");
  ASSERT_TRUE(Reaches(id, TaskState::kSucceeded));
  EXPECT_EQ(Stored(id).result.video_uri, "https://vendor.example/v.mp4");
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskReconcilerTest, ATaskBoundShortBeforeItsDeadlineIsStillFollowed) {
  Open(/*lists_tasks=*/false);
  const std::string id = Doubtful();
  Make("v1");
  clock_.Advance(absl::Hours(24) - absl::Seconds(1));
  ASSERT_TRUE(Reconcile(Bind(id, "v1")).ok());
  clock_.Advance(absl::Seconds(10));
  ASSERT_TRUE(Reaches(id, TaskState::kRunning));
  EXPECT_GE(Stored(id).deadline_time, clock_.Now() + absl::Hours(1));
}

TEST_F(TaskReconcilerTest, AnIdThatTheVendorDoesNotKnowIsInvalid) {
  Open();
  const std::string id = Doubtful();
  const absl::Status status = Reconcile(Bind(id, "nothing")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldsOf(status), (std::vector<std::string>{"upstream_task_id"}));
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
}

TEST_F(TaskReconcilerTest, AVendorThatCannotBeAskedSettlesNothing) {
  Open();
  const std::string id = Doubtful();
  Make("v1");
  vendor_.get_task.Answer(Failure(Reason::kUpstreamUnavailable, "down"));
  EXPECT_EQ(ReasonOf(Reconcile(Bind(id, "v1"))), Reason::kUpstreamUnavailable);
  vendor_.find_tasks.Answer(Failure(Reason::kUpstreamUnavailable, "down"));
  EXPECT_EQ(ReasonOf(Reconcile({id, {}, false})), Reason::kUpstreamUnavailable);
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
}

TEST_F(TaskReconcilerTest, TheTaskOfAnotherIsInvalidAndAnothersTenantIsNotNamed) {
  Open(/*lists_tasks=*/false);
  vendor_.create_task.Answer(Accepted("v1"));
  const std::string own = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(own, TaskState::kQueued));
  Make("v1");
  vendor_.create_task.Answer(Accepted("v2"));
  const std::string foreign = CreateTask(GoodTask(), kOther)->id;
  ASSERT_TRUE(Reaches(foreign, TaskState::kQueued));
  Make("v2");
  const std::string id = Doubtful();
  const absl::Status taken = Reconcile(Bind(id, "v1")).status();
  EXPECT_EQ(FieldsOf(taken), (std::vector<std::string>{"upstream_task_id"}));
  EXPECT_NE(base::GetErrorDetail(taken).violations[0].description.find(own), std::string::npos);
  const absl::Status theirs = Reconcile(Bind(id, "v2")).status();
  EXPECT_EQ(ReasonOf(theirs), Reason::kInvalidInput);
  EXPECT_EQ(base::GetErrorDetail(theirs).violations[0].description.find(foreign), std::string::npos);
}

TEST_F(TaskReconcilerTest, WhatADeletedTaskHadIsNoCandidate) {
  Open();
  const std::string id = Doubtful();
  vendor_.create_task.Answer(Accepted("v1"));
  const std::string deleted = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(deleted, TaskState::kQueued));
  Make("v1");
  upstream::TaskReport report;
  report.state = TaskState::kFailed;
  vendor_.SetTask("v1", report);
  ASSERT_TRUE(Reaches(deleted, TaskState::kFailed, absl::Milliseconds(100)));
  ASSERT_TRUE(DeleteTask(deleted).ok());
  const absl::StatusOr<engine::ReconciledTask> answer = Reconcile({id, {}, false});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->task.state, TaskState::kSubmitUnknown);
  EXPECT_TRUE(answer->candidates.empty());
  const absl::Status told = Reconcile(Bind(id, "v1")).status();
  EXPECT_EQ(FieldsOf(told), (std::vector<std::string>{"upstream_task_id"}));
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
}

TEST_F(TaskReconcilerTest, ARivalNeedNotHaveTheSameModelOrSpaces) {
  Open();
  const std::string id = Doubtful("a cat  walks");
  Doubtful("a cat walks\n");
  Make("v1", "a cat  walks");
  const absl::StatusOr<engine::ReconciledTask> answer = Reconcile({id, {}, false});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->task.state, TaskState::kSubmitUnknown);
  EXPECT_EQ(answer->candidates.size(), 1u);
}

TEST_F(TaskReconcilerTest, WithSharedCredentialsWhatMayBeAnotherTenantsIsNeitherShownNorBound) {
  Open();
  const std::string id = Doubtful();
  vendor_.create_task.Answer(Lost());
  const std::string theirs = CreateTask(Prompt("a dog barks"), kOther)->id;
  ASSERT_TRUE(Reaches(theirs, TaskState::kSubmitUnknown));
  Make("v1", "a cat walks", /*same_prompt=*/false);
  const absl::StatusOr<engine::ReconciledTask> answer = Reconcile({id, {}, false});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->candidates.empty());
  const absl::Status told = Reconcile(Bind(id, "v1")).status();
  EXPECT_EQ(ReasonOf(told), Reason::kSharedCredentials);
  EXPECT_EQ(Stored(id).state, TaskState::kSubmitUnknown);
  // Once theirs is settled there is nothing to protect.
  ASSERT_TRUE(Reconcile({theirs, {}, true}, kOther).ok());
  EXPECT_TRUE(Reconcile(Bind(id, "v1")).ok());
}

TEST_F(TaskReconcilerTest, OneVendorTaskIsBoundToOneOfManyTasksAtOnce) {
  Open(/*lists_tasks=*/false);
  Make("v1");
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) ids.push_back(Doubtful());
  std::vector<absl::StatusOr<engine::ReconciledTask>> answers(ids.size());
  std::vector<std::thread> callers;
  for (size_t i = 0; i < ids.size(); ++i) {
    callers.emplace_back([&, i] { answers[i] = Reconcile(Bind(ids[i], "v1")); });
  }
  for (std::thread& caller : callers) caller.join();
  int bound = 0;
  for (const auto& answer : answers) {
    bound += answer.ok();
    EXPECT_TRUE(answer.ok() || ReasonOf(answer) == Reason::kInvalidInput);
  }
  EXPECT_EQ(bound, 1);
}

TEST_F(TaskReconcilerTest, OfTwoVerdictsAboutOneTaskOneCounts) {
  Open(/*lists_tasks=*/false);
  const std::string id = Doubtful();
  Make("v1");
  absl::StatusOr<engine::ReconciledTask> bound;
  absl::StatusOr<engine::ReconciledTask> failed;
  std::thread binds([&] { bound = Reconcile(Bind(id, "v1")); });
  std::thread fails([&] { failed = Reconcile({id, {}, true}); });
  binds.join();
  fails.join();
  EXPECT_NE(bound.ok(), failed.ok());
  EXPECT_EQ(ReasonOf(bound.ok() ? failed : bound), Reason::kTaskNotInDoubt);
  EXPECT_EQ(Stored(id).state == TaskState::kFailed, failed.ok());
}

TEST_F(TaskReconcilerTest, NotAcceptedFailsTheTaskAndItsRequestIdIsNotSentAgain) {
  Open();
  vendor_.create_task.Answer(Lost());
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  const std::string id = CreateTask(params)->id;
  ASSERT_TRUE(Reaches(id, TaskState::kSubmitUnknown));
  const absl::StatusOr<engine::ReconciledTask> answer = Reconcile({id, {}, true});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->task.state, TaskState::kFailed);
  // Not UNAVAILABLE, which callers would repeat for ever.
  EXPECT_EQ(answer->task.error.reason, Reason::kUpstreamFailed);
  EXPECT_EQ(CreateTask(params)->id, id);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskReconcilerTest, OnlyDoubtCanBeSettled) {
  Open();
  const std::string id = SubmittedTask();
  for (const ReconcileTaskParams& params :
       std::vector<ReconcileTaskParams>{{id, {}, false}, {id, "v1", false}, {id, {}, true}}) {
    const absl::Status status = Reconcile(params).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(status), Reason::kTaskNotInDoubt);
  }
  EXPECT_EQ(ReasonOf(Reconcile({Doubtful(), {}, true}, kOther)), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(Reconcile({"0190f5fe-7c00-7a00-8000-00000000dead", {}, true})), Reason::kResourceNotFound);
}

TEST_F(TaskReconcilerTest, OneThatWasGivenUpCanStillBeBoundAndEndsAsTheVendorSays) {
  Open(/*lists_tasks=*/false);
  const std::string id = Doubtful();
  ASSERT_TRUE(Reaches(id, TaskState::kExpired, absl::Hours(1)));
  EXPECT_GT(Stored(id).end_time, absl::InfinitePast());
  EXPECT_EQ(ReasonOf(Reconcile({id, {}, true})), Reason::kTaskNotInDoubt) << "its end is said already";
  Make("v1");
  const absl::StatusOr<engine::ReconciledTask> bound = Reconcile(Bind(id, "v1"));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->task.state, TaskState::kQueued);
  EXPECT_EQ(bound->task.end_time, absl::InfinitePast());
  ASSERT_TRUE(Reaches(id, TaskState::kRunning, absl::Seconds(1))) << "it is followed";
  EXPECT_EQ(Stored(id).upstream_task_id, "v1");
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TaskReconcilerTest, OneThatEndedOtherwiseIsNotReopened) {
  Open(/*lists_tasks=*/false);
  const std::string failed = Doubtful();
  ASSERT_TRUE(Reconcile({failed, {}, true}).ok());
  Make("v1");
  EXPECT_EQ(ReasonOf(Reconcile(Bind(failed, "v1"))), Reason::kTaskNotInDoubt);
  // Expired at the vendor: what it is called there is known.
  const std::string known = SubmittedTask();
  upstream::TaskReport report;
  report.state = TaskState::kRunning;
  vendor_.SetTask(Stored(known).upstream_task_id, report);
  ASSERT_TRUE(Reaches(known, TaskState::kExpired, absl::Minutes(30)));
  EXPECT_EQ(ReasonOf(Reconcile(Bind(known, "v1"))), Reason::kTaskNotInDoubt);
}

}  // namespace
}  // namespace seedance::testing

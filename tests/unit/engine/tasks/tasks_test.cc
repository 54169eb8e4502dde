#include "service/engine/tasks/tasks.h"

#include <atomic>
#include <set>
#include <thread>

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;
using model::GenerationTask;
using model::MediaType;
using model::ReferenceRole;
using model::TaskState;
using ::testing::ElementsAre;

class TasksTest : public EngineTest {
 protected:
  static model::Reference ToAsset(const model::UpstreamHandle& asset,
                                  ReferenceRole role = ReferenceRole::kUnspecified) {
    model::Reference reference;
    reference.asset = asset;
    reference.role = role;
    return reference;
  }
  size_t Stored(const std::string& tenant = kTenant) {
    return store_->ListTasks({tenant, {}, {}}, {}, 1000)->items.size();
  }
};

TEST_F(TasksTest, AHundredCreatesWithOneRequestIdAreOneTask) {
  Start();
  constexpr int kCallers = 100;
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  std::vector<absl::StatusOr<GenerationTask>> answers(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] { answers[i] = CreateTask(params); });
  }
  for (std::thread& caller : callers) caller.join();
  std::set<std::string> names;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    names.insert(answer->name());
  }
  EXPECT_EQ(names.size(), 1u);
  ASSERT_TRUE(Reaches(answers[0]->id, TaskState::kQueued));
  HandOutDue();
  EXPECT_EQ(vendor_.create_task.calls(), 1);
  Restart();
  EXPECT_EQ(CreateTask(params)->id, answers[0]->id);
}

TEST_F(TasksTest, DefaultsSpelledOutAreTheSameRequestBothWays) {
  const auto spelled_out = [] {
    engine::CreateTaskParams params = GoodTask();
    params.request.model = "seedance";
    params.request.resolution = model::Resolution::k720p;
    params.request.duration_seconds = 5;
    params.request.seed = model::kRandomSeed;
    params.request.generate_audio = true;
    params.request.references = {ToAsset({"fake", "hero"}, ReferenceRole::kReferenceImage)};
    return params;
  };
  Start();
  StoredAsset("hero");
  for (const bool short_first : {true, false}) {
    engine::CreateTaskParams brief = GoodTask();
    brief.request.upstream.clear();
    brief.request.references = {ToAsset({"fake", "hero"})};
    engine::CreateTaskParams full = spelled_out();
    brief.request_id = full.request_id = short_first ? kRequestId : "0190f5fe-7c00-7a00-8000-000000000002";
    const absl::StatusOr<GenerationTask> first = CreateTask(short_first ? brief : full);
    ASSERT_TRUE(first.ok()) << first.status();
    // A role that was said is not known to be the one that would have been taken.
    if (!short_first) brief.request.references = full.request.references;
    const absl::StatusOr<GenerationTask> second = CreateTask(short_first ? full : brief);
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_EQ(second->id, first->id);
    full.request.duration_seconds = 6;
    EXPECT_EQ(ReasonOf(CreateTask(full)), Reason::kRequestIdReused) << "another value is another request";
  }
}

TEST_F(TasksTest, RowsOfOlderVersionsCompareByWhatTheyHold) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  const std::string id = CreateTask(params)->id;
  model::JournalEntry row = **store_->GetEntry({kTenant, "CreateGenerationTask", kRequestId});
  std::erase_if(row.fingerprint, [](const auto& entry) { return entry.first.rfind("same/", 0) == 0; });
  row.key.request_id = "0190f5fe-7c00-7a00-8000-000000000009";
  ASSERT_TRUE(store_->BeginEntry(row, nullptr).ok());
  params.request_id = row.key.request_id;
  EXPECT_EQ(CreateTask(params)->id, id);
  engine::CreateTaskParams chosen = params;
  chosen.request.model = "seedance";
  EXPECT_EQ(CreateTask(chosen)->id, id) << "the task says which model was chosen";
  // Which duration was sent then is not known.
  engine::CreateTaskParams duration = params;
  duration.request.duration_seconds = 5;
  EXPECT_EQ(ReasonOf(CreateTask(duration)), Reason::kRequestIdReused);
}

TEST_F(TasksTest, ARequestIdIsTheSameInAnyCase) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request_id = "8C1F6A52-3B1E-4A51-9D0F-0D1F6F0A7C11";
  const std::string id = CreateTask(params)->id;
  params.request_id = "8c1f6a52-3b1e-4a51-9d0f-0d1f6f0a7c11";
  EXPECT_EQ(CreateTask(params)->id, id);
}

TEST_F(TasksTest, NothingIsSubmittedOnceAStopHasBegunButPollsGoOn) {
  Start();
  const std::string earlier = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(earlier, TaskState::kQueued));
  const int polls = vendor_.get_task.calls();
  engine_->StopSubmitting();
  const std::string id = CreateTask(GoodTask())->id;
  clock_.Advance(absl::Minutes(1));
  // The queue hands out what was due earlier first.
  ASSERT_TRUE(Eventually([&] { return vendor_.get_task.calls() > polls; }));
  FinishSteps();
  EXPECT_EQ(store_->GetTask(id)->state, TaskState::kPending);
  EXPECT_EQ(vendor_.create_task.calls(), 1);
  Restart();
  ASSERT_TRUE(Reaches(id, TaskState::kQueued));
  EXPECT_EQ(vendor_.create_task.calls(), 2);
}

TEST_F(TasksTest, ARequestIdAnswersWithTheTaskAsItIsNow) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  const std::string id = CreateTask(params)->id;
  ASSERT_TRUE(Reaches(id, TaskState::kQueued));
  EXPECT_EQ(CreateTask(params)->state, TaskState::kQueued);
}

TEST_F(TasksTest, AnotherRequestUnderTheSameIdIsRefusedWithTheFieldThatDiffers) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  params.request.labels = {{"team", "red"}};
  params.request.references = {{"", ReferenceRole::kFirstFrame, std::nullopt, "https://example.com/a.png"}};
  ASSERT_TRUE(CreateTask(params).ok());
  const auto differs = [&](auto change, const std::string& field) {
    engine::CreateTaskParams other = params;
    change(other.request);
    const absl::Status status = CreateTask(other).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(ReasonOf(status), Reason::kRequestIdReused);
    EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "generation_task." + field);
  };
  differs([](model::TaskRequest& request) { request.prompt = "a dog walks"; }, "prompt");
  differs([](model::TaskRequest& request) { request.seed = 7; }, "seed");
  differs([](model::TaskRequest& request) { request.generate_audio = false; }, "generate_audio");
  differs([](model::TaskRequest& request) { request.labels["team"] = "blue"; }, "labels[team]");
  differs([](model::TaskRequest& request) { request.references[0].uri += "?"; }, "references[0]");
  differs([](model::TaskRequest& request) { request.references.clear(); }, "references[0]");
  EXPECT_EQ(Stored(), 1u);
}

TEST_F(TasksTest, OneRequestIdOfTwoTenantsMakesTwoTasks) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  EXPECT_NE(CreateTask(params, kTenant)->id, CreateTask(params, kOther)->id);
}

TEST_F(TasksTest, WhatWasAcceptedIsAnsweredAgainThoughItsAssetIsGone) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  params.request.references = {ToAsset(StoredAsset("a"))};
  const std::string id = CreateTask(params)->id;
  ASSERT_TRUE(store_->DeleteAsset({"fake", "a"}).ok());
  EXPECT_EQ(CreateTask(params)->id, id);
}

TEST_F(TasksTest, ValidationAloneStoresAndSendsNothing) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request_id = kRequestId;
  params.validate_only = true;
  const absl::StatusOr<GenerationTask> draft = CreateTask(params);
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(draft->id, "");
  EXPECT_EQ(draft->request.model, "seedance");
  EXPECT_EQ(Stored(), 0u);
  params.request.prompt = "";
  EXPECT_EQ(ReasonOf(CreateTask(params)), Reason::kInvalidInput);
  // The id is still free.
  params = GoodTask();
  params.request_id = kRequestId;
  EXPECT_TRUE(CreateTask(params).ok());
  ASSERT_TRUE(Called(vendor_.create_task, 1));
  EXPECT_EQ(vendor_.create_task.calls(), 1);
}

TEST_F(TasksTest, NothingIsSentWhenTheTaskCannotBeStored) {
  Start();
  store_->failing_begins = 1;
  EXPECT_EQ(ReasonOf(CreateTask(GoodTask())), Reason::kStoreUnavailable);
  HandOutDue();
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(TasksTest, EveryBrokenRuleIsReportedAtOnceWithItsPath) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.violations = {{"generation_task.name", "must be empty"}};
  params.request.duration_seconds = 99;
  params.request.resolution = model::Resolution::k4k;
  params.request.aspect_ratio = "1:7";
  params.request.references = {
      ToAsset(StoredAsset("image"), ReferenceRole::kReferenceVideo),
      ToAsset({"own", "elsewhere"}, ReferenceRole::kReferenceImage),
      {"", ReferenceRole::kUnspecified, std::nullopt, "https://example.com/a.png"},
  };
  const absl::Status status = CreateTask(params).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(FieldsOf(status),
              ElementsAre("generation_task.name", "generation_task.references[0].role",
                          "generation_task.references[1].asset", "generation_task.references[2].role",
                          "generation_task.resolution", "generation_task.aspect_ratio", "generation_task.duration"));
  EXPECT_EQ(Stored(), 0u);
}

TEST_F(TasksTest, AnUnknownUpstreamOrModelIsAViolationBesideTheCallers) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.violations = {{"request_id", "must be a UUID"}};
  params.request.model = "sora";
  EXPECT_THAT(FieldsOf(CreateTask(params).status()), ElementsAre("request_id", "generation_task.model"));
  params.request.upstream = "nowhere";
  EXPECT_THAT(FieldsOf(CreateTask(params).status()), ElementsAre("request_id", "generation_task.upstream"));
  params.violations.clear();
  params.request = GoodTask().request;
  params.request.upstream = "own";  // Not of this tenant.
  EXPECT_THAT(FieldsOf(CreateTask(params, kOther).status()), ElementsAre("generation_task.upstream"));
}

TEST_F(TasksTest, AnAssetThatIsNotActiveIsNotReady) {
  Start();
  for (const AssetState state : {AssetState::kProcessing, AssetState::kFailed, AssetState::kExpired}) {
    engine::CreateTaskParams params = GoodTask();
    params.request.references = {ToAsset(StoredAsset("a", state))};
    const absl::Status status = CreateTask(params).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(status), Reason::kAssetNotReady);
    EXPECT_EQ(base::GetErrorDetail(status).resource->name, "assets/fake~a");
    EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "generation_task.references[0].asset");
    EXPECT_EQ(base::GetErrorDetail(status).metadata["state"], model::AssetStateName(state));
  }
}

TEST_F(TasksTest, AForeignAssetDoesNotExist) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request.references = {ToAsset(StoredAsset("a", AssetState::kActive, MediaType::kImage, kOther))};
  const absl::Status status = CreateTask(params).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(base::GetErrorDetail(status).resource->name, "assets/fake~a");
  EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "generation_task.references[0].asset");
  EXPECT_EQ(vendor_.get_asset.calls(), 0);
}

TEST_F(TasksTest, ATaskWhoseOnlyUpstreamIsThatOfAForeignAssetFailsOnThatReference) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request.upstream.clear();
  params.request.references = {ToAsset({"own", "a"}), ToAsset({"nowhere", "b"})};
  const absl::Status status = CreateTask(params, kOther).status();  // `own` is not of this tenant.
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_EQ(base::GetErrorDetail(status).resource->name, "assets/own~a");
  EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "generation_task.references[0].asset");
  // An asset at one of the tenant's upstreams says where the task goes.
  params.request.references.push_back(ToAsset(StoredAsset("c", AssetState::kActive, MediaType::kImage, kOther)));
  EXPECT_THAT(FieldsOf(CreateTask(params, kOther).status()),
              ElementsAre("generation_task.references[0].asset", "generation_task.references[1].asset"));
  // Other broken rules come first, as ever.
  params.request.references.pop_back();
  params.violations = {{"request_id", "must be a UUID"}};
  EXPECT_THAT(FieldsOf(CreateTask(params, kOther).status()), ElementsAre("request_id"));
}

TEST_F(TasksTest, RolesComeFromTheAssetsAndReferencesAreSentInTheVendorsOrder) {
  Start();
  engine::CreateTaskParams params = GoodTask();
  params.request.upstream.clear();
  params.request.references = {ToAsset(StoredAsset("sound", AssetState::kActive, MediaType::kAudio)),
                               ToAsset(StoredAsset("clip", AssetState::kActive, MediaType::kVideo)),
                               ToAsset(StoredAsset("one")), ToAsset(StoredAsset("two"))};
  ASSERT_TRUE(CreateTask(params).ok());
  ASSERT_TRUE(Called(vendor_.create_task, 1));
  const model::TaskRequest sent = vendor_.sent_tasks()[0];
  ASSERT_EQ(sent.references.size(), 4u);
  EXPECT_EQ(sent.references[0].asset->id, "one");
  EXPECT_EQ(sent.references[1].asset->id, "two");
  EXPECT_EQ(sent.references[2].asset->id, "clip");
  EXPECT_EQ(sent.references[3].asset->id, "sound");
  EXPECT_EQ(sent.references[0].role, ReferenceRole::kReferenceImage);
  EXPECT_EQ(sent.references[2].role, ReferenceRole::kReferenceVideo);
  EXPECT_EQ(sent.references[3].role, ReferenceRole::kReferenceAudio);
  EXPECT_EQ(sent.upstream, "fake");
}

TEST_F(TasksTest, AnAssetThatOnlyTheVendorKnowsIsAdoptedForDedicatedCredentials) {
  Start();
  upstream::AssetReport report;
  report.id = "a";
  report.group_id = "g";
  report.media_type = MediaType::kVideo;
  report.state = AssetState::kActive;
  own_.SetAsset(report);
  engine::CreateTaskParams params = GoodTask();
  params.request.upstream = "own";
  params.request.references = {ToAsset({"own", "a"})};
  // Nine images: counted as a tenth, the unknown asset would break a rule.
  for (int i = 0; i < 9; ++i) {
    params.request.references.push_back(
        {"", ReferenceRole::kReferenceImage, std::nullopt, "https://example.com/a.png"});
  }
  const absl::StatusOr<GenerationTask> task = CreateTask(params);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->request.references.back().role, ReferenceRole::kReferenceVideo);
  EXPECT_TRUE(store_->GetAsset({"own", "a"}).ok());
  params.request.references = {ToAsset({"own", "b"})};
  EXPECT_EQ(ReasonOf(CreateTask(params)), Reason::kResourceNotFound);
}

TEST_F(TasksTest, APendingTaskThatIsCancelledIsNeverSent) {
  threads_ = 1;
  Start();
  vendor_.create_task.Close();
  const std::string blocker = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Eventually([&] { return vendor_.create_task.waiting() == 1; }));
  const std::string id = CreateTask(GoodTask())->id;
  const absl::StatusOr<GenerationTask> cancelled = CancelTask(id);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state, TaskState::kCancelled);
  EXPECT_EQ(cancelled->end_time, clock_.Now());
  EXPECT_TRUE(CancelTask(id).ok());
  vendor_.create_task.Open();
  ASSERT_TRUE(Reaches(blocker, TaskState::kQueued));
  clock_.Advance(absl::Seconds(5));
  HandOutDue();
  EXPECT_EQ(vendor_.create_task.calls(), 1);  // The blocker's.
  EXPECT_EQ(GetTask(id)->state, TaskState::kCancelled);
}

TEST_F(TasksTest, WhatTheVendorHasTakenCannotBeCancelled) {
  Start();
  const std::string id = SubmittedTask();
  const absl::Status status = CancelTask(id).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), Reason::kCancelUnsupported);
  EXPECT_EQ(GetTask(id)->state, TaskState::kQueued);
}

TEST_F(TasksTest, WhatHasEndedCannotBeCancelled) {
  Start();
  vendor_.create_task.Answer(Refused(Reason::kInputModeration, "no"));
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(id, TaskState::kFailed));
  EXPECT_EQ(ReasonOf(CancelTask(id)), Reason::kTaskAlreadyEnded);
}

TEST_F(TasksTest, AForeignTaskDoesNotExist) {
  Start();
  const std::string id = SubmittedTask();
  EXPECT_EQ(ReasonOf(GetTask(id, kOther)), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(CancelTask(id, kOther)), Reason::kResourceNotFound);
  Answer<engine::WatchStart<GenerationTask>> watch;
  engine_->tasks().Watch(
      Caller(kOther), id, "", [] {}, watch.done());
  EXPECT_EQ(ReasonOf(watch.Wait()), Reason::kResourceNotFound);
  Answer<model::Page<GenerationTask>> list;
  engine_->tasks().List(Caller(kOther), {}, list.done());
  EXPECT_TRUE(list.Wait()->items.empty());
}

class MaxOpenTest : public TasksTest {
 protected:
  MaxOpenTest() {
    engine::Engine::Options options;
    options.tasks.max_open_per_tenant = 2;
    Start(options);
  }
};

TEST_F(MaxOpenTest, OneTaskMoreThanATenantMayHaveIsRefusedBeforeItIsStored) {
  engine::CreateTaskParams first = GoodTask();
  first.request_id = kRequestId;
  const std::string id = CreateTask(first)->id;
  ASSERT_TRUE(CreateTask(GoodTask()).ok());
  for (const bool validate_only : {false, true}) {
    engine::CreateTaskParams more = GoodTask();
    more.validate_only = validate_only;
    const absl::Status refused = CreateTask(more).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ReasonOf(refused), base::Reason::kQuotaExceeded);
    EXPECT_EQ(base::GetErrorDetail(refused).quota_subject, absl::StrCat("tenant:", kTenant));
  }
  EXPECT_EQ(store_->ListTasks({kTenant, {}, {}}, {}, 10)->items.size(), 2u);
  EXPECT_EQ(CreateTask(first)->id, id) << "a request id that was used answers";
  EXPECT_TRUE(CreateTask(GoodTask(), kOther).ok()) << "another tenant has its own";
}

TEST_F(MaxOpenTest, ATaskThatEndsMakesRoomAndSoDoesOneThatIsNotStored) {
  const std::string id = CreateTask(GoodTask())->id;
  ASSERT_TRUE(Reaches(id, model::TaskState::kQueued));
  for (int i = 0; i < 3; ++i) {
    engine::CreateTaskParams look = GoodTask();
    look.validate_only = true;
    EXPECT_TRUE(CreateTask(look).ok());
    store_->failing_begins = 1;
    EXPECT_FALSE(CreateTask(GoodTask()).ok());
  }
  ASSERT_TRUE(CreateTask(GoodTask()).ok());
  EXPECT_FALSE(CreateTask(GoodTask()).ok());
  upstream::TaskReport report;
  report.state = model::TaskState::kFailed;
  vendor_.SetTask(store_->GetTask(id)->upstream_task_id, report);
  ASSERT_TRUE(Reaches(id, model::TaskState::kFailed, absl::Seconds(1)));
  // Its end is stored before its place is free.
  EXPECT_TRUE(Eventually([&] { return CreateTask(GoodTask()).ok(); }));
}

TEST_F(MaxOpenTest, CountsTheTasksThatAnEarlierProcessLeft) {
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(CreateTask(GoodTask()).ok());
  engine::Engine::Options options;
  options.tasks.max_open_per_tenant = 2;
  Restart(options);
  EXPECT_EQ(ReasonOf(CreateTask(GoodTask()).status()), base::Reason::kQuotaExceeded);
}

}  // namespace
}  // namespace seedance::testing

// What the gateway decides about a task before it is stored, through a whole engine.
#include <functional>

#include "service/engine/tasks/tasks.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;
using model::GenerationTask;
using model::MediaType;
using model::ReferenceRole;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

model::ModelProfile Model(const std::string& name) {
  model::ModelProfile model;
  model.name = name;
  model.resolutions = {model::Resolution::k480p, model::Resolution::k720p};
  model.aspect_ratios = {"16:9", "9:16"};
  return model;
}

class TaskDraftTest : public EngineTest {
 protected:
  TaskDraftTest() {
    model::ModelProfile strict = Model("strict");
    strict.asset_references = false;
    strict.asset_reference_model = "loose";
    model::ModelProfile loose = Model("loose");
    loose.ephemeral_references = true;
    loose.min_ephemeral_hours = 3;
    loose.max_ephemeral_hours = 8;
    loose.price = model::Price{"USD", 0, 0.2, {}};
    model::ModelProfile alone = Model("alone");
    alone.asset_references = false;
    vendor_.profile().models = {strict, loose, alone};
    vendor_.profile().default_model = "strict";
    vendor_.profile().notation = {"@图", "@视频", "@音频"};
  }

  static model::Reference ToAsset(const model::UpstreamHandle& asset, const std::string& label = "") {
    model::Reference reference;
    reference.label = label;
    reference.asset = asset;
    return reference;
  }
  static model::Reference ToUrl(ReferenceRole role, const std::string& label = "", bool ephemeral = false) {
    return {label, role, std::nullopt, "https://example.com/x", ephemeral};
  }
  static engine::CreateTaskParams Draft(const std::string& prompt, const std::vector<model::Reference>& references) {
    engine::CreateTaskParams params = GoodTask();
    params.request.prompt = prompt;
    params.request.references = references;
    params.validate_only = true;
    return params;
  }
  model::UpstreamHandle Stored(const std::string& id, AssetState state,
                               const std::function<void(model::Asset&)>& edit = nullptr) {
    model::Asset asset = *store_->GetAsset(StoredAsset(id, state));
    if (edit) edit(asset);
    EXPECT_TRUE(store_->PutAsset(asset).ok());
    return asset.handle;
  }
};

// ---- Prompt ----

TEST_F(TaskDraftTest, MentionsReachTheVendorInItsNotationAndThePromptStaysAsItWas) {
  Start();
  engine::CreateTaskParams params = Draft("{hero} follows Video 1 to @IMAGE2 and {{x}}",
                                          {ToUrl(ReferenceRole::kReferenceVideo), ToUrl(ReferenceRole::kReferenceImage),
                                           ToUrl(ReferenceRole::kReferenceImage, "hero")});
  const absl::StatusOr<GenerationTask> draft = CreateTask(params);
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(draft->request.sent_prompt, "@图2 follows @视频1 to @图2 and {x}");
  EXPECT_EQ(draft->request.prompt, params.request.prompt);
  // Numbers mean the same among the references as they are sent.
  EXPECT_EQ(draft->request.references[1].label, "hero");
  EXPECT_EQ(draft->request.references[2].role, ReferenceRole::kReferenceVideo);
  params.validate_only = false;
  const std::string id = CreateTask(params)->id;
  ASSERT_TRUE(Called(vendor_.create_task, 1));
  EXPECT_EQ(vendor_.sent_tasks()[0].sent_prompt, draft->request.sent_prompt);
  EXPECT_EQ(GetTask(id)->request.prompt, params.request.prompt);
}

TEST_F(TaskDraftTest, RolesThatComeFromAssetsCountForMentions) {
  Start();
  const auto clip = StoredAsset("clip", AssetState::kActive, MediaType::kVideo);
  engine::CreateTaskParams params = Draft("@video1", {ToAsset(clip)});
  EXPECT_EQ(CreateTask(params)->request.sent_prompt, "@视频1");
  params.request.prompt = "@image1";
  const absl::Status status = CreateTask(params).status();
  EXPECT_THAT(FieldsOf(status), ElementsAre("generation_task.prompt"));
  EXPECT_THAT(base::GetErrorDetail(status).violations[0].description, HasSubstr("there are 0 images"));
}

TEST_F(TaskDraftTest, TheLengthCountsAsThePromptIsSent) {
  vendor_.profile().models[0].max_prompt_characters = 6;
  Start();
  const std::vector<model::Reference> references = {ToUrl(ReferenceRole::kReferenceImage, "a-long-label")};
  EXPECT_TRUE(CreateTask(Draft("{a-long-label} 走走", references)).ok());
  EXPECT_THAT(FieldsOf(CreateTask(Draft("{a-long-label} 走走走", references)).status()),
              ElementsAre("generation_task.prompt"));
}

TEST_F(TaskDraftTest, EveryMissingReferenceIsReportedBesideOtherRules) {
  Start();
  engine::CreateTaskParams params = Draft("{villain} meets @image2", {ToUrl(ReferenceRole::kReferenceImage, "hero")});
  params.request.duration_seconds = 99;
  EXPECT_THAT(FieldsOf(CreateTask(params).status()),
              ElementsAre("generation_task.prompt", "generation_task.prompt", "generation_task.duration"));
}

// ---- Warnings ----

TEST_F(TaskDraftTest, AReferenceThatIsNeverMentionedIsAWarningWithTheCallersIndex) {
  Start();
  const auto draft = CreateTask(
      Draft("a cat and @image1", {ToUrl(ReferenceRole::kReferenceVideo, "walk"), ToUrl(ReferenceRole::kReferenceImage),
                                  ToUrl(ReferenceRole::kReferenceImage)}));
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_THAT(draft->warnings, ElementsAre("generation_task.references[0] {walk} is not mentioned in the prompt",
                                           "generation_task.references[2] is not mentioned in the prompt"));
}

TEST_F(TaskDraftTest, FramesNeedNoMention) {
  Start();
  EXPECT_THAT(CreateTask(Draft("the door opens", {ToUrl(ReferenceRole::kFirstFrame), ToUrl(ReferenceRole::kLastFrame)}))
                  ->warnings,
              IsEmpty());
}

TEST_F(TaskDraftTest, WarningsAreKeptWithTheTask) {
  Start();
  engine::CreateTaskParams params = Draft("a cat", {ToUrl(ReferenceRole::kReferenceImage)});
  params.validate_only = false;
  const std::string id = CreateTask(params)->id;
  EXPECT_THAT(GetTask(id)->warnings, ElementsAre(HasSubstr("not mentioned")));
}

TEST_F(TaskDraftTest, AnEphemeralReferenceWarnsOfTheOtherUrls) {
  Start();
  engine::CreateTaskParams params =
      Draft("@image1 @image2 @image3", {ToUrl(ReferenceRole::kReferenceImage),
                                        ToUrl(ReferenceRole::kReferenceImage, "", true), ToAsset(StoredAsset("a"))});
  params.request.model = "loose";
  EXPECT_THAT(CreateTask(params)->warnings, ElementsAre(HasSubstr("references[0] is imported as ephemeral too")));
  params.request.references[0].ephemeral = true;
  EXPECT_THAT(CreateTask(params)->warnings, IsEmpty());
  params.request.references[0].ephemeral = params.request.references[1].ephemeral = false;
  EXPECT_THAT(CreateTask(params)->warnings, IsEmpty());
}

TEST_F(TaskDraftTest, AModelThatIsToBeRetiredIsAWarning) {
  vendor_.profile().models[0].retire_time = clock_.Now() + absl::Hours(24);
  Start();
  EXPECT_THAT(CreateTask(Draft("a cat", {}))->warnings,
              ElementsAre(HasSubstr("model strict has announced its retirement for")));
  clock_.Advance(absl::Hours(24));
  EXPECT_THAT(CreateTask(Draft("a cat", {}))->warnings,
              ElementsAre(HasSubstr("model strict has announced its retirement for")));
}

// ---- Model ----

TEST_F(TaskDraftTest, ATaskThatNamesNoModelTakesTheOneForItsAssetsWithAWarning) {
  Start();
  EXPECT_EQ(CreateTask(Draft("a cat", {}))->request.model, "strict");
  EXPECT_EQ(CreateTask(Draft("a cat", {ToUrl(ReferenceRole::kReferenceImage)}))->request.model, "strict");
  const auto draft = CreateTask(Draft("@image1", {ToAsset(StoredAsset("a"))}));
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(draft->request.model, "loose");
  EXPECT_THAT(draft->warnings,
              ElementsAre("model loose is used instead of strict, which accepts no assets as references"));
}

TEST_F(TaskDraftTest, ANamedModelIsUpgradedOnlyWhenAllowed) {
  Start();
  engine::CreateTaskParams params = Draft("@image1", {ToAsset(StoredAsset("a"))});
  params.request.model = "strict";
  const absl::Status status = CreateTask(params).status();
  EXPECT_THAT(FieldsOf(status), ElementsAre("generation_task.model"));
  EXPECT_THAT(base::GetErrorDetail(status).violations[0].description, HasSubstr("loose"));
  EXPECT_THAT(base::GetErrorDetail(status).violations[0].description, HasSubstr("allow_model_upgrade"));
  params.request.allow_model_upgrade = true;
  const auto upgraded = CreateTask(params);
  ASSERT_TRUE(upgraded.ok()) << upgraded.status();
  EXPECT_EQ(upgraded->request.model, "loose");
  EXPECT_THAT(upgraded->warnings, ElementsAre(HasSubstr("instead of strict")));
  params.request.model = "loose";
  EXPECT_THAT(CreateTask(params)->warnings, IsEmpty());
  params.request.model = "alone";  // Nothing to upgrade to.
  EXPECT_THAT(FieldsOf(CreateTask(params).status()), ElementsAre("generation_task.model"));
}

TEST_F(TaskDraftTest, TheModelThatIsTakenSetsTheRulesAndThePrice) {
  vendor_.profile().models[1].max_duration_seconds = 6;
  Start();
  engine::CreateTaskParams params = Draft("@image1", {ToAsset(StoredAsset("a"))});
  params.request.duration_seconds = 6;
  EXPECT_EQ(CreateTask(params)->estimated_cost, (model::Cost{"USD", 1'200'000}));
  params.request.duration_seconds = 7;
  EXPECT_THAT(FieldsOf(CreateTask(params).status()), ElementsAre("generation_task.duration"));
  params.request.references.clear();
  params.request.prompt = "a cat";
  EXPECT_EQ(CreateTask(params)->estimated_cost, model::Cost{});
}

TEST_F(TaskDraftTest, EphemeralReferencesUpgradeTheModelToo) {
  Start();
  engine::CreateTaskParams params = Draft("@image1", {ToUrl(ReferenceRole::kReferenceImage, "", true)});
  EXPECT_EQ(CreateTask(params)->request.model, "loose");
  params.request.model = "strict";
  EXPECT_THAT(FieldsOf(CreateTask(params).status()), ElementsAre("generation_task.references[0].ephemeral"));
}

TEST_F(TaskDraftTest, TheErrorOfAnUnknownModelListsTheKnownOnes) {
  Start();
  engine::CreateTaskParams params = Draft("@image7", {});
  params.request.model = "sora";
  const absl::Status status = CreateTask(params).status();
  EXPECT_THAT(FieldsOf(status), ElementsAre("generation_task.model", "generation_task.prompt"));
  EXPECT_EQ(base::GetErrorDetail(status).violations[0].description,
            "must be a model of upstream fake (strict, loose, alone), is `sora`");
}

// ---- Media of assets ----

TEST_F(TaskDraftTest, PlayTimesOfAssetsAreJudgedAtTheCallersPlaces) {
  Start();
  const auto plays = [&](const std::string& id, double seconds) {
    return ToAsset(Stored(id, AssetState::kActive, [seconds](model::Asset& asset) {
      asset.media_type = MediaType::kVideo;
      asset.media_info.duration = absl::Seconds(seconds);
    }));
  };
  EXPECT_TRUE(CreateTask(Draft("@video1 @video2", {plays("a", 7), plays("b", 8.05)})).ok());
  EXPECT_THAT(
      FieldsOf(CreateTask(Draft("a cat", {plays("a", 7), ToAsset(StoredAsset("i")), plays("b", 8.1)})).status()),
      ElementsAre("generation_task.references[2]"));
  EXPECT_THAT(FieldsOf(CreateTask(Draft("a cat", {plays("a", 15.1)})).status()),
              ElementsAre("generation_task.references[0]"));
}

// ---- Assets that are not ready ----

struct StateCase {
  const char* what;
  AssetState state;
  bool wait;
  bool recreate;
  bool from_url;
  int recreations;
  bool taken;
};

TEST_F(TaskDraftTest, TheFlagsSayWhichAssetsATaskMayWaitFor) {
  Start();
  const std::vector<StateCase> cases = {
      {"active", AssetState::kActive, false, false, false, 0, true},
      {"processing", AssetState::kProcessing, false, false, true, 0, false},
      {"processing, waits", AssetState::kProcessing, true, false, true, 0, true},
      {"processing, recreates", AssetState::kProcessing, false, true, true, 0, false},
      {"being created again, recreates", AssetState::kProcessing, false, true, true, 1, true},
      {"being created again", AssetState::kProcessing, false, false, true, 1, false},
      {"failed", AssetState::kFailed, true, true, true, 0, false},
      {"expired", AssetState::kExpired, false, false, true, 0, false},
      {"expired, waits", AssetState::kExpired, true, false, true, 0, false},
      {"expired, recreates", AssetState::kExpired, false, true, true, 0, true},
      {"expired, recreates, waits", AssetState::kExpired, true, true, true, 3, true},
      {"expired, recreates, of bytes, which the vendor may still have", AssetState::kExpired, true, true, false, 0,
       true},
  };
  for (const StateCase& each : cases) {
    const auto handle = Stored("a", each.state, [&](model::Asset& asset) {
      asset.source_uri = each.from_url ? "https://example.com/a.png" : "";
      asset.recreations = each.recreations;
    });
    engine::CreateTaskParams params = Draft("@image1", {ToAsset(handle)});
    params.request.wait_for_assets = each.wait;
    params.request.recreate_expired_assets = each.recreate;
    const absl::StatusOr<GenerationTask> draft = CreateTask(params);
    if (each.taken) {
      ASSERT_TRUE(draft.ok()) << each.what << ": " << draft.status();
      EXPECT_EQ(draft->state_message, each.state == AssetState::kActive ? "" : "waits for assets/fake~a to be ACTIVE");
      continue;
    }
    EXPECT_EQ(draft.status().code(), absl::StatusCode::kFailedPrecondition) << each.what;
    EXPECT_EQ(ReasonOf(draft), Reason::kAssetNotReady) << each.what;
    EXPECT_EQ(base::GetErrorDetail(draft.status()).metadata["field"], "generation_task.references[0].asset");
  }
}

TEST_F(TaskDraftTest, TheErrorSaysWhatHelps) {
  Start();
  const auto message = [&](AssetState state, const std::string& source_uri) {
    const auto handle = Stored("a", state, [&](model::Asset& asset) {
      asset.source_uri = source_uri;
      if (state == AssetState::kFailed) asset.error = {Reason::kInputModeration, "", "more than one face"};
    });
    return std::string(CreateTask(Draft("@image1", {ToAsset(handle)})).status().message());
  };
  EXPECT_THAT(message(AssetState::kProcessing, ""), HasSubstr("wait_for_assets"));
  EXPECT_THAT(message(AssetState::kExpired, "https://example.com/a.png"), HasSubstr("recreate_expired_assets"));
  EXPECT_THAT(message(AssetState::kExpired, ""), HasSubstr("created from bytes"));
  EXPECT_THAT(message(AssetState::kFailed, ""), HasSubstr("more than one face"));
}

TEST_F(TaskDraftTest, AWaitingTaskIsStoredPendingAndNamesEachAssetOnce) {
  Start();
  engine_->StopSubmitting();
  const auto one = Stored("one", AssetState::kProcessing);
  const auto two = Stored("two", AssetState::kProcessing);
  engine::CreateTaskParams params =
      Draft("@image1 @image2 @image3", {ToAsset(one), ToAsset(two), ToAsset(one), ToAsset(StoredAsset("ready"))});
  params.request.wait_for_assets = true;
  params.validate_only = false;
  const absl::StatusOr<GenerationTask> task = CreateTask(params);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->state, model::TaskState::kPending);
  EXPECT_EQ(task->state_message, "waits for assets/fake~one, assets/fake~two to be ACTIVE");
  EXPECT_EQ(vendor_.create_task.calls(), 0);
}

TEST_F(TaskDraftTest, BrokenRulesAreToldBeforeTheStateOfAnAsset) {
  Start();
  engine::CreateTaskParams params = Draft("@image1", {ToAsset(Stored("a", AssetState::kFailed))});
  params.request.aspect_ratio = "17:4";
  EXPECT_THAT(FieldsOf(CreateTask(params).status()), ElementsAre("generation_task.aspect_ratio"));
}

// ---- Request ids ----

TEST_F(TaskDraftTest, NewFieldsAreComparedUnderTheirNames) {
  Start();
  engine_->StopSubmitting();
  engine::CreateTaskParams params = Draft("@image1", {ToUrl(ReferenceRole::kReferenceImage, "", true)});
  params.validate_only = false;
  params.request_id = kRequestId;
  params.request.model = "loose";
  params.request.ephemeral_hours = 4;
  params.request.labels = {{"team", "red"}};
  const std::string id = CreateTask(params)->id;
  EXPECT_EQ(CreateTask(params)->id, id);
  const auto differs = [&](auto change) {
    engine::CreateTaskParams other = params;
    change(other.request);
    return base::GetErrorDetail(CreateTask(other).status()).metadata["field"];
  };
  EXPECT_EQ(differs([](auto& r) { r.references[0].ephemeral = false; }), "generation_task.references[0]");
  EXPECT_EQ(differs([](auto& r) { r.ephemeral_hours = 5; }), "generation_task.ephemeral_retention");
  EXPECT_EQ(differs([](auto& r) { r.ephemeral_hours.reset(); }), "generation_task.ephemeral_retention");
  EXPECT_EQ(differs([](auto& r) { r.wait_for_assets = true; }), "wait_for_assets");
  EXPECT_EQ(differs([](auto& r) { r.allow_model_upgrade = true; }), "allow_model_upgrade");
  EXPECT_EQ(differs([](auto& r) { r.recreate_expired_assets = true; }), "recreate_expired_assets");
}

TEST_F(TaskDraftTest, AJournalRowOfAnOlderVersionIsTheSameRequest) {
  Start();
  engine_->StopSubmitting();
  engine::CreateTaskParams params = Draft("a cat", {ToUrl(ReferenceRole::kReferenceImage)});
  params.validate_only = false;
  params.request_id = kRequestId;
  params.request.labels = {{"team", "red"}};
  ASSERT_TRUE(CreateTask(params).ok());
  const auto row = store_->GetEntry({kTenant, "CreateGenerationTask", kRequestId});
  std::vector<std::string> fields;
  for (const auto& [field, value] : (*row)->fingerprint) {
    if (field.rfind(model::kSamePrefix, 0) != 0) fields.push_back(field);
  }
  // What rows had before there were flags, ephemeral references and second values.
  EXPECT_THAT(fields,
              ElementsAre("generation_task.upstream", "generation_task.model", "generation_task.prompt",
                          "generation_task.resolution", "generation_task.aspect_ratio", "generation_task.duration",
                          "generation_task.seed", "generation_task.generate_audio", "generation_task.watermark",
                          "generation_task.return_last_frame", "generation_task.web_search",
                          "generation_task.references[0]", "generation_task.labels[team]"));
  // SHA-256 of `|1|https://example.com/x`.
  EXPECT_EQ((*row)->fingerprint[11].second, "9c01fdc06b4b846f4ce3eb68911bb4a885e640ebd3631a1da200077df55697a5");
}

}  // namespace
}  // namespace seedance::testing

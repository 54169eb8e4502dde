#include <gtest/gtest.h>

#include "service/base/advice.h"
#include "service/rpc/convert/convert_asset.h"
#include "service/rpc/convert/convert_group.h"
#include "service/rpc/convert/convert_task.h"
#include "service/rpc/convert/convert_time.h"
#include "service/rpc/validate/validate_task.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

TEST(ConvertTime, KeepsNanosecondsOnBothSidesOf1970) {
  EXPECT_EQ(ToProto(absl::FromUnixNanos(1'500'000'001)).seconds(), 1);
  EXPECT_EQ(ToProto(absl::FromUnixNanos(1'500'000'001)).nanos(), 500'000'001);
  EXPECT_EQ(ToProto(absl::FromUnixNanos(-1)).seconds(), -1);
  EXPECT_EQ(ToProto(absl::FromUnixNanos(-1)).nanos(), 999'999'999);
}

TEST(ConvertGroup, WritesEveryField) {
  model::AssetGroup group;
  group.handle = {"any", "g1"};
  group.tenant = "secret-tenant";
  group.display_name = "name";
  group.description = "text";
  group.create_time = absl::FromUnixSeconds(5);
  group.update_time = absl::FromUnixSeconds(6);
  group.type = model::GroupType::kLivenessFace;
  group.creation = {"volc-asset", {"USD", 1'500'000}};
  v1::AssetGroup proto;
  ToProto(group, &proto);
  EXPECT_EQ(proto.name(), "assetGroups/any~g1");
  EXPECT_EQ(proto.display_name(), "name");
  EXPECT_EQ(proto.description(), "text");
  EXPECT_EQ(proto.upstream(), "any");
  EXPECT_EQ(proto.create_time().seconds(), 5);
  EXPECT_EQ(proto.update_time().seconds(), 6);
  EXPECT_EQ(proto.group_type(), v1::GROUP_TYPE_LIVENESS_FACE);
  EXPECT_EQ(proto.billing_model(), "volc-asset");
  EXPECT_EQ(proto.estimated_cost().currency_code(), "USD");
  EXPECT_EQ(proto.estimated_cost().units(), 1);
  EXPECT_EQ(proto.estimated_cost().nanos(), 500'000'000);
  EXPECT_EQ(proto.DebugString().find("secret-tenant"), std::string::npos);
}

TEST(ConvertGroup, WhatWasOnlyValidatedHasNoNameAndNoTimes) {
  model::AssetGroup group;
  group.handle.upstream = "any";
  v1::AssetGroup proto;
  ToProto(group, &proto);
  EXPECT_EQ(proto.name(), "");
  EXPECT_EQ(proto.upstream(), "any");
  EXPECT_FALSE(proto.has_create_time());
}

TEST(ConvertAsset, WritesEveryField) {
  model::Asset asset;
  asset.handle = {"any", "a1"};
  asset.group = {"any", "g1"};
  asset.display_name = "name";
  asset.media_type = model::MediaType::kVideo;
  asset.state = model::AssetState::kFailed;
  asset.error = {base::Reason::kInputModeration, "Face", "no faces"};
  asset.media_info = {"mp4", 10, 20, absl::Milliseconds(2500), 24.5, 99, "abc"};
  asset.preview_uri = "https://x/";
  asset.create_time = absl::FromUnixSeconds(5);
  asset.update_time = absl::FromUnixSeconds(6);
  asset.expire_time = absl::FromUnixSeconds(7);
  asset.revision = 8;
  asset.reused = true;
  asset.last_used_time = absl::FromUnixSeconds(9);
  asset.rights_note = "by contract";
  asset.creation = {"volc-asset-video", {"points", 3'000'000}};
  v1::Asset proto;
  ToProto(asset, &proto);
  EXPECT_EQ(proto.name(), "assets/any~a1");
  EXPECT_EQ(proto.asset_group(), "assetGroups/any~g1");
  EXPECT_EQ(proto.display_name(), "name");
  EXPECT_EQ(proto.media_type(), v1::MEDIA_TYPE_VIDEO);
  EXPECT_EQ(proto.state(), v1::Asset::STATE_FAILED);
  EXPECT_EQ(proto.error().reason(), v1::ERROR_REASON_INPUT_MODERATION);
  EXPECT_EQ(proto.error().upstream_code(), "Face");
  EXPECT_EQ(proto.error().message(), "no faces");
  EXPECT_EQ(proto.media_info().container(), "mp4");
  EXPECT_EQ(proto.media_info().width(), 10);
  EXPECT_EQ(proto.media_info().height(), 20);
  EXPECT_EQ(proto.media_info().duration().seconds(), 2);
  EXPECT_EQ(proto.media_info().duration().nanos(), 500'000'000);
  EXPECT_EQ(proto.media_info().frame_rate(), 24.5);
  EXPECT_EQ(proto.media_info().size_bytes(), 99);
  EXPECT_EQ(proto.media_info().sha256(), "abc");
  EXPECT_EQ(proto.preview_uri(), "https://x/");
  EXPECT_EQ(proto.create_time().seconds(), 5);
  EXPECT_EQ(proto.update_time().seconds(), 6);
  EXPECT_EQ(proto.expire_time().seconds(), 7);
  EXPECT_EQ(proto.revision(), 8);
  EXPECT_EQ(proto.upstream(), "any");
  EXPECT_TRUE(proto.reused());
  EXPECT_EQ(proto.last_use_time().seconds(), 9);
  EXPECT_EQ(proto.rights_note(), "by contract");
  EXPECT_EQ(proto.billing_model(), "volc-asset-video");
  EXPECT_EQ(proto.estimated_cost().currency_code(), "points");
  EXPECT_EQ(proto.estimated_cost().units(), 3);
}

TEST(ConvertLibrary, WritesEveryField) {
  engine::LibraryUsage usage;
  usage.upstream = "any";
  usage.limits = {50, absl::Hours(72)};
  usage.library.live = 40;
  usage.library.claimed = 5;
  usage.library.own = 30;
  usage.nearly_full = true;
  model::Asset asset;
  asset.handle = {"any", "a1"};
  usage.library.lapse_next = usage.library.used_last = usage.library.own_used_once = {asset};
  usage.warnings = {"nearly full"};
  v1::LibraryUsage proto;
  ToProto(usage, &proto);
  EXPECT_EQ(proto.upstream(), "any");
  EXPECT_EQ(proto.max_assets(), 50);
  EXPECT_EQ(proto.idle_ttl().seconds(), 72 * 3600);
  EXPECT_EQ(proto.used_places(), 40);
  EXPECT_EQ(proto.reserved_places(), 5);
  EXPECT_EQ(proto.own_assets(), 30);
  EXPECT_TRUE(proto.nearly_full());
  EXPECT_EQ(proto.lapse_next(0).name(), "assets/any~a1");
  EXPECT_EQ(proto.used_last_size(), 1);
  EXPECT_EQ(proto.used_once_size(), 1);
  EXPECT_EQ(proto.warnings(0), "nearly full");
  ToProto(engine::LibraryUsage{}, &proto);
  EXPECT_FALSE(proto.has_idle_ttl());
}

TEST(ConvertAsset, WhatIsNotKnownIsNotSet) {
  v1::Asset proto;
  ToProto(model::Asset{}, &proto);
  EXPECT_FALSE(proto.has_error());
  EXPECT_FALSE(proto.has_media_info());
  EXPECT_FALSE(proto.has_expire_time());
  EXPECT_FALSE(proto.has_last_use_time());
  EXPECT_FALSE(proto.reused());
  EXPECT_FALSE(proto.has_estimated_cost());
}

TEST(ConvertAsset, AFailureOfABatchSaysWhatTheCallAloneWouldHaveSaid) {
  v1::BatchCreateAssetsResponse::Failure failure;
  ToProto(base::InvalidInput({{"uri", "is bad"}, {"asset.display_name", "is worse"}}), &failure);
  EXPECT_EQ(failure.code(), 3);
  EXPECT_EQ(failure.reason(), v1::ERROR_REASON_INVALID_INPUT);
  EXPECT_FALSE(failure.message().empty());
  ASSERT_EQ(failure.violations_size(), 2);
  EXPECT_EQ(failure.violations(0).field(), "uri");
  EXPECT_EQ(failure.violations(1).description(), "is worse");
}

model::GenerationTask FullTask() {
  model::GenerationTask task;
  task.id = "123e4567-e89b-12d3-a456-426614174000";
  task.request.upstream = "any";
  task.request.model = "seedance";
  task.request.prompt = "a cat";
  task.request.references.resize(2);
  task.request.references[0] = {"hero", model::ReferenceRole::kFirstFrame, model::UpstreamHandle{"any", "a1"}, "",
                                false};
  task.request.references[1] = {"", model::ReferenceRole::kReferenceAudio, std::nullopt, "https://x/", true};
  task.request.resolution = model::Resolution::k1080p;
  task.request.aspect_ratio = "16:9";
  task.request.duration_seconds = 7;
  task.request.seed = 0;
  task.request.generate_audio = false;
  task.request.watermark = true;
  task.request.return_last_frame = true;
  task.request.web_search = true;
  task.request.labels = {{"k", "v"}};
  task.request.ephemeral_hours = 5;
  return task;
}

TEST(ConvertTask, TheRequestComesBackAsItWas) {
  const model::GenerationTask task = FullTask();
  v1::CreateGenerationTaskRequest request;
  ToProto(task, request.mutable_generation_task());
  const engine::CreateTaskParams params = ReadRequest(request);
  EXPECT_TRUE(params.violations.empty());
  v1::GenerationTask again;
  model::GenerationTask copy;
  copy.id = task.id;
  copy.request = params.request;
  ToProto(copy, &again);
  EXPECT_EQ(again.DebugString(), request.generation_task().DebugString());
  EXPECT_EQ(params.request.references[0].asset, task.request.references[0].asset);
  EXPECT_EQ(params.request.labels, task.request.labels);
  EXPECT_FALSE(params.request.references[0].ephemeral);
  EXPECT_TRUE(params.request.references[1].ephemeral);
  EXPECT_EQ(params.request.ephemeral_hours, 5);
}

TEST(ConvertTask, WritesEveryField) {
  model::GenerationTask task = FullTask();
  task.state = model::TaskState::kSucceeded;
  task.progress_percent = 55;
  task.progress_source = model::ProgressSource::kReported;
  task.error = {base::Reason::kOutcomeUnknown, "c", "m"};
  task.result = {"https://v/", "https://f/", absl::FromUnixSeconds(9), 10, "hash", 11, 12};
  task.state_message = "waiting";
  task.detached = true;
  task.upstream_task_id = "u1";
  task.create_time = absl::FromUnixSeconds(1);
  task.update_time = absl::FromUnixSeconds(2);
  task.submit_time = absl::FromUnixSeconds(3);
  task.start_time = absl::FromUnixSeconds(4);
  task.end_time = absl::FromUnixSeconds(5);
  task.deadline_time = absl::FromUnixSeconds(6);
  task.revision = 13;
  task.request.sent_prompt = "a cat, @image1";
  task.warnings = {"one", "two"};
  task.estimated_cost = {"USD", 12'345'678};
  task.estimated_cost_least = {"USD", 1'000'000};
  task.estimated_cost_most = {"USD", 7'500'000};
  task.settled_cost = {"USD", 7'000'000};
  v1::GenerationTask proto;
  ToProto(task, &proto);
  // Nothing is left unset: a new field must be added to the conversion.
  const auto* descriptor = proto.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    const bool set = field->is_repeated() ? proto.GetReflection()->FieldSize(proto, field) > 0
                                          : proto.GetReflection()->HasField(proto, field);
    EXPECT_TRUE(set) << field->name();
  }
  EXPECT_EQ(proto.name(), "generationTasks/123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(proto.state(), v1::GenerationTask::STATE_SUCCEEDED);
  EXPECT_EQ(proto.error().reason(), v1::ERROR_REASON_OUTCOME_UNKNOWN);
  EXPECT_EQ(proto.result().usage().completion_tokens(), 11);
  EXPECT_EQ(proto.result().usage().total_tokens(), 12);
  EXPECT_EQ(proto.result().expire_time().seconds(), 9);
  EXPECT_EQ(proto.deadline_time().seconds(), 6);
  EXPECT_EQ(proto.ephemeral_retention().seconds(), 5 * 3600);
  EXPECT_EQ(proto.prompt(), "a cat");
  EXPECT_EQ(proto.normalized_prompt(), "a cat, @image1");
  EXPECT_EQ(proto.warnings(1), "two");
  EXPECT_EQ(proto.estimated_cost().currency_code(), "USD");
  EXPECT_EQ(proto.estimated_cost().units(), 12);
  EXPECT_EQ(proto.estimated_cost().nanos(), 345'678'000);
  EXPECT_EQ(proto.estimated_cost_least().units(), 1);
  EXPECT_EQ(proto.estimated_cost_most().nanos(), 500'000'000);
  EXPECT_EQ(proto.error().advice(), std::string(base::AdviceOf(base::Reason::kOutcomeUnknown)));
}

TEST(ConvertTask, AFailureAtFullProgressHasTheAdviceOfModeration) {
  model::GenerationTask task;
  task.error = {base::Reason::kUpstreamFailed, "", "m"};
  task.progress_percent = 100;
  task.progress_source = model::ProgressSource::kReported;
  v1::GenerationTask proto;
  ToProto(task, &proto);
  EXPECT_EQ(proto.error().advice(), std::string(base::AdviceOf(base::Reason::kUpstreamFailed, true)));
  task.progress_percent = 50;
  ToProto(task, &proto);
  EXPECT_EQ(proto.error().advice(), std::string(base::AdviceOf(base::Reason::kUpstreamFailed)));
}

TEST(ConvertTask, AFreeTaskHasACostAndAnUnknownOneHasNone) {
  model::GenerationTask task;
  v1::GenerationTask proto;
  ToProto(task, &proto);
  EXPECT_FALSE(proto.has_estimated_cost());
  EXPECT_FALSE(proto.has_estimated_cost_least());
  task.estimated_cost = {"points", 0};
  ToProto(task, &proto);
  EXPECT_EQ(proto.estimated_cost().currency_code(), "points");
  EXPECT_EQ(proto.estimated_cost().units(), 0);
  task.estimated_cost.micros = 999'999;
  ToProto(task, &proto);
  EXPECT_EQ(proto.estimated_cost().nanos(), 999'999'000);
}

TEST(ConvertTask, ATaskOfAnOlderVersionWasSentAsItCame) {
  model::GenerationTask task;
  task.request.prompt = "@image1 waves";
  v1::GenerationTask proto;
  ToProto(task, &proto);
  EXPECT_EQ(proto.normalized_prompt(), "@image1 waves");
}

TEST(ConvertTask, WhatHasNotHappenedIsNotSet) {
  v1::GenerationTask proto;
  ToProto(model::GenerationTask{}, &proto);
  for (const char* field : {"submit_time", "start_time", "end_time", "deadline_time", "result", "error", "duration",
                            "ephemeral_retention"}) {
    EXPECT_FALSE(proto.GetReflection()->HasField(proto, proto.GetDescriptor()->FindFieldByName(field))) << field;
  }
  EXPECT_EQ(proto.name(), "");
}

}  // namespace
}  // namespace seedance::rpc

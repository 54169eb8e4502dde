#include "client/cpp/ctl/table.h"

#include <gtest/gtest.h>

#include "client/cpp/ctl/view.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::GenerationTask;

TEST(RenderTableTest, ColumnsAreAlignedAndLinesHaveNoSpacesAtTheEnd) {
  EXPECT_EQ(RenderTable({{"NAME"}, {"SIZE", false, true}, {"NOTE"}}, {{"a", "12 kB", "x"}, {"long name", "3 B", ""}}, 0,
                        false),
            "NAME        SIZE  NOTE\n"
            "a          12 kB  x\n"
            "long name    3 B\n");
}

TEST(RenderTableTest, WideCharactersAreCountedByColumns) {
  EXPECT_EQ(RenderTable({{"PROMPT"}, {"STATE"}}, {{"女主角走", "queued"}, {"a cat", "running"}}, 0, false),
            "PROMPT    STATE\n"
            "女主角走  queued\n"
            "a cat     running\n");
}

TEST(RenderTableTest, OnlyShrinkingColumnsAreCutToTheWidth) {
  EXPECT_EQ(RenderTable({{"NAME"}, {"PROMPT", true}}, {{"task-0001", "一只猫在大雨中慢慢地走"}}, 24, false),
            "NAME       PROMPT\n"
            "task-0001  一只猫在大雨…\n");
  EXPECT_EQ(RenderTable({{"NAME"}, {"PROMPT", true}}, {{"task-0001", "一只猫在大雨中慢慢地走"}}, 5, false),
            "NAME       PROMPT\n"
            "task-0001  一只猫…\n");
}

TEST(RenderTableTest, ColoursDoNotCountAsWidth) {
  EXPECT_EQ(RenderTable({{"S"}, {"N"}}, {{Cell("ok", Tone::kGood), "1"}}, 0, true),
            "\x1b[2mS\x1b[0m   \x1b[2mN\x1b[0m\n"
            "\x1b[32mok\x1b[0m  1\n");
}

TEST(RenderFieldsTest, EmptyFieldsAreLeftOut) {
  EXPECT_EQ(RenderFields({{"name", "assets/a"}, {"sha256", ""}, {"display name", "hero"}}, false),
            "name:          assets/a\n"
            "display name:  hero\n");
}

class ViewTest : public ::testing::Test {
 protected:
  ViewTest() {
    view_.human = true;
    view_.now = absl::FromUnixSeconds(1800000000);
    task_.set_name("generationTasks/0190c0de");
    task_.set_state(GenerationTask::STATE_RUNNING);
    task_.set_progress_percent(40);
    task_.set_progress_source(gateway::v1::PROGRESS_SOURCE_ESTIMATED);
    task_.set_model("seedance");
    task_.set_prompt("一只猫\n在雨中");
    task_.mutable_create_time()->set_seconds(1800000000 - 12);
  }

  View view_;
  GenerationTask task_;
};

TEST_F(ViewTest, TaskTableShowsEstimatesMarkedAndTimesRelative) {
  EXPECT_EQ(RenderTasks({task_}, view_),
            "NAME      STATE    DONE  CREATED  MODEL     PROMPT\n"
            "0190c0de  running  ~40%  12s ago  seedance  一只猫 在雨中\n");
}

TEST_F(ViewTest, TimesAreUtcWhereNobodyLooks) {
  view_.human = false;
  EXPECT_EQ(RenderTasks({task_}, view_),
            "NAME      STATE    DONE  CREATED               MODEL     PROMPT\n"
            "0190c0de  running  ~40%  2027-01-15T07:59:48Z  seedance  一只猫 在雨中\n");
}

TEST_F(ViewTest, FailedTaskSaysWhy) {
  task_.set_state(GenerationTask::STATE_FAILED);
  task_.clear_progress_source();
  task_.mutable_error()->set_reason(gateway::v1::ERROR_REASON_OUTPUT_MODERATION);
  task_.mutable_error()->set_upstream_code("Sensitive");
  task_.mutable_error()->set_message("blocked");
  task_.add_references()->set_asset("assets/anyfast~a");
  task_.mutable_references(0)->set_role(gateway::v1::REFERENCE_ROLE_FIRST_FRAME);
  task_.mutable_references(0)->set_label("door");
  EXPECT_EQ(RenderTask(task_, view_),
            "name:       generationTasks/0190c0de\n"
            "state:      failed\n"
            "error:      OUTPUT_MODERATION (Sensitive): blocked\n"
            "model:      seedance\n"
            "prompt:     一只猫 在雨中\n"
            "reference:  assets/anyfast~a,role=first_frame,label=door\n"
            "created:    12s ago\n");
}

TEST_F(ViewTest, TaskShowsThePromptAsSentItsPriceAndItsWarnings) {
  task_.clear_progress_source();
  task_.set_prompt("{hero} walks");
  task_.set_normalized_prompt("@图1 walks");
  task_.mutable_estimated_cost()->set_units(1);
  task_.mutable_estimated_cost()->set_nanos(250000000);
  task_.mutable_estimated_cost()->set_currency_code("USD");
  task_.add_warnings("references[1] is never mentioned");
  EXPECT_EQ(RenderTask(task_, view_),
            "name:       generationTasks/0190c0de\n"
            "state:      running\n"
            "model:      seedance\n"
            "prompt:     {hero} walks\n"
            "as sent:    @图1 walks\n"
            "will cost:  about 1.25 USD\n"
            "warning:    references[1] is never mentioned\n"
            "created:    12s ago\n");
}

TEST_F(ViewTest, AnAssetThatWasOnlyValidatedShowsWhatItWouldCost) {
  gateway::v1::Asset asset;
  asset.set_display_name("hero");
  asset.set_rights_note("own\nwork");
  asset.set_billing_model("volc-asset");
  asset.mutable_estimated_cost()->set_nanos(10000000);
  asset.mutable_estimated_cost()->set_currency_code("USD");
  EXPECT_EQ(RenderAsset(asset, view_),
            "display name:  hero\n"
            "state:         unspecified\n"
            "rights:        own work\n"
            "billed as:     volc-asset\n"
            "will cost:     about 0.01 USD\n");
}

TEST_F(ViewTest, AssetShowsItsMediaFacts) {
  gateway::v1::Asset asset;
  asset.set_name("assets/anyfast~a");
  asset.set_state(gateway::v1::Asset::STATE_ACTIVE);
  asset.set_media_type(gateway::v1::MEDIA_TYPE_VIDEO);
  auto& media = *asset.mutable_media_info();
  media.set_container("mp4");
  media.set_width(1920);
  media.set_height(1080);
  media.mutable_duration()->set_seconds(5);
  media.set_frame_rate(24);
  media.set_size_bytes(3100000);
  EXPECT_EQ(RenderAsset(asset, view_),
            "name:   assets/anyfast~a\n"
            "type:   video\n"
            "state:  active\n"
            "media:  mp4, 1920x1080, 5.0s, 24 fps, 3.1 MB\n");
}

}  // namespace
}  // namespace seedance::client::ctl

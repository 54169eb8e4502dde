#include "service/config/limits_config.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/config/config.h"
#include "service/config/print_config.h"
#include "service/config/upstream_profile.h"
#include "service/upstream/anyfast/profiles.h"
#include "service/upstream/piapi/profiles.h"
#include "tests/unit/config/parsed.h"

namespace seedance::config {
namespace {

using model::Resolution;
using model::UpstreamProfile;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A file with one AnyFast account that has these limits (in YAML's flow style).
std::string AnyFast(const std::string& limits) {
  return absl::StrCat("upstreams:\n- name: a\n  anyfast: {api_key: {env: K}}\n  limits: ", limits, "\n");
}

std::string PiApiWith(const std::string& limits) {
  return absl::StrCat("upstreams:\n- name: p\n  piapi: {api_key: {env: K}}\n  limits: ", limits, "\n");
}

UpstreamProfile ProfileIn(const std::string& yaml) {
  const auto config = ParseConfig(yaml);
  EXPECT_TRUE(config.ok()) << config.status() << yaml;
  if (!config.ok()) return {};
  std::vector<ConfigProblem> problems;
  UpstreamProfile profile = ProfileOf(config->upstreams(0), "", problems);
  EXPECT_THAT(problems, IsEmpty());
  return profile;
}

void ExpectSame(const UpstreamProfile& left, const UpstreamProfile& right) {
  EXPECT_EQ(left.default_model, right.default_model);
  ASSERT_EQ(left.models.size(), right.models.size());
  for (size_t i = 0; i < left.models.size(); ++i) {
    EXPECT_TRUE(left.models[i] == right.models[i]) << left.models[i].name;
  }
  EXPECT_TRUE(left.assets.image == right.assets.image);
  EXPECT_TRUE(left.assets.video == right.assets.video);
  EXPECT_TRUE(left.assets.audio == right.assets.audio);
  EXPECT_TRUE(left.assets.library == right.assets.library);
  EXPECT_TRUE(left.assets.billing == right.assets.billing);
  EXPECT_TRUE(left.assets.price == right.assets.price);
  EXPECT_EQ(left.assets.groups, right.assets.groups);
  EXPECT_EQ(left.assets.max_staged_bytes, right.assets.max_staged_bytes);
  EXPECT_TRUE(left.notation == right.notation);
}

TEST(Limits, WithoutAnyTheDocumentedOnesHold) {
  ExpectSame(ProfileIn(AnyFast("{}")), upstream::AnyFastProfile());
  ExpectSame(ProfileIn(PiApiWith("{}")), upstream::PiApiProfile("developer"));
}

// Every kind of change at once.
constexpr char kChanges[] = R"({
  assets: {image: {formats: [png, heic], max_bytes: 3000000000, min_side: 1, max_side: 9, min_ratio: 0.1, max_ratio: 0.3,
                   open_bounds: true, min_pixels: 4, max_pixels: 5000000000},
           video: {min_duration: 0s, max_duration: 12.5s, min_frame_rate: 23.976, max_frame_rate: 0},
           audio: {max_bytes: 0}, max_assets: 7, idle_ttl: 36h,
           price: {currency: USD, per_call: {volc-asset: 0.01, volc-asset-video: 0}}},
  models: [{name: seedance-9, like: seedance-fast, max_prompt_characters: 77, resolutions: [1080p, 4k],
            default_resolution: 4k, aspect_ratios: ['1:1', adaptive], max_total_video_duration: 3s, seed: false, asset_references: true,
            reference_video: {max_bytes: 9, min_duration: 1.5s, max_pixels: 0}, retire_date: 2027-02-03, frames_only_adaptive: true,
            references_want_adaptive: true,
            price: {currency: USD, per_task: 0.01, per_second: 0.125, per_second_of: {4k: 0.5, 720p: 0}}},
           {name: 'seedance-9-*', like: seedance-9, automatic_duration: true},
           {name: seedance-fast, min_duration_seconds: 2, max_duration_seconds: 20, default_duration_seconds: 20,
            max_images: 0, asset_references: false, asset_reference_model: seedance-9, price: {currency: points}}]})";

TEST(Limits, EachFieldThatIsSetReplacesTheDocumentedOne) {
  const UpstreamProfile documented = upstream::AnyFastProfile();
  const UpstreamProfile profile = ProfileIn(AnyFast(kChanges));
  EXPECT_THAT(profile.assets.image.formats, UnorderedElementsAre("png", "heic"));
  EXPECT_EQ(profile.assets.image.max_bytes, 3'000'000'000);
  EXPECT_EQ(profile.assets.image.max_pixels, 5'000'000'000);
  EXPECT_EQ(profile.assets.image.min_ratio, 0.1);
  EXPECT_TRUE(profile.assets.image.open_bounds);
  EXPECT_EQ(profile.assets.video.formats, documented.assets.video.formats);
  EXPECT_EQ(profile.assets.video.max_bytes, documented.assets.video.max_bytes);
  EXPECT_EQ(profile.assets.video.min_duration, absl::ZeroDuration());
  EXPECT_EQ(profile.assets.video.max_duration, absl::Seconds(12.5));
  EXPECT_EQ(profile.assets.video.min_frame_rate, 23.976);
  EXPECT_EQ(profile.assets.audio.max_bytes, 0);
  EXPECT_EQ(profile.assets.library.max_assets, 7);
  EXPECT_EQ(profile.assets.library.idle_ttl, absl::Hours(36));
  EXPECT_EQ(profile.assets.price, (model::AssetPrice{"USD", {{"volc-asset", 0.01}, {"volc-asset-video", 0}}}));
}

TEST(Limits, ARowWithAKnownNameChangesThatModelInItsPlace) {
  const UpstreamProfile documented = upstream::AnyFastProfile();
  const UpstreamProfile profile = ProfileIn(AnyFast(kChanges));
  ASSERT_EQ(profile.models.size(), documented.models.size() + 2);
  for (size_t i = 0; i < documented.models.size(); ++i) {
    const model::ModelProfile& now = profile.models[i + 2];
    EXPECT_EQ(now.name, documented.models[i].name);
    EXPECT_EQ(now == documented.models[i], now.name != "seedance-fast");
  }
  const model::ModelProfile& fast = *profile.FindModel("seedance-fast");
  EXPECT_EQ(fast.min_duration_seconds, 2);
  EXPECT_EQ(fast.max_images, 0u);
  EXPECT_EQ(fast.max_videos, documented.FindModel("seedance-fast")->max_videos);
  EXPECT_EQ(fast.asset_reference_model, "seedance-9");
  EXPECT_EQ(fast.price->currency, "points");
}

TEST(Limits, ANewRowStandsBeforeTheDocumentedOnesAndBeginsAsTheOneThatItIsLike) {
  const UpstreamProfile profile =
      ProfileIn(AnyFast("{models: [{name: 'seedance*', like: seedance-fast, max_images: 1},"
                        "{name: seedance-fast, max_audios: 2}]}"));
  EXPECT_EQ(profile.models[0].name, "seedance*");
  const model::ModelProfile& first = *profile.FindModel("seedance-fast");
  EXPECT_EQ(&first, &profile.models[0]);
  EXPECT_EQ(first.max_images, 1u);
  EXPECT_EQ(first.max_audios, 2u);
  EXPECT_EQ(first.resolutions, upstream::AnyFastProfile().FindModel("seedance-fast")->resolutions);
}

TEST(Limits, ANewRowMayBeLikeANewRowAboveIt) {
  const UpstreamProfile profile = ProfileIn(AnyFast(kChanges));
  const model::ModelProfile& second = *profile.FindModel("seedance-9-b");
  EXPECT_EQ(second.max_prompt_characters, 77u);
  EXPECT_TRUE(second.automatic_duration);
  EXPECT_FALSE(second.seed);
  EXPECT_THAT(second.resolutions, ElementsAre(Resolution::k1080p, Resolution::k4k));
  EXPECT_EQ(second.price->per_second_of.at(Resolution::k4k), 0.5);
  EXPECT_EQ(second.price->per_second, 0.125);
}

TEST(Limits, TheWindowOfReferenceVideosAndTheDayOfRetirementCanBeChanged) {
  const UpstreamProfile profile = ProfileIn(AnyFast(kChanges));
  const model::ModelProfile& row = *profile.FindModel("seedance-9");
  EXPECT_EQ(row.reference_video.max_bytes, 9);
  EXPECT_EQ(row.reference_video.max_pixels, 0);
  EXPECT_EQ(row.reference_video.min_duration, absl::Seconds(1.5));
  EXPECT_EQ(row.reference_video.max_side, 6000);
  EXPECT_TRUE(row.frames_only_adaptive);
  EXPECT_TRUE(row.references_want_adaptive);
  EXPECT_EQ(row.retire_time, absl::FromCivil(absl::CivilDay(2027, 2, 3), absl::UTCTimeZone()));
  const std::string forever = "{models: [{name: 'doubao-seedance-1-5-pro-*', retire_date: none}]}";
  EXPECT_EQ(ProfileIn(AnyFast(forever)).FindModel("doubao-seedance-1-5-pro-1")->retire_time, absl::InfiniteFuture());
}

TEST(Limits, NoneMeansNoOtherModel) {
  const std::string name = "seedance-2";
  ASSERT_NE(upstream::PiApiProfile("").FindModel(name)->asset_reference_model, "");
  const UpstreamProfile profile = ProfileIn(PiApiWith("{models: [{name: seedance-2, asset_reference_model: none}]}"));
  EXPECT_EQ(profile.FindModel(name)->asset_reference_model, "");
}

TEST(Limits, WhatIsPrintedGivesTheSameProfileAndTheSameFile) {
  for (const std::string& yaml : {AnyFast("{}"), PiApiWith("{}"), AnyFast(kChanges)}) {
    const auto config = ParseConfig(yaml);
    ASSERT_TRUE(config.ok()) << config.status();
    const std::string printed = PrintConfig(*config, /*all=*/true);
    ExpectSame(ProfileIn(printed), ProfileIn(yaml));
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*ParseConfig(printed), *config));
  }
}

// Names of the fields of `message`, and of what is in it, that are not set.
void FindUnset(const google::protobuf::Message& message, std::vector<std::string>& unset) {
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const auto& field = *message.GetDescriptor()->field(i);
    const bool set =
        field.is_repeated() ? reflection.FieldSize(message, &field) > 0 : reflection.HasField(message, &field);
    if (!set) unset.push_back(field.full_name());
    if (field.message_type() == nullptr || field.message_type()->full_name() == "google.protobuf.Duration") continue;
    for (int k = 0; field.is_repeated() && k < reflection.FieldSize(message, &field); ++k) {
      FindUnset(reflection.GetRepeatedMessage(message, &field, k), unset);
    }
    if (!field.is_repeated() && set) FindUnset(reflection.GetMessage(message, &field), unset);
  }
}

TEST(Limits, EveryLimitIsPrinted) {
  UpstreamProfile profile = upstream::AnyFastProfile();
  profile.models.resize(1);
  profile.models[0].price = model::Price{"USD", 1, 2, {{Resolution::k720p, 3}}};
  profile.assets.price = model::AssetPrice{"USD", {{"volc-asset", 1}}};
  profile.assets.video.formats = profile.assets.audio.formats = profile.assets.image.formats;
  std::vector<std::string> unset;
  FindUnset(ToProto(profile), unset);
  // A profile does not know what it came from.
  EXPECT_THAT(unset, ElementsAre("seedance.gateway.config.v1.ModelLimits.like"));
}

struct BadLimits {
  const char* limits;
  const char* problem;  // After `upstreams[0].limits.`.
};

TEST(Limits, EveryBadValueIsNamedWithItsPath) {
  for (const BadLimits& each : {
           BadLimits{"{assets: {image: {formats: [mp4]}}}", "assets.image.formats[0]: must be one of jpeg, png"},
           BadLimits{"{assets: {video: {formats: [mp4, avi]}}}",
                     "assets.video.formats[1]: must be one of mp4, mov, is `avi`"},
           BadLimits{"{assets: {audio: {formats: [ogg]}}}",
                     "assets.audio.formats[0]: must be one of mp3, wav, is `ogg`"},
           BadLimits{"{assets: {image: {max_bytes: -1}}}", "assets.image.max_bytes: must be 0 to 1000000000000, is -1"},
           BadLimits{"{assets: {image: {min_side: 7000}}}", "assets.image.min_side: is more than max_side"},
           BadLimits{"{assets: {image: {min_ratio: 3}}}", "assets.image.min_ratio: is more than max_ratio"},
           BadLimits{"{assets: {image: {min_ratio: wide}}}", "assets.image.min_ratio: must be a number"},
           BadLimits{"{assets: {image: {min_ratio: .nan}}}", "assets.image.min_ratio: must be a number"},
           BadLimits{"{assets: {image: {max_ratio: 1001}}}", "assets.image.max_ratio: must be 0 to 1000, is 1001"},
           BadLimits{"{assets: {video: {max_pixels: 1}}}", "assets.video.min_pixels: is more than max_pixels"},
           BadLimits{"{assets: {video: {max_duration: 1s}}}", "assets.video.min_duration: is more than max_duration"},
           BadLimits{"{assets: {video: {max_duration: -1s}}}",
                     "assets.video.max_duration: must be 0 to 86400 s, is -1 s"},
           BadLimits{"{assets: {video: {min_frame_rate: 61}}}",
                     "assets.video.min_frame_rate: is more than max_frame_rate"},
           BadLimits{"{assets: {max_assets: -1}}", "assets.max_assets: must be 0 to 1000000, is -1"},
           BadLimits{"{assets: {idle_ttl: -1s}}", "assets.idle_ttl: must be 0 to 315360000 s"},
           BadLimits{"{assets: {price: {per_call: {volc-asset: 1}}}}", "assets.price.currency: is required"},
           BadLimits{"{assets: {price: {currency: USD, per_call: {volc: 1}}}}",
                     "assets.price.per_call.volc: must be a billing model of the vendor: volc-asset, volc-asset-audio"},
           BadLimits{"{assets: {price: {currency: USD, per_call: {volc-asset: -1}}}}",
                     "assets.price.per_call.volc-asset: must be 0 to 1000000000, is -1"},
           BadLimits{"{models: [{}]}", "models[0].name: is required"},
           BadLimits{"{models: [{name: 'a*b', like: seedance}]}", "models[0].name: is required: visible ASCII"},
           BadLimits{"{models: [{name: 'a b', like: seedance}]}", "models[0].name: is required: visible ASCII"},
           BadLimits{"{models: [{name: seedance}, {name: seedance}]}",
                     "models[1].name: `seedance` is the name of an earlier"},
           BadLimits{"{models: [{name: seedance, like: seedance-fast}]}",
                     "models[0].like: is for models that are not doc"},
           BadLimits{"{models: [{name: new}]}",
                     "models[0].like: must name a documented model, because `new` is not one"},
           BadLimits{"{models: [{name: new, like: later}, {name: later, like: seedance}]}",
                     "models[0].like: must name a"},
           BadLimits{"{models: [{name: seedance, max_prompt_characters: 0}]}",
                     "models[0].max_prompt_characters: must be 1 to 1000000, is 0"},
           BadLimits{"{models: [{name: seedance, min_duration_seconds: 16}]}",
                     "models[0].min_duration_seconds: is more than max_duration_seconds"},
           BadLimits{"{models: [{name: seedance, max_duration_seconds: 4}]}",
                     "models[0].default_duration_seconds: must be 4 to 4, the durations of the model, is 5"},
           BadLimits{"{models: [{name: seedance, resolutions: [8k]}]}",
                     "models[0].resolutions[0]: must be one of 480p, 720p, 1080p, 2k, 4k, is `8k`"},
           BadLimits{"{models: [{name: seedance, resolutions: [480p]}]}",
                     "models[0].default_resolution: must be one of the model's resolutions, is `720p`"},
           BadLimits{"{models: [{name: seedance, default_resolution: big}]}",
                     "models[0].default_resolution: must be one of 480p"},
           BadLimits{"{models: [{name: seedance, aspect_ratios: [wide]}]}",
                     "models[0].aspect_ratios[0]: must be a ratio such as 16:9"},
           BadLimits{"{models: [{name: seedance, aspect_ratios: ['0:9']}]}",
                     "models[0].aspect_ratios[0]: must be a ratio such as 16:9"},
           BadLimits{"{models: [{name: seedance, max_images: 1001}]}",
                     "models[0].max_images: must be 0 to 1000, is 1001"},
           BadLimits{"{models: [{name: seedance, max_audio_duration: 25h}]}",
                     "models[0].max_audio_duration: must be 0 to 86400 s, is 90000 s"},
           BadLimits{"{models: [{name: seedance, asset_references: false, asset_reference_model: nope}]}",
                     "models[0].asset_reference_model: `nope` is not a model that accepts assets"},
           BadLimits{"{models: [{name: seedance, asset_references: false, asset_reference_model: seedance}]}",
                     "models[0].asset_reference_model: `seedance` is not a model that accepts assets"},
           BadLimits{"{models: [{name: seedance, retire_date: 2026-13-01}]}",
                     "models[0].retire_date: must be a date such as 2026-11-11, or none, is `2026-13-01`"},
           BadLimits{"{models: [{name: seedance, retire_date: soon}]}",
                     "models[0].retire_date: must be a date such as"},
           BadLimits{"{models: [{name: seedance, reference_video: {max_bytes: -1}}]}",
                     "models[0].reference_video.max_bytes: must be 0 to 1000000000000, is -1"},
           BadLimits{"{models: [{name: seedance, reference_video: {min_side: 6001}}]}",
                     "models[0].reference_video.min_side: is more than max_side"},
           BadLimits{"{models: [{name: seedance, max_video_duration: 1s}]}",
                     "models[0].reference_video.min_duration: is more than max_video_duration of the model"},
           BadLimits{"{models: [{name: seedance, price: {per_task: 1}}]}", "models[0].price.currency: is required"},
           BadLimits{"{models: [{name: seedance, price: {currency: 'a b'}}]}",
                     "models[0].price.currency: must have 1-32"},
           BadLimits{"{assets: {price: {currency: $}}}", "assets.price.currency: must have 1-32"},
           BadLimits{"{models: [{name: seedance, price: {currency: USD, per_second: -1}}]}",
                     "models[0].price.per_second: must be 0 to 1000000000, is -1"},
           BadLimits{"{models: [{name: seedance, price: {currency: USD, per_second_of: {hd: 1}}}]}",
                     "models[0].price.per_second_of.hd: is not a resolution"},
           BadLimits{"{models: [{name: seedance, price: {currency: USD, per_second_of: {4k: -1}}}]}",
                     "models[0].price.per_second_of.4k: must be 0 to 1000000000, is -1"},
           BadLimits{"{models: [{name: seedance, price: {currency: USD, per_second_of: {4k: x}}}]}",
                     "models[0].price.per_second_of.4k: must be a number"},
           BadLimits{"{models: [{name: seedance, price: {currency: USD, per_second_of: {4k: 1, 4k: 2}}}]}",
                     "models[0].price.per_second_of.4k: is given twice"},
           BadLimits{"{models: [{name: seedance, price: {currency: USD, per_second_of: [1]}}]}",
                     "models[0].price.per_second_of: must be a map"},
       }) {
    EXPECT_THAT(Problems(AnyFast(each.limits)), HasSubstr(absl::StrCat("upstreams[0].limits.", each.problem)))
        << each.limits;
  }
}

TEST(Limits, AVendorThatBillsNoCreationsHasNoPriceOfThem) {
  EXPECT_THAT(
      Problems(PiApiWith("{assets: {price: {currency: points, per_call: {volc-asset: 1}}}}")),
      HasSubstr("upstreams[0].limits.assets.price.per_call.volc-asset: is not a billing model: the vendor bills no"));
}

}  // namespace
}  // namespace seedance::config

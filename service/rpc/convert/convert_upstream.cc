#include "service/rpc/convert/convert_upstream.h"

#include "absl/time/time.h"
#include "service/base/proto_time.h"
#include "service/model/cost.h"
#include "service/rpc/convert/convert_money.h"
#include "service/rpc/convert/convert_task.h"
#include "service/rpc/convert/convert_time.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

// Sets `field` to a duration that is not zero.
template <typename Field>
void SetDuration(absl::Duration duration, Field field) {
  if (duration != absl::ZeroDuration()) *field() = base::ToProto(duration);
}

// Sets `field` to a known cost.
template <typename Field>
void SetMoney(const model::Cost& cost, Field field) {
  if (!cost.currency.empty()) ToProto(cost, field());
}

void Fill(const model::MediaLimits& limits, v1::MediaLimits* proto) {
  proto->mutable_formats()->Add(limits.formats.begin(), limits.formats.end());
  proto->set_max_bytes(limits.max_bytes);
  proto->set_min_side(limits.min_side);
  proto->set_max_side(limits.max_side);
  proto->set_min_ratio(limits.min_ratio);
  proto->set_max_ratio(limits.max_ratio);
  proto->set_open_bounds(limits.open_bounds);
  proto->set_min_pixels(limits.min_pixels);
  proto->set_max_pixels(limits.max_pixels);
  SetDuration(limits.min_duration, [&] { return proto->mutable_min_duration(); });
  SetDuration(limits.max_duration, [&] { return proto->mutable_max_duration(); });
  proto->set_min_frame_rate(limits.min_frame_rate);
  proto->set_max_frame_rate(limits.max_frame_rate);
}

void Fill(const model::AssetProfile& assets, v1::AssetLimits* proto) {
  using model::MediaType;
  Fill(assets.image, proto->mutable_image());
  Fill(assets.video, proto->mutable_video());
  Fill(assets.audio, proto->mutable_audio());
  proto->set_max_display_name_characters(static_cast<int32_t>(assets.max_display_name_characters));
  proto->set_max_assets(assets.library.max_assets);
  SetDuration(assets.library.idle_ttl, [&] { return proto->mutable_idle_ttl(); });
  SetMoney(model::CostOfGroup(assets).cost, [&] { return proto->mutable_group_price(); });
  SetMoney(model::CostOfAsset(MediaType::kImage, assets).cost, [&] { return proto->mutable_image_price(); });
  SetMoney(model::CostOfAsset(MediaType::kVideo, assets).cost, [&] { return proto->mutable_video_price(); });
  SetMoney(model::CostOfAsset(MediaType::kAudio, assets).cost, [&] { return proto->mutable_audio_price(); });
}

void Fill(const model::Price& price, v1::ModelPrice* proto) {
  SetMoney(model::ToCost(price.currency, price.per_task), [&] { return proto->mutable_per_task(); });
  SetMoney(model::ToCost(price.currency, price.per_second), [&] { return proto->mutable_per_second(); });
  for (const auto& [resolution, units] : price.per_second_of) {
    v1::ResolutionPrice& row = *proto->add_per_second_of();
    row.set_resolution(ToProto(resolution));
    SetMoney(model::ToCost(price.currency, units), [&] { return row.mutable_per_second(); });
  }
}

void FillReferences(const model::ModelProfile& model, v1::Model* proto) {
  proto->set_max_images(static_cast<int32_t>(model.max_images));
  proto->set_max_videos(static_cast<int32_t>(model.max_videos));
  proto->set_max_audios(static_cast<int32_t>(model.max_audios));
  proto->set_max_references(static_cast<int32_t>(model.max_references));
  SetDuration(model.max_video_duration, [&] { return proto->mutable_max_video_duration(); });
  SetDuration(model.max_audio_duration, [&] { return proto->mutable_max_audio_duration(); });
  SetDuration(model.max_total_video_duration, [&] { return proto->mutable_max_total_video_duration(); });
  SetDuration(model.max_total_audio_duration, [&] { return proto->mutable_max_total_audio_duration(); });
  Fill(model.reference_video, proto->mutable_reference_video());
  proto->set_audio_alone(model.audio_alone);
  proto->set_frames_with_references(model.frames_with_references);
  proto->set_asset_references(model.asset_references);
  proto->set_asset_reference_model(model.asset_reference_model);
  proto->set_ephemeral_references(model.ephemeral_references);
}

}  // namespace

void ToProto(const std::string& upstream, const model::UpstreamProfile& profile, v1::Upstream* proto) {
  proto->set_upstream(upstream);
  proto->set_default_model(profile.default_model);
  Fill(profile.assets, proto->mutable_asset_limits());
  proto->set_cancels_tasks(profile.cancels_tasks);
  proto->set_lists_tasks(profile.lists_tasks);
  proto->set_webhooks(profile.webhooks);
}

void ToProto(const std::string& upstream, const model::ModelProfile& model, v1::Model* proto) {
  proto->set_model(model.name);
  proto->set_upstream(upstream);
  proto->set_max_prompt_characters(static_cast<int32_t>(model.max_prompt_characters));
  proto->set_min_duration_seconds(model.min_duration_seconds);
  proto->set_max_duration_seconds(model.max_duration_seconds);
  proto->set_default_duration_seconds(model.default_duration_seconds);
  proto->set_automatic_duration(model.automatic_duration);
  for (const model::Resolution resolution : model.resolutions) proto->add_resolutions(ToProto(resolution));
  proto->set_default_resolution(ToProto(model.default_resolution));
  proto->set_resolution_required(model.resolution_required);
  proto->mutable_aspect_ratios()->Add(model.aspect_ratios.begin(), model.aspect_ratios.end());
  proto->set_adaptive_only_with_frames(model.adaptive_only_with_frames);
  proto->set_frames_only_adaptive(model.frames_only_adaptive);
  proto->set_audio_track(model.audio_track);
  proto->set_default_generate_audio(model.audio_track && model.default_generate_audio);
  FillReferences(model, proto);
  proto->set_seed(model.seed);
  proto->set_watermark(model.watermark);
  proto->set_last_frame(model.last_frame);
  proto->set_web_search(model.web_search);
  SetTime(model.retire_time, [&] { return proto->mutable_retire_time(); });
  if (model.price.has_value()) Fill(*model.price, proto->mutable_price());
}

}  // namespace seedance::rpc

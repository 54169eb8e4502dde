#include "service/rpc/convert/convert_asset.h"

#include "service/base/advice.h"
#include "service/base/error.h"
#include "service/rpc/convert/convert_money.h"
#include "service/rpc/convert/convert_time.h"
#include "service/rpc/convert/same_number.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

static_assert(v1::MediaType_MAX == 3 && SameNumber(v1::MEDIA_TYPE_UNSPECIFIED, model::MediaType::kUnspecified) &&
              SameNumber(v1::MEDIA_TYPE_IMAGE, model::MediaType::kImage) &&
              SameNumber(v1::MEDIA_TYPE_VIDEO, model::MediaType::kVideo) &&
              SameNumber(v1::MEDIA_TYPE_AUDIO, model::MediaType::kAudio));
static_assert(v1::Asset_State_State_MAX == 4 &&
              SameNumber(v1::Asset_State_STATE_UNSPECIFIED, model::AssetState::kUnspecified) &&
              SameNumber(v1::Asset_State_STATE_PROCESSING, model::AssetState::kProcessing) &&
              SameNumber(v1::Asset_State_STATE_ACTIVE, model::AssetState::kActive) &&
              SameNumber(v1::Asset_State_STATE_FAILED, model::AssetState::kFailed) &&
              SameNumber(v1::Asset_State_STATE_EXPIRED, model::AssetState::kExpired));

void Write(const model::MediaInfo& info, v1::Asset::MediaInfo* proto) {
  proto->set_container(info.container);
  proto->set_width(info.width);
  proto->set_height(info.height);
  if (info.duration != absl::ZeroDuration()) *proto->mutable_duration() = ToProto(info.duration);
  proto->set_frame_rate(info.frame_rate);
  proto->set_size_bytes(info.size_bytes);
  proto->set_sha256(info.sha256);
}

}  // namespace

v1::MediaType ToProto(model::MediaType type) { return static_cast<v1::MediaType>(type); }
v1::Asset::State ToProto(model::AssetState state) { return static_cast<v1::Asset::State>(state); }
model::MediaType FromProto(v1::MediaType type) { return static_cast<model::MediaType>(type); }
model::AssetState FromProto(v1::Asset::State state) { return static_cast<model::AssetState>(state); }

void ToProto(const model::Asset& asset, v1::Asset* proto) {
  proto->Clear();
  if (!asset.handle.id.empty()) proto->set_name(asset.name());
  proto->set_asset_group(model::AssetGroupName(asset.group));
  proto->set_display_name(asset.display_name);
  proto->set_media_type(ToProto(asset.media_type));
  proto->set_state(ToProto(asset.state));
  if (asset.error.reason != base::Reason::kUnspecified) {
    proto->mutable_error()->set_reason(static_cast<v1::ErrorReason>(asset.error.reason));
    proto->mutable_error()->set_upstream_code(asset.error.upstream_code);
    proto->mutable_error()->set_message(asset.error.message);
    proto->mutable_error()->set_advice(std::string(base::AdviceOf(asset.error.reason)));
  }
  if (asset.media_info != model::MediaInfo{}) Write(asset.media_info, proto->mutable_media_info());
  proto->set_preview_uri(asset.preview_uri);
  SetTime(asset.create_time, [&] { return proto->mutable_create_time(); });
  SetTime(asset.update_time, [&] { return proto->mutable_update_time(); });
  SetTime(asset.expire_time, [&] { return proto->mutable_expire_time(); });
  proto->set_revision(asset.revision);
  proto->set_upstream(asset.handle.upstream);
  proto->set_reused(asset.reused);
  SetTime(asset.last_used_time, [&] { return proto->mutable_last_use_time(); });
  proto->set_rights_note(asset.rights_note);
  SetCreation(asset.creation, proto);
}

void ToProto(const absl::Status& status, v1::BatchCreateAssetsResponse::Failure* proto) {
  const base::ErrorDetail detail = base::GetErrorDetail(status);
  proto->set_code(static_cast<int>(status.code()));
  proto->set_reason(static_cast<v1::ErrorReason>(detail.reason));
  proto->set_message(std::string(status.message()));
  for (const base::FieldViolation& violation : detail.violations) {
    auto* broken = proto->add_violations();
    broken->set_field(violation.field);
    broken->set_description(violation.description);
  }
}

void ToProto(const engine::LibraryUsage& usage, v1::LibraryUsage* proto) {
  proto->Clear();
  proto->set_upstream(usage.upstream);
  proto->set_max_assets(usage.limits.max_assets);
  if (usage.limits.idle_ttl > absl::ZeroDuration()) *proto->mutable_idle_ttl() = ToProto(usage.limits.idle_ttl);
  proto->set_used_places(usage.library.live);
  proto->set_reserved_places(usage.library.claimed);
  proto->set_own_assets(usage.library.own);
  proto->set_nearly_full(usage.nearly_full);
  for (const model::Asset& asset : usage.library.lapse_next) ToProto(asset, proto->add_lapse_next());
  for (const model::Asset& asset : usage.library.used_last) ToProto(asset, proto->add_used_last());
  for (const model::Asset& asset : usage.library.own_used_once) ToProto(asset, proto->add_used_once());
  for (const std::string& warning : usage.warnings) proto->add_warnings(warning);
}

}  // namespace seedance::rpc

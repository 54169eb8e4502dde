#include "service/upstream/seedance_models.h"

#include <set>
#include <utility>

// Sources, read on 2026-11-28:
// [models]  github.com/byteplus-sa/ComfyUI-BytePlus-ModelArk, nodes/models_config.py and release v0.9.2 (2026-11-16)
// [media]   the same, reference-media.mdx and nodes/constants.py: one window of reference videos for all 2.x
// [probes]  docs.apiyi.com live/2026-08/seedance-2-5-launch (2026-08-28): 19 tasks on the live service
// [sdk]     volcengine-ark-runtime 5.0.54 and volcengine.com/docs/82379/1520757: -1 for 1.5-pro, 2.0 and 2.5
// [flash]   wavespeed.ai/seedance-2-5-flash, piapi.ai/blogs/seedance-2-5-flash-api-guide, docs.leonardo.ai
namespace seedance::upstream {
namespace {

using model::ModelProfile;
using model::Resolution;

constexpr Resolution k480 = Resolution::k480p;
constexpr Resolution k720 = Resolution::k720p;
constexpr Resolution k1080 = Resolution::k1080p;
constexpr Resolution k4k = Resolution::k4k;

ModelProfile Model(int min_seconds, int max_seconds, std::set<Resolution> resolutions) {
  ModelProfile profile;
  profile.min_duration_seconds = min_seconds;
  profile.max_duration_seconds = max_seconds;
  profile.resolutions = std::move(resolutions);
  profile.aspect_ratios = {"16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"};
  return profile;
}

void SetCounts(size_t images, size_t videos, size_t audios, ModelProfile& profile) {
  profile.max_images = images;
  profile.max_videos = videos;
  profile.max_audios = audios;
}

// Maximum of one reference and of all of a kind. [media]: "must be <= 15.2 for model ... in r2v".
void SetPlayTime(absl::Duration most, ModelProfile& profile) {
  profile.max_video_duration = profile.max_total_video_duration = most;
  profile.max_audio_duration = profile.max_total_audio_duration = most;
}

// [media]. Smaller pixel budgets in some clients are targets for scaling.
model::MediaLimits ReferenceVideo() {
  model::MediaLimits limits;
  limits.max_bytes = int64_t{200} << 20;  // "200 MB" as 2^20: refuses nothing that is accepted.
  limits.min_side = 300;
  limits.max_side = 6000;
  limits.min_ratio = 0.4;
  limits.max_ratio = 2.5;
  limits.min_pixels = 407'696;
  limits.max_pixels = 8'295'044;
  limits.min_duration = absl::Seconds(2);
  limits.min_frame_rate = 24;
  limits.max_frame_rate = 60;
  return limits;
}

// [models], [sdk]. 15 references in all; older pages say 12.
ModelProfile Family20(std::set<Resolution> resolutions) {
  ModelProfile profile = Model(4, 15, std::move(resolutions));
  profile.automatic_duration = true;
  SetCounts(9, 3, 3, profile);
  profile.max_references = 15;
  SetPlayTime(absl::Seconds(15.2), profile);
  profile.reference_video = ReferenceVideo();
  return profile;
}

// [models], [probes]: a fixed ratio with frames is refused. Left to itself the origin takes -1 for the length, which is
// why a length is always sent.
ModelProfile Family25(std::set<Resolution> resolutions) {
  ModelProfile profile = Model(4, 30, std::move(resolutions));
  profile.automatic_duration = true;
  profile.frames_only_adaptive = true;
  SetPlayTime(absl::Seconds(30.2), profile);
  profile.reference_video = ReferenceVideo();
  return profile;
}

// [models]: 1.x has frames, and no other references.
ModelProfile Family1(int min_seconds, size_t images) {
  ModelProfile profile = Model(min_seconds, 12, {k480, k720, k1080});
  SetCounts(images, 0, 0, profile);
  return profile;
}

ModelProfile Family10(size_t images) {
  ModelProfile profile = Family1(2, images);
  profile.audio_track = false;  // 1.0 makes silent videos and has no such field.
  return profile;
}

}  // namespace

ModelProfile Seedance20() { return Family20({k480, k720, k1080, k4k}); }

ModelProfile Seedance20Fast() { return Family20({k480, k720}); }

// [models]: 1080p since 2026-08-19, neither 2k nor 4k.
ModelProfile Seedance25() {
  ModelProfile profile = Family25({k480, k720, k1080});
  SetCounts(30, 10, 10, profile);
  profile.max_references = 50;
  profile.audio_alone = true;
  return profile;
}

// [models]: for accounts on a list. Its drafts, which the gateway's API does not have, are of 480p.
ModelProfile Seedance25Premium() {
  ModelProfile profile = Seedance25();
  profile.resolutions = {k4k};
  profile.default_resolution = k4k;
  return profile;
}

// [models], [flash]: no drafts; "auto omni tasks want adaptive and -1".
ModelProfile Seedance25Flash() {
  ModelProfile profile = Family25({k480, k720});
  profile.references_want_adaptive = true;
  SetCounts(10, 5, 5, profile);
  profile.max_references = 20;
  return profile;
}

// [models]: BytePlus announced its retirement for 2026-11-11 in favour of 2.0 mini; Volcengine retires it too, on an
// unknown day. The warning uses BytePlus' day.
ModelProfile Seedance15Pro() {
  ModelProfile profile = Family1(4, 2);
  profile.automatic_duration = true;
  profile.retire_time = absl::FromCivil(absl::CivilDay(2026, 11, 11), absl::UTCTimeZone());
  return profile;
}

ModelProfile Seedance10Pro() { return Family10(2); }

// [models]: no last frame.
ModelProfile Seedance10ProFast() { return Family10(1); }

ModelProfile Seedance10LiteI2v() { return Family10(4); }

ModelProfile Seedance10LiteT2v() { return Family10(0); }

}  // namespace seedance::upstream

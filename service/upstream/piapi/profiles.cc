#include "service/upstream/piapi/profiles.h"

#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace seedance::upstream {
namespace {

using model::Resolution;

constexpr Resolution k480 = Resolution::k480p;
constexpr Resolution k720 = Resolution::k720p;
constexpr Resolution k1080 = Resolution::k1080p;

constexpr std::string_view kTwinSuffix = "-less-restriction";

struct ModelRow {
  std::string_view name;
  std::string_view twin_of;  // The model that has a less-restriction twin for this one. Empty: there is none.
  bool assets;               // Whether that twin takes assets.
  int min_seconds;
  int max_seconds;
  std::set<Resolution> resolutions;
  Resolution default_resolution;
};

// Where the vendor's pages disagree, the wider rule: what the vendor would take is not refused here.
// Assets, though, are taken where the vendor's own guide names the model: two of the less-restriction ones.
std::vector<ModelRow> Rows() {
  return {
      {"seedance-2", "seedance-2", true, 4, 15, {k480, k720, k1080}, k480},
      {"seedance-2-fast", "seedance-2-fast", true, 4, 15, {k480, k720}, k480},
      {"seedance-2-mini", "seedance-2-mini", false, 4, 15, {k480, k720}, k720},
      // Only one page lists 1080p, and only one lists the less-restriction twin.
      {"seedance-2.5", "seedance-2.5", false, 1, 30, {k480, k720, k1080}, k720},
      {"seedance-2.5-flash", "", false, 1, 30, {k480, k720, k1080}, k720},
      // Names of old, which the vendor turns into those above.
      {"seedance-2-preview", "seedance-2", true, 4, 15, {k480, k720, k1080}, k480},
      {"seedance-2-preview-vip", "seedance-2", true, 4, 15, {k480, k720, k1080}, k480},
      {"seedance-2-vip", "seedance-2", true, 4, 15, {k480, k720, k1080}, k480},
      {"seedance-2-fast-preview", "seedance-2-fast", true, 4, 15, {k480, k720}, k480},
      {"seedance-2-fast-preview-vip", "seedance-2-fast", true, 4, 15, {k480, k720}, k480},
      {"seedance-2-fast-vip", "seedance-2-fast", true, 4, 15, {k480, k720}, k480},
  };
}

// A strict model: its review refuses real faces, and it takes no assets.
model::ModelProfile Strict(const ModelRow& row) {
  model::ModelProfile profile;
  profile.name = std::string(row.name);
  profile.max_prompt_characters = 4000;
  profile.min_duration_seconds = row.min_seconds;
  profile.max_duration_seconds = row.max_seconds;
  profile.resolutions = row.resolutions;
  profile.default_resolution = row.default_resolution;
  profile.aspect_ratios = {"16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"};
  profile.adaptive_only_with_frames = true;
  // A client counts 9 references in all for 2.0; the product page says 12.
  profile.max_references = 12;
  // The length of references follows that of the videos.
  profile.max_video_duration = profile.max_audio_duration = absl::Seconds(row.max_seconds);
  profile.max_total_video_duration = profile.max_total_audio_duration = absl::Seconds(row.max_seconds);
  profile.asset_references = false;
  if (row.assets) profile.asset_reference_model = std::string(row.twin_of) + std::string(kTwinSuffix);
  profile.seed = false;
  profile.watermark = false;
  profile.last_frame = false;
  profile.web_search = false;
  return profile;
}

model::ModelProfile LessRestricted(model::ModelProfile profile, bool assets) {
  profile.name += kTwinSuffix;
  profile.asset_references = assets;
  profile.asset_reference_model.clear();
  profile.ephemeral_references = true;
  profile.min_ephemeral_hours = 3;
  profile.max_ephemeral_hours = 8;
  return profile;
}

model::AssetLibrary Library(const std::string& plan) {
  if (plan == "hobbyist") return {50, absl::Hours(3 * 24)};
  if (plan == "premium") return {500, absl::Hours(15 * 24)};
  if (plan == "enterprise") return {1000, absl::Hours(15 * 24)};
  return {200, absl::Hours(7 * 24)};
}

// The vendor writes "MB"; the larger reading (2^20 bytes) refuses nothing that it takes.
model::AssetProfile Assets(const std::string& plan) {
  model::AssetProfile assets;
  assets.image.formats = {"jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif"};
  assets.image.max_bytes = (int64_t{30} << 20) - 1;  // "< 30 MB".
  assets.image.min_side = 300;
  assets.image.max_side = 6000;
  assets.image.min_ratio = 0.4;
  assets.image.max_ratio = 2.5;
  assets.image.open_bounds = true;
  assets.video.formats = {"mp4", "mov"};
  assets.video.max_bytes = int64_t{50} << 20;
  // "480p/720p/1080p": the pixels of the three classes in every ratio.
  assets.video.min_pixels = 407'696;
  assets.video.max_pixels = 2'086'876;
  assets.video.min_duration = absl::Seconds(2);
  assets.video.max_duration = absl::Seconds(15);
  assets.video.min_frame_rate = 24;
  assets.video.max_frame_rate = 60;
  assets.audio.formats = {"mp3", "wav"};
  assets.audio.max_bytes = int64_t{15} << 20;
  assets.audio.min_duration = absl::Seconds(2);
  assets.audio.max_duration = absl::Seconds(15);
  assets.groups = false;
  assets.bytes = false;
  assets.data_uris = false;
  assets.rename = false;
  // "10 MB"; the smaller reading: what is larger goes another way.
  assets.max_staged_bytes = 10'000'000;
  assets.library = Library(plan);
  return assets;
}

}  // namespace

model::UpstreamProfile PiApiProfile(const std::string& plan) {
  model::UpstreamProfile profile;
  profile.default_model = "seedance-2";
  for (const ModelRow& row : Rows()) {
    profile.models.push_back(Strict(row));
    if (row.twin_of == row.name) profile.models.push_back(LessRestricted(profile.models.back(), row.assets));
  }
  profile.assets = Assets(plan);
  profile.notation = {"Image ", "Video ", "Audio "};
  return profile;
}

}  // namespace seedance::upstream

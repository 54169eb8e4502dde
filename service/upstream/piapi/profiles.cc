#include "service/upstream/piapi/profiles.h"

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "service/upstream/seedance_models.h"

namespace seedance::upstream {
namespace {

using model::Resolution;

constexpr Resolution k480 = Resolution::k480p;
constexpr Resolution k720 = Resolution::k720p;
constexpr Resolution k1080 = Resolution::k1080p;

constexpr std::string_view kTwinSuffix = "-less-restriction";

// piapi.ai, private asset library, read on 2026-11-28: "480p/720p/1080p", "<= 50 MB". The pixels of the three classes
// in every ratio.
constexpr int64_t kVideoBytes = int64_t{50} << 20;
constexpr int64_t kVideoPixels = 2'086'876;

struct ModelRow {
  std::string_view name;
  std::string_view twin_of;  // The strict model of which this is the less-restriction twin. Empty: none.
  bool assets;               // Whether that twin takes assets.
  model::ModelProfile profile;
};

// The vendor's documented limits over those of the model.
model::ModelProfile Own(model::ModelProfile profile, std::set<Resolution> resolutions, Resolution default_resolution) {
  profile.resolutions = std::move(resolutions);
  profile.default_resolution = default_resolution;
  profile.automatic_duration = false;
  profile.audio_alone = false;
  profile.adaptive_only_with_frames = true;
  profile.reference_video.max_bytes = kVideoBytes;
  profile.reference_video.max_pixels = kVideoPixels;
  profile.max_audio_duration = profile.max_total_audio_duration = absl::Seconds(15);
  profile.seed = false;
  profile.watermark = false;
  profile.last_frame = false;
  profile.web_search = false;
  return profile;
}

model::ModelProfile Standard(std::set<Resolution> resolutions, Resolution default_resolution) {
  model::ModelProfile profile = Own(Seedance20(), std::move(resolutions), default_resolution);
  // A client counts 9 references in all; the product page says 12.
  profile.max_references = 12;
  profile.max_video_duration = profile.max_total_video_duration = absl::Seconds(15);
  return profile;
}

// piapi.ai, product page and blog of Seedance 2.5, read on 2026-11-28, pages of several ages: 9 + 3 + 3 and 12 in all,
// where the origin takes 30 + 10 + 10. Only one page lists 1080p, and only one lists the less-restriction twin.
model::ModelProfile Newer() {
  model::ModelProfile profile = Own(Seedance25(), {k480, k720, k1080}, k720);
  profile.max_images = 9;
  profile.max_videos = 3;
  profile.max_audios = 3;
  profile.max_references = 12;
  return profile;
}

// Where the vendor's pages disagree, the wider rule: never refuses what the vendor would accept. Assets only where the
// vendor's own guide names the model: two less-restriction ones.
std::vector<ModelRow> Rows() {
  const model::ModelProfile standard = Standard({k480, k720, k1080}, k480);
  const model::ModelProfile fast = Standard({k480, k720}, k480);
  return {
      {"seedance-2", "seedance-2", true, standard},
      {"seedance-2-fast", "seedance-2-fast", true, fast},
      {"seedance-2-mini", "seedance-2-mini", false, Standard({k480, k720}, k720)},
      {"seedance-2.5", "seedance-2.5", false, Newer()},
      // piapi.ai/blogs/seedance-2-5-flash-api-guide: counts and resolutions of the origin.
      {"seedance-2.5-flash", "", false, Own(Seedance25Flash(), {k480, k720}, k720)},
      // Old names, which the vendor maps to those above.
      {"seedance-2-preview", "seedance-2", true, standard},
      {"seedance-2-preview-vip", "seedance-2", true, standard},
      {"seedance-2-vip", "seedance-2", true, standard},
      {"seedance-2-fast-preview", "seedance-2-fast", true, fast},
      {"seedance-2-fast-preview-vip", "seedance-2-fast", true, fast},
      {"seedance-2-fast-vip", "seedance-2-fast", true, fast},
  };
}

// A strict model: its review refuses real faces, and it accepts no assets.
model::ModelProfile Strict(const ModelRow& row) {
  model::ModelProfile profile = row.profile;
  profile.name = std::string(row.name);
  profile.asset_references = false;
  if (row.assets) profile.asset_reference_model = std::string(row.twin_of) + std::string(kTwinSuffix);
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

// The vendor's "MB" as 2^20 bytes: never refuses what it accepts.
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
  // Sides, ratio and minimum pixels are the origin's.
  assets.video.max_bytes = kVideoBytes;
  assets.video.min_side = 300;
  assets.video.max_side = 6000;
  assets.video.min_ratio = 0.4;
  assets.video.max_ratio = 2.5;
  assets.video.min_pixels = 407'696;
  assets.video.max_pixels = kVideoPixels;
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
  // "10 MB" as 10^6: larger files have another way.
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

#include "service/upstream/anyfast/profiles.h"

#include <string>
#include <string_view>
#include <utility>

namespace seedance::upstream {
namespace {

using model::Resolution;

struct ModelRow {
  std::string_view name;
  bool nsfw_twin;  // `<name>-nsfw` has the same rules.
  int min_seconds;
  int max_seconds;
  bool automatic_seconds;
  std::set<Resolution> resolutions;
  bool resolution_required;
  size_t images;
  size_t videos;
  size_t audios;
};

constexpr Resolution k480 = Resolution::k480p;
constexpr Resolution k720 = Resolution::k720p;
constexpr Resolution k1080 = Resolution::k1080p;

// First match wins. Where the vendor's pages disagree, the wider rule: what the vendor would take is not refused here.
std::vector<ModelRow> Rows() {
  return {
      // The alias of the vendor's guide stands for 2.0.
      {"seedance", true, 4, 15, false, {k480, k720, k1080, Resolution::k4k}, false, 9, 3, 3},
      {"seedance-2.0", true, 4, 15, false, {k480, k720, k1080, Resolution::k4k}, false, 9, 3, 3},
      // An older guide lists 1080p for fast; the reference page, newer, does not.
      {"seedance-fast", true, 4, 15, false, {k480, k720}, false, 9, 3, 3},
      {"seedance-2.0-mini", true, 4, 15, false, {k480, k720}, false, 9, 3, 3},
      {"seedance-2.0-ultra", true, 4, 15, false, {k720, k1080, Resolution::k2k}, true, 9, 3, 3},
      {"seedance-2.5", true, 4, 30, true, {k480, k720, k1080, Resolution::k4k}, false, 30, 3, 3},
      {"doubao-seedance-1-5-pro-*", false, 4, 12, true, {k480, k720, k1080}, false, 2, 0, 0},
      {"doubao-seedance-1-0-lite-i2v-*", false, 2, 12, false, {k480, k720, k1080}, false, 4, 0, 0},
      {"doubao-seedance-1-0-lite-t2v-*", false, 2, 12, false, {k480, k720, k1080}, false, 0, 0, 0},
      {"doubao-seedance-1-0-*", false, 2, 12, false, {k480, k720, k1080}, false, 2, 0, 0},
  };
}

model::ModelProfile ProfileOf(const ModelRow& row) {
  model::ModelProfile profile;
  profile.name = std::string(row.name);
  profile.min_duration_seconds = row.min_seconds;
  profile.max_duration_seconds = row.max_seconds;
  profile.automatic_duration = row.automatic_seconds;
  profile.resolutions = row.resolutions;
  profile.resolution_required = row.resolution_required;
  // 1.0 makes silent videos, and knows no such field.
  profile.audio_track = row.name.find("seedance-1-0") == std::string_view::npos;
  profile.aspect_ratios = {"16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"};
  profile.max_images = row.images;
  profile.max_videos = row.videos;
  profile.max_audios = row.audios;
  if (row.max_seconds > 15) {
    // The length of its references follows that of its videos.
    profile.max_video_duration = profile.max_audio_duration = absl::Seconds(row.max_seconds);
    profile.max_total_video_duration = profile.max_total_audio_duration = absl::Seconds(row.max_seconds);
  }
  return profile;
}

// The vendor writes "MB"; the larger reading (2^20 bytes, limit included) refuses nothing that it takes.
model::AssetProfile Assets() {
  model::AssetProfile assets;
  assets.image.formats = {"jpeg", "png", "gif", "webp", "bmp", "tiff", "heic", "heif"};
  assets.image.max_bytes = int64_t{30} << 20;
  assets.image.min_side = 300;
  assets.image.max_side = 6000;
  assets.image.min_ratio = 0.4;
  assets.image.max_ratio = 2.5;
  assets.video.formats = {"mp4", "mov"};
  assets.video.max_bytes = int64_t{50} << 20;
  // "480p/720p": from 854x480 less some lines to 834x1112, the pixels of both classes in every ratio.
  assets.video.min_pixels = 407'696;
  assets.video.max_pixels = 927'408;
  assets.video.min_duration = absl::Seconds(2);
  assets.video.max_duration = absl::Seconds(15);
  assets.video.min_frame_rate = 24;
  assets.video.max_frame_rate = 60;
  assets.audio.formats = {"mp3", "wav"};
  assets.audio.max_bytes = int64_t{15} << 20;
  assets.audio.min_duration = absl::Seconds(2);
  assets.audio.max_duration = absl::Seconds(15);
  return assets;
}

}  // namespace

model::UpstreamProfile AnyFastProfile() {
  model::UpstreamProfile profile;
  profile.default_model = "seedance";
  for (const ModelRow& row : Rows()) {
    profile.models.push_back(ProfileOf(row));
    if (!row.nsfw_twin) continue;
    model::ModelProfile twin = profile.models.back();
    twin.name += "-nsfw";
    profile.models.push_back(std::move(twin));
  }
  profile.assets = Assets();
  profile.notation = {"@图", "@视频", "@音频"};
  return profile;
}

}  // namespace seedance::upstream

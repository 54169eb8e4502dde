#include "service/upstream/anyfast/profiles.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/upstream/anyfast/wire_request.h"
#include "service/upstream/seedance_models.h"

namespace seedance::upstream {
namespace {

using model::ModelProfile;
using model::Resolution;

// docs.anyfast.com.cn, guide to assets of Seedance 2.0, read on 2026-11-28: "< 50 MB", "480p/720p". From 854x480 less
// some lines to 834x1112, the pixels of both classes in every ratio.
constexpr int64_t kVideoBytes = int64_t{50} << 20;
constexpr int64_t kVideoPixels = 927'408;

// The guide is about 2.0; 2.5 has the limits of its origin.
ModelProfile AsGuided(ModelProfile profile) {
  profile.reference_video.max_bytes = kVideoBytes;
  profile.reference_video.max_pixels = kVideoPixels;
  return profile;
}

// Super-resolution of 2.0, only at this vendor.
ModelProfile Ultra() {
  ModelProfile profile = AsGuided(Seedance20());
  profile.resolutions = {Resolution::k720p, Resolution::k1080p, Resolution::k2k};
  profile.resolution_required = true;
  return profile;
}

struct ModelRow {
  std::string_view name;
  bool nsfw_twin;  // `<name>-nsfw` has the same rules.
  ModelProfile profile;
};

// The first match counts. Where the vendor's pages disagree, the wider rule: never refuses what the vendor would
// accept. The dated names are the origin's, under which new-api hosts sell 2.x too: `doubao-` in China, `dreamina-`
// abroad (QuantumNous/new-api, 2026-11). A date begins with the 2 of its year.
std::vector<ModelRow> Rows() {
  const ModelProfile standard = AsGuided(Seedance20());
  const ModelProfile fast = AsGuided(Seedance20Fast());
  return {
      // The alias of the vendor's guide stands for 2.0.
      {"seedance", true, standard},
      {"seedance-2.0", true, standard},
      // An older guide lists 1080p for fast; the reference page, newer, does not.
      {"seedance-fast", true, fast},
      {"seedance-2.0-mini", true, fast},
      {"seedance-2.0-ultra", true, Ultra()},
      {"seedance-2.5", true, Seedance25()},
      // Not documented by the vendor yet; named like its other models.
      {"seedance-2.5-premium", false, Seedance25Premium()},
      {"seedance-2.5-flash", false, Seedance25Flash()},
      {"doubao-seedance-2-0-2*", false, standard},
      {"doubao-seedance-2-0-fast-2*", false, fast},
      {"doubao-seedance-2-0-mini-2*", false, fast},
      {"doubao-seedance-2-5-2*", false, Seedance25()},
      {"doubao-seedance-2-5-premium-2*", false, Seedance25Premium()},
      {"doubao-seedance-2-5-flash-2*", false, Seedance25Flash()},
      {"dreamina-seedance-2-0-2*", false, standard},
      {"dreamina-seedance-2-0-fast-2*", false, fast},
      {"dreamina-seedance-2-0-mini-2*", false, fast},
      {"dreamina-seedance-2-5-2*", false, Seedance25()},
      {"dreamina-seedance-2-5-premium-2*", false, Seedance25Premium()},
      {"dreamina-seedance-2-5-flash-2*", false, Seedance25Flash()},
      {"doubao-seedance-1-5-pro-*", false, Seedance15Pro()},
      {"seedance-1-5-pro-*", false, Seedance15Pro()},
      {"doubao-seedance-1-0-lite-i2v-*", false, Seedance10LiteI2v()},
      {"doubao-seedance-1-0-lite-t2v-*", false, Seedance10LiteT2v()},
      {"doubao-seedance-1-0-pro-fast-*", false, Seedance10ProFast()},
      {"doubao-seedance-1-0-*", false, Seedance10Pro()},
  };
}

// The vendor's "MB" as 2^20 bytes, inclusive: never refuses what it accepts.
model::AssetProfile Assets() {
  model::AssetProfile assets;
  assets.image.formats = {"jpeg", "png", "gif", "webp", "bmp", "tiff", "heic", "heif"};
  assets.image.max_bytes = int64_t{30} << 20;
  assets.image.min_side = 300;
  assets.image.max_side = 6000;
  assets.image.min_ratio = 0.4;
  assets.image.max_ratio = 2.5;
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
  // By the guide's table of billed requests; lists are free.
  assets.billing.group = assets.billing.image = BillingModel(model::MediaType::kImage);
  assets.billing.video = BillingModel(model::MediaType::kVideo);
  assets.billing.audio = BillingModel(model::MediaType::kAudio);
  return assets;
}

}  // namespace

model::UpstreamProfile AnyFastProfile() {
  model::UpstreamProfile profile;
  profile.default_model = "seedance";
  for (const ModelRow& row : Rows()) {
    profile.models.push_back(row.profile);
    profile.models.back().name = std::string(row.name);
    if (!row.nsfw_twin) continue;
    ModelProfile twin = profile.models.back();
    twin.name += "-nsfw";
    profile.models.push_back(std::move(twin));
  }
  profile.assets = Assets();
  profile.notation = {"@图", "@视频", "@音频"};
  return profile;
}

}  // namespace seedance::upstream

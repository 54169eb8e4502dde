#ifndef SEEDANCE_SERVICE_MODEL_PROFILE_H_
#define SEEDANCE_SERVICE_MODEL_PROFILE_H_

#include <cstdint>
#include <set>
#include <string>

#include "service/model/asset.h"
#include "service/model/generation_task.h"

namespace seedance::model {

// What one model at one upstream takes. Data: the documented values stand where the profile is made.
struct ModelProfile {
  size_t max_prompt_characters = 4000;  // Unicode code points.
  int min_duration_seconds = 4;
  int max_duration_seconds = 15;
  bool automatic_duration = false;  // Whether -1 (the vendor chooses) is allowed.
  std::set<Resolution> resolutions;
  bool resolution_required = false;
  std::set<std::string> aspect_ratios;
  size_t max_images = 9;
  size_t max_videos = 3;
  size_t max_audios = 3;
  bool audio_alone = false;  // Whether audio may be the only reference.
  bool frames_with_references = false;
};

// What an upstream takes as assets.
struct AssetProfile {
  size_t max_display_name_characters = 64;
  // The vendors write "MB"; the larger reading (2^20 bytes, limit included) refuses nothing that they take.
  int64_t max_image_bytes = int64_t{30} << 20;
  int64_t max_video_bytes = int64_t{50} << 20;
  int64_t max_audio_bytes = int64_t{15} << 20;

  // Largest file of the media type; that of video for kUnspecified.
  int64_t MaxBytes(MediaType type) const;
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_PROFILE_H_

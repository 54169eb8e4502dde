#include "service/model/profile.h"

namespace seedance::model {

int64_t AssetProfile::MaxBytes(MediaType type) const {
  switch (type) {
    case MediaType::kImage:
      return max_image_bytes;
    case MediaType::kAudio:
      return max_audio_bytes;
    case MediaType::kVideo:
    case MediaType::kUnspecified:
      break;
  }
  return max_video_bytes;
}

}  // namespace seedance::model

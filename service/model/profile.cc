#include "service/model/profile.h"

#include <algorithm>
#include <string_view>

namespace seedance::model {
namespace {

bool Matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty() || pattern.back() != '*') return pattern == name;
  pattern.remove_suffix(1);
  return name.size() > pattern.size() && name.substr(0, pattern.size()) == pattern;
}

}  // namespace

const std::string& BillingModels::Of(MediaType type) const {
  switch (type) {
    case MediaType::kVideo:
      return video;
    case MediaType::kAudio:
      return audio;
    default:
      return image;
  }
}

const MediaLimits& AssetProfile::Of(MediaType type) const {
  switch (type) {
    case MediaType::kVideo:
      return video;
    case MediaType::kAudio:
      return audio;
    default:
      return image;
  }
}

int64_t AssetProfile::MaxBytes(MediaType type) const {
  if (type != MediaType::kUnspecified) return Of(type).max_bytes;
  return std::max({image.max_bytes, video.max_bytes, audio.max_bytes});
}

const ModelProfile* UpstreamProfile::FindModel(const std::string& name) const {
  for (const ModelProfile& row : models) {
    if (Matches(row.name, name)) return &row;
  }
  return nullptr;
}

}  // namespace seedance::model

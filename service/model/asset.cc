#include "service/model/asset.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace seedance::model {
namespace {

using Suffix = std::pair<std::string_view, MediaType>;
constexpr std::array<Suffix, 14> kSuffixes = {{{"jpg", MediaType::kImage},
                                               {"jpeg", MediaType::kImage},
                                               {"png", MediaType::kImage},
                                               {"gif", MediaType::kImage},
                                               {"webp", MediaType::kImage},
                                               {"bmp", MediaType::kImage},
                                               {"tif", MediaType::kImage},
                                               {"tiff", MediaType::kImage},
                                               {"heic", MediaType::kImage},
                                               {"heif", MediaType::kImage},
                                               {"mp4", MediaType::kVideo},
                                               {"mov", MediaType::kVideo},
                                               {"mp3", MediaType::kAudio},
                                               {"wav", MediaType::kAudio}}};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return lower;
}

}  // namespace

std::string_view AssetStateName(AssetState state) {
  switch (state) {
    case AssetState::kUnspecified:
      return "UNSPECIFIED";
    case AssetState::kProcessing:
      return "PROCESSING";
    case AssetState::kActive:
      return "ACTIVE";
    case AssetState::kFailed:
      return "FAILED";
    case AssetState::kExpired:
      return "EXPIRED";
  }
  return "UNSPECIFIED";
}

bool IsSettled(AssetState state) {
  return state == AssetState::kActive || state == AssetState::kFailed || state == AssetState::kExpired;
}

MediaType MediaTypeOfFileName(std::string_view file_name) {
  const size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return MediaType::kUnspecified;
  const std::string suffix = Lower(file_name.substr(dot + 1));
  const auto* row =
      std::find_if(kSuffixes.begin(), kSuffixes.end(), [&](const Suffix& known) { return known.first == suffix; });
  return row == kSuffixes.end() ? MediaType::kUnspecified : row->second;
}

MediaType MediaTypeOfMime(std::string_view mime) {
  const std::string lower = Lower(mime);
  if (lower.rfind("image/", 0) == 0) return MediaType::kImage;
  if (lower.rfind("video/", 0) == 0) return MediaType::kVideo;
  if (lower.rfind("audio/", 0) == 0) return MediaType::kAudio;
  return MediaType::kUnspecified;
}

}  // namespace seedance::model

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

std::string_view SniffSuffix(std::string_view bytes) {
  using namespace std::string_view_literals;
  struct Signature {
    size_t offset;
    std::string_view bytes;
    std::string_view suffix;
  };
  static constexpr std::array<Signature, 19> kSignatures = {{
      {0, "\x89PNG\r\n\x1a\n"sv, ".png"},
      {0, "\xff\xd8\xff"sv, ".jpg"},
      {0, "GIF8"sv, ".gif"},
      {8, "WEBP"sv, ".webp"},
      {0, "BM"sv, ".bmp"},
      {0, "II*\0"sv, ".tiff"},
      {0, "MM\0*"sv, ".tiff"},
      {4, "ftypheic"sv, ".heic"},
      {4, "ftypheix"sv, ".heic"},
      {4, "ftypmif1"sv, ".heif"},
      {4, "ftypqt  "sv, ".mov"},
      {4, "ftyp"sv, ".mp4"},
      {4, "moov"sv, ".mov"},
      {4, "mdat"sv, ".mov"},
      {8, "WAVE"sv, ".wav"},
      {0, "ID3"sv, ".mp3"},
      {0, "\xff\xfb"sv, ".mp3"},
      {0, "\xff\xf3"sv, ".mp3"},
      {0, "\xff\xf2"sv, ".mp3"},
  }};
  for (const Signature& signature : kSignatures) {
    if (bytes.size() >= signature.offset && bytes.substr(signature.offset, signature.bytes.size()) == signature.bytes) {
      return signature.suffix;
    }
  }
  return "";
}

MediaType MediaTypeOfMime(std::string_view mime) {
  const std::string lower = Lower(mime);
  if (lower.rfind("image/", 0) == 0) return MediaType::kImage;
  if (lower.rfind("video/", 0) == 0) return MediaType::kVideo;
  if (lower.rfind("audio/", 0) == 0) return MediaType::kAudio;
  return MediaType::kUnspecified;
}

}  // namespace seedance::model

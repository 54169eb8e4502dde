#include "service/engine/uploads/file_format.h"

#include <algorithm>
#include <array>
#include <utility>

namespace seedance::engine {
namespace {

using Row = std::pair<std::string_view, std::string_view>;
constexpr std::array<Row, 12> kTypes = {{{".jpg", "image/jpeg"},
                                         {".png", "image/png"},
                                         {".gif", "image/gif"},
                                         {".webp", "image/webp"},
                                         {".bmp", "image/bmp"},
                                         {".tiff", "image/tiff"},
                                         {".heic", "image/heic"},
                                         {".heif", "image/heif"},
                                         {".mp4", "video/mp4"},
                                         {".mov", "video/quicktime"},
                                         {".mp3", "audio/mpeg"},
                                         {".wav", "audio/wav"}}};

}  // namespace

std::string SuffixOf(std::string_view container) {
  if (container.empty()) return "";
  if (container == "jpeg") return ".jpg";
  return "." + std::string(container);
}

std::string_view ContentTypeOf(std::string_view file_name) {
  const std::string_view suffix = file_name.substr(std::min(file_name.rfind('.'), file_name.size()));
  const auto* row = std::find_if(kTypes.begin(), kTypes.end(), [&](const Row& each) { return each.first == suffix; });
  return row == kTypes.end() ? "application/octet-stream" : row->second;
}

std::vector<std::string_view> KnownSuffixes() {
  std::vector<std::string_view> suffixes;
  for (const auto& [suffix, type] : kTypes) suffixes.push_back(suffix);
  return suffixes;
}

std::string_view NameOf(model::MediaType type) {
  switch (type) {
    case model::MediaType::kImage:
      return "picture";
    case model::MediaType::kVideo:
      return "video";
    case model::MediaType::kAudio:
      return "sound";
    case model::MediaType::kUnspecified:
      break;
  }
  return "file";
}

}  // namespace seedance::engine

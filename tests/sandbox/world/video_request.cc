#include "tests/sandbox/world/video_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace seedance::sandbox {
namespace {

// Text 0, then the kinds in the order that the vendor demands.
constexpr std::array<std::pair<const char*, MediaKind>, 3> kItemTypes = {{
    {"image_url", MediaKind::kImage},
    {"video_url", MediaKind::kVideo},
    {"audio_url", MediaKind::kAudio},
}};

std::optional<RuleBreak> ReadMediaItem(const Json& item, const std::string& type, const std::string& where,
                                       VideoRequest& request) {
  for (const auto& [name, kind] : kItemTypes) {
    if (type != name) continue;
    const Json* holder = Find(item, name);
    const std::string url = holder == nullptr ? "" : TextOf(*holder, "url");
    if (url.empty()) return InvalidParam(absl::StrCat(where, ".", name, ".url"), "a url is required");
    request.items.push_back({kind, url, TextOf(item, "role")});
    return std::nullopt;
  }
  return InvalidParam(absl::StrCat(where, ".type"), absl::StrCat("unknown type '", type, "'"));
}

std::optional<RuleBreak> ReadContent(const Json& content, VideoRequest& request) {
  for (size_t i = 0; i < content.size(); ++i) {
    const Json& item = content[i];
    const std::string where = absl::StrCat("content[", i, "]");
    const std::string type = TextOf(item, "type");
    if (type != "text") {
      if (auto broken = ReadMediaItem(item, type, where, request)) return broken;
      // Kinds are numbered in the order of the vendor, so a new item must not be of an earlier one.
      const size_t count = request.items.size();
      if (count > 1 && request.items[count - 1].kind < request.items[count - 2].kind) {
        return InvalidParam(where, "items must be in the order text, images, videos, audios");
      }
      continue;
    }
    if (!request.items.empty()) return InvalidParam(where, "items must be in the order text, images, videos, audios");
    if (!request.prompt.empty()) request.prompt += '\n';
    request.prompt += TextOf(item, "text");
  }
  return std::nullopt;
}

// Takes an optional member of a fixed type.
template <typename T>
std::optional<RuleBreak> TakeMember(const Json& body, const char* name, bool (Json::*is)() const noexcept,
                                    const char* type, T& into) {
  const Json* member = Find(body, name);
  if (member == nullptr || member->is_null()) return std::nullopt;
  if (!(member->*is)()) return InvalidParam(name, absl::StrCat("must be ", type));
  into = member->get<T>();
  return std::nullopt;
}

std::optional<RuleBreak> ReadSettings(const Json& body, VideoRequest& request) {
  bool ignored = false;
  if (auto b = TakeMember(body, "resolution", &Json::is_string, "a string", request.resolution)) return b;
  if (auto b = TakeMember(body, "ratio", &Json::is_string, "a string", request.ratio)) return b;
  if (auto b = TakeMember(body, "duration", &Json::is_number_integer, "an integer", request.duration)) return b;
  if (auto b = TakeMember(body, "seed", &Json::is_number_integer, "an integer", request.seed)) return b;
  if (auto b = TakeMember(body, "generate_audio", &Json::is_boolean, "a boolean", request.generate_audio)) return b;
  if (auto b = TakeMember(body, "return_last_frame", &Json::is_boolean, "a boolean", request.return_last_frame))
    return b;
  if (auto b = TakeMember(body, "watermark", &Json::is_boolean, "a boolean", ignored)) return b;
  const Json* tools = Find(body, "tools");
  if (tools == nullptr) return std::nullopt;
  if (!tools->is_array()) return InvalidParam("tools", "must be an array");
  for (const Json& tool : *tools) {
    if (TextOf(tool, "type") != "web_search") return InvalidParam("tools[].type", "must be web_search");
    request.web_search = true;
  }
  return std::nullopt;
}

}  // namespace

RuleBreak InvalidParam(const std::string& param, const std::string& message) {
  return {"InvalidParameter",
          absl::StrCat("The parameter `", param, "` specified in the request is not valid: ", message), param};
}

std::optional<RuleBreak> ReadVideoRequest(const Json& body, VideoRequest& request) {
  request.model = TextOf(body, "model");
  const Json* content = Find(body, "content");
  if (content == nullptr || !content->is_array()) {
    return RuleBreak{"MissingParameter", "The request is missing `content` parameter", "content"};
  }
  if (auto broken = ReadContent(*content, request)) return broken;
  return ReadSettings(body, request);
}

std::string KindWord(MediaKind kind) {
  switch (kind) {
    case MediaKind::kImage:
      return "Image";
    case MediaKind::kVideo:
      return "Video";
    case MediaKind::kAudio:
      break;
  }
  return "Audio";
}

}  // namespace seedance::sandbox

#include "service/engine/uploads/data_uri.h"

#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace seedance::engine {
namespace {

bool HasScheme(const std::string& uri, const char* scheme) {
  return absl::StartsWithIgnoreCase(uri.substr(0, 16), scheme);
}

// The alphabet, then padding; the decoder is more generous.
bool LooksLikeBase64(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t end = text.find_first_not_of(kAlphabet);
  if (end == std::string_view::npos) return !text.empty() && text.size() % 4 != 1;
  const std::string_view padding = text.substr(end);
  return end > 0 && text.size() % 4 == 0 && (padding == "=" || padding == "==");
}

}  // namespace

bool IsPlainHttp(const std::string& uri) { return HasScheme(uri, "http://"); }

bool IsUrl(const std::string& uri) { return HasScheme(uri, "https://") || IsPlainHttp(uri); }

model::MediaType MediaTypeOfUrl(const std::string& url) {
  return model::MediaTypeOfFileName(std::string_view(url).substr(0, url.find_first_of("?#")));
}

std::optional<DataUri> ParseDataUri(const std::string& uri) {
  DataUri data;
  std::string_view text = uri;
  if (HasScheme(uri, "data:")) {
    const size_t comma = uri.find(',');
    if (comma == std::string::npos || !absl::EndsWithIgnoreCase(uri.substr(0, comma), ";base64")) return std::nullopt;
    data.said = model::MediaTypeOfMime(text.substr(5, comma - 5));
    text.remove_prefix(comma + 1);
  } else {
    data.bare = true;
    data.said = model::MediaType::kImage;
  }
  if (!LooksLikeBase64(text)) return std::nullopt;
  if (!absl::Base64Unescape(absl::string_view(text.data(), text.size()), &data.bytes)) return std::nullopt;
  return data;
}

}  // namespace seedance::engine

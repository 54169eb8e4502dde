#include "service/http/url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace seedance::http {
namespace {

bool Bracketed(const std::string& host) { return host.find(':') != std::string::npos; }

std::string PercentEncodeBeyondAscii(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      encoded.push_back(c);
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", byte);
    }
  }
  return encoded;
}

// Removes `prefix`, in any case, from the front of `text`.
bool ConsumeScheme(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (absl::ascii_tolower(static_cast<unsigned char>(text[i])) != prefix[i]) return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string Url::HostHeader() const {
  if (port != (https ? 443 : 80)) return Authority();
  return Bracketed(host) ? absl::StrCat("[", host, "]") : host;
}

std::string Url::Authority() const {
  return Bracketed(host) ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

std::optional<HostPort> ParseHostPort(std::string_view text, int default_port) {
  HostPort parsed;
  parsed.port = default_port;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    parsed.host = std::string(text.substr(1, end - 1));
    rest = text.substr(end + 1);
  } else {
    const size_t end = std::min(text.find(':'), text.size());
    parsed.host = std::string(text.substr(0, end));
    rest = text.substr(end);
  }
  if (parsed.host.empty()) return std::nullopt;
  absl::AsciiStrToLower(&parsed.host);
  if (rest.empty()) return parsed;
  if (rest.front() != ':') return std::nullopt;
  if (rest.size() == 1) return parsed;
  const bool digits = std::all_of(rest.begin() + 1, rest.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || !absl::SimpleAtoi(std::string(rest.substr(1)), &parsed.port) || parsed.port < 1 ||
      parsed.port > 65535) {
    return std::nullopt;
  }
  return parsed;
}

std::optional<std::string> ResolveUrl(const Url& base, std::string_view reference) {
  const std::string scheme = base.https ? "https:" : "http:";
  const std::string origin = absl::StrCat(scheme, "//", base.HostHeader());
  const size_t colon = reference.find(':');
  const size_t end_of_scheme = reference.find_first_of("/?#");
  std::string url;
  if (colon != std::string_view::npos && colon < end_of_scheme) {
    url = std::string(reference);
  } else if (reference.starts_with("//")) {
    url = absl::StrCat(scheme, std::string(reference));
  } else if (reference.starts_with("/")) {
    url = absl::StrCat(origin, std::string(reference));
  } else if (!reference.empty()) {
    const std::string path = base.target.substr(0, base.target.find('?'));
    const bool query = reference[0] == '?';
    url = absl::StrCat(origin, query ? path : path.substr(0, path.rfind('/') + 1), std::string(reference));
  }
  return ParseUrl(url).has_value() ? std::optional(std::move(url)) : std::nullopt;
}

bool IsLink(std::string_view text) {
  constexpr size_t kMaxLink = 8192;
  return text.size() <= kMaxLink && ParseUrl(text).has_value();
}

std::optional<Url> ParseUrl(std::string_view text) {
  const bool blank = std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  });
  if (blank) return std::nullopt;
  Url url;
  if (ConsumeScheme(text, "https://")) {
    url.https = true;
  } else if (!ConsumeScheme(text, "http://")) {
    return std::nullopt;
  }
  text = text.substr(0, text.find('#'));
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  const std::optional<HostPort> where = ParseHostPort(authority, url.https ? 443 : 80);
  if (!where.has_value()) return std::nullopt;
  url.host = where->host;
  url.port = where->port;
  url.target = PercentEncodeBeyondAscii(text.substr(end));
  if (url.target.empty() || url.target.front() == '?') url.target.insert(0, "/");
  return url;
}

}  // namespace seedance::http

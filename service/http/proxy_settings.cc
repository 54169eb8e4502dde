#include "service/http/proxy_settings.h"

#include <arpa/inet.h>

#include <cstdlib>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace seedance::http {
namespace {

constexpr char kNotUnderstood[] = "the proxy setting is not of the form http://[user:password@]host:port";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Credentials in URLs are percent-encoded.
std::string PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0;
    if (escape) {
      decoded.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

// An address in network order: 4 or 16 bytes, empty when `text` is a name.
std::string AddressBytes(const std::string& text) {
  char bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return std::string(bytes, 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return std::string(bytes, 16);
  return "";
}

bool NetworkCovers(const std::string& network, const std::string& host) {
  const std::vector<std::string> parts = absl::StrSplit(network, '/');
  int bits = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &bits)) return false;
  const std::string prefix = AddressBytes(parts[0]);
  const std::string address = AddressBytes(host);
  if (prefix.empty() || prefix.size() != address.size() || bits < 0) return false;
  if (bits > static_cast<int>(prefix.size()) * 8) return false;
  const size_t whole = static_cast<size_t>(bits) / 8;
  if (std::memcmp(prefix.data(), address.data(), whole) != 0) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest);
  return ((prefix[whole] ^ address[whole]) & mask & 0xff) == 0;
}

bool EntryCovers(std::string entry, const std::string& host, int port) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string::npos) return NetworkCovers(entry, host);
  // A bare IPv6 address has more than one colon and no port.
  if (entry.find(':') == entry.rfind(':') || entry.front() == '[') {
    const std::optional<HostPort> parsed = ParseHostPort(entry, port);
    if (!parsed.has_value() || parsed->port != port) return false;
    entry = parsed->host;
  }
  const std::string domain =
      entry.substr(entry.find_first_not_of('.') == std::string::npos ? entry.size() : entry.find_first_not_of('.'));
  if (domain.empty()) return false;
  if (host == domain) return true;
  return host.size() > domain.size() + 1 && host.compare(host.size() - domain.size(), domain.size(), domain) == 0 &&
         host[host.size() - domain.size() - 1] == '.';
}

std::string Lookup(const ProxySettings::Environment& environment, const char* lower, const char* upper) {
  if (auto value = environment(lower)) return *value;
  return environment(upper).value_or("");
}

}  // namespace

std::optional<std::string> ProcessEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

bool NoProxyCovers(std::string_view list, const std::string& host, int port) {
  const std::string lower = absl::AsciiStrToLower(std::string(list));
  for (const auto& entry : absl::StrSplit(lower, absl::ByAnyChar(", \t"), absl::SkipEmpty())) {
    if (EntryCovers(std::string(entry), host, port)) return true;
  }
  return false;
}

ProxySettings::ProxySettings(const std::string& configured, const Environment& environment) {
  if (!configured.empty()) {
    https_ = http_ = Parse(configured);
    return;
  }
  https_ = Parse(Lookup(environment, "https_proxy", "HTTPS_PROXY"));
  http_ = Parse(Lookup(environment, "http_proxy", "HTTP_PROXY"));
  no_proxy_ = Lookup(environment, "no_proxy", "NO_PROXY");
}

ProxySettings::Choice ProxySettings::Parse(const std::string& text) {
  Choice choice;
  if (text.empty()) return choice;
  std::string_view rest = text;
  const size_t scheme = rest.find("://");
  if (scheme != std::string_view::npos) {
    if (absl::AsciiStrToLower(std::string(rest.substr(0, scheme))) != "http") {
      choice.error = kNotUnderstood;
      return choice;
    }
    rest.remove_prefix(scheme + 3);
  }
  rest = rest.substr(0, rest.find('/'));
  std::string authorization;
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    authorization = absl::StrCat("Basic ", absl::Base64Escape(PercentDecode(rest.substr(0, at))));
    rest.remove_prefix(at + 1);
  }
  const std::optional<HostPort> where = ParseHostPort(rest, 80);
  if (!where.has_value()) {
    choice.error = kNotUnderstood;
    return choice;
  }
  choice.proxy = Proxy{where->host, where->port, authorization};
  return choice;
}

const ProxySettings::Choice& ProxySettings::ChoiceFor(const Url& url) const {
  if (NoProxyCovers(no_proxy_, url.host, url.port)) return direct_;
  return url.https ? https_ : http_;
}

const std::optional<Proxy>& ProxySettings::For(const Url& url) const { return ChoiceFor(url).proxy; }

const std::string& ProxySettings::ErrorFor(const Url& url) const { return ChoiceFor(url).error; }

}  // namespace seedance::http

#ifndef SEEDANCE_SERVICE_HTTP_URL_H_
#define SEEDANCE_SERVICE_HTTP_URL_H_

#include <optional>
#include <string>
#include <string_view>

namespace seedance::http {

// The parts of an absolute http or https URL that a request needs.
struct Url {
  bool https = false;
  std::string host;  // Lower case; an IPv6 address without brackets.
  int port = 0;
  std::string target;  // Path and query, beginning with `/`; bytes beyond ASCII are percent-encoded. No fragment.

  // `host` or `host:port`, the port only when it is not the scheme's own, IPv6 in brackets.
  std::string HostHeader() const;
  // `host:port`, IPv6 in brackets.
  std::string Authority() const;
};

// nullopt: another scheme, user information, no host, a bad port, or a blank or control character anywhere.
std::optional<Url> ParseUrl(std::string_view text);

// The absolute URL that `reference`, from a Location header, means in an answer to `base` (RFC 3986, but `..` stays).
// nullopt: one that ParseUrl does not take.
std::optional<std::string> ResolveUrl(const Url& base, std::string_view reference);

// Whether a vendor's link is one that is kept and shown: what ParseUrl takes, of at most 8192 bytes.
bool IsLink(std::string_view text);

// `host` and `port` of `host[:port]`, IPv6 in brackets. nullopt: no host, or a bad port.
struct HostPort {
  std::string host;
  int port = 0;
};
std::optional<HostPort> ParseHostPort(std::string_view text, int default_port);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_URL_H_

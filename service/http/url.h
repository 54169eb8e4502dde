#ifndef SEEDANCE_SERVICE_HTTP_URL_H_
#define SEEDANCE_SERVICE_HTTP_URL_H_

#include <optional>
#include <string>
#include <string_view>

namespace seedance::http {

// The parts of an absolute http or https URL that a request needs. A value.
//
// Tests: tests/unit/upstream/wire_details_test.cc
struct Url {
  bool https = false;
  std::string host;  // Lower case; an IPv6 address without brackets.
  int port = 0;
  std::string target;  // Path and query, beginning with `/`; non-ASCII bytes are percent-encoded. No fragment.

  // Value of the Host header: `host` or `host:port`; the port only when it is not the scheme's default. IPv6 in
  // brackets.
  std::string HostHeader() const;
  // `host:port`, IPv6 in brackets.
  std::string Authority() const;
};

// Parses an absolute URL. nullopt: another scheme, user information, no host, a bad port, or a blank or control
// character anywhere.
std::optional<Url> ParseUrl(std::string_view text);

// Absolute URL of the Location header `reference` in an answer to `base` (RFC 3986, but `..` is kept). nullopt: the
// result is not accepted by ParseUrl.
std::optional<std::string> ResolveUrl(const Url& base, std::string_view reference);

// Whether a vendor's link is stored and shown: accepted by ParseUrl, at most 8192 bytes.
bool IsLink(std::string_view text);

// Parts of `host[:port]`.
struct HostPort {
  std::string host;
  int port = 0;
};
// Parses `host[:port]`, IPv6 in brackets. nullopt: no host, or a bad port.
std::optional<HostPort> ParseHostPort(std::string_view text, int default_port);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_URL_H_

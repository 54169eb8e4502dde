#ifndef SEEDANCE_SERVICE_HTTP_PROXY_SETTINGS_H_
#define SEEDANCE_SERVICE_HTTP_PROXY_SETTINGS_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "service/http/url.h"

namespace seedance::http {

// An HTTP proxy.
//
// Tests: tests/unit/http/http_tls_proxy_test.cc, tests/unit/upstream/wire_details_test.cc
struct Proxy {
  std::string host;
  int port = 0;
  std::string authorization;  // Value of Proxy-Authorization; secret. Empty: none.
};

// Chooses the proxy of a request. Immutable, so thread-safe.
class ProxySettings {
 public:
  using Environment = std::function<std::optional<std::string>(const char* name)>;

  // `configured`: `http://[user:password@]host:port`, for all origins; if empty, the variables https_proxy, http_proxy
  // and no_proxy are read once, each in lower case first, then in upper case.
  ProxySettings(const std::string& configured, const Environment& environment);

  // The proxy for `url`; nullopt: connect directly. Valid only if ErrorFor(url) is empty.
  const std::optional<Proxy>& For(const Url& url) const;

  // Why the setting that applies to `url` is invalid, without secrets; nothing may be sent then. Empty: it is valid.
  const std::string& ErrorFor(const Url& url) const;

 private:
  struct Choice {
    std::optional<Proxy> proxy;
    std::string error;
  };
  static Choice Parse(const std::string& text);
  const Choice& ChoiceFor(const Url& url) const;

  Choice direct_;
  Choice https_;
  Choice http_;
  std::string no_proxy_;
};

// Value of an environment variable; empty variables count as absent.
std::optional<std::string> ProcessEnvironment(const char* name);

// Whether the no_proxy list `list` covers the origin. Entries are separated by commas or blanks: `*` covers all,
// `example.com` and `.example.com` cover the domain and its subdomains, `host:port` only that port, `10.0.0.0/8` the
// addresses of that network.
bool NoProxyCovers(std::string_view list, const std::string& host, int port);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_PROXY_SETTINGS_H_

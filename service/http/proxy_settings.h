#ifndef SEEDANCE_SERVICE_HTTP_PROXY_SETTINGS_H_
#define SEEDANCE_SERVICE_HTTP_PROXY_SETTINGS_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "service/http/url.h"

namespace seedance::http {

// An HTTP proxy.
struct Proxy {
  std::string host;
  int port = 0;
  std::string authorization;  // Value of Proxy-Authorization; secret. Empty: none.
};

// Which proxy stands before which origin. Immutable.
class ProxySettings {
 public:
  using Environment = std::function<std::optional<std::string>(const char* name)>;

  // `configured`: `http://[user:password@]host:port`; when it is not empty it serves every origin. Else the variables
  // https_proxy, http_proxy and no_proxy are read, once, each in lower case first, then in upper case.
  ProxySettings(const std::string& configured, const Environment& environment);

  // The proxy for `url`, nullopt: none.
  const std::optional<Proxy>& For(const Url& url) const;

  // Not empty: a setting for this URL is not understood, nothing may be sent. Has no secrets.
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

// The process environment; empty variables count as absent.
std::optional<std::string> ProcessEnvironment(const char* name);

// Whether the list of no_proxy covers the origin: entries between commas or blanks; `*` covers all, `example.com` and
// `.example.com` cover the domain and everything below, `host:port` only that port, `10.0.0.0/8` addresses of the
// network.
bool NoProxyCovers(std::string_view list, const std::string& host, int port);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_PROXY_SETTINGS_H_

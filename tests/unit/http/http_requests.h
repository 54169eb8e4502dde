#ifndef SEEDANCE_TESTS_UNIT_HTTP_HTTP_REQUESTS_H_
#define SEEDANCE_TESTS_UNIT_HTTP_HTTP_REQUESTS_H_

#include <cstdlib>
#include <string>
#include <utility>

#include "service/http/http_transport.h"

namespace seedance::http {

// The machine's own proxy, if it has one, must not stand between the test and its servers.
[[maybe_unused]] inline const int kDirect = setenv("no_proxy", "*", 1);

inline HttpRequest Get(const std::string& url) {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.timeout = absl::Seconds(10);
  return request;
}

inline HttpRequest Post(const std::string& url, std::string body) {
  HttpRequest request = Get(url);
  request.method = "POST";
  request.content_type = "application/json";
  request.body = std::move(body);
  return request;
}

}  // namespace seedance::http

#endif  // SEEDANCE_TESTS_UNIT_HTTP_HTTP_REQUESTS_H_

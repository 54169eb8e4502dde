#ifndef SEEDANCE_SERVICE_HTTP_REDIRECTS_H_
#define SEEDANCE_SERVICE_HTTP_REDIRECTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/http/http_transport.h"

namespace seedance::http {

// Whether `status` is a redirect: 301, 302, 303, 307 or 308.
//
// Tests: tests/unit/upstream/media_fetch_test.cc, tests/unit/upstream/result_fetch_test.cc
bool IsRedirect(int status);

// Redirect policy for one download: at most five are followed, and none from https to http. For one thread.
class Redirects {
 public:
  // `allow_plain_http`: redirects from http to http are followed too.
  explicit Redirects(bool allow_plain_http) : allow_plain_http_(allow_plain_http) {}

  // The URL that `reply`, a redirect in answer to `url`, leads to. UNAVAILABLE or another error says why it is not
  // followed, as a text that continues "the file: ".
  absl::StatusOr<std::string> Follow(const std::string& url, const HttpReply& reply);

 private:
  const bool allow_plain_http_;
  int followed_ = 0;
};

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_REDIRECTS_H_

#ifndef SEEDANCE_SERVICE_HTTP_REDIRECTS_H_
#define SEEDANCE_SERVICE_HTTP_REDIRECTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/http/http_transport.h"

namespace seedance::http {

// Whether an answer of this status sends its reader to another URL.
bool IsRedirect(int status);

// The redirects of one file: at most five are followed, and none from https to http.
class Redirects {
 public:
  // `allow_plain_http`: one from http to http is followed too.
  explicit Redirects(bool allow_plain_http) : allow_plain_http_(allow_plain_http) {}

  // The URL to which `reply`, a redirect in answer to `url`, leads. An error says why it is not followed, in words that
  // continue "the file: ".
  absl::StatusOr<std::string> Follow(const std::string& url, const HttpReply& reply);

 private:
  const bool allow_plain_http_;
  int followed_ = 0;
};

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_REDIRECTS_H_

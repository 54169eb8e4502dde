#ifndef SEEDANCE_SERVICE_UPSTREAM_VENDOR_CLIENT_H_
#define SEEDANCE_SERVICE_UPSTREAM_VENDOR_CLIENT_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/secret.h"
#include "service/http/http_transport.h"
#include "service/upstream/error_judge.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

class JsonNode;

// The calls of one vendor account, as every dialect makes them: who is asked, for how long, who may break it off, and
// what an answer that is no success comes to. Thread-safe.
//
// Tests: tests/unit/upstream/hostile_reply_test.cc, tests/unit/upstream/anyfast/wire_test.cc
class VendorClient {
 public:
  struct Options {
    std::string base_url;                                      // Without a slash at the end.
    std::vector<std::pair<std::string, std::string>> headers;  // Of each request: the credentials.
    base::Secret api_key;                                      // Kept out of every text.
    absl::Duration read_timeout;
    absl::Duration submit_timeout;
    absl::Duration max_retry_after = kDefaultMaxRetryAfter;
  };
  using Resource = std::optional<base::ResourceRef>;

  VendorClient(Options options, const ErrorTable& errors, std::unique_ptr<http::HttpTransport> transport,
               base::Clock& clock);

  // A request for `path` below the base URL, with the credentials. `body`: JSON, or empty.
  http::HttpRequest Request(const CallOptions& call, const std::string& method, const std::string& path,
                            std::string body = "") const;

  // Makes `request` one that may be billed: it is sent at most once, and neither the caller's deadline nor its leaving
  // ends it, for the answer is worth money.
  void MakeBilled(const CallOptions& call, http::HttpRequest& request) const;

  // Sends a request that bills nothing, with the call's permit, within the caller's deadline and `timeout` (zero: the
  // one for reads). An error means that it was not sent; else whatever came back.
  absl::StatusOr<http::HttpReply> SendRead(const CallOptions& call, http::HttpRequest& request,
                                           absl::Duration timeout = {}) const;

  // As SendRead; everything but a 2xx reply becomes an error.
  absl::StatusOr<http::HttpReply> Read(Operation operation, const CallOptions& call, http::HttpRequest request,
                                       Resource resource) const;

  // The error that an answer to a call which bills nothing comes to. For a 2xx: it lacks what was asked for, and may
  // hold an error all the same.
  absl::Status ReadError(Operation operation, const CallOptions& call, const http::HttpReply& reply,
                         Resource resource) const;

  // What an answer to a billed request means that did not bring what was asked for.
  Verdict JudgeBilled(Operation operation, const http::HttpRequest& request, const http::HttpReply& reply,
                      Resource resource) const;

  http::HttpTransport& transport() const { return *transport_; }

 private:
  const Options options_;
  const ErrorTable& errors_;
  const std::unique_ptr<http::HttpTransport> transport_;
  base::Clock& clock_;
};

// Whether a whole reply came, with a status of success.
bool IsSuccess(const http::HttpReply& reply);

// Whether `reply`, whose body is `root`, is a success in an API's words: without a body, or with JSON. A page in HTML
// is none, whatever its status.
bool IsApiSuccess(const http::HttpReply& reply, const JsonNode& root);

// Whether `node`, which stands where an answer of success has its object, is the id itself: a text that is an id
// (model::IsUpstreamId) and holds a digit, as no word does.
bool IsBareId(const JsonNode& node);

// The vendor took a create and calls what it made `id`. An id that cannot be used (model::IsUpstreamId) leaves the call
// in doubt: it is billed, but out of reach.
BilledResult<std::string> AcceptedAs(std::string id, const base::Secret& api_key);

// Nothing was accepted, or nobody knows.
BilledResult<std::string> ToResult(Verdict verdict);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_VENDOR_CLIENT_H_

#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ANYFAST_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ANYFAST_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/secret.h"
#include "service/http/http_transport.h"
#include "service/model/profile.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Settings of an AnyFast account.
//
// Tests: tests/unit/upstream/anyfast/creates_test.cc, tests/unit/upstream/anyfast/polls_test.cc,
// tests/unit/upstream/anyfast/wire_test.cc
struct AnyFastOptions {
  std::string name = "anyfast";
  std::string base_url = "https://www.anyfast.ai";  // Without a trailing slash.
  base::Secret api_key;
  model::UpstreamProfile profile;  // Its default_model is sent as it is.
  // For reads; for billed requests; for uploads and downloads.
  absl::Duration read_timeout = absl::Seconds(30);
  absl::Duration submit_timeout = absl::Seconds(300);
  absl::Duration transfer_timeout = absl::Seconds(900);
  absl::Duration max_retry_after = kDefaultMaxRetryAfter;  // Upper bound of Retry-After.
  bool allow_plain_http = false;                           // Whether result links may use http.
  // Whether reads of the usage log carry the key in the query too, as old releases of the vendor's software require.
  bool usage_log_key_in_query = false;
};

// An upstream for AnyFast and other gateways of the new-api family. Owns `transport`; `clock` must outlive it. Never
// fails.
std::unique_ptr<Upstream> MakeAnyFast(AnyFastOptions options, std::unique_ptr<http::HttpTransport> transport,
                                      base::Clock& clock);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ANYFAST_H_

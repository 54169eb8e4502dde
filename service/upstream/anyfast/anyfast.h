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

struct AnyFastOptions {
  std::string name = "anyfast";
  std::string base_url = "https://www.anyfast.ai";  // Without a slash at the end.
  base::Secret api_key;
  model::UpstreamProfile profile;  // Its default_model is sent as it stands.
  absl::Duration read_timeout = absl::Seconds(30);
  absl::Duration submit_timeout = absl::Seconds(300);
  absl::Duration transfer_timeout = absl::Seconds(900);
  absl::Duration max_retry_after = kDefaultMaxRetryAfter;
  bool allow_plain_http = false;  // Whether result links may be http.
  // Whether the key stands in the query of reads of the usage log too, as old versions of the vendor's software want
  // it.
  bool usage_log_key_in_query = false;
};

// AnyFast, and other gateways of the new-api family.
std::unique_ptr<Upstream> MakeAnyFast(AnyFastOptions options, std::unique_ptr<http::HttpTransport> transport,
                                      base::Clock& clock);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ANYFAST_H_

#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_PIAPI_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_PIAPI_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/secret.h"
#include "service/http/http_transport.h"
#include "service/model/profile.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Paths below the base URL. `{id}` is replaced by the id.
//
// Tests: tests/unit/upstream/piapi/creates_test.cc, tests/unit/upstream/piapi/polls_test.cc,
// tests/unit/upstream/piapi/wire_test.cc
struct PiApiPaths {
  std::string asset_upload = "/api/v1/asset/upload";
  std::string asset_list = "/api/v1/asset/list";
  std::string asset_get = "/api/v1/asset/{id}";
  std::string asset_delete = "/api/v1/asset/{id}";
  std::string task_create = "/api/v1/task";
  std::string task_get = "/api/v1/task/{id}";
  std::string task_list = "/api/open/tasks/histories";  // Empty: the vendor lists no tasks.
  std::string task_cancel;                              // Empty: the vendor cancels no tasks.
};

// Settings of a PiAPI account.
struct PiApiOptions {
  std::string name = "piapi";
  std::string base_url = "https://api.piapi.ai";  // Without a trailing slash.
  base::Secret api_key;
  // Its default_model is sent as it is. MakePiApi sets some fields: `webhooks` (true with a `webhook_endpoint`),
  // `assets.max_staged_bytes` (0 without an `upload_url`), `lists_tasks` and `cancels_tasks` (by the paths).
  model::UpstreamProfile profile;
  std::string upload_url;  // Where UploadToVendor sends files. Empty: not supported.
  PiApiPaths paths;
  std::string service_mode;      // `public` or `private`. Empty: not sent.
  std::string webhook_endpoint;  // Public URL that the vendor calls. Empty: no webhooks.
  base::Secret webhook_secret;   // The vendor sends it back with each webhook.
  // For reads; for billed requests; for uploads and downloads.
  absl::Duration read_timeout = absl::Seconds(30);
  absl::Duration submit_timeout = absl::Seconds(300);
  absl::Duration transfer_timeout = absl::Seconds(900);
  absl::Duration max_retry_after = kDefaultMaxRetryAfter;  // Upper bound of Retry-After.
  bool allow_plain_http = false;                           // Whether links to results and staged files may use http.
};

// An upstream for PiAPI. Owns `transport`; `clock` must outlive it. Never fails.
std::unique_ptr<Upstream> MakePiApi(PiApiOptions options, std::unique_ptr<http::HttpTransport> transport,
                                    base::Clock& clock);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_PIAPI_H_

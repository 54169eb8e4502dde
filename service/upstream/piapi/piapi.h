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

// Below the base URL. `{id}` stands for the id.
struct PiApiPaths {
  std::string asset_upload = "/api/v1/asset/upload";
  std::string asset_list = "/api/v1/asset/list";
  std::string asset_get = "/api/v1/asset/{id}";
  std::string asset_delete = "/api/v1/asset/{id}";
  std::string task_create = "/api/v1/task";
  std::string task_get = "/api/v1/task/{id}";
  std::string task_list = "/api/open/tasks/histories";  // Empty: there is none.
  std::string task_cancel;                              // Empty: the vendor cannot cancel.
};

struct PiApiOptions {
  std::string name = "piapi";
  std::string base_url = "https://api.piapi.ai";  // Without a slash at the end.
  base::Secret api_key;
  // Its default_model is sent as it stands. Some fields are set by the dialect itself: `webhooks`, true with a
  // `webhook_endpoint`; `assets.max_staged_bytes`, 0 without an `upload_url`; `lists_tasks` and `cancels_tasks`, by the
  // paths.
  model::UpstreamProfile profile;
  std::string upload_url;  // Where UploadToVendor puts files. Empty: it takes none.
  PiApiPaths paths;
  std::string service_mode;      // `public` or `private`. Empty: not sent.
  std::string webhook_endpoint;  // Public URL that the vendor calls. Empty: no webhooks.
  base::Secret webhook_secret;   // Which the vendor sends back.
  absl::Duration read_timeout = absl::Seconds(30);
  absl::Duration submit_timeout = absl::Seconds(300);
  absl::Duration transfer_timeout = absl::Seconds(900);
  absl::Duration max_retry_after = kDefaultMaxRetryAfter;
  bool allow_plain_http = false;  // Whether links to results and to staged files may be http.
};

// PiAPI.
std::unique_ptr<Upstream> MakePiApi(PiApiOptions options, std::unique_ptr<http::HttpTransport> transport,
                                    base::Clock& clock);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_PIAPI_H_

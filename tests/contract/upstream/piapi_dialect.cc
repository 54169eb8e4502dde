#include <utility>

#include "service/upstream/piapi/piapi.h"
#include "service/upstream/piapi/profiles.h"
#include "tests/contract/upstream/dialect.h"

namespace seedance::testing {

UpstreamDialect PiApiDialect() {
  UpstreamDialect dialect;
  dialect.name = "piapi";
  dialect.capabilities = {Capability::kTaskList, Capability::kCancel, Capability::kFiles, Capability::kWebhooks};
  dialect.sandbox_flags = {"--piapi-cancel"};
  dialect.make = [](AccountSetup setup) {
    upstream::PiApiOptions options;
    options.name = setup.name;
    options.base_url = setup.url;
    options.api_key = setup.api_key;
    options.profile = upstream::PiApiProfile("developer");
    options.upload_url = setup.url + "/api/ephemeral_resource";
    options.paths.task_cancel = "/api/v1/task/{id}";
    options.webhook_endpoint = setup.webhook_endpoint;
    options.webhook_secret = setup.webhook_secret;
    options.submit_timeout = setup.submit_timeout;
    options.allow_plain_http = true;
    return upstream::MakePiApi(std::move(options), std::move(setup.transport), base::RealClock());
  };
  return dialect;
}

}  // namespace seedance::testing

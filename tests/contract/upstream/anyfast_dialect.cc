#include <utility>

#include "service/upstream/anyfast/anyfast.h"
#include "service/upstream/anyfast/profiles.h"
#include "tests/contract/upstream/dialect.h"

namespace seedance::testing {

UpstreamDialect AnyFastDialect() {
  UpstreamDialect dialect;
  dialect.name = "anyfast";
  dialect.capabilities = {Capability::kGroups, Capability::kRename, Capability::kBytes, Capability::kUsageLog};
  dialect.make = [](AccountSetup setup) {
    upstream::AnyFastOptions options;
    options.name = setup.name;
    options.base_url = setup.url;
    options.api_key = setup.api_key;
    options.profile = upstream::AnyFastProfile();
    options.profile.usage_log = true;
    options.submit_timeout = setup.submit_timeout;
    options.allow_plain_http = true;
    return upstream::MakeAnyFast(std::move(options), std::move(setup.transport), base::RealClock());
  };
  return dialect;
}

}  // namespace seedance::testing

#ifndef SEEDANCE_TESTS_UNIT_UPSTREAM_ANYFAST_AT_H_
#define SEEDANCE_TESTS_UNIT_UPSTREAM_ANYFAST_AT_H_

#include <memory>
#include <string>

#include "service/upstream/anyfast/anyfast.h"
#include "service/upstream/anyfast/profiles.h"
#include "tests/unit/http/recording_vendor.h"

namespace seedance::upstream {

// The dialect with its own profile, at a server of a test.
inline std::unique_ptr<Upstream> AnyFastAt(const std::string& url) {
  AnyFastOptions options;
  options.base_url = url;
  options.api_key = base::Secret("sk-secret");
  options.profile = AnyFastProfile();
  options.allow_plain_http = true;
  return MakeAnyFast(options, http::MakeHttpTransport({}), base::RealClock());
}
inline std::unique_ptr<Upstream> AnyFastAt(const http::RecordingVendor& vendor) { return AnyFastAt(vendor.url()); }

}  // namespace seedance::upstream

#endif  // SEEDANCE_TESTS_UNIT_UPSTREAM_ANYFAST_AT_H_

#ifndef SEEDANCE_SERVICE_UPSTREAM_VENDOR_TEXT_H_
#define SEEDANCE_SERVICE_UPSTREAM_VENDOR_TEXT_H_

#include <string>
#include <string_view>

#include "service/base/secret.h"

namespace seedance::upstream {

// Maximum bytes of a vendor's text that is passed on.
//
// Tests: tests/unit/upstream/wire_details_test.cc
inline constexpr size_t kMaxVendorText = 512;

// Maximum bytes of the name and description of a group or asset taken over from a vendor: far more than vendors accept,
// and little enough for a page of them to fit into a message.
inline constexpr size_t kMaxVendorName = 1024;
inline constexpr size_t kMaxVendorDescription = 4096;

// A vendor's text, cleaned for callers: valid UTF-8 of at most kMaxVendorText bytes, without control characters,
// `api_key`, other text that looks like a key, the vendor's request ids, and queries of URLs (they contain signatures).
std::string CleanVendorText(std::string_view text, const base::Secret& api_key);

// The first `limit` bytes of `text`, without an incomplete UTF-8 character at the end; invalid bytes become `?`.
std::string BoundUtf8(std::string_view text, size_t limit);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_VENDOR_TEXT_H_

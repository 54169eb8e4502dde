#ifndef SEEDANCE_SERVICE_UPSTREAM_VENDOR_TEXT_H_
#define SEEDANCE_SERVICE_UPSTREAM_VENDOR_TEXT_H_

#include <string>
#include <string_view>

#include "service/base/secret.h"

namespace seedance::upstream {

// Longest text of a vendor that is passed on.
inline constexpr size_t kMaxVendorText = 512;

// Longest name and description of a group or asset that is taken over from a vendor, in bytes: far beyond what a vendor
// lets anybody write, and so little that a page of them can be answered.
inline constexpr size_t kMaxVendorName = 1024;
inline constexpr size_t kMaxVendorDescription = 4096;

// What a vendor wrote, fit to be shown to callers: valid UTF-8 of at most 512 bytes without control characters, without
// `api_key` and other words that look like keys, without the vendor's request ids and without the queries of URLs
// (which hold signatures).
std::string CleanVendorText(std::string_view text, const base::Secret& api_key);

// The first `limit` bytes of `text`, cut before an incomplete UTF-8 character; invalid bytes become `?`.
std::string BoundUtf8(std::string_view text, size_t limit);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_VENDOR_TEXT_H_

#ifndef SEEDANCE_SERVICE_UPSTREAM_JSON_REPAIR_H_
#define SEEDANCE_SERVICE_UPSTREAM_JSON_REPAIR_H_

#include <string>
#include <string_view>

namespace seedance::upstream {

// `text` with everything that a JSON parser refuses inside strings replaced by U+FFFD: bytes that are not UTF-8, an
// escaped lone surrogate, an unknown escape, a bare control character. Boundaries of strings and everything outside of
// them stay. At most three times as long as `text`. Linear time; never fails.
//
// Tests: tests/unit/upstream/wire_details_test.cc
std::string RepairJsonStrings(std::string_view text);

// Whether `text` contains U+FFFD, so that an enum value in it is unknown.
bool IsBroken(std::string_view text);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_JSON_REPAIR_H_

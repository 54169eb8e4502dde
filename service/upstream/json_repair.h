#ifndef SEEDANCE_SERVICE_UPSTREAM_JSON_REPAIR_H_
#define SEEDANCE_SERVICE_UPSTREAM_JSON_REPAIR_H_

#include <string>
#include <string_view>

namespace seedance::upstream {

// `text` with what a JSON parser refuses inside strings replaced by U+FFFD: bytes that are not UTF-8, an escaped
// surrogate without its other half, an escape that does not exist, a bare control character. Strings begin and end
// where they did, and what is outside of them stays. At most three times as long as `text`.
std::string RepairJsonStrings(std::string_view text);

// Whether `text` holds U+FFFD: of a word of an enum nothing is known then.
bool IsBroken(std::string_view text);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_JSON_REPAIR_H_

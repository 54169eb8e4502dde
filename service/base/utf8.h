#ifndef SEEDANCE_SERVICE_BASE_UTF8_H_
#define SEEDANCE_SERVICE_BASE_UTF8_H_

#include <string>
#include <string_view>

namespace seedance::base {

// Length in bytes (1-4) of the well-formed UTF-8 character at the front of `text` (RFC 3629), 0 if there is none.
size_t Utf8Length(std::string_view text);

// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string ToUtf8(std::string_view text);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_UTF8_H_

#ifndef SEEDANCE_SERVICE_BASE_UTF8_H_
#define SEEDANCE_SERVICE_BASE_UTF8_H_

#include <string>
#include <string_view>

namespace seedance::base {

// Length in bytes (1-4) of the well-formed UTF-8 character at the front of `text` (RFC 3629), 0 if there is none.
size_t Utf8Length(std::string_view text);

// Whether `character`, which is well-formed, is a control character: C0, DEL or C1.
bool IsControl(std::string_view character);

// Whether `text` holds nothing but white space and invisible characters. True for the empty text.
bool IsBlank(std::string_view text);

// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string ToUtf8(std::string_view text);

// The same for people and terminals: control characters as `\xNN`, line ends and tabs as spaces. At most `limit` bytes,
// of which the last three are `...` when something was cut; whole characters only.
std::string ToPrintable(std::string_view text, size_t limit);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_UTF8_H_

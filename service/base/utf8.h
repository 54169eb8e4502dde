#ifndef SEEDANCE_SERVICE_BASE_UTF8_H_
#define SEEDANCE_SERVICE_BASE_UTF8_H_

#include <string>
#include <string_view>

namespace seedance::base {

// Length in bytes (1-4) of the well-formed UTF-8 character (RFC 3629) at the front of `text`; 0 if there is none.
size_t Utf8Length(std::string_view text);

// Whether `character` (one well-formed character) is a control character: C0, DEL or C1.
bool IsControl(std::string_view character);

// Whether `text` consists of white space and invisible characters only. True for the empty text.
bool IsBlank(std::string_view text);

// Characters of well-formed `text`.
size_t CountCharacters(std::string_view text);

// The first `limit` bytes of well-formed `text`, less where that would cut a character.
std::string CutUtf8(std::string text, size_t limit);

// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string ToUtf8(std::string_view text);

// ToUtf8 for people and terminals: control characters as `\xNN`, line ends and tabs as spaces. At most `limit` bytes,
// of which the last three are `...` when the text was cut; never a partial character.
std::string ToPrintable(std::string_view text, size_t limit);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_UTF8_H_

#ifndef SEEDANCE_SERVICE_BASE_LOG_TEXT_H_
#define SEEDANCE_SERVICE_BASE_LOG_TEXT_H_

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace seedance::base {

// Appends `text` to `out` as a JSON string with quotes. Escapes, besides what JSON demands, every control character
// (C0, DEL, C1), line and paragraph separators, and invisible characters that reorder or hide text on a terminal
// (bidirectional controls, zero-width characters, U+FEFF). Bytes that are not UTF-8 become U+FFFD.
//
// Appends at most about `max_bytes` bytes: a longer text is cut at a character and ends with `[N bytes cut]`.
void AppendJsonText(std::string& out, std::string_view text, size_t max_bytes = std::numeric_limits<size_t>::max());

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LOG_TEXT_H_

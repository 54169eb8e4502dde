#ifndef SEEDANCE_CLIENT_CPP_CTL_TEXT_WIDTH_H_
#define SEEDANCE_CLIENT_CPP_CTL_TEXT_WIDTH_H_

#include <string>
#include <string_view>

namespace seedance::client::ctl {

// Columns that `text` (UTF-8) takes on a terminal: 2 for wide East Asian characters and emoji, 0 for combining marks
// and joiners, 1 for the rest and for each byte that is not UTF-8. Independent of the locale.
int DisplayWidth(std::string_view text);

// `text` cut to at most `width` columns, with `…` at the end where something was cut. Never cuts inside a character.
std::string Truncate(std::string_view text, int width);

// `text` filled with spaces to `width` columns, or unchanged if it is wider.
std::string PadRight(std::string_view text, int width);
std::string PadLeft(std::string_view text, int width);

// `text` as one harmless line: line breaks and tabs become one space, other control characters vanish. Prompts and
// vendors' texts could otherwise move the cursor or recolour the terminal.
std::string OneLine(std::string_view text);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_TEXT_WIDTH_H_

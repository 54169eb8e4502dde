#ifndef SEEDANCE_CLIENT_CPP_CTL_TABLE_H_
#define SEEDANCE_CLIENT_CPP_CTL_TABLE_H_

#include <string>
#include <utility>
#include <vector>

namespace seedance::client::ctl {

// Colour of a cell; it only shows on a terminal that wants colours.
enum class Tone { kPlain, kGood, kBad, kBusy, kFaint };

// `text` in colour, or as it is when `color` is false or there is nothing to colour.
std::string Paint(const std::string& text, Tone tone, bool color);

struct Cell {
  // Implicit: rows are written as lists of texts.
  Cell(std::string cell_text = "", Tone cell_tone = Tone::kPlain)  // NOLINT
      : text(std::move(cell_text)), tone(cell_tone) {}
  Cell(const char* cell_text) : Cell(std::string(cell_text)) {}  // NOLINT

  std::string text;
  Tone tone;
};

struct Column {
  std::string title;
  bool shrinks = false;  // Gives up width when the table is too wide, down to 8 columns.
  bool right = false;    // Aligned to the right.
};

// The table as lines that end in a newline: titles, then rows, two spaces between columns, no spaces at line ends.
// `width` 0 means without limit. Where shrinking is not enough, lines are longer than `width`: names stay copyable.
std::string RenderTable(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows, int width,
                        bool color);

// `key:   value` lines, aligned; rows with an empty value are left out. Values are not cut.
std::string RenderFields(const std::vector<std::pair<std::string, Cell>>& fields, bool color);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_TABLE_H_

#include "client/cpp/ctl/table.h"

#include <algorithm>
#include <numeric>

#include "client/cpp/ctl/text_width.h"

namespace seedance::client::ctl {
namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 8;

std::vector<int> NaturalWidths(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows) {
  std::vector<int> widths;
  for (const Column& column : columns) widths.push_back(DisplayWidth(column.title));
  for (const std::vector<Cell>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
  }
  return widths;
}

// Takes from the widest shrinking column until the table fits or nothing is left to take.
void Shrink(const std::vector<Column>& columns, int width, std::vector<int>& widths) {
  const int gaps = kGap * (static_cast<int>(columns.size()) - 1);
  int excess = std::accumulate(widths.begin(), widths.end(), gaps) - width;
  while (excess > 0) {
    size_t widest = columns.size();
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].shrinks && widths[i] > kNarrowest && (widest == columns.size() || widths[i] > widths[widest])) {
        widest = i;
      }
    }
    if (widest == columns.size()) return;
    --widths[widest];
    --excess;
  }
}

std::string RenderRow(const std::vector<Column>& columns, const std::vector<Cell>& row, const std::vector<int>& widths,
                      bool color) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    const std::string text = Truncate(row[i].text, widths[i]);
    const std::string fill(static_cast<size_t>(widths[i] - DisplayWidth(text)), ' ');
    const std::string painted = Paint(text, row[i].tone, color);
    const bool last = i + 1 == row.size();
    line += columns[i].right ? fill + painted : last ? painted : painted + fill;
    if (!last) line += std::string(kGap, ' ');
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

}  // namespace

std::string Paint(const std::string& text, Tone tone, bool color) {
  if (!color || text.empty()) return text;
  switch (tone) {
    case Tone::kPlain:
      return text;
    case Tone::kGood:
      return "\x1b[32m" + text + "\x1b[0m";
    case Tone::kBad:
      return "\x1b[31m" + text + "\x1b[0m";
    case Tone::kBusy:
      return "\x1b[33m" + text + "\x1b[0m";
    case Tone::kFaint:
      return "\x1b[2m" + text + "\x1b[0m";
  }
  return text;
}

std::string RenderTable(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows, int width,
                        bool color) {
  std::vector<int> widths = NaturalWidths(columns, rows);
  if (width > 0) Shrink(columns, width, widths);
  std::vector<Cell> titles;
  for (const Column& column : columns) titles.emplace_back(column.title, Tone::kFaint);
  std::string text = RenderRow(columns, titles, widths, color);
  for (const std::vector<Cell>& row : rows) text += RenderRow(columns, row, widths, color);
  return text;
}

std::string RenderFields(const std::vector<std::pair<std::string, Cell>>& fields, bool color) {
  int width = 0;
  for (const auto& [key, value] : fields) {
    if (!value.text.empty()) width = std::max(width, DisplayWidth(key) + 1);
  }
  std::string text;
  for (const auto& [key, value] : fields) {
    if (value.text.empty()) continue;
    text += PadRight(key + ":", width + kGap) + Paint(value.text, value.tone, color) + "\n";
  }
  return text;
}

}  // namespace seedance::client::ctl

#include "client/cpp/ctl/progress_bar.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cpp/ctl/format.h"
#include "client/cpp/ctl/text_width.h"

namespace seedance::client::ctl {
namespace {

constexpr int kMostCells = 30;
constexpr int kFewestCells = 5;

// `left [bar] right`: the bar takes the room that is left over, none at all if that is too little.
std::string WithBar(const std::string& left, double fraction, const std::string& right, int width) {
  const int room = width - DisplayWidth(left) - DisplayWidth(right) - 4;  // Two brackets, two spaces.
  const int cells = std::min(room, kMostCells);
  if (cells < kFewestCells) return Truncate(left + " " + right, width);
  return absl::StrCat(left, " ", Bar(fraction, cells), " ", right);
}

}  // namespace

std::string_view Spinner(int frame) {
  constexpr std::string_view kFrames = "|/-\\";
  return kFrames.substr(static_cast<size_t>(frame) % kFrames.size(), 1);
}

std::string Bar(double fraction, int cells) {
  const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * cells);
  std::string bar(static_cast<size_t>(filled), '=');
  if (filled < cells) {
    bar += filled > 0 ? '>' : ' ';
    bar.resize(static_cast<size_t>(cells), ' ');
  }
  return "[" + bar + "]";
}

std::string RenderTransfer(const TransferState& state, int width) {
  const double seconds = absl::ToDoubleSeconds(state.elapsed);
  const double rate = seconds >= 0.5 ? static_cast<double>(state.done_bytes) / seconds : 0;
  std::string rate_text;
  if (rate > 0) rate_text = absl::StrCat("  ", FormatBytes(static_cast<int64_t>(rate)), "/s");
  if (state.total_bytes <= 0) {
    return Truncate(absl::StrCat(state.title, "  ", FormatBytes(state.done_bytes), rate_text), width);
  }
  const double fraction = static_cast<double>(state.done_bytes) / static_cast<double>(state.total_bytes);
  std::string right = absl::StrFormat("%3d%%  %s / %s%s", static_cast<int>(fraction * 100),
                                      FormatBytes(state.done_bytes), FormatBytes(state.total_bytes), rate_text);
  if (rate > 0 && state.done_bytes < state.total_bytes) {
    const double left = static_cast<double>(state.total_bytes - state.done_bytes) / rate;
    absl::StrAppend(&right, "  ETA ", FormatSpan(absl::Seconds(left)));
  }
  return WithBar(state.title, fraction, right, width);
}

std::string RenderStage(const StageState& state, int frame, int width) {
  std::string left(Spinner(frame));
  if (!state.title.empty()) absl::StrAppend(&left, " ", state.title);
  absl::StrAppend(&left, " ", state.stage);
  std::string right = FormatSpan(state.elapsed);
  if (state.percent.has_value()) {
    const std::string figure = absl::StrCat(state.estimated ? "~" : "", *state.percent, "%");
    right = absl::StrCat(PadLeft(figure, 4), "  ", right);
  }
  if (state.eta.has_value()) absl::StrAppend(&right, "  ETA ", FormatSpan(*state.eta));
  if (!state.note.empty()) {
    // The note is the least of it: it may not take the bar's place.
    const int room = width - DisplayWidth(left) - DisplayWidth(right) - (state.percent.has_value() ? 20 : 3);
    if (room >= 8) absl::StrAppend(&right, "  ", Truncate(state.note, room));
  }
  if (!state.percent.has_value()) return Truncate(absl::StrCat(left, "  ", right), width);
  return WithBar(left, *state.percent / 100.0, right, width);
}

}  // namespace seedance::client::ctl

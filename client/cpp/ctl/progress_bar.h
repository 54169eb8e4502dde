#ifndef SEEDANCE_CLIENT_CPP_CTL_PROGRESS_BAR_H_
#define SEEDANCE_CLIENT_CPP_CTL_PROGRESS_BAR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

// Lines of progress, rendered from plain state: no clock, no terminal. All fit into `width` columns.
namespace seedance::client::ctl {

// `|`, `/`, `-`, `\` in turn.
std::string_view Spinner(int frame);

// `[====>     ]` with `cells` cells inside the brackets; `fraction` is clamped to 0-1.
std::string Bar(double fraction, int cells);

// An upload or a download.
struct TransferState {
  std::string title;  // For example `uploading hero.png`.
  int64_t done_bytes = 0;
  int64_t total_bytes = 0;  // 0: unknown.
  absl::Duration elapsed;
};

// `uploading hero.png [====>     ]  40%  2.0 MB / 5.0 MB  1.0 MB/s  ETA 3.0s`; without bar and ETA when the total is
// unknown, without rate before the first half second.
std::string RenderTransfer(const TransferState& state, int width);

// A task or an asset that is under way.
struct StageState {
  std::string title;           // For example `hero`; may be empty.
  std::string stage;           // `queued`, `running` ...
  std::optional<int> percent;  // Where there is a figure.
  bool estimated = false;      // The figure is the gateway's guess: marked `~`.
  absl::Duration elapsed;
  std::optional<absl::Duration> eta;
  std::string note;  // What the gateway waits for. May be empty.
};

// `/ running [====>     ] ~42%  1m05s  note`.
std::string RenderStage(const StageState& state, int frame, int width);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_PROGRESS_BAR_H_

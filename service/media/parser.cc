#include "service/media/parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace seedance::media {
namespace {

constexpr int64_t kEverything = std::numeric_limits<int64_t>::max();
// Larger sides do not occur, and products of two sides stay far from overflow.
constexpr int64_t kMostPixels = (int64_t{1} << 31) - 1;

}  // namespace

Parser::Parser(model::MediaType type, std::string_view container) {
  findings_.type = type;
  findings_.info.container = std::string(container);
}

void Parser::Skipped(int64_t bytes) {
  position_ += std::min(bytes, kEverything - position_);
  if (resting_) return;
  skip_ -= bytes;
  skip_claimed_ = skip_claimed_ && skip_ > 0;
}

void Parser::Take(std::string_view bytes) {
  position_ += static_cast<int64_t>(bytes.size());
  const Step step = step_;
  BeginStep();
  (this->*step)(Bytes(bytes));
  EndStep();
}

size_t Parser::Scanned(std::string_view bytes) {
  const ScanStep scan = scan_;
  BeginStep();
  const size_t used = (this->*scan)(Bytes(bytes));
  EndStep();
  position_ += static_cast<int64_t>(used);
  return used;
}

void Parser::BeginStep() {
  Rest();
  resting_ = false;
}

void Parser::EndStep() {
  if (step_ == nullptr && scan_ == nullptr) Rest();
}

void Parser::Finish(size_t held) {
  ended_ = true;
  const int64_t wanted = may_end_ ? 0 : static_cast<int64_t>(want_);
  claimed_size_ = skip_ < kEverything - position_ - wanted ? position_ + skip_ + wanted : kEverything;
  position_ += static_cast<int64_t>(held);
  const bool may_be_whole = findings_.state == Findings::State::kReading || known();
  if (may_be_whole && (resting_ || (may_end_ && !skip_claimed_))) {
    OnEnd();
  } else if (may_be_whole) {
    OnCut();
  }
  if (findings_.state == Findings::State::kReading) Break("its headers are incomplete");
  done_ = true;
  Rest();
}

void Parser::Pass(int64_t bytes) {
  PassOrEnd(bytes);
  skip_claimed_ = skip_claimed_ || bytes > 0;
}

void Parser::PassOrEnd(int64_t bytes) {
  skip_ += std::min(std::max<int64_t>(bytes, 0), kEverything - position_ - skip_);
}

void Parser::Ask(size_t bytes, Step step, bool may_end) {
  // A step that called Break may still be executing.
  if (resting_) return;
  want_ = std::clamp<size_t>(bytes, 1, kMostWanted);
  step_ = step;
  may_end_ = may_end;
}

void Parser::Rest() {
  resting_ = true;
  skip_ = 0;
  skip_claimed_ = false;
  want_ = 0;
  step_ = nullptr;
  scan_ = nullptr;
}

void Parser::Restart() {
  Rest();
  restarts_ = true;
}

void Parser::Know() {
  findings_.state = Findings::State::kKnown;
  done_ = true;
}

void Parser::Break(std::string problem) {
  if (known() && !ended_) return Rest();
  findings_.state = Findings::State::kBroken;
  findings_.problem = std::move(problem);
  done_ = true;
  Rest();
}

void Parser::Unknown(std::string problem) {
  findings_ = Findings();
  findings_.state = Findings::State::kUnknownFormat;
  findings_.problem = std::move(problem);
  done_ = true;
  Rest();
}

bool Parser::SetSize(int64_t width, int64_t height) {
  if (width <= 0 || height <= 0 || width > kMostPixels || height > kMostPixels) {
    Break(absl::StrCat("its picture claims ", width, " x ", height, " pixels"));
    return false;
  }
  info().width = static_cast<int>(width);
  info().height = static_cast<int>(height);
  return true;
}

void Parser::RequireSize(int64_t size) {
  if (position_ >= size || broken()) return;
  Break(absl::StrCat("it is truncated: it ends after ", position_, " bytes, but its headers claim ", size - position_,
                     " more"));
}

void Parser::OnCut() { RequireSize(claimed_size_); }

absl::Duration UnitsToDuration(uint64_t units, uint64_t per_second) {
  if (per_second == 0) return absl::ZeroDuration();
  // Larger values are not durations; int64_t holds it in seconds.
  constexpr uint64_t kMostSeconds = uint64_t{1} << 33;
  const uint64_t seconds = std::min(units / per_second, kMostSeconds);
  const double rest = static_cast<double>(units % per_second) / static_cast<double>(per_second);
  return absl::Seconds(static_cast<int64_t>(seconds)) + absl::Seconds(rest);
}

uint64_t AddSaturated(uint64_t a, uint64_t b) {
  return b > std::numeric_limits<uint64_t>::max() - a ? std::numeric_limits<uint64_t>::max() : a + b;
}

}  // namespace seedance::media

#include "tests/unit/media/probe.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace seedance::media {
namespace {

// What was decided may only turn out to be cut off.
void CheckDecided(const std::string& decided, const Findings& findings) {
  if (decided.empty() || findings.state == Findings::State::kBroken) return;
  EXPECT_EQ(decided, Text(findings));
}

}  // namespace

Findings ProbeIn(std::string_view file, const Delivery& delivery) {
  const std::unique_ptr<Prober> prober = MakeProber();
  const size_t piece = delivery.piece_bytes == 0 ? file.size() : delivery.piece_bytes;
  std::string decided;
  while (!file.empty()) {
    const size_t skippable = static_cast<size_t>(std::min(prober->Skippable(), static_cast<int64_t>(file.size())));
    if (delivery.skips && skippable > 0) {
      prober->Skip(static_cast<int64_t>(skippable));
      file.remove_prefix(skippable);
    } else {
      const std::string_view bytes = file.substr(0, piece);
      // A copy, so that the address sanitizer sees a read beyond the end.
      prober->Feed(std::string(bytes));
      file.remove_prefix(bytes.size());
    }
    CheckDecided(decided, prober->findings());
    if (prober->done()) decided = Text(prober->findings());
  }
  prober->Finish();
  EXPECT_TRUE(prober->done());
  CheckDecided(decided, prober->findings());
  EXPECT_NE(prober->findings().state, Findings::State::kReading);
  return prober->findings();
}

Findings Probe(std::string_view file) {
  const Findings whole = ProbeIn(file, {});
  for (const Delivery& delivery : {Delivery{7, false}, Delivery{1, false}, Delivery{5, true}, Delivery{64, true}}) {
    EXPECT_EQ(Text(ProbeIn(file, delivery)), Text(whole))
        << "in pieces of " << delivery.piece_bytes << (delivery.skips ? ", with skips" : "");
  }
  return whole;
}

std::string Text(const Findings& findings) {
  constexpr const char* kStates[] = {"READING", "KNOWN", "UNKNOWN", "BROKEN"};
  constexpr const char* kTypes[] = {"-", "image", "video", "audio"};
  const model::MediaInfo& info = findings.info;
  std::string text =
      absl::StrCat(kStates[static_cast<int>(findings.state)], " ", kTypes[static_cast<int>(findings.type)]);
  if (!info.container.empty()) absl::StrAppend(&text, " ", info.container);
  if (info.width != 0 || info.height != 0) absl::StrAppend(&text, " ", info.width, " x ", info.height);
  if (info.duration != absl::ZeroDuration()) {
    absl::StrAppend(&text, " ", absl::FormatDuration(absl::Trunc(info.duration, absl::Milliseconds(1))));
  }
  if (info.frame_rate != 0) absl::StrAppend(&text, " ", info.frame_rate, " fps");
  if (!findings.problem.empty()) absl::StrAppend(&text, ": ", findings.problem);
  return text;
}

}  // namespace seedance::media

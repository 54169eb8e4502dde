// What it costs to read a large movie, MP3 or JPEG while its bytes pass. In this process alone: it needs neither
// gateway nor sandbox.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/media/prober.h"
#include "tests/bench/bench.h"
#include "tests/bench/resident_memory.h"
#include "tests/testing/media_builder.h"

namespace seedance::bench {
namespace {

constexpr size_t kPieceBytes = 64 << 10;
constexpr double kMostMilliseconds = 5;
constexpr double kMostKb = 1024;

// Sums up the time between its calls of Start and Stop.
class Watch {
 public:
  void Start() { start_ = absl::Now(); }
  void Stop() { total_ += absl::Now() - start_; }
  double milliseconds() const { return absl::ToDoubleMilliseconds(total_); }

 private:
  absl::Time start_;
  absl::Duration total_;
};

// What the prober has to find.
struct Right {
  int width = 0;
  absl::Duration duration;
};

// As an upload hands it over: each piece in memory of its own, which is not part of the time. True when the findings
// are right.
bool Probe(std::string_view file, const Right& right, bool skips, Watch& watch) {
  watch.Start();
  const std::unique_ptr<media::Prober> prober = media::MakeProber();
  watch.Stop();
  while (!file.empty()) {
    const size_t skippable = static_cast<size_t>(std::min(prober->Skippable(), static_cast<int64_t>(file.size())));
    if (skips && skippable > 0) {
      watch.Start();
      prober->Skip(static_cast<int64_t>(skippable));
      watch.Stop();
      file.remove_prefix(skippable);
      continue;
    }
    const std::string piece(file.substr(0, kPieceBytes));
    watch.Start();
    prober->Feed(piece);
    watch.Stop();
    file.remove_prefix(piece.size());
  }
  watch.Start();
  prober->Finish();
  watch.Stop();
  const media::Findings& findings = prober->findings();
  return findings.state == media::Findings::State::kKnown && findings.info.width == right.width &&
         absl::AbsDuration(findings.info.duration - right.duration) < absl::Milliseconds(100);
}

bool Measure(Bench& bench, const std::string& id, const std::string& what, const std::string& file, const Right& right,
             bool skips = false) {
  const ResidentMemory memory(getpid());
  Row time;
  time.id = "probe_" + id;
  time.what = what + ", time of the parser";
  time.unit = "ms";
  time.goal = Goal::AtMost(kMostMilliseconds);
  Row space = time;
  space.id += "_memory";
  space.what = what + ", extra resident memory";
  space.unit = "kB";
  space.goal = Goal::AtMost(kMostKb);
  const int64_t before = memory.NowKb();
  if (!memory.ResetPeak()) space.note = "peak since the start";
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    Watch watch;
    if (!Probe(file, right, skips, watch)) return bench.Fail(id + ": wrong findings");
    time.ours.push_back(watch.milliseconds());
    space.ours.push_back(static_cast<double>(memory.PeakKb() - before));
  }
  bench.Add(time);
  bench.Add(space);
  return true;
}

// MP3s of a minute each, one behind the other, whose frames all have to be counted.
bool MeasureSound(Bench& bench, size_t size) {
  testing::MediaSpec spec;
  spec.format = "mp3";
  spec.seconds = 60;
  const std::string part = MakeMedia(spec);
  std::string file;
  int parts = 0;
  for (; file.size() < size; ++parts) file += part;
  constexpr double kFramesOfPart = 2297;
  return Measure(bench, "mp3", absl::StrCat("probing ", parts, " MP3s in one"), file,
                 {0, absl::Seconds(parts * kFramesOfPart * 1152 / 44100)});
}

// Coded bytes as an encoder leaves them: any but a bare 0xff.
bool MeasurePicture(Bench& bench, size_t size) {
  testing::MediaSpec spec;
  spec.format = "jpeg";
  spec.width = 1280;
  std::string file = MakeMedia(spec);
  const std::string end = file.substr(file.size() - 2);
  file.resize(file.size() - 2);
  uint32_t state = 1;
  while (file.size() < size) {
    state = state * 1664525u + 1013904223u;
    file += static_cast<char>(state >> 24);
    if (state >> 24 == 0xff) file += '\0';
  }
  return Measure(bench, "jpeg", "probing a JPEG", file + end, {1280, absl::ZeroDuration()});
}

bool Run(Bench& bench) {
  testing::MediaSpec spec;
  spec.format = "mp4";
  spec.width = 1280;
  spec.height = 720;
  spec.seconds = 15;
  spec.size_bytes = int64_t{bench.Number("megabytes")} << 20;
  spec.layout = testing::MovieLayout::kLast;
  const std::string last = MakeMedia(spec);
  spec.layout = testing::MovieLayout::kFirst;
  const std::string first = MakeMedia(spec);
  const std::string what = absl::StrCat("probing an MP4 of ", bench.Number("megabytes"), " MB, moov ");
  const Right right{1280, absl::Seconds(15)};
  const size_t size = static_cast<size_t>(spec.size_bytes);
  return Measure(bench, "last", what + "last", last, right) && Measure(bench, "first", what + "first", first, right) &&
         Measure(bench, "last_skips", what + "last, with skips", last, right, true) && MeasureSound(bench, size) &&
         MeasurePicture(bench, size);
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "probe_media", "reading the headers of a movie while its bytes pass",
                                   {{"rounds", 21, 2, "rounds"}, {"megabytes", 50, 4, "size of the movie"}},
                                   seedance::bench::Run);
}

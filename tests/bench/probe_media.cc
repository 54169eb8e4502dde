// What it costs to read the headers of a large movie while its bytes pass. In this process alone: it needs neither
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

// As an upload hands it over: each piece in memory of its own, which is not part of the time. True when the findings
// are right.
bool Probe(std::string_view file, bool skips, Watch& watch) {
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
  return findings.state == media::Findings::State::kKnown && findings.info.width == 1280 &&
         findings.info.duration == absl::Seconds(15);
}

bool Measure(Bench& bench, const std::string& id, const std::string& what, const std::string& file, bool skips) {
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
    if (!Probe(file, skips, watch)) return bench.Fail(id + ": wrong findings");
    time.ours.push_back(watch.milliseconds());
    space.ours.push_back(static_cast<double>(memory.PeakKb() - before));
  }
  bench.Add(time);
  bench.Add(space);
  return true;
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
  return Measure(bench, "last", what + "last", last, false) && Measure(bench, "first", what + "first", first, false) &&
         Measure(bench, "last_skips", what + "last, with skips", last, true);
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "probe_media", "reading the headers of a movie while its bytes pass",
                                   {{"rounds", 21, 2, "rounds"}, {"megabytes", 50, 4, "size of the movie"}},
                                   seedance::bench::Run);
}

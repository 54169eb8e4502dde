// What it costs to read the headers of a 50 MB movie while its bytes pass.
//
//   probe_media [--check]     With --check: exit code 1 when a goal is missed.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/media/prober.h"
#include "tests/bench/resident_memory.h"
#include "tests/testing/media_builder.h"

namespace seedance::bench {
namespace {

constexpr int64_t kFileBytes = int64_t{50} << 20;
constexpr size_t kPieceBytes = 64 << 10;
constexpr int kRounds = 21;
constexpr double kMostMilliseconds = 5;
constexpr int64_t kMostKb = 1024;
constexpr int kSkipped = 77;

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

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool Measure(const char* name, const std::string& file, bool skips) {
  const ResidentMemory memory(getpid());
  std::vector<double> milliseconds;
  const int64_t before = memory.NowKb();
  const bool exact = memory.ResetPeak();
  for (int i = 0; i < kRounds; ++i) {
    Watch watch;
    if (!Probe(file, skips, watch)) return printf("%s: wrong findings\n", name), false;
    milliseconds.push_back(watch.milliseconds());
  }
  const int64_t grown = (exact ? memory.PeakKb() : memory.NowKb()) - before;
  const bool passed = Median(milliseconds) < kMostMilliseconds && grown < kMostKb;
  printf("%-22s %.3f ms (median of %d), resident +%ld kB%s: %s\n", name, Median(milliseconds), kRounds,
         static_cast<long>(grown), exact ? "" : " (sampled)", passed ? "PASSED" : "FAILED");
  return passed;
}

int Main(bool check) {
  if (std::string_view(SEEDANCE_SANITIZERS) != "") return printf("SKIPPED: built with sanitizers\n"), kSkipped;
  printf("goal: under %.0f ms and %ld kB for %ld MB\n", kMostMilliseconds, static_cast<long>(kMostKb),
         static_cast<long>(kFileBytes >> 20));
  testing::MediaSpec spec;
  spec.format = "mp4";
  spec.width = 1280;
  spec.height = 720;
  spec.seconds = 15;
  spec.size_bytes = kFileBytes;
  spec.layout = testing::MovieLayout::kLast;
  const std::string last = MakeMedia(spec);
  spec.layout = testing::MovieLayout::kFirst;
  const std::string first = MakeMedia(spec);

  bool passed = Measure("moov last, stream", last, false);
  passed = Measure("moov first, stream", first, false) && passed;
  passed = Measure("moov last, with skips", last, true) && passed;
  return passed || !check ? 0 : 1;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  const bool check = argc == 2 && std::string_view(argv[1]) == "--check";
  if (argc > 2 || (argc == 2 && !check)) return fprintf(stderr, "probe_media [--check]\n"), 2;
  return seedance::bench::Main(check);
}

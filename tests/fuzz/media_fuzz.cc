// Any bytes, to the prober of media files: see tests/fuzz/run.
#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "service/media/prober.h"
#include "service/model/media_rules.h"
#include "service/model/profile.h"

namespace seedance::media {
namespace {

using State = Findings::State;

// What a prober may hold at most.
constexpr size_t kMostHeld = 1 << 20;

#define REQUIRE(condition)                                                    \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                                \
    }                                                                         \
  } while (false)

bool Same(const Findings& a, const Findings& b) {
  return a.state == b.state && a.type == b.type && a.info == b.info && a.problem == b.problem;
}

void RequireSane(const Findings& findings) {
  const model::MediaInfo& info = findings.info;
  REQUIRE(info.width >= 0 && info.height >= 0);
  REQUIRE((info.width == 0) == (info.height == 0));
  REQUIRE(info.duration >= absl::ZeroDuration() && info.duration < absl::InfiniteDuration());
  REQUIRE(std::isfinite(info.frame_rate) && info.frame_rate >= 0);
  REQUIRE(info.size_bytes == 0 && info.sha256.empty());
  REQUIRE(info.container.size() < 16);
  REQUIRE(findings.problem.size() < 200);
  REQUIRE(findings.problem.empty() == (findings.state == State::kReading || findings.state == State::kKnown));
  if (findings.state == State::kKnown) REQUIRE(!info.container.empty());
  if (findings.state == State::kKnown) REQUIRE(findings.type != model::MediaType::kUnspecified);
  if (findings.state == State::kUnknownFormat) REQUIRE(info == model::MediaInfo());
}

// Pieces follow from the content, so that a corpus can be plain files.
class Pieces {
 public:
  explicit Pieces(std::string_view file) {
    for (const char byte : file) state_ = (state_ ^ static_cast<uint8_t>(byte)) * 1099511628211u;
  }
  // From 0 on, mostly small.
  size_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 40) % (size_t{1} << ((state_ >> 33) % 14));
  }

 private:
  uint64_t state_ = 14695981039346656037u;
};

Findings ProbeInPieces(std::string_view file, bool skips) {
  Pieces pieces(file);
  const size_t before = __sanitizer_get_current_allocated_bytes();
  const std::unique_ptr<Prober> prober = MakeProber();
  Findings decided;
  while (!file.empty()) {
    const bool was_done = prober->done();
    if (was_done) decided = prober->findings();
    const size_t skippable = static_cast<size_t>(std::min(prober->Skippable(), static_cast<int64_t>(file.size())));
    if (skips && skippable > 0) {
      const size_t skipped = std::min(skippable, pieces.Next() * 64 + 1);
      prober->Skip(static_cast<int64_t>(skipped));
      file.remove_prefix(skipped);
    } else {
      const std::string piece(file.substr(0, pieces.Next()));
      prober->Feed(piece);
      file.remove_prefix(piece.size());
    }
    RequireSane(prober->findings());
    REQUIRE(!was_done || (prober->done() && Same(decided, prober->findings())));
    REQUIRE(prober->done() == (prober->findings().state != State::kReading));
    REQUIRE(__sanitizer_get_current_allocated_bytes() < before + kMostHeld);
  }
  const bool was_done = prober->done();
  decided = prober->findings();
  prober->Finish();
  RequireSane(prober->findings());
  REQUIRE(prober->done() && prober->findings().state != State::kReading);
  REQUIRE(!was_done || Same(decided, prober->findings()) || prober->findings().state == State::kBroken);
  return prober->findings();
}

Findings ProbeWhole(std::string_view file) {
  const std::unique_ptr<Prober> prober = MakeProber();
  prober->Feed(file);
  prober->Finish();
  return prober->findings();
}

void CheckRules(const Findings& findings) {
  if (findings.state != State::kKnown) return;
  model::AssetProfile profile;
  for (model::MediaLimits* limits : {&profile.image, &profile.video, &profile.audio}) {
    limits->min_side = limits->max_side = 300;
    limits->min_ratio = limits->max_ratio = 1;
    limits->min_pixels = limits->max_pixels = 400'000;
    limits->min_duration = limits->max_duration = absl::Seconds(2);
    limits->min_frame_rate = limits->max_frame_rate = 24;
  }
  for (const base::FieldViolation& violation : CheckMedia("file", findings.type, findings.info, profile)) {
    REQUIRE(!violation.description.empty());
  }
}

}  // namespace
}  // namespace seedance::media

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seedance::media;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const Findings whole = ProbeWhole(file);
  REQUIRE(Same(whole, ProbeInPieces(file, false)));
  REQUIRE(Same(whole, ProbeInPieces(file, true)));
  CheckRules(whole);
  return 0;
}

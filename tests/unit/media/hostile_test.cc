#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "tests/testing/media_builder.h"
#include "tests/testing/media_writer.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

using ::seedance::testing::Big;
using ::seedance::testing::Box;
using ::seedance::testing::FullBox;
using ::seedance::testing::MakeMedia;
using ::seedance::testing::MediaSpec;
using ::seedance::testing::MovieLayout;
using ::seedance::testing::Zeros;

std::vector<std::string> Samples() {
  std::vector<std::string> files;
  for (const std::string format : {"png", "jpeg", "gif", "webp", "bmp", "tiff", "heic", "avif", "mp4", "mov", "wav"}) {
    MediaSpec spec;
    spec.format = format;
    spec.seconds = 0.1;
    spec.quarter_turns = 1;
    files.push_back(MakeMedia(spec));
  }
  for (const MovieLayout layout : {MovieLayout::kLast, MovieLayout::kFragmented}) {
    MediaSpec spec;
    spec.format = "mp4";
    spec.seconds = 2;
    spec.layout = layout;
    files.push_back(MakeMedia(spec));
  }
  for (const bool variable : {false, true}) {
    MediaSpec spec;
    spec.format = "mp3";
    spec.seconds = 0.2;
    spec.variable_rate = variable;
    files.push_back(MakeMedia(spec));
  }
  return files;
}

TEST(CutOffFiles, AreNeverTakenForWholeOnes) {
  for (const std::string format : {"png", "webp", "heic", "heif", "avif", "mp4", "mov"}) {
    MediaSpec spec;
    spec.format = format;
    for (const MovieLayout layout : {MovieLayout::kFirst, MovieLayout::kLast}) {
      spec.layout = layout;
      const std::string file = MakeMedia(spec);
      for (size_t size = 0; size < file.size(); ++size) {
        const Findings findings = ProbeIn(std::string_view(file).substr(0, size), {});
        EXPECT_TRUE(findings.state != Findings::State::kKnown)
            << format << " of " << size << " bytes: " << Text(findings);
        EXPECT_FALSE(findings.problem.empty()) << format << " of " << size << " bytes";
      }
    }
  }
}

TEST(CutOffFiles, AreTheSameInAnyPieces) {
  for (const std::string& file : Samples()) {
    for (size_t size = 0; size < file.size(); size += 1 + size / 40) Probe(std::string_view(file).substr(0, size));
  }
}

TEST(MutatedFiles, AreTheSameInAnyPieces) {
  std::mt19937 random(1);
  for (const std::string& file : Samples()) {
    for (int round = 0; round < 100; ++round) {
      std::string mutant = file.substr(0, 2000);
      for (uint32_t i = random() % 4 + 1; i > 0; --i) {
        constexpr unsigned char kLikely[] = {0, 1, 0x7f, 0x80, 0xff};
        const size_t at = random() % std::min<size_t>(mutant.size(), 600);
        mutant[at] = static_cast<char>(random() % 2 == 0 ? kLikely[random() % 5] : random());
      }
      Probe(mutant);
    }
  }
}

TEST(Prober, SkipsNoMoreThanItMay) {
  MediaSpec spec;
  spec.format = "mp4";
  spec.layout = MovieLayout::kLast;
  spec.size_bytes = 100'000;
  const std::string file = MakeMedia(spec);
  const std::unique_ptr<Prober> prober = MakeProber();
  EXPECT_EQ(prober->Skippable(), 0);
  prober->Skip(5);
  prober->Skip(-5);
  prober->Feed(std::string_view(file).substr(0, 300));
  const int64_t skippable = prober->Skippable();
  EXPECT_GT(skippable, 90'000);
  prober->Skip(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(prober->Skippable(), 0);
  prober->Feed(std::string_view(file).substr(300 + static_cast<size_t>(skippable)));
  EXPECT_TRUE(prober->done());
  EXPECT_EQ(Text(prober->findings()), "KNOWN video mp4 640 x 480 5s 24 fps");
}

TEST(Prober, TakesAnyCallsInAnyOrder) {
  const std::unique_ptr<Prober> prober = MakeProber();
  EXPECT_EQ(prober->findings().state, Findings::State::kReading);
  prober->Feed("");
  prober->Feed(MakeMedia({}));
  prober->Skip(std::numeric_limits<int64_t>::max());
  prober->Skip(std::numeric_limits<int64_t>::max());
  prober->Feed("more");
  prober->Finish();
  prober->Finish();
  prober->Feed("late");
  prober->Skip(100);
  EXPECT_EQ(Text(prober->findings()), "KNOWN image png 640 x 480");
  EXPECT_EQ(prober->Skippable(), std::numeric_limits<int64_t>::max());
}

TEST(Boxes, AreFollowedToABoundedDepthAndNumber) {
  const std::string type = Box("ftyp", "heic" + Zeros(4));
  // Known boxes are entered below their known parents only.
  std::string nested;
  for (int i = 0; i < 100; ++i) nested = Box("moov", nested);
  EXPECT_EQ(ProbeIn(nested, {}).state, Findings::State::kBroken);
  const std::unique_ptr<Prober> prober = MakeProber();
  prober->Feed(type);
  const std::string free = Box("free", "");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += free;
  for (int i = 0; i < 1001; ++i) prober->Feed(many);
  EXPECT_EQ(Text(prober->findings()), "BROKEN image heic: it has too many boxes");
}

TEST(Times, NeverOverflow) {
  const std::string type = Box("ftyp", "isom" + Zeros(4));
  const std::string huge = Big(~uint64_t{0} - 1, 8);
  for (const uint64_t scale : {uint64_t{1}, uint64_t{0xffffffff}}) {
    const std::string header = FullBox("mvhd", 1, 0, Zeros(16) + Big(scale, 4) + huge + Zeros(80));
    const std::string track_header = FullBox(
        "tkhd", 1, 7,
        Zeros(16) + Big(1, 4) + Zeros(4) + huge + Zeros(16) + Zeros(36) + Big(0xffffffff, 4) + Big(0xffffffff, 4));
    std::string rows;
    for (int i = 0; i < 5; ++i) rows += Big(0xffffffff, 4) + Big(0x7fffffff, 4);
    const std::string media = Box("mdia", FullBox("mdhd", 1, 0, Zeros(16) + Big(scale, 4) + huge + Zeros(4)) +
                                              FullBox("hdlr", 0, 0, Zeros(4) + "vide" + Zeros(13)) +
                                              Box("minf", Box("stbl", FullBox("stts", 0, 0, Big(5, 4) + rows))));
    const Findings findings = Probe(type + Box("mdat", "") + Box("moov", header + Box("trak", track_header + media)));
    EXPECT_EQ(findings.state, Findings::State::kKnown);
    EXPECT_GT(findings.info.duration, absl::Seconds(1'000'000'000));
    EXPECT_LT(findings.info.duration, absl::InfiniteDuration());
    EXPECT_GT(findings.info.frame_rate, 0);
  }
}

}  // namespace
}  // namespace seedance::media

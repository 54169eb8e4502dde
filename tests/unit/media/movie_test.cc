#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
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
using ::seedance::testing::Noise;
using ::seedance::testing::Zeros;

const std::string kType = Box("ftyp", "isom" + Zeros(4) + "isom");
const std::string kData = Box("mdat", "samples");

// A track of a movie with 1000 units a second; all parts may be replaced.
struct Parts {
  std::string handler = "vide";
  uint64_t id = 1;
  uint64_t shown_units = 5000;
  uint64_t width = 640;
  uint64_t height = 480;
  uint64_t coded_width = 640;
  uint64_t coded_height = 480;
  uint64_t timescale = 24'000;
  std::string times = Big(1, 4) + Big(120, 4) + Big(1000, 4);
};

std::string Track(const Parts& parts) {
  const std::string header = Zeros(8) + Big(parts.id, 4) + Zeros(4) + Big(parts.shown_units, 4) + Zeros(16) +
                             Big(0x10000, 4) + Zeros(12) + Big(0x10000, 4) + Zeros(12) + Big(0x40000000, 4) +
                             Big(parts.width << 16, 4) + Big(parts.height << 16, 4);
  const std::string description = Zeros(24) + Big(parts.coded_width, 2) + Big(parts.coded_height, 2) + Zeros(50);
  const std::string samples =
      FullBox("stsd", 0, 0, Big(1, 4) + Box("avc1", description)) + FullBox("stts", 0, 0, parts.times);
  // QuickTime has a second handler, which tells where the data are.
  const std::string media = FullBox("mdhd", 0, 0, Zeros(8) + Big(parts.timescale, 4) + Big(120'000, 4) + Zeros(4)) +
                            FullBox("hdlr", 0, 0, "mhlr" + parts.handler + Zeros(13)) +
                            Box("minf", FullBox("hdlr", 0, 0, "dhlralis" + Zeros(13)) + Box("stbl", samples));
  return Box("trak", FullBox("tkhd", 0, 7, header) + Box("mdia", media));
}

std::string MovieHeader(uint64_t units) {
  return FullBox("mvhd", 0, 0, Zeros(8) + Big(1000, 4) + Big(units, 4) + Zeros(80));
}
// With its samples in front.
std::string Movie(const std::string& tracks) { return kData + Box("moov", MovieHeader(5000) + tracks); }

TEST(Movie, ShowsItsVideoTrackWhicheverItIs) {
  Parts sound;
  sound.handler = "soun";
  sound.shown_units = 9000;
  Parts timecode;
  timecode.handler = "tmcd";
  EXPECT_EQ(Text(Probe(kType + Movie(Track(sound) + Track(timecode) + Track({})))),
            "KNOWN video mp4 640 x 480 5s 24 fps");
}

TEST(Movie, HasTheSizeOfItsFramesNotOfTheirShape) {
  Parts wide;
  wide.width = 1024;
  wide.coded_width = 720;
  wide.coded_height = 576;
  EXPECT_EQ(Text(Probe(kType + Movie(Track(wide)))), "KNOWN video mp4 720 x 576 5s 24 fps");
  wide.coded_width = 0;
  EXPECT_EQ(Text(Probe(kType + Movie(Track(wide)))), "KNOWN video mp4 1024 x 480 5s 24 fps");
  wide.width = 0;
  EXPECT_EQ(Text(Probe(kType + Movie(Track(wide)))), "BROKEN video mp4: its video track has no size");
}

TEST(Movie, CountsSamplesOverManyRows) {
  Parts parts;
  parts.times = Big(2000, 4);
  for (int i = 0; i < 2000; ++i) parts.times += Big(1, 4) + Big(400, 4);
  EXPECT_EQ(Text(Probe(kType + Movie(Track(parts)))), "KNOWN video mp4 640 x 480 5s 60 fps");
}

TEST(Movie, HasTheFrameRateOfItsFramesBetweenTheFirstAndTheLast) {
  // Writers make those longer, for sound that begins earlier or ends later.
  Parts parts;
  parts.times = Big(3, 4) + Big(1, 4) + Big(1700, 4) + Big(118, 4) + Big(1000, 4) + Big(1, 4) + Big(5000, 4);
  EXPECT_EQ(Text(Probe(kType + Movie(Track(parts)))), "KNOWN video mp4 640 x 480 5s 24 fps");
  parts.times = Big(1, 4) + Big(2, 4) + Big(2000, 4);
  EXPECT_EQ(Text(Probe(kType + Movie(Track(parts)))), "KNOWN video mp4 640 x 480 5s 12 fps") << "of two alone";
}

TEST(Movie, TakesDurationFromWhereverItIsTold) {
  Parts parts;
  parts.shown_units = 0xffffffff;
  EXPECT_EQ(Text(Probe(kType + Movie(Track(parts)))), "KNOWN video mp4 640 x 480 5s 24 fps") << "all ones: not told";
  parts.shown_units = 0;
  parts.timescale = 0;
  EXPECT_EQ(Text(Probe(kType + Movie(Track(parts)))), "BROKEN video mp4 640 x 480: its video track has no duration");
}

TEST(Movie, WithoutVideoIsSound) {
  Parts sound;
  sound.handler = "soun";
  EXPECT_EQ(Text(Probe(kType + Movie(Track(sound)))), "KNOWN audio m4a 5s");
  sound.handler = "text";
  EXPECT_EQ(Text(Probe(kType + Movie(Track(sound)))), "BROKEN video mp4: it has no video track");
  EXPECT_EQ(Text(Probe(kType + Box("mdat", "x"))), "BROKEN video mp4: it has no box `moov`");
}

TEST(Movie, WithoutATypeIsQuickTime) {
  EXPECT_EQ(Text(Probe(Box("wide", "") + Box("mdat", Noise(999, 1)) + Movie(Track({})))),
            "KNOWN video mov 640 x 480 5s 24 fps");
  EXPECT_EQ(Text(Probe(Box("free", "") + kType + Movie(Track({})))), "KNOWN video mp4 640 x 480 5s 24 fps");
}

TEST(Movie, HasSizesOf64BitsAndToTheEnd) {
  const std::string wide = Big(1, 4) + "mdat" + Big(16 + 1000, 8) + Noise(1000, 1);
  EXPECT_EQ(Text(Probe(kType + wide + Movie(Track({})))), "KNOWN video mp4 640 x 480 5s 24 fps");
  const std::string rest = Big(0, 4) + "mdat" + Noise(1000, 1);
  EXPECT_EQ(Text(Probe(kType + Movie(Track({})) + rest)), "KNOWN video mp4 640 x 480 5s 24 fps");
  EXPECT_EQ(Text(Probe(kType + rest)), "BROKEN video mp4: it has no box `moov`");
  const std::string movie = Box("moov", MovieHeader(5000) + Track({}));
  EXPECT_EQ(Text(Probe(kType + kData + Big(0, 4) + movie.substr(4))), "KNOWN video mp4 640 x 480 5s 24 fps");
}

TEST(Movie, MayEndListsWithZeros) {
  const std::string movie = Movie(Track({}) + Box("udta", Zeros(4)) + Zeros(4));
  EXPECT_EQ(Text(Probe(kType + movie)), "KNOWN video mp4 640 x 480 5s 24 fps");
}

TEST(Movie, HasTimesOf64Bits) {
  const std::string movie_header = FullBox("mvhd", 1, 0, Zeros(16) + Big(1000, 4) + Big(5000, 8) + Zeros(80));
  const std::string track_header = FullBox("tkhd", 1, 7,
                                           Zeros(16) + Big(1, 4) + Zeros(4) + Big(5000, 8) + Zeros(16) + Zeros(4) +
                                               Big(0x10000, 4) + Zeros(4) + Big(0xffff0000, 4) + Zeros(12) +
                                               Big(0x40000000, 4) + Zeros(4) + Big(640 << 16, 4) + Big(480 << 16, 4));
  const std::string media_header = FullBox("mdhd", 1, 0, Zeros(16) + Big(24'000, 4) + Big(120'000, 8) + Zeros(4));
  const std::string times = FullBox("stts", 0, 0, Parts().times);
  const std::string media = Box(
      "mdia", media_header + FullBox("hdlr", 0, 0, Zeros(4) + "vide" + Zeros(13)) + Box("minf", Box("stbl", times)));
  EXPECT_EQ(Text(Probe(kType + kData + Box("moov", movie_header + Box("trak", track_header + media)))),
            "KNOWN video mp4 480 x 640 5s 24 fps");
}

std::string Fragment(uint32_t header_flags, const std::string& header, uint32_t run_flags, const std::string& run) {
  return Box("moof",
             Box("traf", FullBox("tfhd", 0, header_flags, Big(1, 4) + header) + FullBox("trun", 0, run_flags, run))) +
         Box("mdat", "samples");
}

std::string FragmentedMovie(const std::string& extends) {
  Parts parts;
  parts.shown_units = 0;
  parts.times = Zeros(4);
  return kType + Box("moov", MovieHeader(0) + Track(parts) + Box("mvex", extends));
}
std::string Defaults(uint64_t sample_units) {
  return FullBox("trex", 0, 0, Big(1, 4) + Big(1, 4) + Big(sample_units, 4) + Zeros(8));
}

TEST(FragmentedMovie, CountsTheSamplesOfItsFragments) {
  const std::string begin = FragmentedMovie(Defaults(1000));
  // Lengths from the movie, from the fragment, and of each sample.
  const std::string one = Fragment(0, "", 0, Big(48, 4));
  const std::string two = Fragment(8 | 1 | 2, Zeros(8) + Zeros(4) + Big(500, 4), 1, Big(96, 4) + Zeros(4));
  std::string rows;
  for (int i = 0; i < 1000; ++i) rows += Big(24, 4) + Big(999, 4) + Big(888, 4);
  const std::string three = Fragment(0, "", 0x100 | 0x200 | 0x800 | 1 | 4, Big(1000, 4) + Zeros(8) + rows);
  EXPECT_EQ(Text(Probe(begin + one)), "KNOWN video mp4 640 x 480 2s 24 fps");
  EXPECT_EQ(Text(Probe(begin + one + one)), "KNOWN video mp4 640 x 480 4s 24 fps");
  EXPECT_EQ(Text(Probe(begin + two)), "KNOWN video mp4 640 x 480 2s 48 fps");
  EXPECT_EQ(Text(Probe(begin + three)), "KNOWN video mp4 640 x 480 1s 1000 fps");
}

TEST(FragmentedMovie, LeavesTheSamplesOfOtherTracksOut) {
  const std::string sound = Box("traf", FullBox("tfhd", 0, 0, Big(2, 4)) + FullBox("trun", 0, 0, Big(9999, 4)));
  const std::string file = FragmentedMovie(Defaults(1000)) + Box("moof", sound) + Fragment(0, "", 0, Big(48, 4));
  EXPECT_EQ(Text(Probe(file)), "KNOWN video mp4 640 x 480 2s 24 fps");
}

TEST(FragmentedMovie, FallsBackOnItsIndexAndItsDeclaredLength) {
  const std::string index = FullBox("sidx", 0, 0,
                                    Big(1, 4) + Big(100, 4) + Zeros(8) + Zeros(2) + Big(2, 2) + Big(10, 4) +
                                        Big(250, 4) + Zeros(4) + Big(20, 4) + Big(350, 4) + Zeros(4));
  const std::string begin = FragmentedMovie(FullBox("mehd", 0, 0, Big(7000, 4)));
  EXPECT_EQ(Text(Probe(begin + kData)), "KNOWN video mp4 640 x 480 7s");
  EXPECT_EQ(Text(Probe(begin + index + Box("mdat", Noise(22, 1)))), "KNOWN video mp4 640 x 480 6s");
  EXPECT_EQ(Text(Probe(begin + index + Box("mdat", Noise(21, 1)))),
            "BROKEN video mp4 640 x 480 6s: it is truncated: it ends after 585 bytes, but its headers claim 1 more");
  EXPECT_EQ(Text(Probe(FragmentedMovie("") + kData)), "BROKEN video mp4 640 x 480: its video track has no duration");
}

TEST(FragmentedMovie, IsDecidedAtItsEndOnly) {
  MediaSpec spec;
  spec.format = "mp4";
  spec.layout = MovieLayout::kFragmented;
  const std::unique_ptr<Prober> prober = MakeProber();
  prober->Feed(MakeMedia(spec));
  EXPECT_FALSE(prober->done());
  prober->Finish();
  EXPECT_EQ(Text(prober->findings()), "KNOWN video mp4 640 x 480 5s 24 fps");
}

TEST(Movie, WithItsHeadersFirstIsDecidedBeforeItsSamples) {
  MediaSpec spec;
  spec.format = "mp4";
  spec.size_bytes = 100'000;
  const std::string file = MakeMedia(spec);
  const std::unique_ptr<Prober> prober = MakeProber();
  prober->Feed(std::string_view(file).substr(0, 2000));
  EXPECT_TRUE(prober->done());
  EXPECT_EQ(Text(prober->findings()), "KNOWN video mp4 640 x 480 5s 24 fps");
  EXPECT_EQ(prober->Skippable(), 98'000);
  prober->Finish();
  EXPECT_EQ(Text(prober->findings()),
            "BROKEN video mp4 640 x 480 5s 24 fps: it is truncated: it ends after 2000 bytes, but its headers claim "
            "98000 more");
}

TEST(Movie, MayHaveAnythingBehindItsBoxes) {
  const std::string movie = kType + Movie(Track({}));
  for (const std::string& behind : {Zeros(3), Big(5, 4) + "oops, and so on", Big(9, 4) + "moov" + Zeros(1)}) {
    EXPECT_EQ(Text(Probe(movie + behind)), "KNOWN video mp4 640 x 480 5s 24 fps");
  }
}

TEST(Movie, IsCutOffWithoutSamples) {
  EXPECT_EQ(Text(Probe(kType + Box("moov", MovieHeader(5000) + Track({})))),
            "BROKEN video mp4 640 x 480 5s 24 fps: it ends before its samples");
  const std::string fragment = Fragment(0, "", 0, Big(48, 4));
  EXPECT_EQ(Text(Probe(FragmentedMovie(Defaults(1000)) + fragment + fragment.substr(0, fragment.size() - 15))),
            "BROKEN video mp4 640 x 480 4s 24 fps: it ends before its samples");
}

TEST(Movie, IsBrokenWhenBoxesDoNotFit) {
  EXPECT_EQ(Text(Probe(kType + Big(7, 4) + "moov")), "BROKEN video mp4: its box `moov` claims 7 bytes");
  EXPECT_EQ(Text(Probe(kType + Big(1, 4) + "mdat" + Big(15, 8))), "BROKEN video mp4: its box `mdat` claims 15 bytes");
  EXPECT_EQ(Text(Probe(kType + Big(1, 4) + "mdat" + Big(~uint64_t{0}, 8))),
            "BROKEN video mp4: its box `mdat` claims 18446744073709551615 bytes");
  EXPECT_EQ(Text(Probe(kType + Box("moov", Big(100, 4) + "trak" + Zeros(4)))),
            "BROKEN video mp4: its box `trak` claims 100 bytes");
  EXPECT_EQ(Text(Probe(kType + Box("moov", FullBox("mvhd", 0, 0, "short")))),
            "BROKEN video mp4: its box `mvhd` is too short");
  Parts parts;
  parts.times = Big(0x7fffffff, 4) + Big(1, 4) + Big(1, 4);
  EXPECT_EQ(Text(Probe(kType + Movie(Track(parts)))), "BROKEN video mp4: its box `stts` is too short");
  EXPECT_EQ(Text(Probe(kType + Box("moov", std::string("\0\0\0\x04", 4) + "\x01\x02\x03\x04"))),
            "BROKEN video mp4: its box `....` claims 4 bytes");
}

TEST(FragmentedMovie, IsBrokenWhenARunIsLargerThanItsBox) {
  const std::string begin = FragmentedMovie(Defaults(1000));
  for (const uint32_t flags : {0x100u, 0x200u}) {
    EXPECT_EQ(Text(Probe(begin + Fragment(0, "", flags, Big(0xffffffff, 4) + Zeros(40)))),
              "BROKEN video mp4 640 x 480: its box `trun` is too short");
  }
}

}  // namespace
}  // namespace seedance::media

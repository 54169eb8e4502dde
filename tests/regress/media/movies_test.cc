// Kinds of MP4 and QuickTime files, made here, beside the samples of files_test.cc.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

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
using namespace std::string_literals;

const std::string kRight = "KNOWN video mp4 640 x 480 5s 24 fps";

std::string Built(MovieLayout layout) {
  MediaSpec spec;
  spec.format = "mp4";
  spec.layout = layout;
  return MakeMedia(spec);
}

TEST(Movies, MayHaveATrailerOfAnyKind) {
  const std::vector<std::string> trailers = {
      "TAG" + Zeros(125),
      "\0\0\x30\x0a\x10\0\0\0"s + Noise(40, 1) + "SEFT",
      Noise(5000, 2),
      "Dashcam 2026-11-28 12:00:00 speed=42\n",
      Zeros(1),
      Zeros(9),
      Zeros(5000),
      Big(1, 4) + "abc",
      Big(1, 4) + "abcd" + Zeros(3),
      Big(1, 4) + "abcd" + std::string(8, '\xff'),
      Big(5, 4) + "oops",
      Big(0, 4) + "oops",
      std::string(64, '\xff'),
      Box("free", Zeros(20)) + "tail",
      Box("uuid", Zeros(40)).substr(0, 30),
      Box("cam ", Noise(50, 1)) + Big(7, 4) + "rest",
  };
  for (const MovieLayout layout : {MovieLayout::kFirst, MovieLayout::kLast, MovieLayout::kFragmented}) {
    for (const std::string& trailer : trailers) {
      EXPECT_EQ(Text(Probe(Built(layout) + trailer)), kRight) << trailer.size() << " bytes behind";
    }
  }
}

TEST(Movies, AreCutOffInTheirSamplesHoweverLittleIsMissing) {
  for (const MovieLayout layout : {MovieLayout::kFirst, MovieLayout::kLast, MovieLayout::kFragmented}) {
    const std::string file = Built(layout);
    for (size_t missing = 1; missing <= 32; ++missing) {
      EXPECT_EQ(ProbeIn(std::string_view(file).substr(0, file.size() - missing), {}).state, Findings::State::kBroken);
    }
  }
  const std::string more = Built(MovieLayout::kFirst) + Box("mdat", Noise(100, 1));
  EXPECT_EQ(ProbeIn(more, {}).state, Findings::State::kKnown);
  EXPECT_EQ(ProbeIn(more.substr(0, more.size() - 1), {}).state, Findings::State::kBroken) << "samples in two boxes";
}

// A movie of one track whose parts say different lengths, in units of 1/1000 s; 0: not at all.
struct Lengths {
  uint64_t header = 5000;
  uint64_t media = 5000;
  uint64_t samples = 5000;
  std::string edits = {};  // Rows.
  uint64_t edit_rows = 0;
  int edit_version = 0;
  uint32_t flags = 7;
  uint64_t width = 640;
};

std::string Edit(uint64_t units, int64_t from) {
  return Big(units, 4) + Big(static_cast<uint32_t>(from), 4) + Big(0x10000, 4);
}

std::string TrackOf(const Lengths& lengths) {
  const std::string header = Zeros(8) + Big(1, 4) + Zeros(4) + Big(lengths.header, 4) + Zeros(16) + Big(0x10000, 4) +
                             Zeros(12) + Big(0x10000, 4) + Zeros(12) + Big(0x40000000, 4) +
                             Big(lengths.width << 16, 4) + Big(480 << 16, 4);
  const std::string description = Zeros(24) + Big(lengths.width, 2) + Big(480, 2) + Zeros(50);
  const std::string times = Big(1, 4) + Big(lengths.samples / 40, 4) + Big(40, 4);
  const std::string media = FullBox("mdhd", 0, 0, Zeros(8) + Big(1000, 4) + Big(lengths.media, 4) + Zeros(4)) +
                            FullBox("hdlr", 0, 0, Zeros(4) + "vide" + Zeros(13)) +
                            Box("minf", Box("stbl", FullBox("stsd", 0, 0, Big(1, 4) + Box("avc1", description)) +
                                                        FullBox("stts", 0, 0, times)));
  const std::string edits =
      lengths.edit_rows == 0
          ? ""
          : Box("edts", FullBox("elst", lengths.edit_version, 0, Big(lengths.edit_rows, 4) + lengths.edits));
  return Box("trak", FullBox("tkhd", 0, lengths.flags, header) + edits + Box("mdia", media));
}

std::string MovieOf(const std::string& tracks, const std::string& major = "isom", const std::string& extends = "") {
  const std::string header = FullBox("mvhd", 0, 0, Zeros(8) + Big(1000, 4) + Big(9999, 4) + Zeros(80));
  return Box("ftyp", major + Zeros(4) + "isom") + Box("mdat", "samples") + Box("moov", header + tracks + extends);
}

std::string SecondsOf(const Lengths& lengths) {
  return absl::FormatDuration(Probe(MovieOf(TrackOf(lengths))).info.duration);
}

TEST(Durations, ComeFromEditsThenFromTheMediaThenFromTheHeader) {
  Lengths lengths;
  lengths.header = 41;
  EXPECT_EQ(SecondsOf(lengths), "5s") << "not from the header";
  lengths.edit_rows = 1;
  lengths.edits = Edit(3000, 0);
  EXPECT_EQ(SecondsOf(lengths), "3s") << "trimmed";
  lengths.edit_rows = 3;
  lengths.edits = Edit(700, -1) + Edit(1000, 0) + Edit(2000, 3000);
  EXPECT_EQ(SecondsOf(lengths), "3s") << "an empty edit shows nothing";
  lengths.edit_rows = 1;
  lengths.edits = Edit(60'000, 0);
  EXPECT_EQ(SecondsOf(lengths), "5s") << "no more than there is";
  lengths.edits = Edit(0, 0);
  EXPECT_EQ(SecondsOf(lengths), "5s") << "an edit of no length is one of all";
  lengths.edit_version = 1;
  lengths.edits = Big(3000, 8) + Big(0, 8) + Big(0x10000, 4);
  EXPECT_EQ(SecondsOf(lengths), "3s");
  lengths.edit_rows = 0xffffffff;
  EXPECT_EQ(SecondsOf(lengths), "3s") << "no more rows than fit";
}

TEST(Durations, OfTheMediaAreConfirmedByTheHeader) {
  EXPECT_EQ(SecondsOf({5000, 0, 5000}), "5s");
  EXPECT_EQ(SecondsOf({5000, 5000, 0}), "5s");
  EXPECT_EQ(SecondsOf({5000, 41, 5000}), "5s") << "samples and header agree";
  EXPECT_EQ(SecondsOf({5000, 5000, 40}), "5s") << "media header and header agree";
  EXPECT_EQ(SecondsOf({41, 5000, 5000}), "5s");
  EXPECT_EQ(SecondsOf({5000, 0, 0}), "5s");
}

TEST(Tracks, ThatAreNotEnabledAreNoPictureButWhenThereIsNoOther) {
  Lengths hidden;
  hidden.flags = 2;
  hidden.width = 320;
  const std::string shown = TrackOf({});
  const std::string right = "KNOWN video mp4 640 x 480 5s 25 fps";
  EXPECT_EQ(Text(Probe(MovieOf(TrackOf(hidden) + shown))), right);
  EXPECT_EQ(Text(Probe(MovieOf(shown + TrackOf(hidden)))), right);
  EXPECT_EQ(Text(Probe(MovieOf(TrackOf(hidden)))), "KNOWN video mp4 320 x 480 5s 25 fps");
  // The pictures of chapters in a book that is read.
  EXPECT_EQ(Text(Probe(MovieOf(TrackOf(hidden), "M4B "))), "KNOWN audio m4a 9.999s");
}

TEST(Brands, OfSoundMayHaveAPicture) {
  for (const std::string brand : {"M4A ", "M4B ", "M4P ", "F4A ", "F4B "}) {
    EXPECT_EQ(Text(Probe(MovieOf(TrackOf({}), brand))), "KNOWN video mp4 640 x 480 5s 25 fps") << brand;
    const std::string file = MovieOf(TrackOf({}), brand);
    EXPECT_NE(ProbeIn(file.substr(0, 30), {}).info.container, "mp4");
  }
}

TEST(Fragments, ThatAreEmptyNeedNoSamples) {
  const std::string header = FullBox("mfhd", 0, 0, Big(1, 4));
  const std::string track = FullBox("tfhd", 0, 0x10000, Big(1, 4));
  const std::string extends = Box("mvex", FullBox("trex", 0, 0, Big(1, 4) + Big(1, 4) + Big(40, 4) + Zeros(8)));
  for (const std::string& content :
       {""s, header, header + Box("traf", ""), header + Box("traf", track),
        header + Box("traf", track + FullBox("trun", 0, 0, Big(0, 4))), header + Box("free", Zeros(9))}) {
    for (const std::string& more : {""s, extends}) {
      const std::string movie = MovieOf(TrackOf({}), "isom", more);
      EXPECT_EQ(Text(Probe(movie + Box("moof", content))), "KNOWN video mp4 640 x 480 5s 25 fps");
      EXPECT_EQ(Text(Probe(movie + Box("moof", content) + Box("moof", content))),
                "KNOWN video mp4 640 x 480 5s 25 fps");
      EXPECT_EQ(Text(Probe(Box("moof", content) + movie)), "KNOWN video mp4 640 x 480 5s 25 fps");
    }
  }
}

TEST(Movies, MayBeginWithAnyBox) {
  MediaSpec spec;
  spec.format = "mov";
  const std::string typed = MakeMedia(spec);
  const std::string bare = typed.substr(8 + 12);
  for (const std::string first :
       {"udta", "PICT", "pict", "uuid", "emsg", "free", "skip", "wide", "pnot", "junk", "meta"}) {
    EXPECT_EQ(Text(Probe(Box(first, Zeros(16)) + bare)), "KNOWN video mov 640 x 480 5s 24 fps") << first;
    EXPECT_EQ(Text(Probe(Box(first, Zeros(16)) + typed)), "KNOWN video mov 640 x 480 5s 24 fps") << first;
    EXPECT_EQ(Text(Probe(Box(first, Zeros(16)) + Built(MovieLayout::kFragmented))), kRight) << first;
  }
  EXPECT_EQ(Probe("textuuid and more text").state, Findings::State::kUnknownFormat);
}

}  // namespace
}  // namespace seedance::media

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/testing/media_pictures.h"
#include "tests/testing/media_writer.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

using ::seedance::testing::Big;
using ::seedance::testing::Little;
using ::seedance::testing::MakeMedia;
using ::seedance::testing::MakeTiff;
using ::seedance::testing::MediaSpec;
using ::seedance::testing::Noise;
using ::seedance::testing::Zeros;
using namespace std::string_literals;

std::string Segment(char marker, const std::string& content) {
  return "\xff"s + marker + Big(content.size() + 2, 2) + content;
}
std::string Frame(char marker, uint64_t width, uint64_t height) {
  return Segment(marker, "\x08"s + Big(height, 2) + Big(width, 2) + "\x01\x01\x11\0"s);
}
const std::string kScan = Segment('\xda', "\x01\x01\0\0\x3f\0"s) + "picture\xff\xd9";

TEST(Jpeg, HasItsSizeBehindSegmentsOfAnyLength) {
  std::string file = "\xff\xd8";
  // As of a picture with a colour profile and a thumbnail of 200 KB.
  for (int i = 0; i < 4; ++i) file += Segment('\xe2', Noise(65533, 7));
  file += "\xff\xff\xff"s + Segment('\xfe', "a comment, after some fill bytes").substr(1);
  EXPECT_EQ(Text(Probe(file + Frame('\xc2', 1200, 800) + kScan)), "KNOWN image jpeg 1200 x 800");
}

TEST(Jpeg, KnowsEveryKindOfFrame) {
  for (int marker = 0xc0; marker <= 0xcf; ++marker) {
    const std::string file = "\xff\xd8"s + Frame(static_cast<char>(marker), 20, 10) + kScan;
    const bool frame = marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    EXPECT_EQ(Text(Probe(file)),
              frame ? "KNOWN image jpeg 20 x 10" : "BROKEN image jpeg: it has no frame header before its picture")
        << marker;
  }
}

TEST(Jpeg, TakesOrientationFromExifOfBothByteOrders) {
  for (const bool big : {false, true}) {
    MediaSpec turned;
    turned.quarter_turns = 1;
    const std::string exif = "Exif\0\0"s + MakeTiff(turned, Noise(300, 1), big, false);
    const std::string begin = "\xff\xd8"s + Segment('\xe1', "http://ns.adobe.com/xap/1.0/\0<x/>"s);
    const std::string frame = Frame('\xc0', 1200, 800);
    EXPECT_EQ(Text(Probe(begin + Segment('\xe1', exif) + frame + kScan)), "KNOWN image jpeg 800 x 1200");
    EXPECT_EQ(Text(Probe(begin + frame + Segment('\xe1', exif) + kScan)), "KNOWN image jpeg 800 x 1200");
  }
}

TEST(Jpeg, IgnoresExifThatMakesNoSense) {
  for (const std::string& tiff : {""s, "II"s, "XX*\0\x08\0\0\0"s, "II*\0\xff\xff\xff\xff"s, "II*\0\x08\0\0\0\xff\xff"s,
                                  "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0"s}) {
    const std::string file = "\xff\xd8"s + Segment('\xe1', "Exif\0\0"s + tiff) + Frame('\xc0', 1200, 800) + kScan;
    EXPECT_EQ(Text(Probe(file)), "KNOWN image jpeg 1200 x 800");
  }
}

TEST(Jpeg, IsBrokenWithoutASize) {
  EXPECT_EQ(Text(Probe("\xff\xd8"s + Frame('\xc0', 0, 10) + kScan)),
            "BROKEN image jpeg: its picture claims 0 x 10 pixels");
  EXPECT_EQ(Text(Probe("\xff\xd8\xff\xd9")), "BROKEN image jpeg: it has no frame header before its picture");
  EXPECT_EQ(Text(Probe("\xff\xd8\xff\xe0\0\x01"s)), "BROKEN image jpeg: one of its segments has no length");
  EXPECT_EQ(Text(Probe("\xff\xd8"s + Segment('\xc0', "\x08\0\x01"s))),
            "BROKEN image jpeg: its frame header is too short");
}

TEST(Jpeg, IsCutOffBeforeItsScan) {
  const std::string file = "\xff\xd8"s + Segment('\xe0', Noise(100, 1)) + Frame('\xc0', 20, 10) + kScan;
  EXPECT_EQ(Text(Probe(file.substr(0, 50))),
            "BROKEN image jpeg: it is truncated: it ends after 50 bytes, but its headers claim 57 more");
  for (size_t size = file.size() - kScan.size(); size <= file.size() - 9; ++size) {
    const Findings findings = Probe(file.substr(0, size));
    EXPECT_EQ(findings.state, Findings::State::kBroken) << "a size, but no picture";
  }
}

TEST(Png, BeginsWithItsHeader) {
  EXPECT_EQ(Text(Probe("\x89PNG\r\n\x1a\n\0\0\0\x0dIDAT"s + Zeros(40))),
            "BROKEN image png: its first chunk is not IHDR");
  EXPECT_EQ(Text(Probe("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\x80\0\0\0\0\0\0\x01"s + Zeros(40))),
            "BROKEN image png: its picture claims 2147483648 x 1 pixels");
}

TEST(Png, MayHaveBytesBehindItsEnd) {
  EXPECT_EQ(Text(Probe(MakeMedia({}) + "x")), "KNOWN image png 640 x 480");
  EXPECT_EQ(Text(Probe(MakeMedia({}) + Noise(5000, 3))), "KNOWN image png 640 x 480");
}

TEST(Gif, WithoutAScreenIsAsLargeAsItsFirstPicture) {
  const std::string image = ",\0\0\0\0\x20\0\x10\0\0\x02\x01x\0"s;
  EXPECT_EQ(Text(Probe("GIF87a\0\0\0\0\0\0\0"s + image + ";")), "KNOWN image gif 32 x 16");
  EXPECT_EQ(Text(Probe("GIF89a\x40\0\x30\0\0\0\0"s + "!\xf9\x04\0\0\0\0\0"s + image)), "KNOWN image gif 64 x 48");
  EXPECT_EQ(Text(Probe("GIF89a\x40\0\x30\0\0\0\0;"s)), "BROKEN image gif: it has no picture");
  EXPECT_EQ(Text(Probe("GIF89a\x40\0\x30\0\x87\0\0\xff"s)).substr(0, 19), "BROKEN image gif: i") << "colours missing";
}

TEST(Webp, HasThreeKindsOfPictures) {
  const auto webp = [](const std::string& chunk) { return "RIFF" + Little(4 + chunk.size(), 4) + "WEBP" + chunk; };
  // 14 bits of width - 1, then of height - 1.
  EXPECT_EQ(Text(Probe(webp("VP8L\x0c\0\0\0\x2f"s + Little(599u | 399u << 14 | 1u << 28, 4) + Zeros(7)))),
            "KNOWN image webp 600 x 400");
  EXPECT_EQ(Text(Probe(webp("VP8X\x0a\0\0\0\x02\0\0\0"s + Little(19999, 3) + Little(399, 3) + "ANIM\0\0\0\0"s))),
            "KNOWN image webp 20000 x 400");
  // The two upper bits tell how to scale.
  EXPECT_EQ(Text(Probe(webp("VP8 \x0c\0\0\0\x30\x01\0\x9d\x01\x2a\x58\x42\x90\xc1\0\0"s))),
            "KNOWN image webp 600 x 400");
  EXPECT_EQ(Text(Probe(webp("VP8 \x0c\0\0\0\x31\x01\0\0\0\0\x58\x02\x90\x01\0\0"s))),
            "BROKEN image webp: its picture does not begin with a key frame");
  EXPECT_EQ(Text(Probe(webp("ALPH\x0c\0\0\0"s + Zeros(12)))), "BROKEN image webp: its first chunk is not a picture");
}

std::string Bmp(const std::string& dib, size_t pixels) {
  return "BM" + Little(14 + dib.size() + pixels, 4) + Zeros(4) + Little(14 + dib.size(), 4) + dib +
         std::string(pixels, 'x');
}

TEST(Bmp, HasHeadersOfManySizes) {
  for (const size_t size : {40u, 52u, 56u, 64u, 108u, 124u}) {
    const std::string dib = Little(size, 4) + Little(31, 4) + Little(7, 4) + Little(1, 2) + Little(24, 2);
    EXPECT_EQ(Text(Probe(Bmp(dib + Zeros(size - dib.size()), 96 * 7))), "KNOWN image bmp 31 x 7") << size;
  }
  EXPECT_EQ(Text(Probe(Bmp(Little(12, 4) + Little(31, 2) + Little(7, 2) + Little(1, 2) + Little(24, 2), 96 * 7))),
            "KNOWN image bmp 31 x 7");
  EXPECT_EQ(Text(Probe(Bmp(Little(16, 4) + Little(31, 4) + Little(7, 4) + Little(1, 2) + Little(1, 2), 4 * 7))),
            "KNOWN image bmp 31 x 7");
}

TEST(Bmp, MayStandUpsideDown) {
  const std::string dib =
      Little(40, 4) + Little(31, 4) + Little(static_cast<uint32_t>(-7), 4) + Little(1, 2) + Little(24, 2) + Zeros(24);
  EXPECT_EQ(Text(Probe(Bmp(dib, 96 * 7))), "KNOWN image bmp 31 x 7");
}

TEST(Bmp, HasAllOfItsPixels) {
  const std::string dib = Little(40, 4) + Little(31, 4) + Little(7, 4) + Little(1, 2) + Little(24, 2) + Zeros(24);
  EXPECT_EQ(Text(Probe(Bmp(dib, 96 * 7 - 1))),
            "BROKEN image bmp 31 x 7: it is truncated: it ends after 725 bytes, but its headers claim 1 more");
  const std::string huge =
      Little(40, 4) + Little(0x7fffffff, 4) + Little(0x80000001, 4) + Little(1, 2) + Little(0xffff, 2) + Zeros(24);
  EXPECT_EQ(Probe(Bmp(huge, 10)).state, Findings::State::kBroken);
  const std::string negative = Little(40, 4) + Little(0xffffffff, 4) + Little(7, 4) + Zeros(28);
  EXPECT_EQ(Text(Probe(Bmp(negative, 10))), "BROKEN image bmp: its picture claims -1 x 7 pixels");
}

TEST(Tiff, HasItsDirectoryAnywhereInBothByteOrdersAndWidths) {
  for (const bool big : {false, true}) {
    for (const bool wide : {false, true}) {
      for (const size_t noise : {0u, 1u, 999u, 70'000u}) {
        MediaSpec spec;
        spec.quarter_turns = 3;
        EXPECT_EQ(Text(Probe(MakeTiff(spec, Noise(noise, 1), big, wide))), "KNOWN image tiff 480 x 640")
            << big << wide << noise;
      }
    }
  }
}

TEST(Tiff, HasShortNumbersToo) {
  const std::string file = "II*\0\x08\0\0\0"s + "\x02\0"s + "\0\x01\x03\0\x01\0\0\0\x0a\0\xff\xff"s +
                           "\x01\x01\x03\0\x01\0\0\0\x14\0\xff\xff"s + Zeros(4);
  EXPECT_EQ(Text(Probe(file)), "KNOWN image tiff 10 x 20");
}

// Width, height and places of the strips, which stand behind the directory.
std::string StripedTiff(const std::vector<uint32_t>& offsets) {
  const auto row = [](uint64_t tag, uint64_t count, uint64_t value) {
    return Little(tag, 2) + Little(4, 2) + Little(count, 4) + Little(value, 4);
  };
  std::string file = "II*\0\x08\0\0\0"s + Little(3, 2) + row(256, 1, 10) + row(257, 1, 20) +
                     row(273, offsets.size(), 8 + 2 + 36 + 4) + Zeros(4);
  for (const uint32_t offset : offsets) file += Little(offset, 4);
  return file;
}

TEST(Tiff, HasAllOfItsStrips) {
  std::vector<uint32_t> offsets(3000, 100);
  offsets[2000] = 20'000;
  const std::string file = StripedTiff(offsets);
  EXPECT_EQ(Text(Probe(file + Noise(20'001 - file.size(), 1))), "KNOWN image tiff 10 x 20");
  EXPECT_EQ(Text(Probe(file + Noise(20'000 - file.size(), 1))),
            "BROKEN image tiff 10 x 20: it is truncated: it ends after 20000 bytes, but its headers claim 1 more");
  EXPECT_EQ(Probe(file.substr(0, file.size() - 4)).state, Findings::State::kBroken);
}

TEST(Tiff, IsBrokenWithoutADirectory) {
  EXPECT_EQ(Text(Probe("II*\0\x04\0\0\0"s + Zeros(30))), "BROKEN image tiff: its directory claims to be at byte 4");
  EXPECT_EQ(Text(Probe("II*\0\x08\0\0\0\0\0"s)), "BROKEN image tiff: its directory claims 0 rows");
  EXPECT_EQ(Text(Probe("II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"s)),
            "BROKEN image tiff: its directory claims 72057594037927936 rows");
  EXPECT_EQ(Text(Probe("II*\0\xff\xff\xff\x7f"s)),
            "BROKEN image tiff: it is truncated: it ends after 8 bytes, but its headers claim 2147483641 more");
  EXPECT_EQ(Text(Probe("MM\0*\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x01x\0\0\0"s)),
            "BROKEN image tiff: its picture claims 0 x 0 pixels");
}

}  // namespace
}  // namespace seedance::media

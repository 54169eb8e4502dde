// Kinds of pictures, made here, beside the samples of files_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/testing/media_pictures.h"
#include "tests/testing/media_writer.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

using ::seedance::testing::Big;
using ::seedance::testing::Box;
using ::seedance::testing::FullBox;
using ::seedance::testing::Little;
using ::seedance::testing::MakeMedia;
using ::seedance::testing::MakeTiff;
using ::seedance::testing::MediaSpec;
using ::seedance::testing::Noise;
using ::seedance::testing::Zeros;
using namespace std::string_literals;

// A TIFF structure of one row.
std::string Exif(uint64_t orientation, bool big) {
  const auto number = [&](uint64_t value, int bytes) { return big ? Big(value, bytes) : Little(value, bytes); };
  return (big ? "MM"s : "II"s) + number(42, 2) + number(8, 4) + number(1, 2) + number(274, 2) + number(3, 2) +
         number(1, 4) + number(orientation, 2) + Zeros(2) + Zeros(4);
}

std::string Shown(uint64_t orientation, const std::string& format) {
  return absl::StrCat("KNOWN image ", format, orientation >= 5 && orientation <= 8 ? " 480 x 640" : " 640 x 480");
}

std::string PngChunk(const std::string& type, const std::string& content) {
  return Big(content.size(), 4) + type + content + Zeros(4);
}
std::string Png(const std::string& before, const std::string& behind) {
  return "\x89PNG\r\n\x1a\n"s + PngChunk("IHDR", Big(640, 4) + Big(480, 4) + "\x08\x02\0\0\0"s) + before +
         PngChunk("IDAT", Noise(99, 1)) + PngChunk("IDAT", Noise(9, 1)) + behind + PngChunk("IEND", "");
}

// A WebP with chunks behind its picture. The flag tells that one of them is EXIF.
std::string Webp(const std::string& behind, bool flag = true) {
  const std::string chunks = "VP8X" + Little(10, 4) + (flag ? "\x08"s : "\0"s) + Zeros(3) + Little(639, 3) +
                             Little(479, 3) + "VP8 " + Little(9, 4) + Noise(9, 1) + Zeros(1) + behind;
  return "RIFF" + Little(4 + chunks.size(), 4) + "WEBP" + chunks;
}
std::string WebpChunk(const std::string& type, const std::string& content) {
  return type + Little(content.size(), 4) + content + Zeros(content.size() % 2);
}

TEST(Orientation, CountsInPngAndWebp) {
  for (uint64_t orientation = 0; orientation <= 9; ++orientation) {
    for (const bool big : {false, true}) {
      for (const std::string& word : {""s, "Exif\0\0"s}) {
        const std::string exif = word + Exif(orientation, big);
        EXPECT_EQ(Text(Probe(Png(PngChunk("eXIf", exif), ""))), Shown(orientation, "png"));
        EXPECT_EQ(Text(Probe(Png("", PngChunk("eXIf", exif)))), Shown(orientation, "png")) << "behind the picture";
        EXPECT_EQ(Text(Probe(Webp(WebpChunk("EXIF", exif)))), Shown(orientation, "webp"));
        EXPECT_EQ(Text(Probe(Webp(WebpChunk("XMP ", "<x>") + WebpChunk("EXIF", exif)))), Shown(orientation, "webp"));
      }
    }
  }
}

TEST(Orientation, IsThatOfTheFirstExif) {
  const std::string first = PngChunk("eXIf", Exif(6, true));
  const std::string second = PngChunk("eXIf", Exif(1, true));
  EXPECT_EQ(Text(Probe(Png(first + second, ""))), "KNOWN image png 480 x 640");
  EXPECT_EQ(Text(Probe(Png(second, first))), "KNOWN image png 640 x 480");
  EXPECT_EQ(Text(Probe(Webp(WebpChunk("EXIF", Exif(6, true)) + WebpChunk("EXIF", Exif(1, true))))),
            "KNOWN image webp 480 x 640");
  const auto segment = [](char marker, const std::string& content) {
    return "\xff"s + marker + Big(content.size() + 2, 2) + content;
  };
  const std::string turned = segment('\xe1', "Exif\0\0"s + Exif(8, false));
  const std::string upright = segment('\xe1', "Exif\0\0"s + Exif(1, false));
  const std::string xmp = segment('\xe1', "http://ns.adobe.com/xap/1.0/\0<x/>"s);
  const std::string picture = segment('\xc0', "\x08"s + Big(480, 2) + Big(640, 2) + "\x01\x01\x11\0"s) +
                              segment('\xda', "\x01\x01\0\0\x3f\0"s) + "picture\xff\xd9";
  EXPECT_EQ(Text(Probe("\xff\xd8" + xmp + turned + upright + picture)), "KNOWN image jpeg 480 x 640");
  EXPECT_EQ(Text(Probe("\xff\xd8" + upright + xmp + turned + picture)), "KNOWN image jpeg 640 x 480");
}

TEST(Orientation, ThatMakesNoSenseIsNone) {
  for (const std::string& exif : {"x"s, "II"s, "II*\0\xff\xff\xff\xff"s, "Exif\0\0"s, Noise(70'000, 1)}) {
    EXPECT_EQ(Text(ProbeIn(Png(PngChunk("eXIf", exif), ""), {})), "KNOWN image png 640 x 480");
    EXPECT_EQ(Text(ProbeIn(Webp(WebpChunk("EXIF", exif)), {})), "KNOWN image webp 640 x 480");
  }
  EXPECT_EQ(Text(Probe(Webp(""))), "KNOWN image webp 640 x 480") << "told, but not there";
  EXPECT_EQ(Text(Probe(Webp(WebpChunk("EXIF", Exif(6, true)), false))), "KNOWN image webp 640 x 480") << "not told";
  const std::string file = Webp(WebpChunk("EXIF", Exif(6, true)));
  EXPECT_EQ(ProbeIn(file.substr(0, file.size() - 3), {}).state, Findings::State::kBroken);
}

// Properties in any order, of an item whose stored picture is 640 x 480.
std::string Heic(const std::vector<std::string>& properties, const std::string& order) {
  std::string all;
  for (const std::string& property : properties) all += property;
  const std::string meta =
      FullBox("pitm", 0, 0, Big(1, 2)) +
      Box("iprp", Box("ipco", all) + FullBox("ipma", 0, 0, Big(1, 4) + Big(1, 2) + Big(order.size(), 1) + order));
  return Box("ftyp", "heic" + Zeros(4) + "mif1heic") + FullBox("meta", 0, 0, meta) + Box("mdat", "pictures");
}

TEST(Heic, HasTheSameSizeWhereverItsSizeStandsAmongItsTransforms) {
  const std::vector<std::string> properties = {FullBox("ispe", 0, 0, Big(640, 4) + Big(480, 4)), Box("irot", Big(1, 1)),
                                               Box("imir", Zeros(1)), Box("hvcC", Noise(30, 1))};
  std::string order = "\x01\x02\x03\x04";
  do {
    EXPECT_EQ(Text(Probe(Heic(properties, order))), "KNOWN image heic 480 x 640");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Heic, IsCroppedAndTurnedInTheOrderOfTheTwo) {
  const std::string crop = Box("clap", Big(400, 4) + Big(1, 4) + Big(300, 4) + Big(1, 4) + Zeros(16));
  const std::vector<std::string> properties = {FullBox("ispe", 0, 0, Big(640, 4) + Big(480, 4)), crop,
                                               Box("irot", Big(3, 1))};
  for (const std::string order : {"\x01\x02\x03", "\x02\x01\x03", "\x02\x03\x01"}) {
    EXPECT_EQ(Text(Probe(Heic(properties, order))), "KNOWN image heic 300 x 400");
  }
  for (const std::string order : {"\x01\x03\x02", "\x03\x01\x02", "\x03\x02\x01"}) {
    EXPECT_EQ(Text(Probe(Heic(properties, order))), "KNOWN image heic 400 x 300");
  }
}

// Items at the given places of the file, in a box for them that claims `more` bytes than it has.
std::string Located(int version, uint64_t from, uint64_t bytes, uint64_t more) {
  const std::string number = version < 2 ? Big(1, 2) : Big(1, 4);
  const std::string location = FullBox("iloc", version, 0,
                                       "\x44\x40"s + number + number + (version > 0 ? Zeros(2) : "") + Zeros(2) +
                                           Big(from, 4) + Big(1, 2) + Zeros(4) + Big(bytes, 4));
  const std::string meta = FullBox("pitm", 0, 0, Big(1, 2)) + location +
                           Box("iprp", Box("ipco", FullBox("ispe", 0, 0, Big(640, 4) + Big(480, 4))) +
                                           FullBox("ipma", 0, 0, Big(1, 4) + Big(1, 2) + "\x01\x01"));
  return Box("ftyp", "heic" + Zeros(4) + "mif1heic") + FullBox("meta", 0, 0, meta) + Big(8 + 20 + more, 4) + "mdat" +
         Noise(20, 1);
}

TEST(Heic, IsWholeWhenItsItemsAre) {
  for (const int version : {0, 1, 2}) {
    const size_t end = Located(version, 0, 20, 0).size();
    for (const uint64_t more : {0u, 1u, 3u, 500u}) {
      EXPECT_EQ(Text(Probe(Located(version, end - 20, 20, more))), "KNOWN image heic 640 x 480") << version << more;
    }
    const std::string cut = Located(version, end - 20, 20, 0);
    for (size_t missing = 1; missing <= 20; ++missing) {
      EXPECT_EQ(ProbeIn(std::string_view(cut).substr(0, end - missing), {}).state, Findings::State::kBroken) << missing;
    }
  }
}

TEST(Jpeg, IsCutOffWithoutItsEnd) {
  for (const int turns : {0, 1}) {
    MediaSpec spec;
    spec.format = "jpeg";
    spec.quarter_turns = turns;
    const std::string file = MakeMedia(spec);
    for (size_t size = 3; size < file.size(); ++size) {
      EXPECT_EQ(ProbeIn(std::string_view(file).substr(0, size), {}).state, Findings::State::kBroken) << size;
    }
    EXPECT_EQ(Probe(file + Noise(300, 1)).state, Findings::State::kKnown) << "anything may stand behind it";
  }
}

TEST(Jpeg, HasSeveralScansWithCodedBytesOfAllKinds) {
  MediaSpec spec;
  spec.format = "jpeg";
  const std::string file = MakeMedia(spec);
  const std::string head = file.substr(0, file.size() - 2);
  const std::string coded = "a\xff\0b\xff\xd0\xff\xd7 c\xff\xff\0\xff\x01 d\xff\xc0"s;
  const std::string tables = "\xff\xc4\0\x06\xff\xd9\xff\xd9\xff\xda\0\x04 y"s;
  const std::string whole = head + coded + tables + coded + "\xff\xfe\0\0 damage\xff\xff\xff\xd9"s;
  EXPECT_EQ(Text(Probe(whole)), "KNOWN image jpeg 640 x 480");
  for (size_t size = head.size(); size < whole.size(); ++size) {
    EXPECT_EQ(Probe(whole.substr(0, size)).state, Findings::State::kBroken) << size;
  }
}

// A directory of these rows, then `tail`.
std::string Directory(const std::vector<std::string>& rows, const std::string& tail = "") {
  std::string file = "II*\0\x08\0\0\0"s + Little(rows.size(), 2);
  for (const std::string& row : rows) file += row;
  return file + Zeros(4) + tail;
}
std::string Row(uint64_t tag, uint64_t type, uint64_t count, uint64_t value) {
  return Little(tag, 2) + Little(type, 2) + Little(count, 4) + Little(value, 4);
}

TEST(RawFiles, AreNamed) {
  const std::string width = Row(256, 4, 1, 160);
  const std::string height = Row(257, 4, 1, 90);
  const std::string small = Row(254, 4, 1, 1);
  const std::string below = Row(330, 4, 2, 200);
  const uint64_t behind = 8 + 2 + 5 * 12 + 4;
  const auto made_by = [&](const std::string& maker) {
    return Directory({small, width, height, Row(271, 2, maker.size(), behind), below}, maker + Zeros(10));
  };
  EXPECT_EQ(Text(Probe(Directory({small, width, height, below, Row(50706, 1, 4, 1)}))), "KNOWN image dng");
  EXPECT_EQ(Text(Probe(Directory({width, height, Row(50706, 1, 4, 1), Row(50740, 1, 9, 1)}))), "KNOWN image dng");
  EXPECT_EQ(Text(Probe(made_by("NIKON CORPORATION"))), "KNOWN image nef");
  EXPECT_EQ(Text(Probe(made_by("SONY CORP"))), "KNOWN image arw");
  EXPECT_EQ(Text(Probe(made_by("PENTAX Corp"))), "KNOWN image pef");
  EXPECT_EQ(Text(Probe(made_by("Acme cameras"))), "KNOWN image raw");
  EXPECT_EQ(Text(Probe(Directory({small, width, height, below, Row(37398, 1, 4, 1)}))), "KNOWN image nef");
  EXPECT_EQ(Text(Probe(Directory({small, width, height, below, Row(50740, 1, 9, 1)}))), "KNOWN image arw");
  EXPECT_EQ(Text(Probe(Directory({width, height, Row(262, 3, 1, 32803)}))), "KNOWN image raw");
  // What was developed, or has small copies of itself, is none.
  EXPECT_EQ(Text(Probe(Directory({width, height, Row(262, 3, 1, 2), below}))), "KNOWN image tiff 160 x 90");
  EXPECT_EQ(Text(Probe(Directory({width, height, Row(271, 2, 18, 8 + 2 + 36 + 4)}, "NIKON CORPORATION\0"s))),
            "KNOWN image tiff 160 x 90");
  EXPECT_EQ(Text(Probe("FUJIFILMCCD-RAW 0201"s)), "KNOWN image raf");
  EXPECT_EQ(Text(Probe("IIRO\x08\0\0\0"s)), "KNOWN image orf");
  EXPECT_EQ(Text(Probe("IIU\0\x18\0\0\0"s)), "KNOWN image rw2");
}

}  // namespace
}  // namespace seedance::media

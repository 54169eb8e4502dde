#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/testing/media_writer.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

using ::seedance::testing::Big;
using ::seedance::testing::Box;
using ::seedance::testing::FullBox;
using ::seedance::testing::Noise;
using ::seedance::testing::Zeros;

const std::string kHeifType = Box("ftyp", "heic" + Zeros(4) + "mif1heic");
const std::string kHeifData = Box("mdat", "pictures");

std::string Size(uint64_t width, uint64_t height) { return FullBox("ispe", 0, 0, Big(width, 4) + Big(height, 4)); }
std::string Primary(uint64_t item) { return FullBox("pitm", 0, 0, Big(item, 2)); }

// One item with properties, as a row of `ipma` with short numbers.
std::string Item(uint64_t item, const std::string& properties) {
  return Big(item, 2) + Big(properties.size(), 1) + properties;
}
std::string Items(uint64_t count, const std::string& rows) { return FullBox("ipma", 0, 0, Big(count, 4) + rows); }

std::string File(const std::string& meta) { return kHeifType + FullBox("meta", 0, 0, meta) + kHeifData; }

TEST(Heif, HasTheSizeOfItsPrimaryPictureNotOfTiles) {
  // As phones write: tiles of 512 x 512, one grid of all, a thumbnail; the grid is turned.
  const std::string properties = Box(
      "ipco", Box("hvcC", Noise(100, 1)) + Size(512, 512) + Size(4032, 3024) + Box("irot", Big(3, 1)) + Size(320, 240));
  std::string rows;
  for (uint64_t tile = 1; tile <= 48; ++tile) rows += Item(tile, "\x81\x02");
  rows += Item(49, "\x03\x84") + Item(50, "\x05");
  const std::string meta = Primary(49) + Box("iprp", properties + Items(50, rows));
  EXPECT_EQ(Text(Probe(File(meta))), "KNOWN image heic 3024 x 4032");
}

TEST(Heif, MayTellItsPrimaryPictureLast) {
  const std::string properties = Box("ipco", Size(10, 20) + Size(30, 40));
  const std::string meta = Box("iprp", Items(2, Item(1, "\x01") + Item(2, "\x02")) + properties) + Primary(2);
  EXPECT_EQ(Text(Probe(File(meta))), "KNOWN image heic 30 x 40");
}

TEST(Heif, HasNumbersOfAllWidths) {
  const std::string meta =
      FullBox("pitm", 1, 0, Big(70'000, 4)) +
      Box("iprp",
          Box("ipco", Size(10, 20)) + FullBox("ipma", 1, 1, Big(1, 4) + Big(70'000, 4) + Big(1, 1) + Big(0x8001, 2)));
  EXPECT_EQ(Text(Probe(File(meta))), "KNOWN image heic 10 x 20");
}

TEST(Heif, CutsAndTurnsInTheOrderTold) {
  const std::string crop = Box("clap", Big(641, 4) + Big(1, 4) + Big(958, 4) + Big(2, 4) + Zeros(16));
  const std::string properties = Box("ipco", Size(642, 480) + crop + Box("irot", Big(1, 1)));
  const std::string meta = Primary(1) + Box("iprp", properties + Items(1, Item(1, "\x01\x82\x83")));
  EXPECT_EQ(Text(Probe(File(meta))), "KNOWN image heic 479 x 641");
}

TEST(Heif, IgnoresACropThatIsLargerOrOfNothing) {
  for (const std::string& numbers : {Big(9999, 4) + Big(1, 4) + Big(1, 4) + Big(1, 4), Zeros(16)}) {
    const std::string properties = Box("ipco", Size(642, 480) + Box("clap", numbers + Zeros(16)));
    const std::string meta = Primary(1) + Box("iprp", properties + Items(1, Item(1, "\x01\x02")));
    EXPECT_EQ(Text(Probe(File(meta))), "KNOWN image heic 642 x 480");
  }
}

TEST(Heif, IsBrokenWithoutASize) {
  const std::string properties = Box("iprp", Box("ipco", Size(10, 20)) + Items(1, Item(1, "\x01")));
  EXPECT_EQ(Text(Probe(kHeifType + kHeifData)), "BROKEN image heic: it has no box `meta`");
  EXPECT_EQ(Text(Probe(File(properties))), "BROKEN image heic: it names no primary picture");
  EXPECT_EQ(Text(Probe(File(properties + Primary(2)))), "BROKEN image heic: its primary picture has no size");
  EXPECT_EQ(Text(Probe(File(Primary(1) + Box("iprp", Box("ipco", Size(0, 5)) + Items(1, Item(1, "\x01")))))),
            "BROKEN image heic: its picture claims 0 x 5 pixels");
  EXPECT_EQ(Text(Probe(File(Primary(1) + Box("iprp", Box("ipco", Size(9, 5)) + Items(1, Item(1, "\x09")))))),
            "BROKEN image heic: its primary picture has no size");
}

TEST(Heif, IsBrokenWithMorePropertiesThanPicturesHave) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += Box("pixi", "");
  EXPECT_EQ(Text(ProbeIn(File(Primary(1) + Box("iprp", Box("ipco", many))), {})),
            "BROKEN image heic: its pictures have too many properties");
  std::string rows;
  for (uint64_t item = 2; item < 1000; ++item) rows += Item(item, std::string(255, '\x01'));
  EXPECT_EQ(Text(ProbeIn(File(Box("iprp", Items(998, rows))), {})),
            "BROKEN image heic: its pictures have too many properties");
}

TEST(Heif, IsBrokenWhenATableIsLargerThanItsBox) {
  EXPECT_EQ(Text(Probe(File(Box("iprp", Items(3, Item(1, "\x01")))))),
            "BROKEN image heic: its box `ipma` is too short");
  EXPECT_EQ(Text(Probe(File(Box("iprp", Box("ipco", Box("ispe", "1234")))))),
            "BROKEN image heic: its box `ispe` is too short");
}

}  // namespace
}  // namespace seedance::media

#include "service/media/sniff.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

using namespace std::string_literals;

struct Case {
  std::string begin;
  std::string expected;
};

TEST(Sniff, TellsFormatsThatItOnlyKnowsByName) {
  const Case cases[] = {
      {"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm"s, "KNOWN video webm"},
      {"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska"s, "KNOWN video mkv"},
      {"RIFF\x10\0\0\0AVI LIST"s, "KNOWN video avi"},
      {"FLV\x01\x05\0\0\0\x09"s, "KNOWN video flv"},
      {"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"s, "KNOWN video wmv"},
      {"\0\0\x01\xba\x44\0"s, "KNOWN video mpeg"},
      {"G" + std::string(187, 'x') + "G" + std::string(187, 'x'), "KNOWN video mpegts"},
      {"fLaC\0\0\0\x22"s, "KNOWN audio flac"},
      {"OggS\0\x02\0\0\0\0\0\0\0\0\x01vorbis"s, "KNOWN audio ogg"},
      {"OggS\0\x02\0\0\0\0\0\0\0\0\x80theora"s, "KNOWN video ogg"},
      {"\xff\xf1\x50\x80\x02\x1f\xfc"s, "KNOWN audio aac"},
      {"\xff\xfd\x90\x04"s, "KNOWN audio mp2"},
      {"\0\0\0\x14"
       "ftypM4A \0\0\0\0M4A "s,
       "KNOWN audio m4a"},
      {"FORM\0\0\0\x20"
       "AIFFCOMM"s,
       "KNOWN audio aiff"},
      {"#!AMR\n"s, "KNOWN audio amr"},
      {"\0\0\0\x0cjP  \r\n\x87\n"s, "KNOWN image jp2"},
      {"\xff\x0a\x10"s, "KNOWN image jxl"},
      {"8BPS\0\x01"s, "KNOWN image psd"},
      {"\0\0\x01\0\x01\0"s, "KNOWN image ico"},
      {"<svg xmlns='http://www.w3.org/2000/svg'/>", "KNOWN image svg"},
      {"\xef\xbb\xbf<?xml version='1.0'?>\n<svg/>", "KNOWN image svg"},
      {"II*\0\x10\0\0\0CR\x02\0"s, "KNOWN image cr2"},
      {"\0\0\0\x18"
       "ftypcrx \0\0\0\x01"s,
       "KNOWN image cr3"},
  };
  for (const Case& row : cases) EXPECT_EQ(Text(Probe(row.begin)), row.expected);
}

TEST(Sniff, SaysWhatOtherFilesAre) {
  const Case cases[] = {
      {"", "UNKNOWN -: it is empty"},
      {"%PDF-1.7\n", "UNKNOWN -: it is a PDF document"},
      {"PK\x03\x04\x14\0"s, "UNKNOWN -: it is a ZIP archive"},
      {"\x1f\x8b\x08\0"s, "UNKNOWN -: it is a gzip archive"},
      {"\x7f"
       "ELF\x02",
       "UNKNOWN -: it is a program"},
      {std::string(4096, '\0'), "UNKNOWN -: it has zeros in place of a header"},
      {"<!DOCTYPE html><html>", "UNKNOWN -: it is an HTML or XML text"},
      {"  {\"error\": 1}", "UNKNOWN -: it is a JSON text"},
      {"hello, world", "UNKNOWN -: it is in no known image, video or audio format"},
      {"\xff\xfe"
       "h\0i\0"s,
       "UNKNOWN -: it is in no known image, video or audio format"},
      {"BMW drives by, and nothing more", "UNKNOWN -: it is in no known image, video or audio format"},
  };
  for (const Case& row : cases) EXPECT_EQ(Text(Probe(row.begin)), row.expected);
}

TEST(ContainerOfBrands, GoesByTheMajorBrandFirst) {
  const auto container = [](const std::string& major, const std::string& compatible) {
    return std::string(ContainerOfBrands(major + "\0\0\0\0"s + compatible));
  };
  EXPECT_EQ(container("isom", "isomavc1"), "mp4");
  EXPECT_EQ(container("mp42", ""), "mp4");
  EXPECT_EQ(container("XAVC", "XAVCmp42"), "mp4");
  EXPECT_EQ(container("qt  ", "qt  "), "mov");
  EXPECT_EQ(container("M4A ", "M4A mp42isom"), "m4a");
  EXPECT_EQ(container("M4V ", "M4V mp42isom"), "mp4");
  EXPECT_EQ(container("3gp4", "3gp4"), "3gp");
  EXPECT_EQ(container("3gp5", "3gp5isom"), "mp4");
  EXPECT_EQ(container("heic", "mif1heic"), "heic");
  EXPECT_EQ(container("heix", "mif1heix"), "heic");
  EXPECT_EQ(container("mif1", "mif1heic"), "heif");
  EXPECT_EQ(container("avif", "avifmif1miaf"), "avif");
  EXPECT_EQ(container("mif1", "mif1avif"), "avif");
  EXPECT_EQ(container("", ""), "mp4");
}

}  // namespace
}  // namespace seedance::media

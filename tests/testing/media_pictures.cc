#include "tests/testing/media_pictures.h"

#include <array>

#include "tests/testing/media_writer.h"

namespace seedance::testing {
namespace {

using namespace std::string_literals;

uint64_t Width(const MediaSpec& spec) { return static_cast<uint64_t>(spec.width); }
uint64_t Height(const MediaSpec& spec) { return static_cast<uint64_t>(spec.height); }

// EXIF's numbers for 0 to 3 quarter turns clockwise.
uint64_t Orientation(const MediaSpec& spec) {
  constexpr std::array<uint64_t, 4> kOrientations = {1, 6, 3, 8};
  return kOrientations[static_cast<size_t>(spec.quarter_turns & 3)];
}

uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
  }
  return ~crc;
}

std::string PngChunk(const std::string& type, const std::string& content) {
  return Big(content.size(), 4) + type + content + Big(Crc32(type + content), 4);
}

std::string MakePng(const MediaSpec& spec, const std::string& noise) {
  const std::string header = Big(Width(spec), 4) + Big(Height(spec), 4) + "\x08\x02\0\0\0"s;
  return "\x89PNG\r\n\x1a\n"s + PngChunk("IHDR", header) + PngChunk("IDAT", noise) + PngChunk("IEND", "");
}

std::string JpegSegment(uint8_t marker, const std::string& content) {
  return "\xff"s + static_cast<char>(marker) + Big(content.size() + 2, 2) + content;
}

std::string MakeJpeg(const MediaSpec& spec, const std::string& noise) {
  std::string file = "\xff\xd8"s + JpegSegment(0xe0, "JFIF\0\x01\x01\0\0\x01\0\x01\0\0"s);
  if (spec.quarter_turns != 0) file += JpegSegment(0xe1, "Exif\0\0"s + MakeTiff(spec, "", true, false));
  const std::string component = "\x01\x11\0"s;
  file += JpegSegment(0xc0, "\x08"s + Big(Height(spec), 2) + Big(Width(spec), 2) + "\x01" + component);
  return file + JpegSegment(0xda, "\x01\x01\0\0\x3f\0"s) + noise + "\xff\xd9";
}

std::string MakeGif(const MediaSpec& spec, const std::string& noise) {
  const std::string size = Little(Width(spec), 2) + Little(Height(spec), 2);
  const std::string colours = "\0\0\0\xff\xff\xff"s;
  return "GIF89a" + size + "\x80\0\0"s + colours + "," + "\0\0\0\0"s + size + "\0\x02\x02\x4c\x01\0;"s + noise;
}

std::string MakeWebp(const MediaSpec& spec, const std::string& noise) {
  const std::string picture = "\x30\x01\0\x9d\x01\x2a"s + Little(Width(spec), 2) + Little(Height(spec), 2) + noise;
  return "RIFF" + Little(12 + picture.size(), 4) + "WEBPVP8 " + Little(picture.size(), 4) + picture;
}

// Compressed (RLE8), so that the file may be as small as it likes.
std::string MakeBmp(const MediaSpec& spec, const std::string& noise) {
  const size_t pixels_at = 14 + 40 + 4;
  return "BM" + Little(pixels_at + noise.size(), 4) + Zeros(4) + Little(pixels_at, 4) + Little(40, 4) +
         Little(Width(spec), 4) + Little(Height(spec), 4) + Little(1, 2) + Little(8, 2) + Little(1, 4) +
         Little(noise.size(), 4) + Zeros(8) + Little(1, 4) + Zeros(4) + Zeros(4) + noise;
}

std::string MakeItems(const MediaSpec& spec, const std::string& noise) {
  const std::string brands = spec.format == "heif" ? "mif1" : spec.format == "avif" ? "avif" : "heic";
  std::string properties = FullBox("ispe", 0, 0, Big(Width(spec), 4) + Big(Height(spec), 4));
  std::string of_picture = "\x01\x01"s;  // How many, then their numbers.
  if (spec.quarter_turns != 0) {
    // Counted anticlockwise.
    properties += Box("irot", Big(static_cast<uint64_t>(4 - (spec.quarter_turns & 3)), 1));
    of_picture = "\x02\x01\x02"s;
  }
  const std::string meta =
      FullBox("hdlr", 0, 0, Zeros(4) + "pict" + Zeros(13)) + FullBox("pitm", 0, 0, Big(1, 2)) +
      FullBox("iinf", 0, 0, Big(1, 2) + FullBox("infe", 2, 0, Big(1, 2) + Zeros(2) + "hvc1" + Zeros(1))) +
      Box("iprp", Box("ipco", properties) + FullBox("ipma", 0, 0, Big(1, 4) + Big(1, 2) + of_picture));
  return Box("ftyp", brands + Zeros(4) + "mif1" + brands) + FullBox("meta", 0, 0, meta) + Box("mdat", noise);
}

}  // namespace

std::string MakeTiff(const MediaSpec& spec, const std::string& noise, bool big_endian, bool wide) {
  const auto number = [&](uint64_t value, int bytes) { return big_endian ? Big(value, bytes) : Little(value, bytes); };
  const int offset = wide ? 8 : 4;
  const auto row = [&](uint64_t tag, uint64_t value) {
    return number(tag, 2) + number(4, 2) + number(1, offset) + number(value, 4) + (wide ? Zeros(4) : "");
  };
  const uint64_t header = wide ? 16 : 8;
  std::string file = big_endian ? "MM" : "II";
  file += number(wide ? 43 : 42, 2);
  if (wide) file += number(8, 2) + Zeros(2);
  file += number(header + noise.size(), offset) + noise;
  file += number(5, wide ? 8 : 2) + row(256, Width(spec)) + row(257, Height(spec)) + row(273, header) +
          row(274, Orientation(spec)) + row(279, noise.size());
  return file + Zeros(static_cast<size_t>(offset));
}

std::string MakePicture(const MediaSpec& spec, const std::string& noise) {
  if (spec.format == "png") return MakePng(spec, noise);
  if (spec.format == "jpeg") return MakeJpeg(spec, noise);
  if (spec.format == "gif") return MakeGif(spec, noise);
  if (spec.format == "webp") return MakeWebp(spec, noise);
  if (spec.format == "bmp") return MakeBmp(spec, noise);
  if (spec.format == "tiff") return MakeTiff(spec, noise, false, false);
  return MakeItems(spec, noise);
}

}  // namespace seedance::testing

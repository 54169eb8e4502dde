#include "service/media/exif.h"

#include <algorithm>
#include <limits>

namespace seedance::media {
namespace {

constexpr uint64_t kUpright = 1;

// Size of one value of a TIFF type; 0: unknown type.
uint64_t SizeOfType(uint64_t type) {
  constexpr uint8_t kSizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return type < std::size(kSizes) ? kSizes[type] : 0;
}

bool IsWhole(uint64_t type) { return type == 1 || type == 3 || type == 4 || type == 13 || type == 16 || type == 18; }

}  // namespace

uint64_t TiffLayout::Number(Bytes bytes, size_t at, size_t size) const {
  switch (size) {
    case 1:
      return bytes.At(at);
    case 2:
      return big_endian ? bytes.Big16(at) : bytes.Little16(at);
    case 4:
      return big_endian ? bytes.Big32(at) : bytes.Little32(at);
    default:
      return big_endian ? bytes.Big64(at) : bytes.Little64(at);
  }
}

TiffLayout ReadTiffLayout(Bytes header) {
  TiffLayout layout;
  if (!header.Has(0, "II") && !header.Has(0, "MM")) return layout;
  layout.big_endian = header.At(0) == 'M';
  const uint64_t version = layout.Number(header, 2, 2);
  layout.wide = version == 43;
  layout.known = version == 42 || version == 43;
  return layout;
}

TiffEntry ReadTiffEntry(const TiffLayout& layout, Bytes row) {
  const size_t wide = layout.wide ? 8 : 4;
  const uint64_t type = layout.Number(row, 2, 2);
  const uint64_t size = SizeOfType(type);
  TiffEntry entry;
  entry.tag = static_cast<uint16_t>(layout.Number(row, 0, 2));
  entry.value_bytes = size;
  entry.count = layout.Number(row, 4, wide);
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  entry.bytes = size != 0 && entry.count > kMost / size ? kMost : entry.count * size;
  entry.is_here = entry.bytes <= wide;
  if (!entry.is_here) {
    entry.value = layout.Number(row, 4 + wide, wide);
  } else if (IsWhole(type) && entry.count > 0) {
    entry.value = layout.Number(row, 4 + wide, size);
  }
  return entry;
}

uint64_t FindOrientation(Bytes tiff) {
  if (tiff.Has(0, std::string_view("Exif\0\0", 6))) tiff = tiff.From(6);
  const TiffLayout layout = ReadTiffLayout(tiff);
  if (!layout.known) return kUpright;
  const uint64_t directory = layout.FirstDirectory(tiff);
  if (directory >= tiff.size()) return kUpright;
  const Bytes rows = tiff.From(static_cast<size_t>(directory));
  const uint64_t fitting = (rows.size() - std::min(rows.size(), layout.count_bytes())) / layout.entry_bytes();
  const uint64_t count = std::min(layout.Number(rows, 0, layout.count_bytes()), fitting);
  for (size_t i = 0; i < count; ++i) {
    const TiffEntry entry = ReadTiffEntry(layout, rows.From(layout.count_bytes() + i * layout.entry_bytes()));
    if (entry.tag == kTiffOrientation && entry.is_here) return entry.value;
  }
  return kUpright;
}

}  // namespace seedance::media

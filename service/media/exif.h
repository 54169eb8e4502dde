#ifndef SEEDANCE_SERVICE_MEDIA_EXIF_H_
#define SEEDANCE_SERVICE_MEDIA_EXIF_H_

#include <cstdint>

#include "service/media/bytes.h"

// TIFF directories (IFDs), which TIFF files consist of and EXIF embeds into other pictures. Pure functions.
//
// Tests: tests/unit/media/picture_test.cc, tests/unit/media/oracle_test.cc
namespace seedance::media {

// How numbers of a TIFF structure are encoded.
struct TiffLayout {
  bool known = false;  // Whether it is a TIFF structure.
  bool big_endian = false;
  bool wide = false;  // BigTIFF: counts and offsets have 64 bits.

  // Sizes in bytes: file header, entry count, directory entry.
  size_t header_bytes() const { return wide ? 16 : 8; }
  size_t count_bytes() const { return wide ? 8 : 2; }
  size_t entry_bytes() const { return wide ? 20 : 12; }

  // The number of `size` bytes at offset `at`.
  uint64_t Number(Bytes bytes, size_t at, size_t size) const;
  // Offset of the first directory from the beginning of the structure.
  uint64_t FirstDirectory(Bytes header) const { return Number(header, wide ? 8 : 4, wide ? 8 : 4); }
};

// `header`: at least the first 4 bytes of the structure.
TiffLayout ReadTiffLayout(Bytes header);

// One directory entry.
struct TiffEntry {
  uint16_t tag = 0;
  uint64_t count = 0;        // Number of values.
  uint64_t value_bytes = 0;  // Size of one value; 0: unknown type.
  uint64_t bytes = 0;        // Size of all values, saturated.
  bool is_here = true;       // Whether the values are inside the entry; otherwise `value` is their offset.
  uint64_t value = 0;        // The first value; 0 if it is not an integer.
};

// Tags of directory entries.
inline constexpr uint16_t kTiffKind = 254;  // Bit 0: a reduced copy of another picture.
inline constexpr uint16_t kTiffWidth = 256;
inline constexpr uint16_t kTiffHeight = 257;
inline constexpr uint16_t kTiffColours = 262;
inline constexpr uint16_t kTiffMaker = 271;
inline constexpr uint16_t kTiffStripOffsets = 273;
inline constexpr uint16_t kTiffOrientation = 274;
inline constexpr uint16_t kTiffStripBytes = 279;
inline constexpr uint16_t kTiffTileOffsets = 324;
inline constexpr uint16_t kTiffTileBytes = 325;
inline constexpr uint16_t kTiffSubDirectories = 330;
inline constexpr uint16_t kTiffElectronicPhotography = 37398;  // TIFF/EP, written by cameras.
inline constexpr uint16_t kTiffDngVersion = 50706;
inline constexpr uint16_t kTiffPrivate = 50740;  // DNG's; in Sony's files too.

// Parses a directory entry of layout.entry_bytes() bytes.
TiffEntry ReadTiffEntry(const TiffLayout& layout, Bytes row);

// Whether a picture of this EXIF orientation (1 to 8) is shown with width and height exchanged.
constexpr bool IsTurned(uint64_t orientation) { return orientation >= 5 && orientation <= 8; }

// Orientation in the first directory of a complete TIFF structure, optionally after `Exif` and two zero bytes; 1 when
// absent.
uint64_t FindOrientation(Bytes tiff);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_EXIF_H_

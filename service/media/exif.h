#ifndef SEEDANCE_SERVICE_MEDIA_EXIF_H_
#define SEEDANCE_SERVICE_MEDIA_EXIF_H_

#include <cstdint>

#include "service/media/bytes.h"

// The directories that TIFF files are made of, and that EXIF puts into other pictures.
namespace seedance::media {

// How the numbers of a TIFF structure are written.
struct TiffLayout {
  bool known = false;  // Whether it is one at all.
  bool big_endian = false;
  bool wide = false;  // BigTIFF: counts and offsets of 64 bits.

  size_t header_bytes() const { return wide ? 16 : 8; }
  size_t count_bytes() const { return wide ? 8 : 2; }
  size_t entry_bytes() const { return wide ? 20 : 12; }

  uint64_t Number(Bytes bytes, size_t at, size_t size) const;
  // Where the first directory stands, from the beginning of the structure.
  uint64_t FirstDirectory(Bytes header) const { return Number(header, wide ? 8 : 4, wide ? 8 : 4); }
};

// `header` is the beginning of the structure, at least 4 bytes.
TiffLayout ReadTiffLayout(Bytes header);

// One row of a directory.
struct TiffEntry {
  uint16_t tag = 0;
  uint64_t count = 0;        // Of values.
  uint64_t value_bytes = 0;  // Of one value; 0: of a type that is not known.
  uint64_t bytes = 0;        // That the values take, saturated.
  bool is_here = true;       // Whether they stand in the row; else `value` is where they stand.
  uint64_t value = 0;        // The first value; 0 when it is no whole number.
};

inline constexpr uint16_t kTiffKind = 254;  // Its lowest bit: a smaller copy of another picture.
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
inline constexpr uint16_t kTiffElectronicPhotography = 37398;  // TIFF/EP, of cameras.
inline constexpr uint16_t kTiffDngVersion = 50706;
inline constexpr uint16_t kTiffPrivate = 50740;  // DNG's; Sony's files have it too.

TiffEntry ReadTiffEntry(const TiffLayout& layout, Bytes row);

// Whether a picture of this orientation (1 to 8) is shown with width and height exchanged.
constexpr bool IsTurned(uint64_t orientation) { return orientation >= 5 && orientation <= 8; }

// Orientation in the first directory of a whole TIFF structure, 1 when it says none. The word `Exif` and two zeros may
// stand before it.
uint64_t FindOrientation(Bytes tiff);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_EXIF_H_

#ifndef SEEDANCE_SERVICE_MEDIA_MP3_TAGS_H_
#define SEEDANCE_SERVICE_MEDIA_MP3_TAGS_H_

#include <cstddef>
#include <cstdint>

#include "service/media/bytes.h"
#include "service/media/mpeg_audio.h"

// Tags around the frames of MP3 files, and the Xing, Info or VBRI table in the first frame. Pure functions.
//
// Tests: tests/unit/media/sound_test.cc, tests/unit/media/oracle_test.cc
namespace seedance::media {

// Bytes needed to recognize a tag.
inline constexpr size_t kMp3TagBytes = 32;

// Length in bytes of the tag (ID3v2, APE) at the beginning of `bytes`; 0: none.
int64_t Mp3TagLength(Bytes bytes);

// Whether `bytes` begin with a tag that may follow the last frame.
bool IsMp3Trailer(Bytes bytes);

// Contents of the table about the frames after it; 0: not stated.
struct Mp3Table {
  uint32_t frames = 0;
  uint32_t bytes = 0;
  uint32_t samples_before = 0;  // Added by the encoder, in samples.
  uint32_t samples_behind = 0;
};

// Bytes of a frame needed to read its table.
inline constexpr size_t kMp3TableBytes = 4 + 192;

// The table in `frame`, whose header is `header`; all zeros when there is none.
Mp3Table ReadMp3Table(Bytes frame, const MpegHeader& header);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_MP3_TAGS_H_

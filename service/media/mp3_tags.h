#ifndef SEEDANCE_SERVICE_MEDIA_MP3_TAGS_H_
#define SEEDANCE_SERVICE_MEDIA_MP3_TAGS_H_

#include <cstddef>
#include <cstdint>

#include "service/media/bytes.h"
#include "service/media/mpeg_audio.h"

// What stands between the frames of MP3 files, and the table in their first frame.
namespace seedance::media {

// How much of a file has to be seen to tell a tag.
inline constexpr size_t kMp3TagBytes = 32;

// Length of the tag (ID3 of the second version, APE) that `bytes` begin with, 0 when there is none.
int64_t Mp3TagLength(Bytes bytes);

// Whether `bytes` begin with a tag that may stand behind the last frame.
bool IsMp3Trailer(Bytes bytes);

// What a table in the first frame of a file (Xing, Info or VBRI) tells of the frames behind it; 0: nothing.
struct Mp3Table {
  uint32_t frames = 0;
  uint32_t bytes = 0;
  uint32_t samples_before = 0;  // That the encoder added.
  uint32_t samples_behind = 0;
};

// How much of a frame has to be seen for its table.
inline constexpr size_t kMp3TableBytes = 4 + 192;

// The table in `frame`, which begins with `header`; all zeros when it has none.
Mp3Table ReadMp3Table(Bytes frame, const MpegHeader& header);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_MP3_TAGS_H_

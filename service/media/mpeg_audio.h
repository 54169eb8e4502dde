#ifndef SEEDANCE_SERVICE_MEDIA_MPEG_AUDIO_H_
#define SEEDANCE_SERVICE_MEDIA_MPEG_AUDIO_H_

#include <cstdint>

namespace seedance::media {

// The header of a frame of MPEG audio.
struct MpegHeader {
  enum class Kind {
    kNone,    // No such header.
    kLayer3,  // MP3, of MPEG 1, 2 or 2.5; only then the fields below are set.
    kLayer2,
    kAdts,  // AAC.
  };
  Kind kind = Kind::kNone;
  uint32_t stream = 0;         // The same in all frames of a stream.
  uint32_t frame_bytes = 0;    // With the header.
  uint32_t frame_samples = 0;  // Per channel.
  uint32_t sample_rate = 0;
  uint32_t side_bytes = 0;  // Between the header and the place of a Xing table.
};

MpegHeader ReadMpegHeader(uint32_t bits);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_MPEG_AUDIO_H_

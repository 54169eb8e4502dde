#ifndef SEEDANCE_SERVICE_MEDIA_MPEG_AUDIO_H_
#define SEEDANCE_SERVICE_MEDIA_MPEG_AUDIO_H_

#include <cstdint>

namespace seedance::media {

// The header of an MPEG audio frame.
//
// Tests: tests/unit/media/sound_test.cc, tests/unit/media/oracle_test.cc
struct MpegHeader {
  enum class Kind {
    kNone,    // No such header.
    kLayer3,  // MP3 of MPEG 1, 2 or 2.5; the fields below are set.
    kLayer2,
    kAdts,  // AAC.
  };
  // kNone: the bits are not a header.
  Kind kind = Kind::kNone;
  uint32_t stream = 0;         // Constant within a stream.
  uint32_t frame_bytes = 0;    // Including the header.
  uint32_t frame_samples = 0;  // Per channel.
  // Samples per second.
  uint32_t sample_rate = 0;
  uint32_t side_bytes = 0;  // Between the header and the place of a Xing table.
};

// Parses the 32 header bits, read big-endian. Kind::kNone when they are no header.
MpegHeader ReadMpegHeader(uint32_t bits);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_MPEG_AUDIO_H_

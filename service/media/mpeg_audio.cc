#include "service/media/mpeg_audio.h"

#include <array>

namespace seedance::media {
namespace {

// kbit/s; 0: free format, 15: invalid.
constexpr std::array<uint32_t, 16> kRatesOfMpeg1 = {0,   32,  40,  48,  56,  64,  80,  96,
                                                    112, 128, 160, 192, 224, 256, 320, 0};
constexpr std::array<uint32_t, 16> kRatesOfMpeg2 = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0};
constexpr std::array<uint32_t, 4> kSampleRates = {44100, 48000, 32000, 0};

// Values of the fields `version` and `layer`.
constexpr uint32_t kMpeg25 = 0;
constexpr uint32_t kMpeg1 = 3;
constexpr uint32_t kLayerAdts = 0;
constexpr uint32_t kLayer3 = 1;
constexpr uint32_t kLayer2 = 2;

}  // namespace

MpegHeader ReadMpegHeader(uint32_t bits) {
  MpegHeader header;
  if (bits >> 21 != 0x7ff) return header;
  const uint32_t version = bits >> 19 & 3;
  const uint32_t layer = bits >> 17 & 3;
  if (layer == kLayerAdts) {
    // The sync word of ADTS has 12 bits, and 13 sample rates.
    if ((bits >> 20 & 1) == 1 && (bits >> 10 & 15) < 13) header.kind = MpegHeader::Kind::kAdts;
    return header;
  }
  const uint32_t rate_index = bits >> 12 & 15;
  const uint32_t sample_rate = kSampleRates[bits >> 10 & 3];
  if (version == 1 || sample_rate == 0 || rate_index == 0 || rate_index == 15) return header;
  if (layer == kLayer2) header.kind = MpegHeader::Kind::kLayer2;
  if (layer != kLayer3) return header;

  const bool mpeg1 = version == kMpeg1;
  const bool mono = (bits >> 6 & 3) == 3;
  header.kind = MpegHeader::Kind::kLayer3;
  header.stream = bits & 0xfffe0c00;
  header.sample_rate = sample_rate >> (mpeg1 ? 0 : version == kMpeg25 ? 2 : 1);
  header.frame_samples = mpeg1 ? 1152 : 576;
  const uint32_t rate = (mpeg1 ? kRatesOfMpeg1 : kRatesOfMpeg2)[rate_index] * 1000;
  header.frame_bytes = header.frame_samples / 8 * rate / header.sample_rate + (bits >> 9 & 1);
  header.side_bytes = mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17);
  return header;
}

}  // namespace seedance::media

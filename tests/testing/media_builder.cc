#include "tests/testing/media_builder.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/testing/media_movie.h"
#include "tests/testing/media_pictures.h"
#include "tests/testing/media_writer.h"

namespace seedance::testing {
namespace {

using namespace std::string_literals;

// 8 kHz, mono, 8 bits: small files.
std::string MakeWav(const MediaSpec& spec, const std::string& noise) {
  constexpr uint64_t kRate = 8000;
  const std::string format =
      Little(1, 2) + Little(1, 2) + Little(kRate, 4) + Little(kRate, 4) + Little(1, 2) + Little(8, 2);
  std::string sound = Noise(static_cast<size_t>(std::llround(spec.seconds * kRate)), spec.seed);
  const std::string size = Little(sound.size(), 4);
  // Chunks begin at even places.
  if (sound.size() % 2 == 1) sound += '\0';
  const std::string chunks =
      "WAVEfmt " + Little(format.size(), 4) + format + "data" + size + sound + "JUNK" + Little(noise.size(), 4) + noise;
  return "RIFF" + Little(chunks.size(), 4) + chunks;
}

// A frame of MPEG 1 layer III, 44.1 kHz, mono, with a rate of the table: 32, 40, 48 and 56 kbit/s from 1 on.
std::string Mp3Frame(uint32_t rate_index, const std::string& begin, uint32_t seed) {
  constexpr std::array<uint32_t, 5> kRates = {0, 32000, 40000, 48000, 56000};
  const size_t size = 144 * kRates[rate_index] / 44100;
  std::string frame = Big(0xfffb00c0 | rate_index << 12, 4) + begin;
  return frame + Noise(size - frame.size(), seed);
}

std::string MakeMp3(const MediaSpec& spec, const std::string& noise) {
  const int64_t count = std::max<int64_t>(1, std::llround(spec.seconds * 44100 / 1152));
  std::string frames;
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t rate = spec.variable_rate ? 1 + static_cast<uint32_t>(i) % 4 : 1;
    frames += Mp3Frame(rate, Zeros(17), spec.seed + static_cast<uint32_t>(i));
  }
  if (spec.variable_rate) {
    const std::string table = "Xing" + Big(3, 4) + Big(static_cast<uint64_t>(count), 4) + Big(frames.size(), 4);
    frames = Mp3Frame(1, Zeros(17) + table, spec.seed) + frames;
  }
  // The size of a tag has 7 bits a byte.
  const size_t size = noise.size();
  std::string sizes;
  for (int shift = 21; shift >= 0; shift -= 7) sizes += static_cast<char>(size >> shift & 0x7f);
  return "ID3\x04\0\0"s + sizes + noise + frames;
}

std::string MakeWith(const MediaSpec& spec, const std::string& noise) {
  if (spec.format == "mp4" || spec.format == "mov") return MakeMovie(spec, noise);
  if (spec.format == "mp3") return MakeMp3(spec, noise);
  if (spec.format == "wav") return MakeWav(spec, noise);
  return MakePicture(spec, noise);
}

}  // namespace

std::string MakeMedia(const MediaSpec& spec) {
  constexpr size_t kLeastNoise = 32;
  std::string file = MakeWith(spec, Noise(kLeastNoise, spec.seed));
  const int64_t missing = spec.size_bytes - static_cast<int64_t>(file.size());
  if (missing <= 0) return file;
  return MakeWith(spec, Noise(kLeastNoise + static_cast<size_t>(missing), spec.seed));
}

}  // namespace seedance::testing

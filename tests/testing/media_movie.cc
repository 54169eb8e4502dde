#include "tests/testing/media_movie.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/testing/media_writer.h"

namespace seedance::testing {
namespace {

constexpr uint32_t kTrack = 1;
constexpr uint64_t kMovieScale = 1000;   // Units per second of the movie's own times.
constexpr uint64_t kSampleUnits = 1000;  // Of the track's, per sample.

uint64_t SampleScale(const MediaSpec& spec) { return static_cast<uint64_t>(std::llround(spec.frame_rate * 1000)); }

uint64_t Samples(const MediaSpec& spec) {
  return static_cast<uint64_t>(std::max<int64_t>(1, std::llround(spec.seconds * spec.frame_rate)));
}

// How long all samples last. The last one makes it exact, but where it would change the frame rate.
uint64_t SampleUnits(const MediaSpec& spec, uint64_t samples) {
  if (samples <= 2) return samples * kSampleUnits;
  return static_cast<uint64_t>(std::llround(spec.seconds * static_cast<double>(SampleScale(spec))));
}

// By 0 to 3 quarter turns clockwise.
std::string Matrix(int quarter_turns) {
  constexpr std::array<std::array<int, 4>, 4> kTurns = {{{1, 0, 0, 1}, {0, 1, -1, 0}, {-1, 0, 0, -1}, {0, -1, 1, 0}}};
  const auto& turn = kTurns[static_cast<size_t>(quarter_turns & 3)];
  const auto fixed = [](int value) { return Big(static_cast<uint32_t>(value * 65536), 4); };
  return fixed(turn[0]) + fixed(turn[1]) + Zeros(4) + fixed(turn[2]) + fixed(turn[3]) + Zeros(4) + Zeros(8) +
         Big(0x40000000, 4);
}

std::string SampleTable(const MediaSpec& spec, uint64_t samples) {
  const std::string picture = Zeros(6) + Big(1, 2) + Zeros(16) + Big(static_cast<uint64_t>(spec.width), 2) +
                              Big(static_cast<uint64_t>(spec.height), 2) + Big(72 << 16, 4) + Big(72 << 16, 4) +
                              Zeros(4) + Big(1, 2) + Zeros(32) + Big(24, 2) + Big(0xffff, 2);
  const std::string others = Big(samples - 1, 4) + Big(kSampleUnits, 4);
  const std::string last = Big(1, 4) + Big(SampleUnits(spec, samples) - (samples - 1) * kSampleUnits, 4);
  const std::string times = samples > 0 ? Big(2, 4) + others + last : Big(0, 4);
  return FullBox("stsd", 0, 0, Big(1, 4) + Box("avc1", picture)) + FullBox("stts", 0, 0, times) +
         FullBox("stsc", 0, 0, Zeros(4)) + FullBox("stsz", 0, 0, Big(1, 4) + Big(samples, 4)) +
         FullBox("stco", 0, 0, Zeros(4));
}

std::string MovieBox(const MediaSpec& spec) {
  const bool fragmented = spec.layout == MovieLayout::kFragmented;
  const uint64_t samples = fragmented ? 0 : Samples(spec);
  const uint64_t length = fragmented ? 0 : static_cast<uint64_t>(std::llround(spec.seconds * kMovieScale));
  const std::string movie_header = Zeros(8) + Big(kMovieScale, 4) + Big(length, 4) + Big(0x10000, 4) + Big(0x100, 2) +
                                   Zeros(10) + Matrix(0) + Zeros(24) + Big(kTrack + 1, 4);
  const std::string track_header = Zeros(8) + Big(kTrack, 4) + Zeros(4) + Big(length, 4) + Zeros(16) +
                                   Matrix(spec.quarter_turns) + Big(static_cast<uint64_t>(spec.width) << 16, 4) +
                                   Big(static_cast<uint64_t>(spec.height) << 16, 4);
  const std::string media_header =
      Zeros(8) + Big(SampleScale(spec), 4) + Big(SampleUnits(spec, samples), 4) + Big(0x55c4, 2) + Zeros(2);
  const std::string media = FullBox("mdhd", 0, 0, media_header) + FullBox("hdlr", 0, 0, Zeros(4) + "vide" + Zeros(13)) +
                            Box("minf", FullBox("vmhd", 0, 1, Zeros(8)) + Box("stbl", SampleTable(spec, samples)));
  std::string movie =
      FullBox("mvhd", 0, 0, movie_header) + Box("trak", FullBox("tkhd", 0, 7, track_header) + Box("mdia", media));
  if (fragmented) {
    const std::string defaults = Big(kTrack, 4) + Big(1, 4) + Big(kSampleUnits, 4) + Zeros(8);
    movie += Box("mvex", FullBox("trex", 0, 0, defaults));
  }
  return Box("moov", movie);
}

std::string Fragments(const MediaSpec& spec, const std::string& noise) {
  const uint64_t per_fragment = static_cast<uint64_t>(std::max<int64_t>(1, std::llround(spec.frame_rate)));
  std::string file;
  uint32_t number = 0;
  for (uint64_t left = Samples(spec); left > 0;) {
    const uint64_t samples = std::min(left, per_fragment);
    left -= samples;
    const std::string track = FullBox("tfhd", 0, 0x20000, Big(kTrack, 4)) + FullBox("trun", 0, 0, Big(samples, 4));
    file += Box("moof", FullBox("mfhd", 0, 0, Big(++number, 4)) + Box("traf", track));
    file += Box("mdat", left == 0 ? noise : "");
  }
  return file;
}

}  // namespace

std::string MakeMovie(const MediaSpec& spec, const std::string& noise) {
  const std::string brands = spec.format == "mov" ? "qt  " + Zeros(4) + "qt  " : "isom" + Big(512, 4) + "isomiso5mp41";
  const std::string head = Box("ftyp", brands);
  switch (spec.layout) {
    case MovieLayout::kFirst:
      return head + MovieBox(spec) + Box("mdat", noise);
    case MovieLayout::kLast:
      return head + Box("mdat", noise) + MovieBox(spec);
    case MovieLayout::kFragmented:
      return head + MovieBox(spec) + Fragments(spec, noise);
  }
  return head;
}

}  // namespace seedance::testing

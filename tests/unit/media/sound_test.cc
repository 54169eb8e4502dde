#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/testing/media_builder.h"
#include "tests/testing/media_writer.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

using ::seedance::testing::Big;
using ::seedance::testing::Little;
using ::seedance::testing::MakeMedia;
using ::seedance::testing::MediaSpec;
using ::seedance::testing::Noise;
using ::seedance::testing::Zeros;
using namespace std::string_literals;

// A frame with the given header, filled with zeros to `size` bytes.
std::string SoundFrame(const std::string& header, size_t size, const std::string& content = "") {
  return header + content + Zeros(size - header.size() - content.size());
}
std::string Repeated(const std::string& frame, int count) {
  std::string frames;
  for (int i = 0; i < count; ++i) frames += frame;
  return frames;
}

struct Stream {
  std::string name;
  std::string header;
  size_t frame_bytes;
  size_t side_bytes;
  std::string second;  // What 100 frames last.
};

const Stream kStreams[] = {
    {"MPEG 1, 44.1 kHz, 128 kbit/s, stereo", "\xff\xfb\x90\x40"s, 417, 32, "2.612s"},
    {"MPEG 1, 48 kHz, 320 kbit/s, mono", "\xff\xfb\xe4\xc0"s, 960, 17, "2.4s"},
    {"MPEG 2, 22.05 kHz, 64 kbit/s, stereo", "\xff\xf3\x80\x40"s, 208, 17, "2.612s"},
    {"MPEG 2.5, 11.025 kHz, 32 kbit/s, mono", "\xff\xe3\x40\xc0"s, 208, 9, "5.224s"},
};

TEST(Mp3, CountsItsFrames) {
  for (const Stream& stream : kStreams) {
    EXPECT_EQ(Text(Probe(Repeated(SoundFrame(stream.header, stream.frame_bytes), 100))),
              absl::StrCat("KNOWN audio mp3 ", stream.second))
        << stream.name;
  }
}

TEST(Mp3, BelievesATableInItsFirstFrame) {
  const std::string vbri = "VBRI" + Zeros(6) + Big(20'000, 4) + Big(100, 4);
  for (const Stream& stream : kStreams) {
    const std::string rest = Repeated(SoundFrame(stream.header, stream.frame_bytes), 100);
    for (const std::string word : {"Xing", "Info"}) {
      const std::string table = Zeros(stream.side_bytes) + word + Big(1, 4) + Big(100, 4);
      EXPECT_EQ(Text(Probe(SoundFrame(stream.header, stream.frame_bytes, table) + rest)),
                absl::StrCat("KNOWN audio mp3 ", stream.second))
          << stream.name;
    }
    EXPECT_EQ(Text(Probe(SoundFrame(stream.header, stream.frame_bytes, Zeros(32) + vbri) + rest)),
              absl::StrCat("KNOWN audio mp3 ", stream.second))
        << stream.name;
  }
}

TEST(Mp3, LeavesOutWhatTheEncoderAdded) {
  for (const Stream& stream : kStreams) {
    for (const std::string encoder : {"LAME3.100", "Lavf59.27", "Lavc59.37"}) {
      // All four fields, then the encoder: 576 samples before and 1000 behind.
      const std::string table = Zeros(stream.side_bytes) + "Xing" + Big(15, 4) + Big(100, 4) + Big(20'000, 4) +
                                Zeros(100) + Zeros(4) + encoder + Zeros(12) + Big(576 << 12 | 1000, 3);
      const std::string file = SoundFrame(stream.header, stream.frame_bytes, table) +
                               Repeated(SoundFrame(stream.header, stream.frame_bytes), 100);
      absl::Duration padded;
      ASSERT_TRUE(absl::ParseDuration(stream.second, &padded));
      const double rate = stream.name.find("11.025") != std::string::npos  ? 11025
                          : stream.name.find("22.05") != std::string::npos ? 22050
                          : stream.name.find("44.1") != std::string::npos  ? 44100
                                                                           : 48000;
      EXPECT_NEAR(absl::ToDoubleSeconds(Probe(file).info.duration), absl::ToDoubleSeconds(padded) - 1576 / rate, 0.001)
          << stream.name;
    }
  }
}

TEST(Mp3, CountsWhenTheTableHasNoCount) {
  const Stream& stream = kStreams[0];
  const std::string table = Zeros(32) + "Xing" + Big(8, 4) + Big(77, 4);
  EXPECT_EQ(Text(Probe(SoundFrame(stream.header, stream.frame_bytes, table) +
                       Repeated(SoundFrame(stream.header, stream.frame_bytes), 99))),
            "KNOWN audio mp3 2.612s");
}

TEST(Mp3, WithATableIsDecidedAtItsEndBecauseOthersMayBeJoinedToIt) {
  MediaSpec spec;
  spec.format = "mp3";
  spec.variable_rate = true;
  const std::string file = MakeMedia(spec);
  const std::unique_ptr<Prober> prober = MakeProber();
  prober->Feed(file);
  EXPECT_FALSE(prober->done());
  prober->Finish();
  EXPECT_EQ(Text(prober->findings()), "KNOWN audio mp3 4.989s");
  EXPECT_EQ(Text(Probe(file + file)), "KNOWN audio mp3 9.978s");
  EXPECT_EQ(Probe(file.substr(0, 1000)).state, Findings::State::kBroken) << "its table tells of more bytes";
}

TEST(Mp3, StandsBehindTagsOfAnySizeAndBeforeTrailers) {
  const std::string frames = Repeated(SoundFrame(kStreams[0].header, 417), 100);
  const std::string tag = "ID3\x03\0\0\0\0\x4e\x10"s + Noise(10'000, 1);
  const std::string footed = "ID3\x04\0\x10\0\0\0\x05"s + "12345" + "3DI\x04\0\x10\0\0\0\x05"s;
  for (const std::string& before : {""s, tag, tag + footed, tag + Zeros(3000)}) {
    for (const std::string& behind : {""s, "TAG" + Zeros(125), "APETAGEX" + Zeros(500), "LYRICSBEGIN"s}) {
      EXPECT_EQ(Text(Probe(before + frames + behind)), "KNOWN audio mp3 2.612s");
    }
  }
}

TEST(Mp3, GoesOnBehindDamage) {
  const std::string frames = Repeated(SoundFrame(kStreams[0].header, 417), 50);
  EXPECT_EQ(Text(Probe(frames + Noise(777, 1) + frames)), "KNOWN audio mp3 2.612s");
  EXPECT_EQ(Text(Probe(frames + frames.substr(0, 300))), "KNOWN audio mp3 1.332s") << "the last frame may be cut off";
  EXPECT_EQ(Text(ProbeIn(frames + Noise(100'000, 1) + frames, {})), "KNOWN audio mp3 1.306s") << "but not far behind";
}

TEST(Mp3, IsNotWhatOnlyBeginsLikeIt) {
  EXPECT_EQ(Text(Probe("\xff\xfb\x90\x40"s + Noise(5000, 1))),
            "UNKNOWN -: it begins like an MP3 file, but no further frames follow");
  EXPECT_EQ(Text(ProbeIn("ID3\x03\0\0\0\0\0\x05"s + "12345" + Noise(100'000, 1), {})),
            "BROKEN audio mp3: it has no audio after its ID3 tag");
  EXPECT_EQ(Text(Probe("ID3\x03\0\0\0\0\0\x05"s + "12345fLaC"s)), "KNOWN audio flac");
  EXPECT_EQ(Text(Probe("ID3\x03\0\0\0\0\0\x05"s + "12345\xff\xf1\x50\x80\x02"s)), "KNOWN audio aac");
  EXPECT_EQ(Text(Probe("ID3\x03\0\0\x7f\x7f\x7f\x7f"s)),
            "BROKEN audio mp3: it is truncated: it ends after 10 bytes, but its headers claim 268435459 more");
}

std::string Chunk(const std::string& name, const std::string& content) {
  return name + Little(content.size(), 4) + content + (content.size() % 2 == 1 ? Zeros(1) : "");
}
std::string Format(uint64_t codec, uint64_t rate, uint64_t bytes_per_second, uint64_t block) {
  return Little(codec, 2) + Little(2, 2) + Little(rate, 4) + Little(bytes_per_second, 4) + Little(block, 2) +
         Little(16, 2);
}
const std::string kPlain = Chunk("fmt ", Format(1, 1000, 4000, 4));

std::string Wav(const std::string& chunks) { return "RIFF" + Little(4 + chunks.size(), 4) + "WAVE" + chunks; }

TEST(Wav, LastsAsLongAsItsData) {
  const std::string data = Chunk("data", Zeros(12'000));
  EXPECT_EQ(Text(Probe(Wav(kPlain + data))), "KNOWN audio wav 3s");
  EXPECT_EQ(Text(Probe(Wav(Chunk("LIST", Noise(77, 1)) + kPlain + Chunk("fact", Zeros(4)) + data +
                           Chunk("LIST", Noise(300, 1))))),
            "KNOWN audio wav 3s");
  EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", Format(0xfffe, 1000, 4000, 4) + Zeros(8) + Little(1, 2) + Zeros(14)) + data))),
            "KNOWN audio wav 3s");
  EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", Format(3, 1000, 0, 8)) + data))), "KNOWN audio wav 1.5s") << "no rate told";
  EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", Format(0x31, 1000, 500, 65)) + data))), "KNOWN audio wav 24s") << "GSM";
}

TEST(Wav, OfAdpcmLastsByItsBlocks) {
  // 256 bytes for two channels: of 4 bits, behind 7 or 4 bytes a channel which hold two samples or one.
  const std::string data = Chunk("data", Zeros(256 * 40));
  for (const auto& [codec, samples] : {std::pair(2u, 244u), std::pair(0x11u, 249u)}) {
    SCOPED_TRACE(codec);
    const std::string lasts = absl::StrCat("KNOWN audio wav ", absl::FormatDuration(absl::Milliseconds(40 * samples)));
    const std::string format = Format(codec, 1000, 1000, 256);
    EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", format) + data))), lasts) << "whatever its rate of bytes says";
    const std::string extensible = Format(0xfffe, 1000, 1000, 256) + Zeros(8) + Little(codec, 2) + Zeros(14);
    EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", extensible) + data))), lasts);
    EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", format) + Chunk("data", Zeros(256))))),
              absl::StrCat("KNOWN audio wav ", absl::FormatDuration(absl::Milliseconds(samples))))
        << "one block, uncounted";
    const std::string count = Chunk("fact", Little(40 * samples - 100, 4));
    EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", format) + count + data))),
              absl::StrCat("KNOWN audio wav ", absl::FormatDuration(absl::Milliseconds(40 * samples - 100))));
    for (const uint64_t wrong : {uint64_t{1}, uint64_t{5000}, uint64_t{41 * 250 + 1}, uint64_t{1'000'000}}) {
      EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", format) + Chunk("fact", Little(wrong, 4)) + data))), lasts) << wrong;
    }
  }
}

TEST(Wav, BelievesACountOfSamplesWhenItIsCompressed) {
  const std::string data = Chunk("data", Zeros(12'000));
  const std::string count = Chunk("fact", Little(7000, 4));
  EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", Format(0x31, 1000, 500, 65)) + count + data))), "KNOWN audio wav 7s");
  EXPECT_EQ(Text(Probe(Wav(kPlain + count + data))), "KNOWN audio wav 3s") << "not when it is plain";
}

TEST(Wav, WithoutASizeGoesToTheEnd) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{0xffffffff}, uint64_t{0x7ffff024}}) {
    const std::string file = Wav(kPlain + "data" + Little(size, 4));
    EXPECT_EQ(Text(Probe(file + Zeros(8000))), "KNOWN audio wav 2s");
    EXPECT_EQ(Text(Probe(file)), "BROKEN audio wav: it has no audio");
  }
}

TEST(Wav, HasSizesOf64Bits) {
  for (const std::string word : {"RF64", "BW64"}) {
    const std::string head = word + Little(0xffffffff, 4) + "WAVE";
    const std::string sizes = Chunk("ds64", Little(99, 8) + Little(8000, 8) + Zeros(12));
    const std::string data = "data" + Little(0xffffffff, 4) + Zeros(8000);
    EXPECT_EQ(Text(Probe(head + sizes + kPlain + data)), "KNOWN audio wav 2s");
    EXPECT_EQ(Text(Probe(head + kPlain + data)), "KNOWN audio wav 2s") << "without the chunk of sizes";
    EXPECT_EQ(Probe((head + sizes + kPlain + data).substr(0, 4000)).state, Findings::State::kBroken);
  }
}

TEST(Wav, IsBrokenWithoutFormatOrSound) {
  EXPECT_EQ(Text(Probe(Wav(Chunk("data", "12")))), "BROKEN audio wav: its audio precedes its format");
  EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", "short")))), "BROKEN audio wav: its format is too short");
  EXPECT_EQ(Text(Probe(Wav(Chunk("fmt ", Format(1, 0, 0, 4))))), "BROKEN audio wav: its audio has no sample rate");
  EXPECT_EQ(Text(Probe(Wav(kPlain))),
            "BROKEN audio wav: it is truncated: it ends after 36 bytes, but its headers claim 8 more");
  EXPECT_EQ(Text(Probe(Wav(kPlain + "data" + Little(8000, 4) + Zeros(3000)))),
            "BROKEN audio wav 2s: it is truncated: it ends after 3044 bytes, but its headers claim 5000 more");
}

}  // namespace
}  // namespace seedance::media

// Kinds of MP3 and WAV files, made here, beside the samples of files_test.cc.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
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

// Frames of 417 bytes, 1152 samples at 44.1 kHz, and of 208 bytes, 576 samples at 22.05 kHz.
std::string Frames(int count) {
  std::string frames;
  for (int i = 0; i < count; ++i) frames += "\xff\xfb\x90\x40"s + Noise(413, 7);
  return frames;
}
std::string SlowFrames(int count) {
  std::string frames;
  for (int i = 0; i < count; ++i) frames += "\xff\xf3\x80\x40"s + Noise(204, 7);
  return frames;
}
// With a table in front, which is a frame itself.
std::string FramesWithTable(int count) {
  const uint64_t frames = static_cast<uint64_t>(count);
  const std::string table =
      "\xff\xfb\x90\x40"s + Zeros(32) + "Xing" + Big(3, 4) + Big(frames, 4) + Big(frames * 417, 4);
  return table + Zeros(417 - table.size()) + Frames(count);
}

std::string Id3(size_t size) {
  std::string sizes;
  for (int shift = 21; shift >= 0; shift -= 7) sizes += static_cast<char>(size >> shift & 0x7f);
  return "ID3\x04\0\0"s + sizes + Noise(size, 3);
}
std::string Ape(size_t size) {
  const auto end = [&](uint64_t flags) {
    return "APETAGEX" + Little(2000, 4) + Little(size + 32, 4) + Little(1, 4) + Little(flags, 4) + Zeros(8);
  };
  return end(0xa0000000) + Noise(size, 5) + end(0x80000000);
}
const std::string kId3v1 = "TAG" + Zeros(125);

double Seconds(std::string_view file) {
  const Findings findings = ProbeIn(file, {});
  EXPECT_EQ(findings.state, Findings::State::kKnown) << Text(findings);
  EXPECT_EQ(findings.info.container, "mp3");
  for (const Delivery& delivery : {Delivery{1, false}, Delivery{997, false}, Delivery{64, true}}) {
    EXPECT_EQ(Text(ProbeIn(file, delivery)), Text(findings));
  }
  return absl::ToDoubleSeconds(findings.info.duration);
}

constexpr double kFrame = 1152.0 / 44100;

TEST(JoinedMp3s, LastAsLongAsAllOfThemWhateverStandsBetween) {
  const std::vector<std::string> between = {
      "", Id3(10), Id3(100'000), kId3v1, Ape(300), Zeros(1500), kId3v1 + Id3(2000), Ape(70'000), Noise(900, 1)};
  for (const std::string& tag : between) {
    for (int parts = 2; parts <= 4; ++parts) {
      for (const bool table : {false, true}) {
        std::string file = table ? Id3(20) : "";
        for (int i = 0; i < parts; ++i) file += (i > 0 ? tag : "") + (table ? FramesWithTable(40) : Frames(40));
        EXPECT_NEAR(Seconds(file), 40 * parts * kFrame, 0.03) << parts << " parts, tag of " << tag.size();
      }
    }
  }
}

TEST(JoinedMp3s, MayBeOfSeveralStreams) {
  EXPECT_NEAR(Seconds(Frames(40) + SlowFrames(60) + Id3(30) + Frames(20)), 120 * kFrame, 0.03);
  EXPECT_NEAR(Seconds(Id3(30) + FramesWithTable(40) + kId3v1 + Id3(5000) + SlowFrames(60)), 100 * kFrame, 0.03);
}

TEST(JoinedMp3s, AreCutOffWhenTheLastOneIs) {
  const std::string whole = FramesWithTable(40) + Id3(100) + FramesWithTable(60);
  EXPECT_EQ(ProbeIn(whole, {}).state, Findings::State::kKnown);
  EXPECT_EQ(ProbeIn(whole.substr(0, whole.size() - 10'000), {}).state, Findings::State::kBroken);
  const std::string only = FramesWithTable(60);
  for (const size_t left : {500u, 5000u, 20'000u}) {
    EXPECT_EQ(ProbeIn(only.substr(0, left), {}).state, Findings::State::kBroken) << left;
  }
}

TEST(Mp3WithATableOfFramesOnly, IsCutOffWhenMostAreMissing) {
  std::string file = FramesWithTable(60);
  file.replace(file.find("Xing") + 4, 8, Big(1, 4) + Big(60, 4));
  EXPECT_NEAR(Seconds(file), 60 * kFrame, 0.001);
  EXPECT_EQ(Text(ProbeIn(std::string_view(file).substr(0, 417 * 31), {})),
            "BROKEN audio mp3 783ms: it is truncated: it has 30 frames, and its table claims 60");
}

TEST(DirtyMp3s, MayBeginWithAnything) {
  std::vector<std::string> leads = {Ape(100), Ape(50'000), Id3(9) + Zeros(4000),    Zeros(3) + Id3(50), "\r\n",
                                    "[",      "<",         Noise(20, 4) + Id3(5000)};
  for (const size_t size : {1u, 7u, 8u, 300u, 1105u, 9000u, 60'000u}) {
    leads.push_back(Zeros(size));
    leads.push_back(std::string(size, '\xff'));
    leads.push_back(Noise(size, 9));
  }
  for (const std::string& lead : leads) {
    EXPECT_NEAR(Seconds(lead + Frames(50)), 50 * kFrame, 0.001) << "behind " << lead.size();
  }
  for (size_t cut = 1; cut < 417; cut += 13) {
    EXPECT_NEAR(Seconds(Frames(50).substr(cut)), 49 * kFrame, 0.001) << "without its first " << cut;
  }
}

TEST(DirtyMp3s, AreNotFoundInWhatIsNone) {
  EXPECT_EQ(Text(ProbeIn(Noise(200'000, 1), {})), "UNKNOWN -: it is in no known image, video or audio format");
  EXPECT_EQ(Text(ProbeIn(Zeros(200'000) + Frames(50), {})), "UNKNOWN -: it has zeros in place of a header");
  EXPECT_EQ(Text(ProbeIn(Noise(500, 1) + Frames(1), {})), "UNKNOWN -: it is in no known image, video or audio format");
  // Headers, but no two of a stream in their places.
  std::string headers;
  for (int i = 0; i < 20'000; ++i) headers += "\xff\xfb\x90\x40"s;
  EXPECT_EQ(Text(ProbeIn("x" + headers, {})), "UNKNOWN -: it is in no known image, video or audio format");
}

TEST(DirtyMp3s, HaveABoundedAmountOfJunk) {
  std::string file = Frames(10);
  for (int i = 0; i < 40; ++i) file += Zeros(60'000) + Frames(2);
  EXPECT_NEAR(Seconds(file), (10 + 17 * 2) * kFrame, 0.001) << "a mebibyte in all";
}

std::string Wav(uint64_t codec, uint64_t rate, uint64_t block, uint64_t claimed, size_t sound) {
  const std::string format =
      Little(codec, 2) + Little(1, 2) + Little(rate, 4) + Little(1, 4) + Little(block, 2) + Little(8, 2) + Zeros(2);
  return "RIFF" + Little(100, 4) + "WAVEfmt " + Little(format.size(), 4) + format + "fact" + Little(4, 4) +
         Little(123, 4) + "data" + Little(claimed, 4) + Noise(sound, 2);
}

TEST(Wav, OfALawAndMuLawLastsByItsBlocks) {
  for (const uint64_t codec : {6u, 7u}) {
    for (const uint64_t channels : {1u, 2u}) {
      EXPECT_EQ(Text(Probe(Wav(codec, 8000, channels, 16'000 * channels, 16'000 * channels))), "KNOWN audio wav 2s")
          << "whatever its count of samples and its rate of bytes say";
    }
  }
}

TEST(Wav, MayLackSomeBytesButNotMore) {
  for (const uint64_t missing : {1u, 2u, 8u, 44u, 400u}) {
    EXPECT_EQ(Text(ProbeIn(Wav(7, 8000, 1, 16'000, 16'000 - missing), {})), "KNOWN audio wav 2s") << missing;
  }
  for (const uint64_t missing : {401u, 4000u, 8000u, 16'000u}) {
    EXPECT_EQ(ProbeIn(Wav(7, 8000, 1, 16'000, 16'000 - missing), {}).state, Findings::State::kBroken) << missing;
  }
}

TEST(Wav, MayStandBehindTags) {
  MediaSpec spec;
  spec.format = "wav";
  spec.seconds = 2;
  for (const std::string& tags : {Id3(0), Id3(10), Id3(5000), Id3(10) + Id3(300)}) {
    EXPECT_EQ(Text(Probe(tags + MakeMedia(spec))), "KNOWN audio wav 2s");
  }
  EXPECT_EQ(Text(Probe(Id3(10) + "RIFF")), "UNKNOWN -: it is in no known image, video or audio format");
  EXPECT_EQ(Text(Probe(Id3(10) + "OggS" + Zeros(30))), "KNOWN audio ogg");
}

}  // namespace
}  // namespace seedance::media

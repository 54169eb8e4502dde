// Several hundred files of every format that is judged, of sizes, rates and lengths at random: what we find against
// what was asked for and against ffprobe. Takes minutes, so that ctest does not run it. GTEST_RANDOM_SEED chooses the
// files.
#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/unit/media/oracle_check.h"
#include "tests/unit/media/oracle_files.h"

namespace seedance::media {
namespace {

class OracleSweep : public ::testing::Test {
 protected:
  int Between(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  template <typename T>
  const T& OneOf(const std::vector<T>& values) {
    return values[static_cast<size_t>(Between(0, static_cast<int>(values.size()) - 1))];
  }
  void CheckAll(const std::vector<MadeFile>& files) {
    for (const MadeFile& file : files) Check(file);
    std::cout << files.size() << " files\n";
  }

 private:
  std::mt19937 random_{static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed())};
};

TEST_F(OracleSweep, Pictures) {
  NEEDS_TOOL("ffmpeg");
  const std::vector<MadeFile> kinds = {
      {"a.png", " -pix_fmt rgb24", "png"},
      {"a.png", " -pix_fmt pal8", "png"},
      {"a.png", " -pix_fmt rgba64be", "png"},
      {"a.jpg", "", "jpeg"},
      {"a.jpg", " -pix_fmt yuvj444p -q:v 20", "jpeg"},
      {"a.jpg", " -pix_fmt gray -q:v 2", "jpeg"},
      {"a.gif", "", "gif"},
      {"a.webp", " -c:v libwebp -quality 10", "webp"},
      {"a.webp", " -c:v libwebp -lossless 1", "webp"},
      {"a.bmp", " -pix_fmt bgr24", "bmp"},
      {"a.bmp", " -pix_fmt pal8", "bmp"},
      {"a.tiff", " -compression_algo lzw", "tiff"},
      {"a.tiff", " -compression_algo packbits -pix_fmt gray", "tiff"},
  };
  std::vector<MadeFile> files;
  for (const MadeFile& kind : kinds) {
    for (int i = 0; i < 8; ++i) {
      MadeFile file = kind;
      file.width = Between(16, 2000);
      file.height = Between(16, 2000);
      file.arguments = Picture(file.width, file.height) + kind.arguments;
      files.push_back(file);
    }
  }
  CheckAll(files);
}

TEST_F(OracleSweep, Movies) {
  NEEDS_TOOL("ffmpeg");
  const std::vector<std::string> codecs = {kH264, " -c:v libx264 -preset ultrafast -bf 2 -pix_fmt yuv420p",
                                           " -c:v libx265 -preset ultrafast -x265-params log-level=none", " -c:v mpeg4",
                                           " -c:v mjpeg"};
  const std::vector<std::string> layouts = {"", " -movflags faststart", " -g 10 -movflags frag_keyframe+empty_moov",
                                            " -video_track_timescale 90000"};
  std::vector<MadeFile> files;
  for (const std::string container : {"mp4", "mov"}) {
    for (const std::string& codec : codecs) {
      for (const std::string& layout : layouts) {
        for (int i = 0; i < 3; ++i) {
          MadeFile file;
          file.name = absl::StrCat("a.", container);
          file.container = container;
          file.width = 2 * Between(32, 200);
          file.height = 2 * Between(32, 200);
          const int rate = OneOf<int>({24, 25, 30, 50, 60});
          const int frames = Between(rate, 4 * rate);
          file.frame_rate = rate;
          file.seconds = static_cast<double>(frames) / rate;
          file.arguments =
              absl::StrCat("-f lavfi -i ", absl::StrFormat("testsrc=s=%dx%d:r=%d", file.width, file.height, rate),
                           codec, layout, " -frames:v ", frames);
          files.push_back(file);
        }
      }
    }
  }
  CheckAll(files);
}

TEST_F(OracleSweep, Sounds) {
  NEEDS_TOOL("ffmpeg");
  struct Kind {
    std::string name;
    std::string arguments;
    std::vector<int> rates;
    bool other_time = false;
    double slack = 0.06;
  };
  const std::vector<int> mpeg1 = {32000, 44100, 48000};
  const std::vector<int> mpeg2 = {8000, 11025, 12000, 16000, 22050, 24000};
  const std::vector<int> any = {8000, 16000, 44100, 48000, 96000};
  const std::vector<Kind> kinds = {
      // The encoder adds samples, 68 ms at 32 kHz, which its table tells players to leave out. ffprobe counts them.
      {"a.mp3", " -b:a 64k", mpeg1, true},
      {"a.mp3", " -q:a 6 -metadata title=x", mpeg1, true},
      {"a.mp3", " -b:a 32k", mpeg2, true},
      {"a.mp3", " -q:a 6 -write_xing 0", mpeg1, true, 0.08},
      {"a.mp3", " -b:a 96k -write_xing 0 -id3v2_version 0", mpeg1, true, 0.08},
      {"a.wav", " -c:a pcm_u8", any},
      {"a.wav", " -c:a pcm_s16le", any},
      {"a.wav", " -c:a pcm_s32le", any},
      {"a.wav", " -c:a pcm_f64le", any},
      {"a.wav", " -c:a pcm_alaw", any},
      // The last block is padded: 2,041 samples at 8 kHz.
      {"a.wav", " -c:a adpcm_ms", any, false, 0.26},
      {"a.wav", " -c:a adpcm_ima_wav", any, false, 0.26},
  };
  std::vector<MadeFile> files;
  for (const Kind& kind : kinds) {
    for (int i = 0; i < 8; ++i) {
      MadeFile file;
      file.name = kind.name;
      file.container = kind.name.substr(2);
      file.seconds = Between(20, 160) / 10.0;
      file.arguments = absl::StrFormat("-f lavfi -i sine=d=%.1f:r=%d -ac %d%s", file.seconds, OneOf(kind.rates),
                                       Between(1, 2), kind.arguments);
      file.other_time = kind.other_time;
      file.slack = kind.slack;
      files.push_back(file);
    }
  }
  CheckAll(files);
}

}  // namespace
}  // namespace seedance::media

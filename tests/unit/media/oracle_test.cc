#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/unit/media/oracle_check.h"
#include "tests/unit/media/oracle_files.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

using model::MediaType;

TEST(Oracle, Pictures) {
  NEEDS_TOOL("ffmpeg");
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{640, 480}, {301, 299}, {17, 1000}}) {
    const std::string picture = Picture(width, height);
    const std::vector<MadeFile> files = {
        {"rgb.png", picture, "png"},
        {"grey.png", picture + " -pix_fmt gray16be", "png"},
        {"a.jpg", picture, "jpeg"},
        {"a.gif", picture, "gif"},
        {"lossy.webp", picture + " -c:v libwebp", "webp"},
        {"lossless.webp", picture + " -c:v libwebp -lossless 1", "webp"},
        {"alpha.webp", picture + " -vf format=rgba,colorchannelmixer=aa=0.5 -c:v libwebp", "webp"},
        {"24.bmp", picture + " -pix_fmt bgr24", "bmp"},
        {"1.bmp", picture + " -pix_fmt monob", "bmp"},
        {"32.bmp", picture + " -pix_fmt bgra", "bmp"},
        {"packed.tiff", picture, "tiff"},
        {"raw.tiff", picture + " -compression_algo raw", "tiff"},
        {"deflate.tiff", picture + " -compression_algo deflate -pix_fmt rgb48le", "tiff"},
    };
    for (MadeFile file : files) {
      file.width = width;
      file.height = height;
      Check(file);
    }
  }
}

TEST(Oracle, AnimatedPictures) {
  NEEDS_TOOL("ffmpeg");
  const std::string pictures = "-f lavfi -i testsrc=s=300x200:r=10:d=1";
  Check({"a.gif", pictures, "gif", 300, 200});
  // ffprobe 5.1 cannot read the animated WebP that ffmpeg writes, so that it has no say here.
  const OracleFolder folder;
  Ffmpeg(absl::StrCat(pictures, " -c:v libwebp ", folder.Path("a.webp")));
  EXPECT_EQ(Text(ProbeFile(folder.Path("a.webp"))), "KNOWN image webp 300 x 200");
}

TEST(Oracle, MoviesOfEveryLayout) {
  NEEDS_TOOL("ffmpeg");
  const std::string video = Video("320x240", "25", "2.4");
  const std::string sound = " -f lavfi -i sine=d=2.4";
  const std::vector<MadeFile> files = {
      {"last.mp4", video + kH264, "mp4"},
      {"first.mp4", video + kH264 + " -movflags faststart", "mp4"},
      {"sound.mp4", video + sound + kH264 + " -c:a aac", "mp4"},
      {"sound_first.mov", sound + " " + video + " -map 0:a -map 1:v" + kH264 + " -c:a aac", "mov"},
      {"bframes.mp4", video + " -c:v libx264 -bf 3 -pix_fmt yuv420p", "mp4"},
      {"mpeg4.mp4", video + " -c:v mpeg4", "mp4"},
      {"mjpeg.mov", video + " -c:v mjpeg", "mov"},
      {"prores.mov", video + " -c:v prores_ks", "mov"},
      {"fragmented.mp4", video + kH264 + " -g 10 -movflags frag_keyframe+empty_moov", "mp4"},
      {"first_fragment_in_moov.mp4", video + kH264 + " -g 10 -movflags frag_keyframe", "mp4"},
      // Its first frame is longer, because the sound begins earlier.
      {"fragmented_sound.mp4", video + sound + kH264 + " -c:a aac -g 10 -movflags frag_keyframe+empty_moov", "mp4", 0,
       0, 0, 0, true},
      {"dash.mp4", video + kH264 + " -g 10 -movflags dash+global_sidx+frag_keyframe+empty_moov", "mp4"},
      {"cmaf.mp4", video + kH264 + " -g 10 -movflags cmaf+frag_keyframe+empty_moov", "mp4"},
  };
  for (MadeFile file : files) {
    file.width = 320;
    file.height = 240;
    file.seconds = 2.4;
    file.frame_rate = 25;
    Check(file);
  }
}

TEST(Oracle, MoviesOfEveryFrameRate) {
  NEEDS_TOOL("ffmpeg");
  for (const std::string rate : {"24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60"}) {
    for (const std::string flags : {"", " -movflags frag_keyframe+empty_moov"}) {
      MadeFile file{"a.mp4", Video("160x120", rate, "2") + kH264 + flags, "mp4", 160, 120, 2};
      double over = 0;
      double under = 1;
      sscanf(rate.c_str(), "%lf/%lf", &over, &under);
      file.frame_rate = over / under;
      Check(file);
    }
  }
}

TEST(Oracle, TurnedMovies) {
  NEEDS_TOOL("ffmpeg");
  for (const std::string name : {"turned.mp4", "turned.mov"}) {
    for (const int degrees : {0, 90, 180, 270}) {
      SCOPED_TRACE(degrees);
      const OracleFolder folder;
      Ffmpeg(Video("320x240", "25", "2") + kH264 + " " + folder.Path("upright.mp4"));
      const bool side = degrees % 180 != 0;
      Check({name, absl::StrCat("-i ", folder.Path("upright.mp4"), " -c copy -metadata:s:v rotate=", degrees),
             name.substr(7), side ? 240 : 320, side ? 320 : 240, 2, 25});
    }
  }
}

TEST(Oracle, Sounds) {
  NEEDS_TOOL("ffmpeg");
  for (const std::string seconds : {"2", "15"}) {
    const std::string sine = "-f lavfi -i sine=d=" + seconds + ":r=44100";
    const std::vector<MadeFile> files = {
        {"cbr.mp3", sine + " -b:a 128k", "mp3"},
        {"vbr.mp3", sine + " -q:a 4", "mp3"},
        {"no_table.mp3", sine + " -b:a 64k -write_xing 0", "mp3"},
        // ffprobe guesses from size and rate.
        {"vbr_no_table.mp3", sine + " -q:a 4 -write_xing 0", "mp3", 0, 0, 0, 0, true},
        {"bare.mp3", sine + " -b:a 128k -id3v2_version 0 -write_xing 0", "mp3"},
        {"tagged.mp3", sine + " -metadata title=x -write_id3v1 1", "mp3"},
        // ffprobe counts the samples that the encoder added.
        {"mpeg2.mp3", sine + " -ar 22050 -ac 2", "mp3", 0, 0, 0, 0, true},
        {"mpeg25.mp3", sine + " -ar 8000 -ac 1 -b:a 32k", "mp3", 0, 0, 0, 0, true},
        {"s16.wav", sine, "wav"},
        {"s24.wav", sine + " -c:a pcm_s24le -ac 2", "wav"},
        {"float.wav", sine + " -c:a pcm_f32le", "wav"},
        {"adpcm.wav", sine + " -c:a adpcm_ms", "wav"},
        {"mulaw.wav", sine + " -c:a pcm_mulaw -ar 8000", "wav"},
        {"rf64.wav", sine + " -rf64 always", "wav"},
        {"surround.wav", sine + " -ac 6", "wav"},
    };
    for (MadeFile file : files) {
      file.seconds = atof(seconds.c_str());
      Check(file);
    }
  }
}

TEST(Oracle, SoundOfNoKnownLength) {
  NEEDS_TOOL("ffmpeg");
  const OracleFolder folder;
  // Into a pipe no size can be written.
  RunShell("ffmpeg -nostdin -loglevel error -f lavfi -i sine=d=3:r=44100 -f wav - >" + folder.Path("a.wav"));
  const Findings findings = ProbeFile(folder.Path("a.wav"));
  EXPECT_EQ(findings.state, Findings::State::kKnown);
  EXPECT_EQ(findings.info.duration, absl::Seconds(3));
}

TEST(Oracle, FormatsThatAreOnlyNamed) {
  NEEDS_TOOL("ffmpeg");
  const std::string video = Video("160x120", "25", "1");
  const std::string sine = "-f lavfi -i sine=d=1";
  const std::vector<std::pair<MadeFile, MediaType>> files = {
      {{"a.webm", video + " -c:v libvpx -deadline realtime", "webm"}, MediaType::kVideo},
      {{"a.mkv", video + kH264, "mkv"}, MediaType::kVideo},
      {{"a.avi", video + " -c:v mpeg4", "avi"}, MediaType::kVideo},
      {{"a.flv", video + " -c:v flv", "flv"}, MediaType::kVideo},
      {{"a.wmv", video + " -c:v wmv2", "wmv"}, MediaType::kVideo},
      {{"a.ts", video + kH264, "mpegts"}, MediaType::kVideo},
      {{"a.mpg", video + " -c:v mpeg2video", "mpeg"}, MediaType::kVideo},
      {{"a.flac", sine, "flac"}, MediaType::kAudio},
      {{"a.ogg", sine + " -c:a libvorbis", "ogg"}, MediaType::kAudio},
      {{"a.opus", sine + " -c:a libopus", "ogg"}, MediaType::kAudio},
      {{"a.aac", sine, "aac"}, MediaType::kAudio},
      {{"a.m4a", sine, "m4a"}, MediaType::kAudio},
      {{"sound_only.mp4", sine, "m4a"}, MediaType::kAudio},
      {{"a.aiff", sine, "aiff"}, MediaType::kAudio},
      {{"a.mp2", sine, "mp2"}, MediaType::kAudio},
      {{"a.jp2", Picture(64, 48), "jp2"}, MediaType::kImage},
  };
  for (const auto& [file, type] : files) {
    SCOPED_TRACE(file.name);
    const OracleFolder folder;
    Ffmpeg(absl::StrCat(file.arguments, " ", folder.Path(file.name)));
    const Findings findings = ProbeFile(folder.Path(file.name));
    EXPECT_EQ(findings.state, Findings::State::kKnown) << Text(findings);
    EXPECT_EQ(findings.info.container, file.container);
    EXPECT_EQ(findings.type, type);
  }
}

TEST(Oracle, HeifPictures) {
  NEEDS_TOOL("ffmpeg");
  NEEDS_TOOL("heif-enc");
  const OracleFolder folder;
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{640, 480}, {301, 299}, {1280, 720}}) {
    Ffmpeg(absl::StrCat(Picture(width, height), " ", folder.Path("a.png")));
    RunShell("heif-enc " + folder.Path("a.png") + " -o " + folder.Path("a.heic") + " >/dev/null 2>&1");
    EXPECT_EQ(Text(ProbeFile(folder.Path("a.heic"))), absl::StrCat("KNOWN image heic ", width, " x ", height));
    // With a thumbnail, which is an item too.
    RunShell("heif-enc -t 100 " + folder.Path("a.png") + " -o " + folder.Path("b.heic") + " >/dev/null 2>&1");
    EXPECT_EQ(Text(ProbeFile(folder.Path("b.heic"))), absl::StrCat("KNOWN image heic ", width, " x ", height));
  }
}

// Every file that a tool makes, cut off in its middle.
TEST(Oracle, CutOffFiles) {
  NEEDS_TOOL("ffmpeg");
  const std::string video = Video("320x240", "25", "2");
  const std::vector<std::pair<std::string, std::string>> files = {
      {"a.png", Picture(640, 480)},
      {"a.gif", Picture(640, 480)},
      {"a.webp", Picture(640, 480)},
      {"a.bmp", Picture(640, 480)},
      {"a.tiff", Picture(640, 480)},
      {"last.mp4", video + kH264},
      {"first.mp4", video + kH264 + " -movflags faststart"},
      {"a.mov", video + " -c:v mjpeg"},
      {"dash.mp4", video + kH264 + " -g 10 -movflags dash+global_sidx+frag_keyframe+empty_moov"},
      {"a.mp3", "-f lavfi -i sine=d=5 -q:a 4"},
      {"a.wav", "-f lavfi -i sine=d=5"},
  };
  for (const auto& [name, arguments] : files) {
    const OracleFolder folder;
    Ffmpeg(absl::StrCat(arguments, " ", folder.Path(name)));
    const std::string file = ReadFile(folder.Path(name));
    const Findings findings = ProbeIn(std::string_view(file).substr(0, file.size() / 2), {});
    EXPECT_EQ(findings.state, Findings::State::kBroken) << name << ": " << Text(findings);
  }
}

}  // namespace
}  // namespace seedance::media
